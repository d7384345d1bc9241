/* Proves that a topic's messages are had without their envelopes, that what is no good is dropped
 * and counted without a hole, and that its author is skipped at the fifth. */

#include "door_fixture.h"

#include "wire/teranode.h"

#define BLOCK "teranode/bitcoin/1.0.0/mainnet-block"
#define CHAT "/chat"
/* {"name":"vec","data":base64 of "hello"} */
#define HELLO_ENVELOPE "{\"name\":\"vec\",\"data\":\"aGVsbG8=\"}"

/* The number of times `text` was heard. */
static size_t count(struct client *cl, const char *text)
{
	struct bytes all;
	size_t n = 0;

	hear(cl);
	all = buf_data(&cl->heard);
	for (;;) {
		const uint8_t *at = memmem(all.p, all.n, text, strlen(text));

		if (!at)
			return n;
		n++;
		at += strlen(text);
		all = BYTES(at, all.n - (size_t)(at - all.p));
	}
}

static void brings(struct fixture *f, uint8_t from, const char *topic, const char *data)
{
	gossip_brings_from(f, from, bytes_of_text(topic), bytes_of_text(data));
}

/* A block announcement that says it is from `named`. */
static void brings_block(struct fixture *f, uint8_t from, uint8_t named)
{
	struct peer_id id = peer_id_of(named);
	char text[PEER_ID_TEXT_MAX], payload[128];
	struct buf envelope;

	snprintf(payload, sizeof(payload), "{\"PeerID\":\"%s\"}", peer_id_text(&id, text));
	buf_init(&envelope, 1024);
	assert_int_equal(
		teranode_envelope_encode(BYTES_LITERAL("n"), bytes_of_text(payload), &envelope), 0);
	gossip_brings_from(f, from, BYTES_LITERAL(BLOCK), buf_data(&envelope));
	buf_deinit(&envelope);
}

TEST(a_payload_comes_with_the_headers_of_its_message_and_the_name_of_the_envelope)
{
	static const char *const headers[] = {
		"HMSG payload./chat 1 ",
		"Pl-From: ",
		"Pl-Verified: yes\r\n",
		"Pl-Via: ",
		"Pl-Msg-Id: abcd\r\n",
		"Pl-Epoch: ",
		"Pl-Seq: 1\r\n",
		"Pl-Received: ",
		"Pl-Name: vec\r\n\r\nhello\r\n",
	};
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB payload./chat 1\r\n");
	assert_noted(&f, "join /chat\n");
	brings(&f, 2, CHAT, HELLO_ENVELOPE);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		assert_int_equal(count(a, headers[i]), 1);
	fixture_deinit(&f);
}

TEST(a_name_is_shown_without_what_a_header_cannot_carry)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB payload./chat 1\r\n");
	brings(&f, 2, CHAT,
	       "{\"name\":\"a\\r\\nPl-From: x\\u0000\\u202eb\xc3\xa9\",\"data\":null}");
	assert_int_equal(count(a, "Pl-Name: a??Pl-From: x??b\xc3\xa9\r\n\r\n\r\n"), 1);
	brings(&f, 2, CHAT, "{}");
	assert_int_equal(count(a, "Pl-Name: \r\n\r\n\r\n"), 1);
	fixture_deinit(&f);
}

TEST(payload_and_topic_share_one_subscription_to_the_network)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB payload./chat 1\r\nSUB topic./chat 2\r\nSUB payload./chat q 3\r\n");
	assert_noted(&f, "join /chat\n");
	assert_int_equal(door_topic_consumers(f.door, BYTES_LITERAL(CHAT)), 3);
	brings(&f, 2, CHAT, HELLO_ENVELOPE);
	assert_int_equal(count(a, "HMSG topic./chat 2 "), 1);
	assert_int_equal(count(a, HELLO_ENVELOPE "\r\n"), 1);
	assert_int_equal(count(a, "HMSG payload./chat "), 2);
	say(a, "UNSUB 2\r\nUNSUB 1\r\n");
	assert_noted(&f, "");
	say(a, "UNSUB 3\r\n");
	assert_noted(&f, "leave /chat\n");
	fixture_deinit(&f);
}

TEST(a_wildcard_joins_nothing_and_sees_the_payloads_of_what_is_joined)
{
	struct fixture f;
	struct client *a, *all;

	fixture_init(&f);
	a = client_new(&f);
	all = client_new(&f);
	say(all, "SUB payload.> 1\r\nSUB > 2\r\n");
	assert_noted(&f, "");
	say(a, "SUB topic./chat 1\r\n");
	brings(&f, 2, CHAT, HELLO_ENVELOPE);
	assert_int_equal(count(all, "HMSG payload./chat 1 "), 1);
	assert_int_equal(count(all, "HMSG payload./chat 2 "), 1);
	assert_int_equal(count(all, "HMSG topic./chat 2 "), 1);
	assert_int_equal(count(a, "HMSG "), 1);
	fixture_deinit(&f);
}

