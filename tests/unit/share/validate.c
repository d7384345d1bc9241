/* Proves that validators are asked before a message goes on, that the first answer counts, and that
 * nobody can hold messages up by silence, by leaving or by listening to everything. */

#include "door_fixture.h"

#define T BYTES_LITERAL("/t")
#define X BYTES_LITERAL("x")

/* The reply subject of the n-th question heard, from 0. */
static const char *reply_of(struct client *cl, size_t n)
{
	static char subject[64];
	struct bytes all;
	const uint8_t *at;

	hear(cl);
	all = buf_data(&cl->heard);
	at = all.p;
	for (;; at++, n--) {
		at = memmem(at, all.n - (size_t)(at - all.p), "$PL.VERDICT.", 12);
		assert_non_null(at);
		if (n == 0)
			break;
	}
	memcpy(subject, at, 28);
	subject[28] = 0;
	return subject;
}

static void answer(struct client *cl, const char *subject, const char *word)
{
	char line[128];

	snprintf(line, sizeof(line), "PUB %s %zu\r\n%s\r\n", subject, strlen(word), word);
	say(cl, line);
}

TEST(who_validates_a_topic_gets_its_messages_with_headers_and_a_place_to_answer)
{
	static const char *const parts[] = { "HMSG validate./t 7 $PL.VERDICT.",
					     "Pl-From: 12D3",
					     "Pl-Verified: yes\r\n",
					     "Pl-Msg-Id: abcd\r\n",
					     "Pl-Seq: 1\r\n",
					     "\r\n\r\nx\r\n" };
	struct fixture f;
	struct client *v;

	fixture_init(&f);
	v = client_new(&f);
	assert_false(gossip_asks(&f, T, X, 1));
	say(v, "SUB validate./t 7\r\n");
	assert_noted(&f, "join /t\n");
	assert_true(gossip_asks(&f, T, X, 2));
	assert_false(gossip_asks(&f, BYTES_LITERAL("/u"), X, 3));
	hear(v);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		assert_non_null(memmem(buf_data(&v->heard).p, buf_len(&v->heard), parts[i],
				       strlen(parts[i])));
	assert_int_equal(door_counts(f.door).validate_asked, 1);
	fixture_deinit(&f);
}

TEST(the_answer_becomes_the_verdict_and_the_first_one_counts)
{
	static const char *const words[] = { "accept", "ignore", "reject" };
	struct fixture f;
	struct client *v, *w;
	struct door_counts counts;

	fixture_init(&f);
	v = client_new(&f);
	w = client_new(&f);
	say(v, "SUB validate./t 1\r\n");
	say(w, "SUB validate.> 1\r\n");
	buf_clear(&f.notes);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char wanted[64];

		forget(v);
		forget(w);
		assert_true(gossip_asks(&f, T, X, 10 + i));
		answer(w, reply_of(w, 0), words[i]);
		snprintf(wanted, sizeof(wanted), "verdict %zu %s\n", 10 + i, words[i]);
		assert_noted(&f, wanted);
		answer(v, reply_of(v, 0), "reject");
		answer(w, reply_of(w, 0), "reject");
		assert_noted(&f, "");
	}
	counts = door_counts(f.door);
	assert_int_equal(counts.validate_accepted, 1);
	assert_int_equal(counts.validate_ignored, 1);
	assert_int_equal(counts.validate_rejected, 1);
	pass_ms(&f, 2000);
	assert_int_equal(door_counts(f.door).validate_unanswered, 0);
	fixture_deinit(&f);
}

TEST(a_word_that_is_no_verdict_is_refused_and_the_question_stays)
{
	struct fixture f;
	struct client *v;

	fixture_init(&f);
	v = client_new(&f);
	say(v, "SUB validate./t 1\r\n");
	buf_clear(&f.notes);
	assert_true(gossip_asks(&f, T, X, 1));
	answer(v, reply_of(v, 0), "Accept");
	assert_noted(&f, "");
	hear(v);
	assert_non_null(memmem(buf_data(&v->heard).p, buf_len(&v->heard),
			       "\": a validator answers accept, ignore or reject'", 47));
	answer(v, reply_of(v, 0), "accept");
	assert_noted(&f, "verdict 1 accept\n");
	fixture_deinit(&f);
}

