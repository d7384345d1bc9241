/* Proves where a message goes by its subject, and what its publisher is told. */

#include "door_fixture.h"

TEST(a_topic_message_goes_to_gossip_without_headers_or_reply)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "PUB topic.teranode/bitcoin/1.0.0/x 2\r\nhi\r\n");
	say(a, "PUB topic.x in.1 2\r\nho\r\n");
	say(a, "HPUB topic./y 18 20\r\nNATS/1.0\r\nK: v\r\n\r\nhe\r\n");
	assert_noted(&f,
		     "publish teranode/bitcoin/1.0.0/x hi\npublish teranode/bitcoin/1.0.0/x ho\n"
		     "publish /y he\n");
	assert_heard(a, "");
	fixture_deinit(&f);
}

TEST(a_topic_message_that_is_refused_says_why)
{
	static const struct {
		int answer;
		const char *why;
	} rows[] = {
		{ -EMSGSIZE, "the message is too large for a topic, which takes 1044480 bytes, its "
			     "envelope counted" },
		{ -EINVAL, "not a topic name" },
		{ -EACCES, "not allowed to this consumer" },
		{ -EPERM, "this topic is not yours" },
		{ -ENOMEM, "no memory" },
		{ -EIO, "the node refuses" },
	};
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char heard[256];

		f.publish_answer = rows[i].answer;
		say(a, "PUB topic./x 2\r\nhi\r\n");
		snprintf(heard, sizeof(heard),
			 "-ERR 'Permissions Violation for Publish to \"topic./x\": %s'\r\n",
			 rows[i].why);
		assert_heard(a, heard);
	}
	buf_clear(&f.notes);
	say(a, "PUB topic.* 1\r\nx\r\nPUB topic.%z 1\r\nx\r\n");
	assert_noted(&f, "");
	assert_heard(
		a,
		"-ERR 'Permissions Violation for Publish to \"topic.*\": not a topic name'\r\n"
		"-ERR 'Permissions Violation for Publish to \"topic.%z\": not a topic name'\r\n");
	assert_int_equal(a->ended, 0);
	fixture_deinit(&f);
}

TEST(a_reply_that_fits_no_line_is_refused)
{
	char text[2048];
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	snprintf(text, sizeof(text), "SUB a 1\r\nPUB a %01025d 1\r\nx\r\n", 1);
	say(a, text);
	hear(a);
	assert_memory_equal(buf_data(&a->heard).p,
			    "-ERR 'Permissions Violation for Publish with Reply of \"0", 56);
	assert_int_equal(a->ended, 0);
	fixture_deinit(&f);
}

TEST(a_message_to_a_subject_nobody_can_want_is_dropped_without_a_word)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB > 1\r\nPUB a..b 1\r\nx\r\n");
	assert_heard(a, "");
	fixture_deinit(&f);
}

/* An answer of the node's is no event and no topic message, and nobody's answer is a request. */
TEST(a_reply_where_only_the_node_speaks_is_refused)
{
	struct fixture f;
	struct client *victim, *a;

	fixture_init(&f);
	f.answers_api = true;
	victim = client_new(&f);
	say(victim, "SUB $PL.EVENT.> 1\r\nSUB topic./t 2\r\nSUB ask 3\r\n");
	a = client_new(&f);
	buf_clear(&f.notes);
	say(a, "PUB $PL.API.STATUS $PL.EVENT.LINK_DOWN 0\r\n\r\n"
	       "PUB $PL.API.STATUS topic./t 0\r\n\r\n"
	       "PUB ask $PL.API.STOP 0\r\n\r\n");
	assert_noted(&f, "");
	assert_heard(victim, "");
	assert_heard(
		a,
		"-ERR 'Permissions Violation for Publish with Reply of \"$PL.EVENT.LINK_DOWN\"'\r\n"
		"-ERR 'Permissions Violation for Publish with Reply of \"topic./t\"'\r\n"
		"-ERR 'Permissions Violation for Publish with Reply of \"$PL.API.STOP\"'\r\n");
	fixture_deinit(&f);
}

TEST(what_goes_to_payload_is_put_into_an_envelope_with_our_name)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "PUB payload./chat 5\r\nhello\r\nPUB payload.chat 0\r\n\r\n");
	assert_noted(&f, "publish /chat {\"name\":\"peerline\",\"data\":\"aGVsbG8=\"}\n"
			 "publish teranode/bitcoin/1.0.0/chat "
			 "{\"name\":\"peerline\",\"data\":\"\"}\n");
	assert_heard(a, "");
	fixture_deinit(&f);
}

