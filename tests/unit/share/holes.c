/* Proves that a consumer which did not read is told exactly what it missed. */

#include "door_fixture.h"

#define TOPIC BYTES_LITERAL("/t")
#define KIB64 (64 * KIB)

static void bring(struct fixture *f, struct bytes topic, size_t n)
{
	char *data = malloc(n + 1);

	assert_non_null(data);
	memset(data, 'x', n);
	gossip_brings(f, topic, BYTES(data, n));
	free(data);
}

/* The n-th occurrence (from 0) of a header's value, as a number; -1: there is none. */
static long long header(struct client *cl, const char *name, size_t n)
{
	struct bytes all = buf_data(&cl->heard);
	const uint8_t *at = all.p, *end = all.p + all.n;

	for (;; at += strlen(name), n--) {
		at = memmem(at, (size_t)(end - at), name, strlen(name));
		if (!at)
			return -1;
		if (n == 0)
			return atoll((const char *)at + strlen(name));
	}
}

TEST(the_first_topic_message_after_a_hole_says_from_where_to_where)
{
	struct fixture f;
	struct client *cl;

	fixture_init_bytes(&f, KIB64);
	cl = client_new(&f);
	say(cl, "SUB topic./t 1\r\n");
	for (size_t i = 0; i < 10; i++)
		bring(&f, TOPIC, 10000);
	hear(cl);
	assert_int_equal(header(cl, "Pl-Seq: ", 3), 4);
	assert_int_equal(header(cl, "Pl-Seq: ", 4), -1);
	assert_int_equal(header(cl, "Pl-Gap: ", 0), -1);
	buf_clear(&cl->heard);
	buf_clear(&f.notes);
	bring(&f, TOPIC, 10);
	assert_noted(&f, "gap  6 missed 5-10 topic./t\n");
	hear(cl);
	assert_int_equal(header(cl, "Pl-Seq: ", 0), 11);
	assert_non_null(
		memmem(buf_data(&cl->heard).p, buf_len(&cl->heard), "Pl-Gap: 5-10\r\n\r\nxxx", 18));
	forget(cl);
	bring(&f, TOPIC, 10);
	hear(cl);
	assert_int_equal(header(cl, "Pl-Seq: ", 0), 12);
	assert_int_equal(header(cl, "Pl-Gap: ", 0), -1);
	fixture_deinit(&f);
}

TEST(a_large_message_after_a_hole_has_its_own_header_and_the_shared_payload)
{
	struct fixture f;
	struct client *cl, *other;
	struct bytes v[2], w[2];

	fixture_init_bytes(&f, KIB64);
	cl = client_new(&f);
	other = client_new(&f);
	say(cl, "SUB topic./t 1\r\n");
	for (size_t i = 0; i < 10; i++)
		bring(&f, TOPIC, 10000);
	forget(cl);
	say(other, "SUB topic./t 1\r\n");
	bring(&f, TOPIC, 10000);
	assert_int_equal(consumer_output(cl->c, v, 2), 2);
	assert_int_equal(consumer_output(other->c, w, 2), 1);
	assert_non_null(memmem(v[0].p, v[0].n, "Pl-Gap: 5-10\r\n\r\n", 16));
	assert_int_equal(v[1].n, 10002);
	assert_ptr_equal(v[1].p + v[1].n, w[0].p + w[0].n);
	fixture_deinit(&f);
}

TEST(topics_have_holes_of_their_own_under_one_wildcard)
{
	struct fixture f;
	struct client *cl, *namer;

	fixture_init_bytes(&f, KIB64);
	cl = client_new(&f);
	namer = client_new(&f);
	say(namer, "SUB topic./t 1\r\nSUB topic./u 2\r\n");
	say(cl, "SUB topic.> 1\r\n");
	for (size_t i = 0; i < 6; i++) {
		bring(&f, TOPIC, 10000);
		bring(&f, BYTES_LITERAL("/u"), 10000);
	}
	forget(cl);
	forget(namer);
	buf_clear(&f.notes);
	bring(&f, BYTES_LITERAL("/u"), 10);
	/* `namer` names both and did not read either. */
	assert_noted(&f, "gap  4 missed 3-6 topic./u\ngap  4 missed 3-6 topic./u\n");
	bring(&f, TOPIC, 10);
	assert_noted(&f, "gap  4 missed 3-6 topic./t\ngap  4 missed 3-6 topic./t\n");
	fixture_deinit(&f);
}

