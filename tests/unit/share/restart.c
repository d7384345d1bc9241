/* Proves that an orderly restart is told to whoever comes back, and changes no epoch. */

#include "door_fixture.h"

#define T BYTES_LITERAL("/t")

static struct client *named(struct fixture *f)
{
	struct client *cl = client_attach(f, DOOR_TCP);

	say(cl, HELLO_AS("svc") "SUB topic./t 1\r\n");
	assert_int_equal(cl->ended, 0);
	forget(cl);
	return cl;
}

static void bring(struct fixture *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		gossip_brings(f, T, BYTES_LITERAL("abc"));
}

/* Stops the door and starts another one `ms` later. */
static void restart(struct fixture *f, int64_t ms)
{
	struct buf saved;

	buf_init(&saved, 1 << 20);
	assert_int_equal(door_save(f->door, (struct wall){ 5 * (int64_t)NS_PER_S }, f->now, &saved),
			 0);
	fixture_deinit(f);
	fixture_init(f);
	assert_int_equal(
		door_restore(f->door, buf_data(&saved),
			     (struct wall){ 5 * (int64_t)NS_PER_S + ms * (int64_t)NS_PER_MS },
			     f->now),
		0);
	buf_deinit(&saved);
}

static void copy_header(struct client *cl, const char *name, char out[32])
{
	const uint8_t *at;

	hear(cl);
	at = memmem(buf_data(&cl->heard).p, buf_len(&cl->heard), name, strlen(name));
	assert_non_null(at);
	snprintf(out, 32, "%.16s", (const char *)at + strlen(name));
}

TEST(the_pause_is_one_number_in_the_same_epoch)
{
	char before[32], after[32], gap[32];
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f);
	bring(&f, 2);
	copy_header(cl, "Pl-Epoch: ", before);
	client_gone(cl);
	bring(&f, 1);
	restart(&f, 1000);
	assert_noted(&f, "join /t\n");
	cl = named(&f);
	assert_noted(&f, "gap svc 1 missed 3-4 topic./t restart\n");
	bring(&f, 1);
	copy_header(cl, "Pl-Epoch: ", after);
	assert_string_equal(before, after);
	copy_header(cl, "Pl-Gap: ", gap);
	assert_memory_equal(gap, "3-4\r\n", 5);
	copy_header(cl, "Pl-Seq: ", gap);
	assert_memory_equal(gap, "5\r\n", 3);
	fixture_deinit(&f);
}

TEST(that_nothing_else_was_missed_is_said_too_and_two_restarts_are_two_pauses)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f);
	bring(&f, 2);
	forget(cl);
	client_gone(cl);
	restart(&f, 1000);
	bring(&f, 5);
	restart(&f, 1000);
	buf_clear(&f.notes);
	cl = named(&f);
	assert_noted(&f, "gap svc 5 missed 3-9 topic./t restart\n");
	fixture_deinit(&f);
}

TEST(who_was_away_for_too_long_is_not_waited_for_again)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f);
	client_gone(cl);
	restart(&f, LIMIT_DOOR_AWAY_MS);
	assert_noted(&f, "");
	fixture_deinit(&f);
}

TEST(a_clock_that_was_set_back_makes_nobody_late)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = named(&f);
	client_gone(cl);
	restart(&f, -3000);
	assert_noted(&f, "join /t\n");
	pass_ms(&f, LIMIT_DOOR_AWAY_MS);
	assert_noted(&f, "leave /t\n");
	fixture_deinit(&f);
}

TEST(what_is_damaged_changes_nothing)
{
	struct fixture f;

	fixture_init(&f);
	assert_int_equal(door_restore(f.door, BYTES_LITERAL("peerline numbers 1\n"),
				      (struct wall){ 0 }, f.now),
			 -EBADMSG);
	assert_noted(&f, "");
	fixture_deinit(&f);
}

TESTS(RUN(the_pause_is_one_number_in_the_same_epoch),
      RUN(that_nothing_else_was_missed_is_said_too_and_two_restarts_are_two_pauses),
      RUN(who_was_away_for_too_long_is_not_waited_for_again),
      RUN(a_clock_that_was_set_back_makes_nobody_late), RUN(what_is_damaged_changes_nothing))
