#include "test.h"

#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "route/score.h"

#define NEAR(a, b) assert_true(fabs((double)(a) - (double)(b)) < 1e-9)
#define ABOUT(a, b) assert_true(fabs((double)(a) - (double)(b)) < 0.02 * fabs((double)(b)))

struct table {
	struct scores s;
	struct score_topic t;
	struct score_topic_params topic_params;
	struct mono now;
};

static void table_init_with(struct table *x, const struct score_params *params,
			    const struct score_topic_params *topic)
{
	x->now = (struct mono){ 1000 * NS_PER_S };
	scores_init(&x->s, 1, params, x->now);
	x->topic_params = *topic;
	score_topic_init(&x->t, &x->topic_params, BYTES_LITERAL("t"));
}

static void table_init(struct table *x)
{
	struct score_params params = score_params_default();
	struct score_topic_params topic = score_topic_params_default();

	table_init_with(x, &params, &topic);
}

static void table_deinit(struct table *x)
{
	scores_deinit(&x->s);
	score_topic_deinit(&x->t);
}

static void wait_ms(struct table *x, uint64_t ms)
{
	x->now = mono_add_ms(x->now, ms);
}

static struct peer_id id_of(uint32_t n)
{
	struct peer_id id = { .n = 34, .b = { 0x12, 0x20 } };

	memcpy(id.b + 2, &n, sizeof(n));
	return id;
}

static struct score_peer *join(struct table *x, uint32_t n)
{
	struct peer_id id = id_of(n);
	struct score_peer *p;

	assert_int_equal(score_peer_join(&x->s, &id, x->now, &p), 0);
	return p;
}

static double score(struct table *x, struct score_peer *p)
{
	double total = score_of(&x->s, p, x->now);

	/* A listing says the same, when merits of the interval are left out. */
	if (total < 0)
		assert_true(score_parts(&x->s, p, x->now).total >= total - 1e-9);
	return total;
}

static void firsts(struct table *x, struct score_peer *p, size_t n)
{
	while (n-- > 0)
		score_on_first(&x->s, p, &x->t, x->now);
}

static void keep_topic(void *user, const struct score_topic_parts *parts)
{
	*(struct score_topic_parts *)user = *parts;
}

static struct score_topic_parts topic_of(struct table *x, struct score_peer *p)
{
	struct score_topic_parts parts = { 0 };

	score_each_topic(&x->s, p, x->now, keep_topic, &parts);
	return parts;
}

TEST(who_has_done_nothing_has_nothing)
{
	struct table x;
	struct score_peer *p;

	table_init(&x);
	p = join(&x, 1);
	NEAR(score(&x, p), 0);
	wait_ms(&x, 10000000);
	NEAR(score(&x, p), 0);
	table_deinit(&x);
}

TEST(time_in_the_mesh_counts_up_to_its_cap_and_ends_with_it)
{
	struct table x;
	struct score_peer *p;

	table_init(&x);
	p = join(&x, 1);
	score_on_graft(&x.s, p, &x.t, x.now);
	wait_ms(&x, 10000);
	NEAR(score(&x, p), 0.010);
	wait_ms(&x, 10000000);
	NEAR(score(&x, p), 0.5);
	score_on_prune(&x.s, p, &x.t, x.now);
	NEAR(score(&x, p), 0);
	table_deinit(&x);
}

TEST(first_deliveries_count_up_to_their_cap_and_are_forgotten_by_halves)
{
	struct table x;
	struct score_peer *p;

	table_init(&x);
	p = join(&x, 1);
	firsts(&x, p, 10);
	NEAR(score(&x, p), 10);
	wait_ms(&x, 60000);
	ABOUT(score(&x, p), 5);
	firsts(&x, p, 1000);
	wait_ms(&x, 1000);
	ABOUT(score(&x, p), 30);
	wait_ms(&x, 3600000);
	NEAR(score(&x, p), 0);
	table_deinit(&x);
}

TEST(decay_does_not_depend_on_how_often_one_looks)
{
	struct table x;
	struct score_peer *a, *b;

	table_init(&x);
	a = join(&x, 1);
	b = join(&x, 2);
	firsts(&x, a, 20);
	firsts(&x, b, 20);
	score_on_misbehaviour(&x.s, a, 3, x.now);
	score_on_misbehaviour(&x.s, b, 3, x.now);
	for (size_t i = 0; i < 37; i++) {
		wait_ms(&x, 1000);
		(void)score(&x, a);
	}
	NEAR(score(&x, a), score(&x, b));
	table_deinit(&x);
}