TEST(what_was_missed_of_local_subjects_is_counted_and_told)
{
	static char text[20000];
	struct fixture f;
	struct client *cl, *sender, *watcher;

	fixture_init_bytes(&f, KIB64);
	cl = client_attach(&f, DOOR_TCP);
	say(cl, HELLO_AS("slow") "SUB load.* 1\r\n");
	sender = client_new(&f);
	watcher = client_new(&f);
	say(watcher, "SUB $PL.EVENT.GAP 5\r\n");
	snprintf(text, sizeof(text), "PUB load.x 10000\r\n%010000d\r\n", 1);
	for (size_t i = 0; i < 9; i++)
		say(sender, text);
	assert_heard(watcher, "");
	forget(cl);
	say(sender, "PUB load.y 1\r\nx\r\n");
	assert_noted(&f, "gap slow 5 missed 0-0 load.*\n");
	assert_heard(cl, "MSG load.y 1 1\r\nx\r\n");
	assert_heard(watcher,
		     "MSG $PL.EVENT.GAP 5 "
		     "85\r\n{\"at_ms\":7,\"why\":\"slow\",\"consumer\":\"slow\",\"subject\":"
		     "\"load.*\",\"count\":5,\"bytes\":50000}\r\n");
	fixture_deinit(&f);
}

TEST(a_hole_that_is_open_when_its_subscription_ends_is_told_then)
{
	struct fixture f;
	struct client *cl;

	fixture_init_bytes(&f, KIB64);
	cl = client_new(&f);
	say(cl, "SUB topic./t 1\r\nSUB topic./t 2\r\n");
	for (size_t i = 0; i < 3; i++)
		bring(&f, TOPIC, 20000);
	buf_clear(&f.notes);
	say(cl, "UNSUB 1\r\n");
	assert_noted(&f, "gap  1 missed 3-3 topic./t\n"); /* both had the first for one's room */
	client_gone(cl);
	assert_noted(&f, "gap  2 missed 2-3 topic./t\ngap  1 missed 1-1 topic./t away\nleave /t\n");
	fixture_deinit(&f);
}

TEST(a_consumer_with_more_holes_than_can_be_kept_is_closed_rather_than_misled)
{
	struct fixture f;
	struct client *cl;
	char text[64];

	fixture_init_bytes(&f, KIB64);
	cl = client_new(&f);
	for (int i = 0; i < LIMIT_DOOR_HOLES + 1; i++) {
		snprintf(text, sizeof(text), "SUB topic./t %d\r\n", i);
		say(cl, text);
	}
	assert_false(cl->wants_close);
	bring(&f, TOPIC, 60000);
	assert_true(cl->wants_close);
	say(cl, "PING\r\n");
	assert_int_equal(cl->ended, 1);
	assert_int_equal(door_n_consumers(f.door), 0);
	fixture_deinit(&f);
}

TEST(the_gap_of_who_reads_gaps_is_told_too_and_comes_to_an_end)
{
	struct fixture f;
	struct client *a, *b;

	fixture_init_bytes(&f, KIB64);
	a = client_new(&f);
	b = client_new(&f);
	say(a, "SUB $PL.EVENT.> 1\r\nSUB topic./t 2\r\n");
	say(b, "SUB $PL.EVENT.> 1\r\nSUB topic./t 2\r\n");
	for (size_t i = 0; i < 400; i++)
		door_event(f.door, "MESH", BYTES(buf_data(&a->heard).p, 0));
	for (size_t i = 0; i < 8; i++)
		bring(&f, TOPIC, 10000);
	for (size_t i = 0; i < 3000; i++)
		door_event(f.door, "MESH", BYTES_LITERAL("{}"));
	forget(a);
	bring(&f, TOPIC, 10);
	forget(b);
	door_event(f.door, "MESH", BYTES_LITERAL("{}"));
	pass_ms(&f, 0);
	hear(a);
	hear(b);
	assert_true(header(b, "MSG $PL.EVENT.GAP 1 ", 0) > 0);
	fixture_deinit(&f);
}

TEST(a_gap_of_a_subject_that_is_no_text_is_still_json)
{
	const struct door_gap gap = { .consumer = "c",
				      .subject = BYTES_LITERAL("a\xff.b"),
				      .count = 1 };
	struct buf out;

	buf_init(&out, 4096);
	door_gap_json(&gap, (struct wall){ 0 }, &out);
	assert_bytes(buf_data(&out), "{\"at_ms\":0,\"why\":\"slow\",\"consumer\":\"c\",\"subject\":"
				     "\"a?.b\",\"count\":1,\"bytes\":0}");
	buf_deinit(&out);
}

TESTS(RUN(the_first_topic_message_after_a_hole_says_from_where_to_where),
      RUN(a_large_message_after_a_hole_has_its_own_header_and_the_shared_payload),
      RUN(topics_have_holes_of_their_own_under_one_wildcard),
      RUN(what_was_missed_of_local_subjects_is_counted_and_told),
      RUN(a_hole_that_is_open_when_its_subscription_ends_is_told_then),
      RUN(a_consumer_with_more_holes_than_can_be_kept_is_closed_rather_than_misled),
      RUN(the_gap_of_who_reads_gaps_is_told_too_and_comes_to_an_end),
      RUN(a_gap_of_a_subject_that_is_no_text_is_still_json))