TEST(only_who_was_asked_may_answer)
{
	struct fixture f;
	struct client *v, *other;

	fixture_init(&f);
	v = client_new(&f);
	other = client_new(&f);
	say(v, "SUB validate./t 1\r\n");
	buf_clear(&f.notes);
	assert_true(gossip_asks(&f, T, X, 1));
	answer(other, reply_of(v, 0), "reject");
	answer(v, "$PL.VERDICT.0000000000000000", "reject");
	answer(v, "$PL.VERDICT.xyz", "reject");
	answer(v, "$PL.VERDICT.", "reject");
	assert_noted(&f, "");
	assert_int_equal(v->ended, 0);
	fixture_deinit(&f);
}

TEST(silence_frees_the_question_and_is_told_once_a_minute)
{
	struct fixture f;
	struct client *v;

	fixture_init(&f);
	v = client_attach(&f, DOOR_TCP);
	say(v, HELLO_AS("judge") "SUB validate./t 1\r\n");
	buf_clear(&f.notes);
	for (int i = 0; i < 3; i++)
		assert_true(gossip_asks(&f, T, X, 1));
	hear(v);
	pass_ms(&f, 999);
	assert_noted(&f, "");
	pass_ms(&f, 1);
	assert_noted(&f, "slow 1 judge /t\n");
	assert_int_equal(door_counts(f.door).validate_unanswered, 3);
	answer(v, reply_of(v, 0), "reject");
	assert_noted(&f, "");
	pass_ms(&f, LIMIT_DOOR_SLOW_TOLD_MS - 1001);
	say(v, "PONG\r\n");
	assert_true(gossip_asks(&f, T, X, 1));
	hear(v);
	pass_ms(&f, 1000);
	assert_noted(&f, "");
	assert_true(gossip_asks(&f, T, X, 1));
	hear(v);
	pass_ms(&f, 1000);
	assert_noted(&f, "slow 4 judge /t\n");
	fixture_deinit(&f);
}

TEST(a_validator_that_leaves_frees_its_messages_at_once_unless_another_was_asked)
{
	struct fixture f;
	struct client *v, *w;

	fixture_init(&f);
	v = client_new(&f);
	w = client_new(&f);
	say(v, "SUB validate./t 1\r\nSUB validate.* 2\r\n");
	assert_true(gossip_asks(&f, T, X, 1));
	say(w, "SUB validate./t 1\r\n");
	assert_true(gossip_asks(&f, T, X, 2));
	buf_clear(&f.notes);
	client_gone(v);
	assert_noted(&f, "");
	assert_true(mono_reached(door_deadline(f.door), f.now));
	pass_ms(&f, 0);
	assert_noted(&f, "verdict 1 accept\n");
	assert_false(mono_reached(door_deadline(f.door), f.now));
	assert_int_equal(door_counts(f.door).validate_abandoned, 1);
	answer(w, reply_of(w, 0), "ignore");
	assert_noted(&f, "verdict 2 ignore\n");
	fixture_deinit(&f);
}

TEST(whoever_listens_to_everything_is_no_validator)
{
	struct fixture f;
	struct client *a;

	fixture_init(&f);
	a = client_new(&f);
	say(a, "SUB topic./t 1\r\nSUB > 2\r\nSUB *./t 3\r\n");
	assert_false(gossip_asks(&f, T, X, 1));
	say(a, "SUB validate.> 4\r\n");
	assert_true(gossip_asks(&f, T, X, 2));
	hear(a);
	assert_null(memmem(buf_data(&a->heard).p, buf_len(&a->heard), "validate./t 2 ", 14));
	assert_null(memmem(buf_data(&a->heard).p, buf_len(&a->heard), "validate./t 3 ", 14));
	say(a, "UNSUB 4\r\n");
	assert_false(gossip_asks(&f, T, X, 3));
	fixture_deinit(&f);
}

TEST(one_member_of_a_queue_group_is_asked)
{
	struct fixture f;
	struct client *v, *w;
	size_t n = 0;

	fixture_init(&f);
	v = client_new(&f);
	w = client_new(&f);
	say(v, "SUB validate./t judges 1\r\n");
	say(w, "SUB validate./t judges 1\r\n");
	for (uint64_t i = 0; i < 20; i++) {
		forget(v);
		forget(w);
		assert_true(gossip_asks(&f, T, X, i));
		hear(v);
		hear(w);
		assert_true((buf_len(&v->heard) > 0) != (buf_len(&w->heard) > 0));
		n += buf_len(&v->heard) > 0;
	}
	assert_true(n > 0 && n < 20);
	fixture_deinit(&f);
}