TEST(topics_together_add_no_more_than_their_cap)
{
	struct score_topic_params params = score_topic_params_default();
	struct score_topic more[3];
	struct table x;
	struct score_peer *p;

	table_init(&x);
	p = join(&x, 1);
	firsts(&x, p, 30);
	for (size_t i = 0; i < 3; i++) {
		score_topic_init(&more[i], &params, BYTES_LITERAL("more"));
		for (size_t k = 0; k < 30; k++)
			score_on_first(&x.s, p, &more[i], x.now);
	}
	NEAR(score(&x, p), 50);
	score_on_misbehaviour(&x.s, p, 4.4, x.now);
	NEAR(score(&x, p), 50 - 160);
	for (size_t i = 0; i < 3; i++)
		score_topic_deinit(&more[i]);
	NEAR(score(&x, p), 30 - 160);
	table_deinit(&x);
}

TEST(invalid_messages_count_squared_and_at_once)
{
	static const double expected[] = { -5, -20, -45, -80, -125 };
	struct table x;
	struct score_peer *p;

	table_init(&x);
	p = join(&x, 1);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		score_on_invalid(&x.s, p, &x.t, x.now);
		NEAR(score(&x, p), expected[i]);
	}
	wait_ms(&x, 60000);
	ABOUT(score(&x, p), -125 / 4.0);
	table_deinit(&x);
}

TEST(misbehaviour_counts_squared_at_once_and_is_forgiven_in_minutes)
{
	struct table x;
	struct score_peer *p;

	table_init(&x);
	p = join(&x, 1);
	score_on_misbehaviour(&x.s, p, 1, x.now);
	NEAR(score(&x, p), -3.6);
	score_on_misbehaviour(&x.s, p, 1, x.now);
	NEAR(score(&x, p), -25.6);
	score_on_misbehaviour(&x.s, p, 2, x.now);
	NEAR(score(&x, p), -129.6);
	wait_ms(&x, 30000);
	ABOUT(score(&x, p), -25.6);
	wait_ms(&x, 120000);
	NEAR(score(&x, p), 0);
	/* As bad as it gets is over in minutes, too. */
	score_on_misbehaviour(&x.s, p, 1e9, x.now);
	NEAR(score(&x, p), -10 * 99.6 * 99.6);
	wait_ms(&x, 300000);
	NEAR(score(&x, p), 0);
	table_deinit(&x);
}

TEST(below_its_threshold_misbehaviour_costs_nothing)
{
	struct score_params params = score_params_default();
	struct score_topic_params topic = score_topic_params_default();
	struct table x;
	struct score_peer *p;

	params.behaviour_threshold = 6;
	table_init_with(&x, &params, &topic);
	p = join(&x, 1);
	score_on_misbehaviour(&x.s, p, 6, x.now);
	NEAR(score(&x, p), 0);
	score_on_misbehaviour(&x.s, p, 1, x.now);
	NEAR(score(&x, p), -10);
	table_deinit(&x);
}

TEST(an_application_may_say_what_it_thinks_within_limits)
{
	struct table x;
	struct score_peer *p;

	table_init(&x);
	p = join(&x, 1);
	score_set_app(&x.s, p, -12.5);
	NEAR(score(&x, p), -12.5);
	score_set_app(&x.s, p, INFINITY);
	NEAR(score(&x, p), LIMIT_GOSSIP_SCORE_APP);
	score_set_app(&x.s, p, -INFINITY);
	NEAR(score(&x, p), -LIMIT_GOSSIP_SCORE_APP);
	score_set_app(&x.s, p, NAN);
	NEAR(score(&x, p), -LIMIT_GOSSIP_SCORE_APP);
	table_deinit(&x);
}

/* ---- addresses ---- */

static struct addr addr_of(const char *text)
{
	struct addr a = { 0 };

	assert_int_equal(addr_parse_ip(text, &a), 0);
	return a;
}

static struct score_peer *join_at(struct table *x, uint32_t n, const char *ip)
{
	struct score_peer *p = join(x, n);
	struct addr a = addr_of(ip);

	score_peer_set_address(&x->s, p, &a);
	return p;
}

TEST(too_many_at_one_address_cost_the_square_of_the_excess)
{
	struct score_peer *p[12];
	struct table x;
	struct addr elsewhere = addr_of("192.0.2.99");

	table_init(&x);
	for (uint32_t i = 0; i < 12; i++) {
		p[i] = join_at(&x, i, "192.0.2.1");
		if (i < 8)
			NEAR(score(&x, p[i]), 0);
	}
	NEAR(score(&x, p[0]), -5 * 16);
	NEAR(score(&x, p[11]), -5 * 16);
	score_peer_leave(&x.s, p[11], x.now);
	NEAR(score(&x, p[0]), -5 * 9);
	score_peer_set_address(&x.s, p[10], &elsewhere);
	NEAR(score(&x, p[0]), -5 * 4);
	NEAR(score(&x, p[10]), 0);
	/* Said twice is not counted twice. */
	score_peer_set_address(&x.s, p[10], &elsewhere);
	score_peer_set_address(&x.s, p[10], &elsewhere);
	NEAR(score(&x, p[10]), 0);
	table_deinit(&x);
}

