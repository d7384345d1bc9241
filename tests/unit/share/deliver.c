/* Proves who gets a message, in which form, and that one consumer's slowness is its own. */

#include "door_fixture.h"

#define BLOCK "NATS/1.0\r\nK: v\r\n\r\n"

/* PUB of `n` bytes `fill`. */
static void publish(struct client *cl, const char *subject, char fill, size_t n)
{
	char *text = malloc(n + 128);
	int n_head;

	assert_non_null(text);
	n_head = snprintf(text, 128, "PUB %s %zu\r\n", subject, n);
	memset(text + n_head, fill, n);
	memcpy(text + n_head + n, "\r\n", 2);
	say_bytes(cl, BYTES(text, (size_t)n_head + n + 2));
	free(text);
}

TEST(everybody_who_wants_a_message_gets_a_copy_for_each_subscription)
{
	struct fixture f;
	struct client *a, *b, *c;

	fixture_init(&f);
	a = client_new(&f);
	b = client_new(&f);
	c = client_new(&f);
	say(a, "SUB x.y 1\r\nSUB x.* 2\r\n");
	say(b, "SUB > 3\r\n");
	say(c, "SUB x 4\r\n");
	say(a, "PUB x.y 2\r\nhi\r\n");
	assert_heard(a, "MSG x.y 1 2\r\nhi\r\nMSG x.y 2 2\r\nhi\r\n");
	assert_heard(b, "MSG x.y 3 2\r\nhi\r\n");
	assert_heard(c, "");
	fixture_deinit(&f);
}

TEST(a_consumer_that_knows_no_headers_gets_the_payload_alone)
{
	struct fixture f;
	struct client *with, *without;

	fixture_init(&f);
	with = client_new(&f);
	without = client_attach(&f, DOOR_TCP);
	say(without, "CONNECT {\"auth_token\":\"" TOKEN "\",\"verbose\":false}\r\n");
	say(with, "SUB a 1\r\n");
	say(without, "SUB a 2\r\n");
	say(with, "HPUB a r 18 20\r\n" BLOCK "hi\r\n");
	assert_heard(with, "HMSG a 1 r 18 20\r\n" BLOCK "hi\r\n");
	assert_heard(without, "MSG a 2 r 2\r\nhi\r\n");
	fixture_deinit(&f);
}

TEST(a_large_payload_is_kept_once_for_all_with_or_without_its_header)
{
	static char text[5000], heard[5000];
	struct fixture f;
	struct client *with, *without;
	struct bytes v[4], w[4];
	int n;

	fixture_init(&f);
	with = client_new(&f);
	without = client_attach(&f, DOOR_TCP);
	say(without, "CONNECT {\"auth_token\":\"" TOKEN "\",\"verbose\":false}\r\n");
	say(with, "SUB a 1\r\n");
	say(without, "SUB a 2\r\n");
	n = snprintf(text, sizeof(text), "HPUB a 18 2018\r\n" BLOCK "%02000d\r\n", 7);
	say_bytes(with, BYTES(text, (size_t)n));
	assert_int_equal(consumer_output(with->c, v, 4), 1);
	assert_int_equal(consumer_output(without->c, w, 4), 2);
	assert_memory_equal(v[0].p, "HMSG a 1 18 2018\r\n" BLOCK, 36);
	assert_bytes(w[0], "MSG a 2 2000\r\n");
	assert_ptr_equal(v[0].p + 36, w[1].p);
	assert_int_equal(v[0].n, 2038);
	snprintf(heard, sizeof(heard), "MSG a 2 2000\r\n%02000d\r\n", 7);
	assert_heard(without, heard);
	fixture_deinit(&f);
}

TEST(what_looks_the_same_to_several_is_written_once)
{
	struct fixture f;
	struct client *a, *b, *other, *without;
	struct bytes v[4], w[4];

	fixture_init(&f);
	a = client_new(&f);
	b = client_new(&f);
	other = client_new(&f);
	without = client_attach(&f, DOOR_TCP);
	say(without, "CONNECT {\"auth_token\":\"" TOKEN "\",\"verbose\":false}\r\n");
	say(a, "SUB x 1\r\n");
	say(b, "SUB x 1\r\n");
	say(other, "SUB * 22\r\n");
	say(without, "SUB x 1\r\n");
	say(other, "HPUB x r 18 20\r\n" BLOCK "hi\r\nPUB x 3\r\nyou\r\n");
	assert_int_equal(consumer_output(a->c, v, 4), 1);
	assert_int_equal(consumer_output(b->c, w, 4), 1);
	assert_ptr_equal(v[0].p, w[0].p);
	assert_heard(a, "HMSG x 1 r 18 20\r\n" BLOCK "hi\r\nMSG x 1 3\r\nyou\r\n");
	assert_heard(b, "HMSG x 1 r 18 20\r\n" BLOCK "hi\r\nMSG x 1 3\r\nyou\r\n");
	assert_heard(other, "HMSG x 22 r 18 20\r\n" BLOCK "hi\r\nMSG x 22 3\r\nyou\r\n");
	assert_heard(without, "MSG x 1 r 2\r\nhi\r\nMSG x 1 3\r\nyou\r\n");
	fixture_deinit(&f);
}

