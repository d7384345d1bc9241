#include "engine.h"

#define LARGE 2000 /* bytes: worth talking about */
#define N 8        /* members of the mesh */

/* A mesh of eight, all of whom have just spoken of a message. The last one speaks no IDONTWANT. */
static void talking_mesh(struct engine *e)
{
	engine_init(e);
	engine_joins(e, "t");
	for (size_t i = 0; i < N; i++) {
		struct fake *f =
			fake_add_as(e, i, i + 1 < N ? "/meshsub/1.2.0" : "/meshsub/1.1.0", false);

		fake_subscribes(f, "t", true);
		fake_grafts(f, "t");
		fake_publishes(f, "t", "hello");
	}
	assert_int_equal(engine_n_mesh(e, "t"), N);
	for (size_t i = 0; i < N; i++)
		fake_got(&e->fakes[i]);
}

static void brings(struct fake *f, size_t n)
{
	static uint8_t data[LARGE];

	fake_says_frame(f, message_of(f, "t", BYTES(data, n)));
}

/* How many got a message since the last look. */
static size_t n_got(struct engine *e)
{
	size_t n = 0;

	for (size_t i = 0; i < N; i++)
		n += fake_got(&e->fakes[i])->messages.n;
	return n;
}

TEST(a_large_message_goes_to_three_at_once_and_to_the_others_later)
{
	struct engine e;

	talking_mesh(&e);
	brings(&e.fakes[0], LARGE);
	assert_int_equal(e.last_data_n, sizeof(e.last_data));
	assert_int_equal(n_got(&e), 3);
	engine_wait(&e, 199);
	assert_int_equal(n_got(&e), 0);
	engine_wait(&e, 1);
	assert_int_equal(n_got(&e), N - 1 - 3);
	engine_wait(&e, 400);
	assert_int_equal(n_got(&e), 0);
	engine_deinit(&e);
}

TEST(those_that_take_nothing_now_do_not_take_the_place_of_others_and_get_it_later)
{
	struct engine e;

	talking_mesh(&e);
	for (size_t i = 1; i < 5; i++)
		e.fakes[i].is_full = true;
	brings(&e.fakes[0], LARGE);
	assert_int_equal(n_got(&e), 3);
	for (size_t i = 1; i < 5; i++)
		e.fakes[i].is_full = false;
	engine_wait(&e, 200);
	assert_int_equal(n_got(&e), 4);
	engine_deinit(&e);
}

TEST(with_every_message_others_are_first)
{
	struct engine e;
	size_t first[N] = { 0 };

	talking_mesh(&e);
	for (size_t k = 0; k < N; k++) {
		brings(&e.fakes[0], LARGE);
		for (size_t i = 0; i < N; i++)
			first[i] += fake_got(&e.fakes[i])->messages.n;
	}
	for (size_t i = 1; i < N; i++)
		assert_in_range(first[i], 3, 4);
	engine_deinit(&e);
}

TEST(a_small_message_goes_to_all_at_once)
{
	struct engine e;

	talking_mesh(&e);
	brings(&e.fakes[0], 1023);
	assert_int_equal(n_got(&e), N - 1);
	assert_int_equal(e.g->n_later, 0);
	engine_deinit(&e);
}

TEST(our_own_message_goes_to_all_at_once)
{
	static uint8_t data[LARGE];
	struct engine e;

	talking_mesh(&e);
	assert_int_equal(gossip_publish(e.g, BYTES_LITERAL("t"), BYTES(data, LARGE), e.now, NULL),
			 0);
	assert_int_equal(n_got(&e), N);
	engine_deinit(&e);
}

TEST(a_mesh_of_three_gets_it_at_once)
{
	struct engine e;

	talking_mesh(&e);
	for (size_t i = 3; i < N; i++)
		fake_prunes(&e.fakes[i], "t", 60);
	brings(&e.fakes[0], LARGE);
	assert_int_equal(n_got(&e), 2);
	assert_int_equal(e.g->n_later, 0);
	engine_deinit(&e);
}

TEST(silent_members_do_not_make_others_wait)
{
	struct engine e;

	talking_mesh(&e);
	/* Three heartbeats later nobody has said anything of a message but the one who brings it.
	 */
	engine_wait(&e, 3500);
	n_got(&e);
	brings(&e.fakes[0], LARGE);
	assert_int_equal(n_got(&e), N - 1);
	engine_deinit(&e);
}