TEST(ipv6_counts_by_64_bits_and_loopback_not_at_all)
{
	struct score_peer *p = NULL, *q = NULL;
	struct table x;

	table_init(&x);
	for (uint32_t i = 0; i < 10; i++) {
		char text[64];

		snprintf(text, sizeof(text), "2001:db8:1:2:%x::1", i);
		p = join_at(&x, i, text);
		join_at(&x, 100 + i, "127.0.0.1");
		q = join_at(&x, 200 + i, "::1");
	}
	NEAR(score(&x, p), -5 * 4);
	NEAR(score(&x, q), 0);
	q = join_at(&x, 300, "2001:db8:1:3::1");
	NEAR(score(&x, q), 0);
	table_deinit(&x);
}

TEST(loopback_counts_where_it_is_asked_for)
{
	struct score_params params = score_params_default();
	struct score_topic_params topic = score_topic_params_default();
	struct table x;
	struct score_peer *p = NULL;

	params.colocation_loopback = true;
	params.colocation_threshold = 1;
	table_init_with(&x, &params, &topic);
	for (uint32_t i = 0; i < 3; i++)
		p = join_at(&x, i, "127.0.0.1");
	NEAR(score(&x, p), -20);
	table_deinit(&x);
}

/* ---- coming back ---- */

TEST(a_bad_record_outlives_the_link_and_does_not_decay_meanwhile)
{
	struct table x;
	struct score_peer *p;
	double before;

	table_init(&x);
	p = join(&x, 1);
	firsts(&x, p, 10);
	score_on_misbehaviour(&x.s, p, 3, x.now);
	score_on_invalid(&x.s, p, &x.t, x.now);
	before = score(&x, p);
	NEAR(before, 10 - 67.6 - 5);
	score_peer_leave(&x.s, p, x.now);
	wait_ms(&x, 1800000);
	p = join(&x, 1);
	/* And the merits are gone. */
	NEAR(score(&x, p), -72.6);
	score_peer_leave(&x.s, p, x.now);
	wait_ms(&x, 3600000);
	p = join(&x, 1);
	NEAR(score(&x, p), 0);
	table_deinit(&x);
}

TEST(who_has_nothing_against_it_is_not_remembered)
{
	struct table x;
	struct peer_id id = id_of(1);
	struct score_peer *p;

	table_init(&x);
	p = join(&x, 1);
	score_on_graft(&x.s, p, &x.t, x.now);
	firsts(&x, p, 10);
	score_set_app(&x.s, p, 5);
	assert_int_equal(score_peer_join(&x.s, &id, x.now, &p), -EEXIST);
	score_peer_leave(&x.s, score_peer_find(&x.s, &id), x.now);
	assert_null(score_peer_find(&x.s, &id));
	assert_true(list_is_empty(&x.t.stats));
	table_deinit(&x);
}

TEST(those_that_left_have_a_maximum_and_the_first_is_forgotten_first)
{
	struct table x;
	struct peer_id id;

	table_init(&x);
	for (uint32_t i = 0; i < LIMIT_GOSSIP_SCORES_GONE + 100; i++) {
		struct score_peer *p = join(&x, i);

		score_on_misbehaviour(&x.s, p, 1, x.now);
		score_peer_leave(&x.s, p, x.now);
	}
	assert_int_equal(x.s.n_gone, LIMIT_GOSSIP_SCORES_GONE);
	assert_int_equal(x.s.peers.n, LIMIT_GOSSIP_SCORES_GONE);
	id = id_of(99);
	assert_null(score_peer_find(&x.s, &id));
	id = id_of(100);
	assert_non_null(score_peer_find(&x.s, &id));
	table_deinit(&x);
}

/* ---- deficits ---- */

static struct score_topic_params with_deficits(void)
{
	struct score_topic_params topic = score_topic_params_default();

	topic.time_weight = topic.first_weight = 0;
	topic.deficit_weight = -1;
	topic.failure_weight = -1;
	topic.deficit_decay = topic.failure_decay = 1;
	topic.deficit_share = 0.5;
	return topic;
}