TEST(a_validator_without_room_is_not_asked)
{
	static uint8_t large[60000];
	struct fixture f;
	struct client *v;

	fixture_init_bytes(&f, (size_t)128 * KIB);
	v = client_new(&f);
	say(v, "SUB validate./t 1\r\n");
	assert_true(gossip_asks(&f, T, BYTES(large, sizeof(large)), 1));
	assert_false(gossip_asks(&f, T, BYTES(large, sizeof(large)), 2));
	fixture_deinit(&f);
}

TEST(questions_and_validators_have_a_maximum)
{
	char line[64];
	struct fixture f;
	struct client *v;

	fixture_init(&f);
	v = client_new(&f);
	for (int i = 0; i < LIMIT_DOOR_VALIDATORS + 4; i++) {
		snprintf(line, sizeof(line), "SUB validate./t %d\r\n", i);
		say(v, line);
	}
	assert_true(gossip_asks(&f, T, X, 0));
	hear(v);
	assert_null(memmem(buf_data(&v->heard).p, buf_len(&v->heard), "./t 16 ", 7));
	buf_clear(&v->heard);
	for (uint64_t i = 1; i < LIMIT_DOOR_QUESTIONS; i++) {
		assert_true(gossip_asks(&f, T, X, i));
		if (i == 1)
			hear(v);
		else
			forget(v);
	}
	assert_int_equal(door_counts(f.door).validate_unanswered, 0);
	assert_true(gossip_asks(&f, T, X, 5000));
	assert_int_equal(door_counts(f.door).validate_unanswered, 1);
	fixture_deinit(&f);
}

TEST(questions_of_one_topic_do_not_displace_those_of_another)
{
	struct fixture f;
	struct client *v;
	char subject[64];

	fixture_init(&f);
	v = client_new(&f);
	say(v, "SUB validate./u 1\r\nSUB validate./t 2\r\n");
	assert_true(gossip_asks(&f, BYTES_LITERAL("/u"), X, 1));
	snprintf(subject, sizeof(subject), "%s", reply_of(v, 0));
	for (uint64_t i = 0; i < LIMIT_DOOR_QUESTIONS + 10; i++) {
		assert_true(gossip_asks(&f, T, X, 2 + i));
		forget(v);
	}
	answer(v, subject, "reject");
	assert_int_equal(door_counts(f.door).validate_rejected, 1);
	fixture_deinit(&f);
}

TEST(topics_may_wait_for_different_times)
{
	const struct gossip_delivery m = message_of(0, T, X);
	static const uint64_t waits[] = { 3000, 1000, 2000 };
	struct fixture f;
	struct client *v;

	fixture_init(&f);
	v = client_new(&f);
	say(v, "SUB validate./t 1\r\n");
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++)
		assert_true(door_validate(
			f.door, &m, &(struct door_question){ .ticket = i, .wait_ms = waits[i] },
			f.now));
	for (uint64_t i = 1; i <= 3; i++) {
		pass_ms(&f, 999);
		assert_int_equal(door_counts(f.door).validate_unanswered, i - 1);
		pass_ms(&f, 1);
		assert_int_equal(door_counts(f.door).validate_unanswered, i);
	}
	fixture_deinit(&f);
}

TEST(nobody_publishes_to_validate)
{
	struct fixture f;
	struct client *v;

	fixture_init(&f);
	v = client_new(&f);
	say(v, "PUB validate./t 1\r\nx\r\n");
	assert_heard(v, "-ERR 'Permissions Violation for Publish to \"validate./t\": only the node "
			"speaks there, and whoever validates answers on the reply subject'\r\n");
	assert_noted(&f, "");
	fixture_deinit(&f);
}

TESTS(RUN(questions_of_one_topic_do_not_displace_those_of_another),
      RUN(who_validates_a_topic_gets_its_messages_with_headers_and_a_place_to_answer),
      RUN(the_answer_becomes_the_verdict_and_the_first_one_counts),
      RUN(a_word_that_is_no_verdict_is_refused_and_the_question_stays),
      RUN(only_who_was_asked_may_answer), RUN(silence_frees_the_question_and_is_told_once_a_minute),
      RUN(a_validator_that_leaves_frees_its_messages_at_once_unless_another_was_asked),
      RUN(whoever_listens_to_everything_is_no_validator), RUN(one_member_of_a_queue_group_is_asked),
      RUN(a_validator_without_room_is_not_asked), RUN(questions_and_validators_have_a_maximum),
      RUN(topics_may_wait_for_different_times), RUN(nobody_publishes_to_validate))