TEST(who_says_that_it_has_it_is_not_sent_it_later)
{
	struct engine e;

	talking_mesh(&e);
	brings(&e.fakes[0], LARGE);
	for (size_t i = 1; i + 1 < N; i++)
		fake_does_not_want(&e.fakes[i], id_of(&e.fakes[0], 2));
	n_got(&e);
	engine_wait(&e, 200);
	assert_in_range(n_got(&e), 0, 1);
	assert_int_equal(fake_got(&e.fakes[1])->messages.n, 0);
	engine_deinit(&e);
}

TEST(who_does_not_speak_of_it_but_sends_a_copy_is_not_sent_it_later)
{
	struct engine e;
	struct fake *old = NULL;
	static uint8_t data[LARGE];
	struct shared_bytes *frame;

	talking_mesh(&e);
	frame = message_of(&e.fakes[0], "t", BYTES(data, LARGE));
	fake_says_frame(&e.fakes[0], shared_bytes_ref(frame));
	old = &e.fakes[N - 1];
	/* It is the last of the mesh, so not among the first three. */
	assert_int_equal(fake_got(old)->messages.n, 0);
	fake_says_frame(old, frame);
	engine_wait(&e, 200);
	assert_int_equal(fake_got(old)->messages.n, 0);
	engine_deinit(&e);
}

TEST(who_is_pruned_meanwhile_is_not_sent_it_and_who_is_gone_neither)
{
	struct engine e;
	size_t before;

	talking_mesh(&e);
	brings(&e.fakes[0], LARGE);
	before = n_got(&e);
	for (size_t i = 1; i < N; i++) {
		if (i % 2)
			fake_prunes(&e.fakes[i], "t", 60);
		else
			fake_remove(&e.fakes[i]);
	}
	engine_wait(&e, 200);
	assert_int_equal(before, 3);
	assert_int_equal(n_got(&e), 0);
	engine_deinit(&e);
}

TEST(leaving_the_topic_forgets_what_waits)
{
	struct engine e;

	talking_mesh(&e);
	brings(&e.fakes[0], LARGE);
	assert_int_equal(e.g->n_later, 1);
	n_got(&e);
	gossip_leave(e.g, BYTES_LITERAL("t"), e.now);
	assert_int_equal(e.g->n_later, 0);
	assert_int_equal(e.g->later_bytes, 0);
	engine_wait(&e, 300);
	assert_int_equal(n_got(&e), 0);
	engine_deinit(&e);
}

TEST(an_engine_may_end_while_messages_wait)
{
	struct engine e;

	talking_mesh(&e);
	brings(&e.fakes[0], LARGE);
	assert_int_equal(e.g->n_later, 1);
	engine_deinit(&e);
}

TEST(what_finds_no_room_to_wait_goes_at_once)
{
	struct engine e;

	talking_mesh(&e);
	e.g->later_bytes = LIMIT_GOSSIP_LATER_BYTES;
	brings(&e.fakes[0], LARGE);
	assert_int_equal(n_got(&e), N - 1);
	e.g->later_bytes = 0;
	e.g->n_later = LIMIT_GOSSIP_LATER;
	brings(&e.fakes[0], LARGE);
	assert_int_equal(n_got(&e), N - 1);
	e.g->n_later = 0;
	engine_deinit(&e);
}

TESTS(RUN(those_that_take_nothing_now_do_not_take_the_place_of_others_and_get_it_later),
      RUN(a_large_message_goes_to_three_at_once_and_to_the_others_later),
      RUN(with_every_message_others_are_first), RUN(a_small_message_goes_to_all_at_once),
      RUN(our_own_message_goes_to_all_at_once), RUN(a_mesh_of_three_gets_it_at_once),
      RUN(silent_members_do_not_make_others_wait),
      RUN(who_says_that_it_has_it_is_not_sent_it_later),
      RUN(who_does_not_speak_of_it_but_sends_a_copy_is_not_sent_it_later),
      RUN(who_is_pruned_meanwhile_is_not_sent_it_and_who_is_gone_neither),
      RUN(leaving_the_topic_forgets_what_waits), RUN(an_engine_may_end_while_messages_wait),
      RUN(what_finds_no_room_to_wait_goes_at_once))