TEST(a_malformed_message_that_somebody_sends_again_skips_nobody)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB payload./chat 1\r\n");
	for (int i = 0; i < 2 * LIMIT_AUTHOR_STRIKES; i++) {
		f.seqno = 7;
		brings(&f, 2, CHAT, "hello");
	}
	brings(&f, 2, CHAT, HELLO_ENVELOPE);
	assert_int_equal(count(a, "Pl-Name: vec"), 1);
	assert_int_equal(door_counts(f.door).payload_malformed, 2 * LIMIT_AUTHOR_STRIKES);
	assert_int_equal(door_counts(f.door).authors_skipped, 0);
	fixture_deinit(&f);
}

TEST(the_fifth_malformed_message_is_told_once_and_raw_messages_go_on)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB payload./chat 1\r\nSUB topic./chat 2\r\n");
	buf_clear(&f.notes);
	for (int i = 1; i < LIMIT_AUTHOR_STRIKES; i++)
		brings(&f, 2, CHAT, "hello");
	brings(&f, 2, CHAT, HELLO_ENVELOPE);
	assert_int_equal(count(a, "Pl-Name: vec"), 1);
	assert_noted(&f, "");
	brings(&f, 2, CHAT, "{\"name\":");
	assert_noted(&f, "skips 2 /chat\n");
	for (int i = 0; i < 3; i++)
		brings(&f, 2, CHAT, HELLO_ENVELOPE);
	assert_noted(&f, "");
	assert_int_equal(count(a, "Pl-Name: vec"), 1);
	assert_int_equal(count(a, "HMSG topic./chat 2 "), 9);
	brings(&f, 3, CHAT, HELLO_ENVELOPE);
	assert_int_equal(count(a, "Pl-Name: vec"), 2);
	assert_int_equal(door_counts(f.door).payload_malformed, LIMIT_AUTHOR_STRIKES);
	assert_int_equal(door_counts(f.door).payload_skipped, 3);
	assert_int_equal(door_counts(f.door).authors_skipped, 1);
	assert_int_equal(door_topic_counts(f.door, BYTES_LITERAL(CHAT)).payload_malformed,
			 LIMIT_AUTHOR_STRIKES);
	assert_int_equal(door_topic_counts(f.door, BYTES_LITERAL("/other")).payload_malformed, 0);
	fixture_deinit(&f);
}

TEST(what_is_dropped_leaves_no_hole_in_the_numbers_of_payloads)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB payload./chat 1\r\nSUB topic./chat 2\r\n");
	brings(&f, 2, CHAT, HELLO_ENVELOPE);
	brings(&f, 2, CHAT, "hello");
	brings(&f, 2, CHAT, HELLO_ENVELOPE);
	assert_int_equal(count(a, "Pl-Seq: 1\r\n"), 2);
	assert_int_equal(count(a, "Pl-Seq: 2\r\n"), 2);
	assert_int_equal(count(a, "Pl-Seq: 3\r\n"), 1);
	assert_int_equal(count(a, "Pl-Gap"), 0);
	fixture_deinit(&f);
}

TEST(a_payload_that_found_no_room_is_a_hole_of_its_own_subject)
{
	struct fixture f;
	struct client *a;
	struct buf envelope;
	char *large = calloc(1, 60000);

	assert_non_null(large);
	fixture_init_bytes(&f, (size_t)128 * KIB);
	a = client_new(&f);
	say(a, "SUB payload./chat 1\r\n");
	buf_init(&envelope, MIB);
	assert_int_equal(
		teranode_envelope_encode(BYTES_LITERAL("n"), BYTES(large, 60000), &envelope), 0);
	for (int i = 0; i < 3; i++)
		gossip_brings_from(&f, 2, BYTES_LITERAL(CHAT), buf_data(&envelope));
	forget(a);
	buf_clear(&f.notes);
	brings(&f, 2, CHAT, HELLO_ENVELOPE);
	assert_int_equal(count(a, "Pl-Gap: 2-3\r\n"), 1);
	assert_noted(&f, "gap  2 missed 2-3 payload./chat\n");
	buf_deinit(&envelope);
	free(large);
	fixture_deinit(&f);
}

