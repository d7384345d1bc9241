#include "engine.h"

#include <stdio.h>

/* As gossip's own default would call a message that does not exist. */
static struct bytes fake_id(uint32_t n)
{
	static uint8_t ring[8][GOSSIP_ID_MAX];
	static size_t next;
	static struct key_pair key;
	static struct peer_id nobody;
	uint8_t *out = ring[next++ % ARRAY_SIZE(ring)];
	uint64_t be = __builtin_bswap64(n);

	if (nobody.n == 0)
		identity(99, &key, &nobody);
	memcpy(out, nobody.b, nobody.n);
	memcpy(out + nobody.n, &be, sizeof(be));
	return BYTES(out, nobody.n + sizeof(be));
}

static struct bytes js_id_of(struct fake *f, uint64_t seqno)
{
	static uint8_t out[GOSSIP_ID_MAX];
	struct bytes id = id_of(f, seqno);

	memcpy(out, id.p + 2, id.n - 2);
	return BYTES(out, id.n - 2);
}

static struct bytes rust_id_of(struct fake *f, uint64_t seqno)
{
	static char out[GOSSIP_ID_MAX];
	char text[PEER_ID_TEXT_MAX];

	snprintf(out, sizeof(out), "%s%llu", peer_id_text(&f->id, text), (unsigned long long)seqno);
	return bytes_of_text(out);
}

static void begin(struct engine *e, size_t n)
{
	engine_init(e);
	engine_joins(e, "t");
	fakes_subscribed(e, 0, n, "t");
	engine_wait(e, 150);
	for (size_t i = 0; i < n; i++)
		fake_got(&e->fakes[i]);
}

static void has_many(struct fake *f, uint32_t first, size_t n)
{
	static struct bytes ids[5000];
	static uint8_t mem[5000][GOSSIP_ID_MAX];

	for (size_t i = 0; i < n; i++) {
		struct bytes id = fake_id(first + (uint32_t)i);

		memcpy(mem[i], id.p, id.n);
		ids[i] = BYTES(mem[i], id.n);
	}
	FAKE_CONTROL(f, gossip_write_ihave(&w, BYTES_LITERAL("t"), ids, n));
}

TEST(what_we_miss_is_asked_for_once_and_of_two)
{
	struct engine e;
	size_t n = 0;

	begin(&e, 5);
	for (size_t i = 0; i < 5; i++) {
		fake_has(&e.fakes[i], "t", fake_id(1));
		fake_has(&e.fakes[i], "t", fake_id(1));
		n += fake_got(&e.fakes[i])->ids.n;
	}
	assert_int_equal(n, 2);
	assert_int_equal(gossip_counts(e.g).iwant_asked, 2);
	engine_deinit(&e);
}

TEST(what_was_asked_for_and_came_is_a_promise_kept_by_everybody)
{
	struct engine e;

	begin(&e, 3);
	fake_has(&e.fakes[0], "t", id_of(&e.fakes[2], 1));
	fake_has(&e.fakes[1], "t", id_of(&e.fakes[2], 1));
	fake_publishes(&e.fakes[2], "t", "x");
	assert_int_equal(promises_n_wanted(&e.g->promises), 0);
	engine_wait(&e, 6000);
	assert_true(fake_score(&e.fakes[0]) >= 0 && fake_score(&e.fakes[1]) >= 0);
	engine_deinit(&e);
}

TEST(a_forgery_keeps_no_promise)
{
	struct engine e;
	struct shared_bytes *forged;

	begin(&e, 2);
	fake_has(&e.fakes[0], "t", id_of(&e.fakes[1], 1));
	forged = message_of(&e.fakes[1], "t", BYTES_LITERAL("hello"));
	forged->data[forged->n - 1] ^= 1;
	fake_says_frame(&e.fakes[0], forged);
	assert_int_equal(promises_n_wanted(&e.g->promises), 1);
	engine_wait(&e, 5000);
	assert_int_equal(gossip_counts(e.g).promises_broken, 1);
	engine_deinit(&e);
}

/* `f` announces the message, is asked, and sends it. */
static void announces_and_serves(struct fake *f, struct bytes id, struct shared_bytes *frame)
{
	fake_got(f);
	fake_has(f, "t", id);
	assert_int_equal(fake_got(f)->ids.n, 1);
	fake_says_frame(f, frame);
}

static void begin_with_own_restarted(struct engine *e, struct fake *us)
{
	begin(e, 2);
	*us = (struct fake){ .key = e->key, .id = e->id };
}

