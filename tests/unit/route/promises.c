#include "test.h"

#include <stdio.h>

#include "base/limits.h"
#include "route/promises.h"

#define PEERS 256

struct place {
	struct promises ps;
	struct promises_peer peers[PEERS];
	struct mono now;
	size_t n_asked[PEERS];
	size_t n_all;
	bool refuse[PEERS];
	uint8_t last_id[LIMIT_GOSSIP_ID];
	size_t last_id_n;
};

static bool on_ask(void *user, void *peer_user, struct bytes id)
{
	struct place *x = user;
	size_t i = (size_t)((struct promises_peer *)peer_user - x->peers);

	if (x->refuse[i])
		return false;
	x->n_asked[i]++;
	x->n_all++;
	memcpy(x->last_id, id.p, id.n);
	x->last_id_n = id.n;
	return true;
}

static void place_init(struct place *x)
{
	memset(x, 0, sizeof(*x));
	x->now = (struct mono){ 1000 * NS_PER_S };
	promises_init(&x->ps, 1, 1000, on_ask, x);
	for (size_t i = 0; i < PEERS; i++)
		promises_peer_init(&x->peers[i], &x->peers[i]);
}

static void place_deinit(struct place *x)
{
	for (size_t i = 0; i < PEERS; i++)
		promises_peer_deinit(&x->ps, &x->peers[i]);
	assert_int_equal(promises_n_wanted(&x->ps), 0);
	assert_int_equal(x->ps.n, 0);
	promises_deinit(&x->ps);
}

static struct bytes id_of(uint32_t n)
{
	static uint8_t ring[8][46];
	static size_t next;
	uint8_t *out = ring[next++ % ARRAY_SIZE(ring)];

	memcpy(out, &n, sizeof(n));
	return BYTES(out, sizeof(ring[0]));
}

static void announce(struct place *x, size_t peer, uint32_t id)
{
	struct promise_announcement a = { .id = id_of(id) };

	a.its_id = a.id;
	promises_announced(&x->ps, &x->peers[peer], &a, x->now);
}

static void tick(struct place *x, uint64_t ms)
{
	x->now = mono_add_ms(x->now, ms);
	promises_tick(&x->ps, x->now);
}

TEST(two_are_asked_and_the_others_wait)
{
	struct place x;

	place_init(&x);
	for (size_t i = 0; i < 10; i++)
		announce(&x, i, 1);
	assert_int_equal(x.n_all, 2);
	assert_int_equal(x.n_asked[0], 1);
	assert_int_equal(x.n_asked[1], 1);
	/* A heartbeat right after asks nobody else. */
	tick(&x, 100);
	assert_int_equal(x.n_all, 2);
	promises_kept(&x.ps, id_of(1), &x.peers[0]);
	tick(&x, 5000);
	assert_int_equal(x.n_all, 2);
	for (size_t i = 0; i < 10; i++)
		assert_true(promises_broken(&x.peers[i]) == 0);
	place_deinit(&x);
}

TEST(who_sends_what_is_of_no_use_has_broken_nothing_and_the_next_is_asked)
{
	struct promise_announcement in_its_words = { .id = id_of(2), .its_id = id_of(77) };
	struct promise_announcement alien = { .id = id_of(3), .its_id = id_of(3), .alien = true };
	struct place x;

	place_init(&x);
	for (size_t i = 0; i < 3; i++)
		announce(&x, i, 1);
	assert_false(promises_excuse(&x.ps, id_of(1), &x.peers[0], false));
	/* Nobody answers for another. */
	assert_int_equal(x.peers[1].n, 1);
	tick(&x, 1000);
	assert_int_equal(x.n_asked[2], 1);
	promises_announced(&x.ps, &x.peers[3], &in_its_words, x.now);
	assert_false(promises_excuse(&x.ps, id_of(77), &x.peers[3], false));
	promises_announced(&x.ps, &x.peers[3], &alien, x.now);
	assert_true(promises_excuse(&x.ps, id_of(99), &x.peers[3], false));
	assert_false(promises_excuse(&x.ps, id_of(99), &x.peers[3], false));
	tick(&x, 5000);
	assert_true(promises_broken(&x.peers[0]) == 0);
	assert_true(promises_broken(&x.peers[1]) > 0);
	assert_true(promises_broken(&x.peers[3]) == 0);
	place_deinit(&x);
}