/* Two who read keep the blocks moving; whoever does not read may not keep many alive by a little in
 * each, although it has room for all the messages. */
TEST(a_little_of_each_block_does_not_keep_all_of_them)
{
	static char heard[100 * 1000];
	struct fixture f;
	struct client *stuck, *also, *sender;
	struct bytes v[1024];
	size_t n = 0, n_pieces;

	fixture_init_bytes(&f, 512 * KIB);
	stuck = client_new(&f);
	also = client_new(&f);
	sender = client_new(&f);
	say(stuck, "SUB rare 1\r\n");
	say(also, "SUB rare 1\r\nSUB load 2\r\n");
	say(sender, "SUB load 2\r\n");
	for (int i = 0; i < 100; i++) {
		char text[32];

		n += (size_t)snprintf(heard + n, sizeof(heard) - n, "MSG rare 1 4\r\n%04d\r\n", i);
		snprintf(text, sizeof(text), "PUB rare 4\r\n%04d\r\n", i);
		say(sender, text);
		for (int k = 0; k < 5; k++)
			publish(sender, "load", 'x', 8000);
		forget(also);
		forget(sender);
	}
	n_pieces = consumer_output(stuck->c, v, ARRAY_SIZE(v));
	assert_true(n_pieces <= 4);
	assert_heard(stuck, heard);
	fixture_deinit(&f);
}

TEST(a_queue_group_gets_one_copy_and_others_their_own)
{
	struct fixture f;
	struct client *a, *b, *c;
	size_t n_a = 0, n_b = 0;

	fixture_init(&f);
	a = client_new(&f);
	b = client_new(&f);
	c = client_new(&f);
	say(a, "SUB work w 1\r\n");
	say(b, "SUB work.* w 8\r\nSUB w* w 7\r\nSUB * w 2\r\n");
	say(c, "SUB work auditors 3\r\nSUB work 4\r\n");
	for (size_t i = 0; i < 200; i++) {
		say(c, "PUB work 1\r\nx\r\n");
		hear(a);
		hear(b);
		n_a += buf_len(&a->heard) > 0;
		n_b += buf_len(&b->heard) > 0;
		if (buf_len(&a->heard) > 0)
			assert_heard(a, "MSG work 1 1\r\nx\r\n");
		else
			assert_heard(b, "MSG work 2 1\r\nx\r\n");
		assert_heard(c, "MSG work 4 1\r\nx\r\nMSG work 3 1\r\nx\r\n");
	}
	assert_int_equal(n_a + n_b, 200);
	assert_true(n_a > 60 && n_b > 60);
	fixture_deinit(&f);
}

TEST(each_of_many_queue_groups_gets_one_copy)
{
	struct fixture f;
	struct client *a, *b;
	char text[96];
	size_t n = 0;

	fixture_init(&f);
	a = client_new(&f);
	b = client_new(&f);
	for (int i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "SUB x g%d %d\r\nSUB x g%d %d\r\n", i % 100, i,
			 i % 100, i + 1000);
		say(a, text);
		say(b, text);
	}
	say(a, "PUB x 1\r\n.\r\n");
	hear(a);
	hear(b);
	for (size_t i = 0; i < buf_len(&a->heard); i++)
		n += buf_data(&a->heard).p[i] == '.';
	for (size_t i = 0; i < buf_len(&b->heard); i++)
		n += buf_data(&b->heard).p[i] == '.';
	assert_int_equal(n, 100);
	fixture_deinit(&f);
}

TEST(a_full_member_of_a_queue_group_is_passed_over)
{
	struct fixture f;
	struct client *full, *ready, *sender;

	fixture_init_bytes(&f, 64 * KIB);
	full = client_new(&f);
	ready = client_new(&f);
	sender = client_new(&f);
	say(full, "SUB load 9\r\nSUB work w 1\r\n");
	say(ready, "SUB work w 2\r\n");
	publish(sender, "load", 'x', 45000);
	for (size_t i = 0; i < 50; i++) {
		publish(sender, "work", 'y', 8000);
		hear(ready);
		assert_memory_equal(buf_data(&ready->heard).p, "MSG work 2 8000\r\n", 17);
		forget(ready);
	}
	fixture_deinit(&f);
}