/* An old one of ours, which somebody sends round again, or one from before we were restarted. */
TEST(who_serves_us_our_own_message_has_kept_its_promise)
{
	struct engine e;
	struct fake us;

	begin_with_own_restarted(&e, &us);
	for (uint64_t k = 1; k <= 20; k++) {
		announces_and_serves(&e.fakes[0], id_of(&us, k),
				     message_of(&us, "t", BYTES_LITERAL("x")));
		engine_wait(&e, 1000);
		assert_true(fake_score(&e.fakes[0]) >= 0);
	}
	assert_int_equal(gossip_counts(e.g).own_echo, 20);
	assert_int_equal(gossip_counts(e.g).promises_broken, 0);
	engine_deinit(&e);
}

TEST(who_serves_what_is_too_large_for_us_has_kept_its_promise)
{
	size_t n = LIMIT_GOSSIP_DATA + 1;
	uint8_t *data = calloc(1, n);
	struct engine e;

	begin(&e, 2);
	announces_and_serves(&e.fakes[0], id_of(&e.fakes[1], 1),
			     message_of(&e.fakes[1], "t", BYTES(data, n)));
	engine_wait(&e, 6000);
	assert_int_equal(gossip_counts(e.g).too_large, 1);
	assert_int_equal(gossip_counts(e.g).promises_broken, 0);
	engine_deinit(&e);
	free(data);
}

TEST(who_serves_what_only_others_hold_good_has_kept_its_promise)
{
	struct engine e;
	struct shared_bytes *frame;
	struct fake *author;

	begin(&e, 2);
	author = &e.fakes[1];
	/* An R of small order. */
	frame = message_of(author, "t", BYTES_LITERAL("x"));
	memset(frame->data + frame->n - 64, 0, 64);
	frame->data[frame->n - 64] = 1;
	announces_and_serves(&e.fakes[0], id_of(author, 1), frame);
	engine_wait(&e, 6000);
	assert_int_equal(gossip_counts(e.g).bad_signature, 1);
	assert_int_equal(gossip_counts(e.g).promises_broken, 0);
	engine_deinit(&e);
}

TEST(who_serves_a_topic_that_we_have_left_has_kept_its_promise)
{
	struct engine e;

	begin(&e, 2);
	fake_has(&e.fakes[0], "t", id_of(&e.fakes[1], 1));
	gossip_leave(e.g, BYTES_LITERAL("t"), e.now);
	fake_says_frame(&e.fakes[0], message_of(&e.fakes[1], "t", BYTES_LITERAL("x")));
	engine_wait(&e, 6000);
	assert_int_equal(gossip_counts(e.g).unknown_topic, 1);
	assert_int_equal(gossip_counts(e.g).promises_broken, 0);
	engine_deinit(&e);
}

/* G-02 */
TEST(a_flood_of_empty_announcements_is_bounded_and_soon_held_against_its_author)
{
	struct engine e;
	struct fake *f;
	size_t n_asked = 0;

	begin(&e, 1);
	f = &e.fakes[0];
	for (size_t heartbeat = 0; heartbeat < 3; heartbeat++) {
		for (uint32_t k = 0; k < 20; k++)
			has_many(f, (uint32_t)heartbeat * 100000 + k * 1000, 1000);
		n_asked += fake_got(f)->ids.n;
		assert_true(n_asked <= (heartbeat + 1) * LIMIT_GOSSIP_IWANT);
		assert_true(fake_score(f) > -10);
		engine_wait(&e, 1000);
	}
	engine_wait(&e, 1000);
	/* Three seconds have passed since the first, and one heartbeat. */
	assert_true(fake_score(f) < 0);
	assert_false(fake_is_in_mesh(f, "t"));
	fake_got(f);
	has_many(f, 900000, 10);
	assert_int_equal(fake_got(f)->ids.n, 0);
	engine_deinit(&e);
}

TEST(one_broken_promise_after_the_other_is_held_against_who_makes_them)
{
	struct engine e;
	struct fake *f;

	begin(&e, 1);
	f = &e.fakes[0];
	for (uint32_t k = 0; k < 6; k++) {
		fake_has(f, "t", fake_id(k));
		engine_wait(&e, 1000);
	}
	/* The first ran out a little more than two heartbeats ago. */
	assert_true(fake_score(f) < 0);
	/* And in a few minutes it is over. */
	engine_wait(&e, 200000);
	assert_true(fake_score(f) >= 0);
	engine_deinit(&e);
}

/* G-11 */
TEST(fifty_that_announce_and_never_serve_add_less_than_six_seconds)
{
	struct engine e;
	struct mono begun;
	uint64_t worst = 0;

	begin(&e, 51);
	/* Nobody pushes anything. */
	for (size_t i = 0; i < 51; i++)
		fake_prunes(&e.fakes[i], "t", 3600);
	for (uint32_t k = 1; k <= 10; k++) {
		struct fake *honest = &e.fakes[50];
		struct shared_bytes *frame = message_of(honest, "t", BYTES_LITERAL("x"));
		struct bytes id = id_of(honest, honest->seqno);
		bool asked = false;

		begun = e.now;
		for (size_t i = 0; i < 50; i++)
			fake_has(&e.fakes[i], "t", id);
		fake_has(honest, "t", id);
		for (;;) {
			asked = asked || fake_got(honest)->ids.n > 0;
			if (asked)
				break;
			engine_wait(&e, 100);
		}
		worst = size_max(worst, mono_since_ms(begun, e.now));
		fake_says_frame(honest, frame);
		assert_int_equal(e.n_delivered, k);
		engine_wait(&e, 1000);
	}
	assert_true(worst <= 6000);
	engine_deinit(&e);
}