TEST(a_message_whose_subject_is_too_long_is_refused_rather_than_lost)
{
	char line[3 * 2 * LIMIT_SUBJECT], subject[LIMIT_SUBJECT + 2];
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB > 1\r\nSUB in 2\r\n");
	memset(subject, 'a', LIMIT_SUBJECT + 1);
	subject[LIMIT_SUBJECT + 1] = 0;
	snprintf(line, sizeof(line), "PUB %s in 1\r\nx\r\n", subject);
	say(a, line);
	subject[LIMIT_SUBJECT] = 0;
	snprintf(line, sizeof(line),
		 "-ERR 'Permissions Violation for Publish to \"%s\": " SUBJECT_TOO_LONG "'\r\n",
		 subject);
	assert_heard(a, line);
	snprintf(line, sizeof(line), "PUB %s 1\r\nx\r\n", subject);
	say(a, line);
	snprintf(line, sizeof(line), "MSG %s 1 1\r\nx\r\n", subject);
	assert_heard(a, line);
	fixture_deinit(&f);
}

TEST(what_we_publish_comes_back_in_both_views)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	f.loops_back = true;
	a = client_attach(&f, DOOR_TCP);
	say(a, "CONNECT {\"auth_token\":\"" TOKEN "\",\"verbose\":false}\r\n");
	say(a, "SUB payload./chat 1\r\nSUB topic./chat 2\r\nPUB payload./chat 5\r\nhello\r\n");
	assert_heard(a, "MSG topic./chat 2 37\r\n"
			"{\"name\":\"peerline\",\"data\":\"aGVsbG8=\"}\r\n"
			"MSG payload./chat 1 5\r\nhello\r\n");
	fixture_deinit(&f);
}

TEST(a_payload_whose_envelope_is_too_large_is_refused)
{
	size_t n = (size_t)LIMIT_GOSSIP_DATA / 4 * 3;
	char *text = malloc(n + 64);
	struct fixture f;
	struct client *a;
	int at;

	assert_non_null(text);
	fixture_init(&f);
	a = client_new(&f);
	at = sprintf(text, "PUB payload./chat %zu\r\n", n);
	memset(text + at, 'x', n);
	memcpy(text + at + n, "\r\n", 3);
	say(a, text);
	assert_heard(a, "-ERR 'Permissions Violation for Publish to \"payload./chat\": the message "
			"is too large for a topic, which takes 1044480 bytes, its "
			"envelope counted'\r\n");
	assert_noted(&f, "");
	free(text);
	fixture_deinit(&f);
}

TEST(teranodes_rules_hold_for_both_views_and_refusals_are_counted)
{
	struct peer_id us = peer_id_of(255);
	char id[PEER_ID_TEXT_MAX], line[256], payload[128];
	struct fixture f;
	struct client *a;

	fixture_init_with(&f, LIMIT_DOOR_CONSUMER_BYTES, true);
	a = client_new(&f);
	say(a, "PUB topic.mainnet-block 5\r\nhello\r\n");
	assert_heard(a,
		     "-ERR 'Permissions Violation for Publish to \"topic.mainnet-block\": not "
		     "an envelope {name, data}; publish its payload to "
		     "payload.<topic>, which puts it into one; see PEERLINE_TERANODE_RULES'\r\n");
	say(a, "PUB payload.mainnet-block 5\r\nhello\r\n");
	assert_heard(a, "-ERR 'Permissions Violation for Publish to \"payload.mainnet-block\": the "
			"payload in the envelope is not a JSON object; see "
			"PEERLINE_TERANODE_RULES'\r\n");
	assert_noted(&f, "");
	assert_int_equal(door_counts(f.door).teranode_refused, 2);
	snprintf(payload, sizeof(payload), "{\"peer_id\":\"%s\"}", peer_id_text(&us, id));
	snprintf(line, sizeof(line), "PUB payload.mainnet-node_status %zu\r\n%s\r\n",
		 strlen(payload), payload);
	say(a, line);
	assert_heard(a, "");
	assert_memory_equal(buf_data(&f.notes).p,
			    "publish teranode/bitcoin/1.0.0/mainnet-node_status {\"name\":", 59);
	fixture_deinit(&f);
}

TESTS(RUN(a_topic_message_goes_to_gossip_without_headers_or_reply),
      RUN(a_topic_message_that_is_refused_says_why), RUN(a_reply_that_fits_no_line_is_refused),
      RUN(a_reply_where_only_the_node_speaks_is_refused),
      RUN(a_message_to_a_subject_nobody_can_want_is_dropped_without_a_word),
      RUN(what_goes_to_payload_is_put_into_an_envelope_with_our_name),
      RUN(a_message_whose_subject_is_too_long_is_refused_rather_than_lost),
      RUN(what_we_publish_comes_back_in_both_views),
      RUN(a_payload_whose_envelope_is_too_large_is_refused),
      RUN(teranodes_rules_hold_for_both_views_and_refusals_are_counted))