/* Each peer names other messages, so there are as many of these as promises. */
/* Else any message that we refuse would do to be asked first and never serve. */
TEST(who_sends_what_is_of_no_use_is_asked_after_the_others_the_next_time)
{
	struct place x;

	place_init(&x);
	announce(&x, 0, 1);
	announce(&x, 1, 1);
	for (size_t i = 0; i < 2; i++)
		(void)promises_excuse(&x.ps, id_of(1), &x.peers[i], true);
	announce(&x, 5, 2);
	announce(&x, 6, 2);
	for (size_t i = 0; i < 2; i++)
		announce(&x, i, 2);
	for (size_t i = 10; i < 16; i++)
		announce(&x, i, 2);
	tick(&x, 1000); /* eight may be asked by now */
	assert_int_equal(x.n_asked[0] + x.n_asked[1], 2);
	for (size_t i = 10; i < 16; i++)
		assert_int_equal(x.n_asked[i], 1);
	place_deinit(&x);
}

TEST(a_few_that_promise_as_much_as_they_may_leave_room_for_others)
{
	struct place x;
	uint32_t id = 0;

	place_init(&x);
	for (size_t i = 0; x.ps.n < LIMIT_GOSSIP_PROMISES / 2; i++)
		for (size_t k = 0; k < LIMIT_GOSSIP_PROMISES_PEER; k++)
			announce(&x, i, ++id);
	for (size_t i = 100; i < PEERS; i++) {
		for (size_t k = 0; k < LIMIT_GOSSIP_PROMISES_FEW; k++)
			announce(&x, i, ++id);
		assert_int_equal(x.n_asked[i], LIMIT_GOSSIP_PROMISES_FEW);
	}
	place_deinit(&x);
}

TEST(who_says_it_again_is_not_asked_again)
{
	struct place x;

	place_init(&x);
	for (size_t k = 0; k < 5; k++)
		announce(&x, 0, 1);
	assert_int_equal(x.n_asked[0], 1);
	assert_int_equal(x.peers[0].n, 1);
	place_deinit(&x);
}

TEST(who_does_not_answer_in_three_seconds_broke_a_promise)
{
	struct place x;

	place_init(&x);
	announce(&x, 0, 1);
	tick(&x, 2999);
	assert_true(promises_broken(&x.peers[0]) == 0);
	tick(&x, 1);
	assert_true(promises_broken(&x.peers[0]) == 0.5);
	assert_true(promises_broken(&x.peers[0]) == 0);
	assert_int_equal(promises_n_wanted(&x.ps), 0);
	/* A late answer changes nothing. */
	promises_kept(&x.ps, id_of(1), &x.peers[0]);
	/* And a new announcement is a new promise, but does not come first any more. */
	announce(&x, 0, 1);
	assert_int_equal(x.n_asked[0], 1);
	tick(&x, 1000);
	assert_int_equal(x.n_asked[0], 2);
	place_deinit(&x);
}

TEST(one_broken_promise_asks_the_next_at_once)
{
	struct place x;

	place_init(&x);
	x.ps.interval_ms = 1000000;
	for (size_t i = 0; i < 4; i++)
		announce(&x, i, 1);
	assert_int_equal(x.n_all, 2);
	tick(&x, 3000);
	assert_int_equal(x.n_asked[2], 1);
	assert_int_equal(x.n_asked[3], 1);
	place_deinit(&x);
}

TEST(fifty_that_announce_first_and_never_serve_delay_less_than_six_seconds)
{
	struct place x;
	struct mono begin;

	place_init(&x);
	begin = x.now;
	for (size_t i = 0; i < 51; i++)
		announce(&x, i, 1);
	while (x.n_asked[50] == 0)
		tick(&x, 1000);
	assert_true(mono_since_ms(begin, x.now) <= 5000);
	promises_kept(&x.ps, id_of(1), &x.peers[50]);
	assert_int_equal(x.peers[50].n_kept, 1);
	for (size_t i = 0; i < 2; i++)
		assert_true(promises_broken(&x.peers[i]) > 0);
	place_deinit(&x);
}