TEST(who_announces_in_other_words_is_understood_and_asked_in_them)
{
	struct engine e;
	struct fake *js, *rust, *author;
	struct bytes id;

	begin(&e, 3);
	js = &e.fakes[0];
	rust = &e.fakes[1];
	author = &e.fakes[2];
	id = js_id_of(author, 1);
	fake_has(js, "t", id);
	assert_true(bytes_equal(fake_got(js)->ids.v[0], id));
	id = rust_id_of(author, 1);
	fake_has(rust, "t", id);
	assert_true(bytes_equal(fake_got(rust)->ids.v[0], id));
	assert_int_equal(promises_n_wanted(&e.g->promises), 1);
	fake_publishes(author, "t", "x");
	assert_int_equal(promises_n_wanted(&e.g->promises), 0);
	/* What was seen is not asked for in anybody's words. */
	fake_has(js, "t", js_id_of(author, 1));
	fake_has(rust, "t", rust_id_of(author, 1));
	assert_int_equal(fake_got(js)->ids.n + fake_got(rust)->ids.n, 0);
	engine_wait(&e, 6000);
	assert_true(fake_score(js) >= 0 && fake_score(rust) >= 0);
	engine_deinit(&e);
}

TEST(what_a_peer_does_not_want_in_its_own_words_it_does_not_get)
{
	struct engine e;

	begin(&e, 3);
	fake_does_not_want(&e.fakes[0], js_id_of(&e.fakes[2], 1));
	fake_publishes(&e.fakes[2], "t", "x");
	assert_int_equal(fake_got(&e.fakes[0])->messages.n, 0);
	assert_int_equal(fake_got(&e.fakes[1])->messages.n, 1);
	engine_deinit(&e);
}

TEST(what_a_peer_wants_in_its_own_words_it_gets)
{
	struct engine e;

	begin(&e, 3);
	fake_prunes(&e.fakes[0], "t", 3600);
	fake_publishes(&e.fakes[2], "t", "x");
	assert_int_equal(fake_got(&e.fakes[0])->messages.n, 0);
	fake_wants(&e.fakes[0], js_id_of(&e.fakes[2], 1));
	assert_int_equal(fake_got(&e.fakes[0])->messages.n, 1);
	engine_deinit(&e);
}

/* A network with ids of its own: each of its messages reaches us by the mesh under our name. */
TEST(who_has_words_of_its_own_is_asked_a_few_times_and_nothing_is_held_against_it)
{
	struct engine e;
	struct fake *f, *author;
	size_t n_asked = 0;

	begin(&e, 2);
	f = &e.fakes[0];
	author = &e.fakes[1];
	for (uint32_t k = 0; k < 100; k++) {
		struct shared_bytes *frame = message_of(author, "t", BYTES(&k, sizeof(k)));
		uint8_t hash[20] = { 1, 2, 3, (uint8_t)k };

		shared_bytes_ref(frame);
		fake_says_frame(author, frame);
		fake_has(f, "t", BYTES(hash, sizeof(hash)));
		if (fake_got(f)->iwant.n > 0) {
			n_asked++;
			assert_int_equal(fake_says_bytes(f, shared_bytes_data(frame)), 0);
		}
		shared_bytes_unref(frame);
		engine_wait(&e, 500);
		assert_true(fake_score(f) >= 0);
	}
	assert_int_equal(n_asked, LIMIT_GOSSIP_ALIENS);
	assert_int_equal(e.n_delivered, 100);
	engine_deinit(&e);
}

TEST(who_announces_in_no_words_at_all_and_never_serves_is_found_out)
{
	struct engine e;
	struct fake *f;

	begin(&e, 1);
	f = &e.fakes[0];
	for (uint32_t k = 0; k < 1000; k++)
		fake_has(f, "t", BYTES(&k, sizeof(k)));
	engine_wait(&e, 4500);
	assert_true(fake_score(f) < 0);
	engine_deinit(&e);
}

TEST(iwant_that_did_not_leave_is_forgotten)
{
	struct engine e;
	struct fake *f;

	begin(&e, 1);
	f = &e.fakes[0];
	f->is_full = true;
	has_many(f, 0, 900);
	assert_int_equal(promises_n_wanted(&e.g->promises), 0);
	f->is_full = false;
	engine_wait(&e, 6000);
	assert_true(fake_score(f) >= 0);
	engine_deinit(&e);
}

