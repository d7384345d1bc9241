/* Proves what a topic's message looks like to its consumers, and that events reach who asks. */

#include "door_fixture.h"

TEST(a_topic_message_says_who_wrote_it_who_brought_it_and_which_it_is)
{
	static const char *const headers[] = {
		"Pl-From: ",
		"Pl-Verified: yes\r\n",
		"Pl-Via: 12D3KooW",
		"Pl-Msg-Id: abcd\r\n",
		"Pl-Epoch: ",
		"Pl-Seq: 1\r\n",
		"Pl-Received: 1700000000123\r\n\r\npayload\r\n",
	};
	struct fixture f;
	struct client *a;
	struct bytes all;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB topic./t 1\r\n");
	gossip_brings(&f, BYTES_LITERAL("/t"), BYTES_LITERAL("payload"));
	hear(a);
	all = buf_data(&a->heard);
	assert_memory_equal(all.p, "HMSG topic./t 1 ", 16);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		const uint8_t *at = memmem(all.p, all.n, headers[i], strlen(headers[i]));

		assert_non_null(at);
		all = BYTES(at, all.n - (size_t)(at - all.p));
	}
	fixture_deinit(&f);
}

TEST(a_subscription_hears_the_subject_it_wrote_and_a_wildcard_the_whole_one)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_attach(&f, DOOR_TCP);
	say(a, "CONNECT {\"auth_token\":\"" TOKEN "\",\"verbose\":false}\r\n");
	say(a, "SUB topic.x 1\r\nSUB topic.> 2\r\n");
	gossip_brings(&f, BYTES_LITERAL("teranode/bitcoin/1.0.0/x"), BYTES_LITERAL("hi"));
	assert_heard(a,
		     "MSG topic.x 1 2\r\nhi\r\nMSG topic.teranode/bitcoin/1.0.0/x 2 2\r\nhi\r\n");
	fixture_deinit(&f);
}

/* The text behind `name` up to the line's end. */
static struct bytes value(struct client *cl, const char *name)
{
	struct bytes all = buf_data(&cl->heard);
	const uint8_t *at = memmem(all.p, all.n, name, strlen(name)), *end;

	assert_non_null(at);
	at += strlen(name);
	end = memchr(at, '\r', all.n - (size_t)(at - all.p));
	return BYTES(at, (size_t)(end - at));
}

TEST(numbers_go_on_for_every_topic_by_itself_and_begin_anew_in_a_new_epoch)
{
	struct fixture f;
	struct client *a;
	char epoch[17] = { 0 };

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB topic./t 1\r\nSUB topic./u 2\r\n");
	for (int i = 1; i < 4; i++) {
		char number[8];

		gossip_brings(&f, BYTES_LITERAL("/t"), BYTES_LITERAL("x"));
		hear(a);
		snprintf(number, sizeof(number), "%d", i);
		assert_bytes(value(a, "Pl-Seq: "), number);
		assert_int_equal(value(a, "Pl-Epoch: ").n, 16);
		memcpy(epoch, value(a, "Pl-Epoch: ").p, 16);
		buf_clear(&a->heard);
	}
	gossip_brings(&f, BYTES_LITERAL("/u"), BYTES_LITERAL("x"));
	hear(a);
	assert_bytes(value(a, "Pl-Seq: "), "1");
	buf_clear(&a->heard);
	say(a, "UNSUB 1\r\n");
	say(a, "SUB topic./t 1\r\n");
	gossip_brings(&f, BYTES_LITERAL("/t"), BYTES_LITERAL("x"));
	hear(a);
	assert_bytes(value(a, "Pl-Seq: "), "1");
	assert_memory_not_equal(value(a, "Pl-Epoch: ").p, epoch, 16);
	fixture_deinit(&f);
}

TEST(a_publisher_without_echo_does_not_hear_its_own_topic_message)
{
	struct fixture f;
	struct client *quiet, *other;

	fixture_init(&f);
	f.loops_back = true;
	quiet = client_attach(&f, DOOR_TCP);
	say(quiet, "CONNECT {\"auth_token\":\"" TOKEN "\",\"verbose\":false,\"echo\":false}\r\n");
	other = client_attach(&f, DOOR_TCP);
	say(other, "CONNECT {\"auth_token\":\"" TOKEN "\",\"verbose\":false}\r\n");
	say(quiet, "SUB topic./t 1\r\n");
	say(other, "SUB topic./t 2\r\n");
	say(quiet, "PUB topic./t 1\r\nq\r\n");
	say(other, "PUB topic./t 1\r\no\r\n");
	assert_heard(quiet, "MSG topic./t 1 1\r\no\r\n");
	assert_heard(other, "MSG topic./t 2 1\r\nq\r\nMSG topic./t 2 1\r\no\r\n");
	fixture_deinit(&f);
}

TEST(events_reach_who_subscribed_to_them)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB $PL.EVENT.> 1\r\nSUB $PL.EVENT.LINK_UP 2\r\n");
	door_event(f.door, "LINK_UP", BYTES_LITERAL("{}"));
	door_event(f.door, "LINK_DOWN", BYTES_LITERAL("{}"));
	assert_heard(a, "MSG $PL.EVENT.LINK_UP 2 2\r\n{}\r\nMSG $PL.EVENT.LINK_UP 1 2\r\n{}\r\n"
			"MSG $PL.EVENT.LINK_DOWN 1 2\r\n{}\r\n");
	fixture_deinit(&f);
}

/* Events are told from the middle of gossip: nothing may come back to it from there. */
TEST(what_an_event_brings_about_waits_for_the_next_tick)
{
	static uint8_t large[60000];
	struct fixture f;
	struct client *a;
	char text[64];

	fixture_init_bytes(&f, (size_t)128 * KIB);
	a = client_new(&f);
	say(a, "SUB topic./t t\r\n");
	for (int i = 0; i < LIMIT_DOOR_HOLES + 1; i++) {
		snprintf(text, sizeof(text), "SUB $PL.EVENT.MESH %d\r\n", i);
		say(a, text);
	}
	buf_clear(&f.notes);
	gossip_brings(&f, BYTES_LITERAL("/t"), BYTES(large, sizeof(large)));
	door_event(f.door, "MESH", BYTES(large, sizeof(large)));
	assert_true(a->wants_close);
	assert_int_equal(buf_len(&f.notes), 0);
	assert_true(mono_reached(door_deadline(f.door), f.now));
	pass_ms(&f, 0);
	assert_non_null(memmem(buf_data(&f.notes).p, buf_len(&f.notes), "leave /t\n", 9));
	assert_false(mono_reached(door_deadline(f.door), f.now));
	fixture_deinit(&f);
}

TESTS(RUN(a_topic_message_says_who_wrote_it_who_brought_it_and_which_it_is),
      RUN(a_subscription_hears_the_subject_it_wrote_and_a_wildcard_the_whole_one),
      RUN(numbers_go_on_for_every_topic_by_itself_and_begin_anew_in_a_new_epoch),
      RUN(a_publisher_without_echo_does_not_hear_its_own_topic_message),
      RUN(events_reach_who_subscribed_to_them),
      RUN(what_an_event_brings_about_waits_for_the_next_tick))