TEST(more_than_are_remembered_leave_their_places_when_they_break_their_promise)
{
	struct place x;

	place_init(&x);
	for (size_t i = 0; i < 255; i++)
		announce(&x, i, 1);
	assert_int_equal(x.ps.n, LIMIT_GOSSIP_ANNOUNCERS);
	for (size_t k = 0; k < 4; k++) {
		tick(&x, 1000);
		announce(&x, 255, 1);
	}
	for (size_t k = 0; k < 3; k++)
		tick(&x, 1000);
	assert_int_equal(x.n_asked[255], 1);
	place_deinit(&x);
}

TEST(who_goes_is_replaced_with_the_next_tick)
{
	struct place x;

	place_init(&x);
	for (size_t i = 0; i < 3; i++)
		announce(&x, i, 1);
	promises_peer_deinit(&x.ps, &x.peers[0]);
	tick(&x, 100);
	assert_int_equal(x.n_asked[2], 1);
	place_deinit(&x);
}

TEST(who_cannot_be_asked_is_passed_over)
{
	struct place x;

	place_init(&x);
	x.refuse[0] = x.refuse[1] = true;
	for (size_t i = 0; i < 2; i++)
		announce(&x, i, 1);
	assert_int_equal(promises_n_wanted(&x.ps), 0);
	announce(&x, 2, 1);
	assert_int_equal(x.n_asked[2], 1);
	tick(&x, 3000);
	assert_true(promises_broken(&x.peers[0]) == 0);
	place_deinit(&x);
}

TEST(what_did_not_leave_is_not_held_against_anybody)
{
	struct place x;

	place_init(&x);
	announce(&x, 0, 1);
	x.now = mono_add_ms(x.now, 500);
	announce(&x, 0, 2);
	promises_not_sent(&x.ps, &x.peers[0], x.now);
	assert_int_equal(promises_n_wanted(&x.ps), 1);
	tick(&x, 4000);
	assert_int_equal(x.peers[0].n_broken, 1);
	place_deinit(&x);
}

TEST(a_peer_is_asked_in_its_own_words)
{
	struct promise_announcement a = { .id = BYTES_LITERAL("ours"),
					  .its_id = BYTES_LITERAL("theirs") };
	struct place x;

	place_init(&x);
	promises_announced(&x.ps, &x.peers[0], &a, x.now);
	assert_bytes(BYTES(x.last_id, x.last_id_n), "theirs");
	a.its_id = a.id;
	promises_announced(&x.ps, &x.peers[1], &a, x.now);
	assert_bytes(BYTES(x.last_id, x.last_id_n), "ours");
	assert_int_equal(promises_n_wanted(&x.ps), 1);
	promises_kept(&x.ps, a.id, &x.peers[1]);
	tick(&x, 5000);
	assert_true(promises_broken(&x.peers[0]) == 0);
	place_deinit(&x);
}

TEST(an_answer_in_words_we_do_not_understand_is_one_too)
{
	struct promise_announcement a = { .alien = true };
	struct place x;

	place_init(&x);
	for (uint32_t i = 0; i < 3; i++) {
		a.id = a.its_id = id_of(i);
		promises_announced(&x.ps, &x.peers[0], &a, x.now);
	}
	promises_kept_alien(&x.ps, &x.peers[0]);
	promises_kept_alien(&x.ps, &x.peers[0]);
	promises_kept_alien(&x.ps, &x.peers[1]);
	tick(&x, 3000);
	assert_int_equal(x.peers[0].n_kept, 2);
	assert_int_equal(x.peers[0].n_broken, 1);
	assert_true(promises_broken(&x.peers[0]) == 0);
	promises_kept_alien(&x.ps, &x.peers[0]);
	assert_int_equal(x.peers[0].n_kept, 0);
	place_deinit(&x);
}