TEST(a_member_that_brings_nothing_owes_its_share_of_what_the_topic_carried)
{
	struct score_params params = score_params_default();
	struct score_topic_params topic = with_deficits();
	struct table x;
	struct score_peer *idle, *busy, *outside;

	table_init_with(&x, &params, &topic);
	idle = join(&x, 1);
	busy = join(&x, 2);
	outside = join(&x, 3);
	score_on_graft(&x.s, idle, &x.t, x.now);
	score_on_graft(&x.s, busy, &x.t, x.now);
	/* Nothing is owed before the time is over. */
	firsts(&x, outside, 100);
	wait_ms(&x, 29999);
	NEAR(score(&x, idle), 0);
	wait_ms(&x, 1);
	NEAR(score(&x, idle), 0);
	NEAR(score(&x, busy), 0);
	/* A topic that carries nothing asks for nothing. */
	wait_ms(&x, 3600000);
	NEAR(score(&x, idle), 0);
	for (size_t i = 0; i < 10; i++) {
		firsts(&x, outside, 1);
		score_on_copy(&x.s, busy, &x.t, i < 6 ? 1000 : 2001, x.now);
		score_on_copy(&x.s, outside, &x.t, 1000, x.now);
	}
	wait_ms(&x, 1000);
	NEAR(score(&x, idle), -25);
	NEAR(score(&x, busy), 0);
	NEAR(score(&x, outside), 0);
	NEAR(topic_of(&x, idle).deficit, -25);
	firsts(&x, busy, 90);
	wait_ms(&x, 1000);
	/* The cap. */
	NEAR(score(&x, idle), -400);
	table_deinit(&x);
}

TEST(what_was_owed_stays_with_who_is_pruned)
{
	struct score_params params = score_params_default();
	struct score_topic_params topic = with_deficits();
	struct table x;
	struct score_peer *p, *other;

	table_init_with(&x, &params, &topic);
	p = join(&x, 1);
	other = join(&x, 2);
	score_on_graft(&x.s, p, &x.t, x.now);
	wait_ms(&x, 30000);
	(void)score(&x, p);
	firsts(&x, other, 10);
	score_on_prune(&x.s, p, &x.t, x.now);
	NEAR(score(&x, p), -25);
	NEAR(topic_of(&x, p).failure, -25);
	score_peer_leave(&x.s, p, x.now);
	p = join(&x, 1);
	NEAR(score(&x, p), -25);
	table_deinit(&x);
}

TEST(by_default_nobody_owes_anything)
{
	struct table x;
	struct score_peer *p, *other;

	table_init(&x);
	p = join(&x, 1);
	other = join(&x, 2);
	score_on_graft(&x.s, p, &x.t, x.now);
	for (size_t i = 0; i < 600; i++) {
		wait_ms(&x, 1000);
		firsts(&x, other, 200);
		assert_true(score(&x, p) >= 0);
	}
	table_deinit(&x);
}

TEST(a_topic_that_ends_takes_what_happened_in_it_along)
{
	struct score_topic_params params = score_topic_params_default();
	struct score_topic other;
	struct table x;
	struct score_peer *p;

	table_init(&x);
	p = join(&x, 1);
	score_topic_init(&other, &params, BYTES_LITERAL("other"));
	score_on_invalid(&x.s, p, &other, x.now);
	NEAR(score(&x, p), -5);
	assert_bytes(topic_of(&x, p).topic, "other");
	score_topic_deinit(&other);
	NEAR(score(&x, p), 0);
	assert_int_equal(topic_of(&x, p).topic.n, 0);
	table_deinit(&x);
}

TESTS(RUN(who_has_done_nothing_has_nothing),
      RUN(time_in_the_mesh_counts_up_to_its_cap_and_ends_with_it),
      RUN(first_deliveries_count_up_to_their_cap_and_are_forgotten_by_halves),
      RUN(decay_does_not_depend_on_how_often_one_looks),
      RUN(topics_together_add_no_more_than_their_cap),
      RUN(invalid_messages_count_squared_and_at_once),
      RUN(misbehaviour_counts_squared_at_once_and_is_forgiven_in_minutes),
      RUN(below_its_threshold_misbehaviour_costs_nothing),
      RUN(an_application_may_say_what_it_thinks_within_limits),
      RUN(too_many_at_one_address_cost_the_square_of_the_excess),
      RUN(ipv6_counts_by_64_bits_and_loopback_not_at_all),
      RUN(loopback_counts_where_it_is_asked_for),
      RUN(a_bad_record_outlives_the_link_and_does_not_decay_meanwhile),
      RUN(who_has_nothing_against_it_is_not_remembered),
      RUN(those_that_left_have_a_maximum_and_the_first_is_forgotten_first),
      RUN(a_member_that_brings_nothing_owes_its_share_of_what_the_topic_carried),
      RUN(what_was_owed_stays_with_who_is_pruned), RUN(by_default_nobody_owes_anything),
      RUN(a_topic_that_ends_takes_what_happened_in_it_along))