TEST(below_the_threshold_nothing_is_asked_served_or_told)
{
	const struct gossip_rpc *got;
	struct engine e;
	struct fake *f;

	begin(&e, 2);
	f = &e.fakes[0];
	fake_publishes(&e.fakes[1], "t", "x");
	fake_prunes(f, "t", 3600);
	fake_got(f);
	gossip_set_app_score(e.g, &f->id, -11);
	fake_has(f, "t", fake_id(1));
	fake_wants(f, id_of(&e.fakes[1], 1));
	engine_wait(&e, 2000);
	assert_int_equal(f->n_frames, 0);
	gossip_set_app_score(e.g, &f->id, -9);
	fake_has(f, "t", fake_id(1));
	fake_wants(f, id_of(&e.fakes[1], 1));
	engine_wait(&e, 1000);
	got = fake_got(f);
	assert_int_equal(got->messages.n, 1);
	assert_int_equal(got->iwant.n, 1);
	assert_int_equal(got->ihave.n, 1);
	engine_deinit(&e);
}

/* G-01 */
TEST(iwant_for_one_id_for_ever_gets_three_answers)
{
	struct engine e;
	struct fake *f;

	begin(&e, 2);
	f = &e.fakes[0];
	fake_prunes(f, "t", 3600);
	fake_publishes(&e.fakes[1], "t", "x");
	fake_got(f);
	for (size_t i = 0; i < 1000; i++)
		fake_wants(f, id_of(&e.fakes[1], 1));
	assert_int_equal(fake_got(f)->messages.n, LIMIT_GOSSIP_SERVED);
	engine_deinit(&e);
}

TEST(broken_promises_alone_never_put_anybody_out_of_hearing)
{
	struct engine e;
	struct fake *idle, *busy;

	begin(&e, 3);
	idle = &e.fakes[0];
	busy = &e.fakes[1];
	for (size_t i = 0; i < 30; i++)
		fake_publishes(busy, "t", "x");
	for (uint32_t k = 0; k < 30; k++) {
		has_many(idle, 2000 * k, 300);
		has_many(busy, 2000 * k + 1000, 300);
		for (size_t i = 0; i < 5; i++)
			fake_publishes(busy, "t", "x");
		engine_wait(&e, 1000);
		assert_true(fake_score(idle) > -30);
		assert_true(fake_score(busy) > -30);
	}
	/* What it brings outweighs what it promised. */
	assert_true(fake_score(idle) < -20);
	assert_true(fake_score(busy) > 0);
	assert_true(fake_is_in_mesh(busy, "t"));
	engine_deinit(&e);
}

TEST(while_we_are_late_ourselves_nobody_is_to_blame)
{
	struct engine e;
	struct fake *f;

	begin(&e, 1);
	f = &e.fakes[0];
	has_many(f, 0, 500);
	e.now = mono_add_ms(e.now, 4000);
	gossip_tick(e.g, e.now);
	assert_true(fake_score(f) >= 0);
	assert_int_equal(promises_n_wanted(&e.g->promises), 0);
	engine_deinit(&e);
}

TESTS(RUN(who_serves_us_our_own_message_has_kept_its_promise),
      RUN(who_serves_what_is_too_large_for_us_has_kept_its_promise),
      RUN(who_serves_what_only_others_hold_good_has_kept_its_promise),
      RUN(who_serves_a_topic_that_we_have_left_has_kept_its_promise),
      RUN(what_we_miss_is_asked_for_once_and_of_two),
      RUN(what_was_asked_for_and_came_is_a_promise_kept_by_everybody),
      RUN(a_forgery_keeps_no_promise),
      RUN(a_flood_of_empty_announcements_is_bounded_and_soon_held_against_its_author),
      RUN(one_broken_promise_after_the_other_is_held_against_who_makes_them),
      RUN(fifty_that_announce_and_never_serve_add_less_than_six_seconds),
      RUN(who_announces_in_other_words_is_understood_and_asked_in_them),
      RUN(what_a_peer_does_not_want_in_its_own_words_it_does_not_get),
      RUN(what_a_peer_wants_in_its_own_words_it_gets),
      RUN(who_has_words_of_its_own_is_asked_a_few_times_and_nothing_is_held_against_it),
      RUN(who_announces_in_no_words_at_all_and_never_serves_is_found_out),
      RUN(iwant_that_did_not_leave_is_forgotten),
      RUN(below_the_threshold_nothing_is_asked_served_or_told),
      RUN(iwant_for_one_id_for_ever_gets_three_answers),
      RUN(broken_promises_alone_never_put_anybody_out_of_hearing),
      RUN(while_we_are_late_ourselves_nobody_is_to_blame))