TEST(who_is_late_with_answers_waits_and_who_has_kept_promises_does_not)
{
	struct place x;

	place_init(&x);
	announce(&x, 0, 1);
	announce(&x, 1, 1);
	tick(&x, 600);
	assert_int_equal(x.peers[0].n_late, 1);
	announce(&x, 0, 2);
	announce(&x, 1, 2);
	assert_int_equal(x.n_all, 2);
	announce(&x, 2, 2);
	assert_int_equal(x.n_asked[2], 1);
	promises_kept(&x.ps, id_of(2), &x.peers[2]);
	/* Asked in time although two others were. */
	announce(&x, 3, 3);
	announce(&x, 4, 3);
	announce(&x, 5, 3);
	announce(&x, 2, 3);
	assert_int_equal(x.n_asked[5], 0);
	assert_int_equal(x.n_asked[2], 2);
	promises_kept(&x.ps, id_of(1), NULL);
	assert_int_equal(x.peers[0].n_late, 0);
	place_deinit(&x);
}

TEST(of_those_that_wait_the_least_burdened_are_asked)
{
	struct place x;

	place_init(&x);
	for (uint32_t id = 0; id < 3; id++)
		for (size_t i = 0; i < 30; i++)
			announce(&x, i, id);
	tick(&x, 600);
	/* Eight of each id, and nobody twice but those that were asked at first. */
	assert_int_equal(x.n_all, 3 * 8);
	for (size_t i = 2; i < 30; i++)
		assert_true(x.n_asked[i] <= 1);
	place_deinit(&x);
}

TEST(many_broken_promises_weigh_more_and_have_a_maximum)
{
	static const struct {
		uint32_t n;
		double worth;
	} cases[] = { { 1, 0.5 }, { 32, 0.5 }, { 128, 2 }, { 256, 4 }, { 1000, 4 } };
	struct place x;

	place_init(&x);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (uint32_t k = 0; k < cases[i].n; k++)
			announce(&x, i, k);
		tick(&x, 3000);
		assert_true(promises_broken(&x.peers[i]) == cases[i].worth);
	}
	place_deinit(&x);
}

TEST(what_a_peer_announces_has_a_maximum_and_less_when_places_are_few)
{
	struct place x;

	place_init(&x);
	for (uint32_t k = 0; k < 2 * LIMIT_GOSSIP_PROMISES_PEER; k++)
		announce(&x, 0, k);
	assert_int_equal(x.peers[0].n, LIMIT_GOSSIP_PROMISES_PEER);
	for (size_t i = 1; i < 200; i++)
		for (uint32_t k = 0; k < 2 * LIMIT_GOSSIP_PROMISES_PEER; k++)
			announce(&x, i, (uint32_t)i * 65536 + k);
	assert_true(x.ps.n <= LIMIT_GOSSIP_PROMISES);
	assert_true(promises_n_wanted(&x.ps) <= LIMIT_GOSSIP_WANTED);
	assert_true(x.peers[199].n <= LIMIT_GOSSIP_PROMISES_FEW);
	tick(&x, 3000);
	tick(&x, 3000);
	assert_int_equal(x.ps.n, 0);
	place_deinit(&x);
}

TESTS(RUN(who_sends_what_is_of_no_use_is_asked_after_the_others_the_next_time),
      RUN(a_few_that_promise_as_much_as_they_may_leave_room_for_others),
      RUN(who_sends_what_is_of_no_use_has_broken_nothing_and_the_next_is_asked),
      RUN(two_are_asked_and_the_others_wait), RUN(who_says_it_again_is_not_asked_again),
      RUN(who_does_not_answer_in_three_seconds_broke_a_promise),
      RUN(one_broken_promise_asks_the_next_at_once),
      RUN(fifty_that_announce_first_and_never_serve_delay_less_than_six_seconds),
      RUN(more_than_are_remembered_leave_their_places_when_they_break_their_promise),
      RUN(who_goes_is_replaced_with_the_next_tick), RUN(who_cannot_be_asked_is_passed_over),
      RUN(what_did_not_leave_is_not_held_against_anybody), RUN(a_peer_is_asked_in_its_own_words),
      RUN(an_answer_in_words_we_do_not_understand_is_one_too),
      RUN(who_is_late_with_answers_waits_and_who_has_kept_promises_does_not),
      RUN(of_those_that_wait_the_least_burdened_are_asked),
      RUN(many_broken_promises_weigh_more_and_have_a_maximum),
      RUN(what_a_peer_announces_has_a_maximum_and_less_when_places_are_few))