TEST(who_does_not_read_holds_its_maximum_and_others_get_everything)
{
	struct fixture f;
	struct client *stuck, *reader, *sender;
	const size_t max = 256 * KIB;

	fixture_init_bytes(&f, max);
	stuck = client_new(&f);
	reader = client_new(&f);
	sender = client_new(&f);
	say(stuck, "SUB load 1\r\n");
	say(reader, "SUB load 2\r\n");
	for (size_t i = 0; i < 1000; i++) {
		size_t n_held = 0, n;
		struct bytes v[1024];

		publish(sender, "load", 'x', i % 2 ? 100 : 5000);
		hear(reader);
		assert_int_equal(buf_len(&reader->heard), i % 2 ? 100 + 18 : 5000 + 19);
		buf_clear(&reader->heard);
		n = consumer_output(stuck->c, v, ARRAY_SIZE(v));
		for (size_t k = 0; k < n; k++)
			n_held += v[k].n;
		assert_true(n_held <= max);
	}
	/* It is still told what it asks for. */
	say(stuck, "PING\r\n");
	assert_int_equal(stuck->ended, 0);
	hear(stuck);
	assert_memory_equal(buf_data(&stuck->heard).p + buf_len(&stuck->heard) - 6, "PONG\r\n", 6);
	fixture_deinit(&f);
}

/* Said in one breath: all of it is handed out at once, whatever does not fit elsewhere. */
TEST(publishing_never_waits_for_who_does_not_read)
{
	struct fixture f;
	struct client *stuck, *reader, *sender;

	char text[3 * 5100];
	size_t n = 0;

	fixture_init_bytes(&f, 64 * KIB);
	stuck = client_new(&f);
	reader = client_new(&f);
	sender = client_new(&f);
	say(stuck, "SUB load 1\r\n");
	for (size_t i = 0; i < 100; i++)
		publish(sender, "load", 'x', 5000);
	say(reader, "SUB load 2\r\n");
	forget(reader);
	for (size_t i = 0; i < 3; i++) {
		n += (size_t)sprintf(text + n, "PUB load 5000\r\n");
		memset(text + n, 'y', 5000);
		n += 5000;
		n += (size_t)sprintf(text + n, "\r\n");
	}
	say_bytes(sender, BYTES(text, n));
	hear(reader);
	assert_int_equal(buf_len(&reader->heard), 3 * (5000 + 19));
	assert_heard(sender, "");
	fixture_deinit(&f);
}

TEST(who_asks_without_ever_reading_is_closed)
{
	struct fixture f;
	struct client *stuck, *sender;
	size_t n = 0;

	fixture_init_bytes(&f, 64 * KIB);
	stuck = client_new(&f);
	sender = client_new(&f);
	say(stuck, "SUB load 1\r\n");
	publish(sender, "load", 'x', 40000);
	while (!stuck->ended && n++ < 100000)
		say(stuck, "PING\r\n");
	assert_int_equal(stuck->ended, 1);
	fixture_deinit(&f);
}

TEST(output_is_announced_once_until_it_is_taken)
{
	struct fixture f;
	struct client *a, *sender;

	fixture_init(&f);
	a = client_new(&f);
	sender = client_new(&f);
	say(a, "SUB x 1\r\n");
	a->n_wakes = 0;
	say(sender, "PUB x 1\r\n1\r\nPUB x 1\r\n2\r\n");
	assert_int_equal(a->n_wakes, 1);
	forget(a);
	say(sender, "PUB x 1\r\n3\r\n");
	assert_int_equal(a->n_wakes, 2);
	fixture_deinit(&f);
}

TEST(a_subscription_that_reached_its_maximum_ends_in_the_middle_of_a_message)
{
	struct fixture f;
	struct client *a, *b;

	fixture_init(&f);
	a = client_new(&f);
	b = client_new(&f);
	say(a, "SUB x 1\r\nUNSUB 1 1\r\nSUB x 2\r\nUNSUB 2 1\r\nSUB x 3\r\n");
	say(b, "PUB x 1\r\na\r\nPUB x 1\r\nb\r\n");
	assert_heard(a, "MSG x 1 1\r\na\r\nMSG x 2 1\r\na\r\nMSG x 3 1\r\na\r\nMSG x 3 1\r\nb\r\n");
	fixture_deinit(&f);
}

TESTS(RUN(everybody_who_wants_a_message_gets_a_copy_for_each_subscription),
      RUN(a_consumer_that_knows_no_headers_gets_the_payload_alone),
      RUN(a_large_payload_is_kept_once_for_all_with_or_without_its_header),
      RUN(what_looks_the_same_to_several_is_written_once),
      RUN(a_little_of_each_block_does_not_keep_all_of_them),
      RUN(a_queue_group_gets_one_copy_and_others_their_own),
      RUN(each_of_many_queue_groups_gets_one_copy),
      RUN(a_full_member_of_a_queue_group_is_passed_over),
      RUN(who_does_not_read_holds_its_maximum_and_others_get_everything),
      RUN(publishing_never_waits_for_who_does_not_read),
      RUN(who_asks_without_ever_reading_is_closed), RUN(output_is_announced_once_until_it_is_taken),
      RUN(a_subscription_that_reached_its_maximum_ends_in_the_middle_of_a_message))