TEST(on_teranodes_topics_the_payload_must_name_who_signed_it)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB payload." BLOCK " 1\r\nSUB payload./chat 2\r\n");
	brings_block(&f, 2, 2);
	assert_int_equal(count(a, "HMSG payload." BLOCK " 1 "), 1);
	for (int i = 0; i < 10; i++)
		brings_block(&f, 2, 3);
	brings(&f, 2, BLOCK, HELLO_ENVELOPE); /* no payload that names anybody */
	assert_int_equal(count(a, "HMSG "), 1);
	assert_int_equal(door_counts(f.door).payload_mismatched, 11);
	assert_int_equal(door_counts(f.door).payload_malformed, 0);
	assert_int_equal(door_topic_counts(f.door, BYTES_LITERAL(BLOCK)).payload_mismatched, 11);
	brings_block(&f, 2, 2);
	assert_int_equal(count(a, "HMSG "), 2);
	brings(&f, 2, CHAT, HELLO_ENVELOPE);
	assert_int_equal(count(a, "HMSG payload./chat 2 "), 1);
	fixture_deinit(&f);
}

static void note_author(void *user, const struct author_info *info)
{
	*(uint64_t *)user = info->n_mismatched * 100 + info->n_malformed;
}

TEST(faults_are_counted_by_author_and_only_while_somebody_wants_payloads)
{
	struct fixture f;
	struct client *a;
	uint64_t seen = 0;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB topic." BLOCK " 1\r\n");
	brings(&f, 2, BLOCK, "hello");
	door_authors(f.door, f.now, note_author, &seen);
	assert_int_equal(seen, 0);
	say(a, "SUB payload." BLOCK " 2\r\n");
	brings(&f, 2, BLOCK, "hello");
	brings_block(&f, 2, 3);
	brings_block(&f, 2, 3);
	door_authors(f.door, f.now, note_author, &seen);
	assert_int_equal(seen, 201);
	fixture_deinit(&f);
}

TEST(we_never_skip_ourselves)
{
	struct fixture f;
	struct client *a;
	uint64_t seen = 0;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB payload./chat 1\r\nSUB payload." BLOCK " 2\r\n");
	for (int i = 0; i < 10; i++) {
		brings(&f, 255, CHAT, "hello");
		brings_block(&f, 255, 3);
	}
	door_authors(f.door, f.now, note_author, &seen);
	assert_int_equal(seen, 0);
	assert_int_equal(door_counts(f.door).payload_malformed, 10);
	brings(&f, 255, CHAT, HELLO_ENVELOPE);
	brings_block(&f, 255, 255);
	assert_int_equal(count(a, "HMSG "), 2);
	fixture_deinit(&f);
}

TEST(an_hour_later_an_author_is_heard_again)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_attach(&f, DOOR_UNIX_OWNER);
	say(a, "CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB payload./chat 1\r\n");
	for (int i = 0; i < LIMIT_AUTHOR_STRIKES; i++)
		brings(&f, 2, CHAT, "hello");
	f.now = mono_add_ms(f.now, LIMIT_AUTHOR_FORGET_MS - 1);
	brings(&f, 2, CHAT, HELLO_ENVELOPE);
	assert_int_equal(count(a, "HMSG "), 0);
	f.now = mono_add_ms(f.now, 1);
	brings(&f, 2, CHAT, HELLO_ENVELOPE);
	assert_int_equal(count(a, "HMSG "), 1);
	fixture_deinit(&f);
}

TEST(many_authors_that_are_skipped_at_once_are_told_of_once_a_second)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB payload./chat 1\r\n");
	buf_clear(&f.notes);
	for (uint8_t from = 2; from < 100; from++) {
		for (int i = 0; i < LIMIT_AUTHOR_STRIKES; i++)
			brings(&f, from, CHAT, "hello");
		if (from == 50)
			f.now = mono_add_ms(f.now, LIMIT_AUTHOR_TOLD_MS);
	}
	assert_noted(&f, "skips 2 /chat\nskips 51 /chat\n");
	assert_int_equal(door_counts(f.door).authors_skipped, 98);
	fixture_deinit(&f);
}

TESTS(RUN(a_malformed_message_that_somebody_sends_again_skips_nobody),
      RUN(a_payload_comes_with_the_headers_of_its_message_and_the_name_of_the_envelope),
      RUN(a_name_is_shown_without_what_a_header_cannot_carry),
      RUN(payload_and_topic_share_one_subscription_to_the_network),
      RUN(a_wildcard_joins_nothing_and_sees_the_payloads_of_what_is_joined),
      RUN(the_fifth_malformed_message_is_told_once_and_raw_messages_go_on),
      RUN(what_is_dropped_leaves_no_hole_in_the_numbers_of_payloads),
      RUN(a_payload_that_found_no_room_is_a_hole_of_its_own_subject),
      RUN(on_teranodes_topics_the_payload_must_name_who_signed_it),
      RUN(faults_are_counted_by_author_and_only_while_somebody_wants_payloads),
      RUN(we_never_skip_ourselves), RUN(an_hour_later_an_author_is_heard_again),
      RUN(many_authors_that_are_skipped_at_once_are_told_of_once_a_second))
