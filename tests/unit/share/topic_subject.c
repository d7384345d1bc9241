/* Proves that every topic has one subject, and that the subject names that topic again. */

#include "test.h"

#include "base/limits.h"
#include "share/subject.h"
#include "share/topic_subject.h"

static int decode(const char *subject, struct buf *out)
{
	buf_init(out, LIMIT_GOSSIP_TOPIC_NAME);
	return topic_subject_decode(bytes_of_text(subject), "teranode/bitcoin/1.0.0/", out);
}

TEST(names_become_subjects_with_as_few_escapes_as_possible)
{
	static const struct {
		const char *topic, *subject;
	} rows[] = {
		{ "teranode/bitcoin/1.0.0/mainnet-block",
		  "topic.teranode/bitcoin/1.0.0/mainnet-block" },
		{ "/a", "topic./a" },
		{ "/a b", "topic./a%20b" },
		{ "/100%", "topic./100%25" },
		{ "/a\x7f", "topic./a%7F" },
		{ "/gr\xc3\xbc\xc3\x9f", "topic./gr\xc3\xbc\xc3\x9f" },
		{ "./a", "topic.%2E/a" },
		{ "/a..b", "topic./a.%2Eb" },
		{ "/a...b", "topic./a.%2E.b" },
		{ "/a.", "topic./a%2E" },
		{ "/a.*", "topic./a.%2A" },
		{ "/a.*.b", "topic./a.%2A.b" },
		{ "/a.>", "topic./a.%3E" },
		{ "/a*", "topic./a*" },
		{ "/a.*b", "topic./a.*b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf out;

		buf_init(&out, LIMIT_SUBJECT);
		assert_int_equal(
			topic_subject_encode(bytes_of_text(rows[i].topic), TOPIC_RAW, &out), 0);
		assert_bytes(buf_data(&out), rows[i].subject);
		assert_true(subject_is_valid(buf_data(&out), true));
		assert_false(subject_has_wildcard(buf_data(&out)));
		buf_deinit(&out);
		assert_int_equal(decode(rows[i].subject, &out), 0);
		assert_bytes(buf_data(&out), rows[i].topic);
		buf_deinit(&out);
	}
}

TEST(a_name_without_a_slash_is_short_for_the_prefix_and_it)
{
	struct buf out;

	assert_int_equal(decode("topic.mainnet-block", &out), 0);
	assert_bytes(buf_data(&out), "teranode/bitcoin/1.0.0/mainnet-block");
	buf_deinit(&out);
	assert_int_equal(topic_subject_decode(BYTES_LITERAL("topic.plain"), "", &out), 0);
	assert_bytes(buf_data(&out), "plain");
	buf_deinit(&out);
}

TEST(an_escape_that_was_not_needed_names_the_same_topic)
{
	struct buf out;

	assert_int_equal(decode("topic.%2Fa%2e%62", &out), 0);
	assert_bytes(buf_data(&out), "/a.b");
	buf_deinit(&out);
}

TEST(what_names_no_topic_is_refused)
{
	static const char *const rows[] = { "topic.",    "topic",      "topics.a",   "topic.*",
					    "topic.>",   "topic.a.*",  "topic.a..b", "topic.a%",
					    "topic.a%2", "topic.a%zz", "topic.a%2z", "other./a" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf out;

		assert_int_equal(decode(rows[i], &out), -EINVAL);
		buf_deinit(&out);
	}
}

TEST(the_longest_name_has_a_subject_and_a_longer_one_has_not)
{
	uint8_t name[LIMIT_GOSSIP_TOPIC_NAME + 1];
	struct buf subject, out;

	memset(name, '.', sizeof(name));
	name[1] = '/';
	buf_init(&subject, LIMIT_SUBJECT);
	assert_int_equal(
		topic_subject_encode(BYTES(name, LIMIT_GOSSIP_TOPIC_NAME), TOPIC_RAW, &subject), 0);
	assert_true(subject_is_valid(buf_data(&subject), true));
	buf_init(&out, LIMIT_GOSSIP_TOPIC_NAME);
	assert_int_equal(topic_subject_decode(buf_data(&subject), "prefix", &out), 0);
	assert_true(bytes_equal(buf_data(&out), BYTES(name, LIMIT_GOSSIP_TOPIC_NAME)));
	buf_deinit(&out);
	buf_clear(&subject);
	assert_int_equal(topic_subject_encode(BYTES(name, sizeof(name)), TOPIC_RAW, &subject), 0);
	assert_int_equal(topic_subject_decode(buf_data(&subject), "", &out), -EINVAL);
	buf_deinit(&subject);
	buf_deinit(&out);
}

TEST(every_name_of_two_bytes_comes_back)
{
	for (unsigned int i = 0; i < 0x10000; i++) {
		uint8_t name[3] = { '/', (uint8_t)(i >> 8), (uint8_t)i };
		struct buf subject, out;

		buf_init(&subject, 64);
		buf_init(&out, 64);
		assert_int_equal(topic_subject_encode(BYTES(name, 3), TOPIC_RAW, &subject), 0);
		assert_int_equal(topic_subject_decode(buf_data(&subject), "x", &out), 0);
		assert_true(bytes_equal(buf_data(&out), BYTES(name, 3)));
		buf_deinit(&subject);
		buf_deinit(&out);
	}
}

TEST(a_topic_is_seen_in_three_ways)
{
	static const char *const subjects[] = {
		[TOPIC_RAW] = "topic./a%20b",
		[TOPIC_PAYLOAD] = "payload./a%20b",
		[TOPIC_VALIDATE] = "validate./a%20b",
	};

	for (int i = 0; i < TOPIC_VIEWS; i++) {
		enum topic_view view;
		struct buf out;

		buf_init(&out, 64);
		assert_int_equal(
			topic_subject_encode(BYTES_LITERAL("/a b"), (enum topic_view)i, &out), 0);
		assert_bytes(buf_data(&out), subjects[i]);
		buf_deinit(&out);
		assert_true(topic_subject_is(bytes_of_text(subjects[i]), &view));
		assert_int_equal(view, i);
		assert_int_equal(decode(subjects[i], &out), 0);
		assert_bytes(buf_data(&out), "/a b");
		buf_deinit(&out);
	}
	assert_false(topic_subject_is(BYTES_LITERAL("payloads./a"), NULL));
	assert_true(topic_subject_is(BYTES_LITERAL("validate.>"), NULL));
}

TESTS(RUN(names_become_subjects_with_as_few_escapes_as_possible),
      RUN(a_name_without_a_slash_is_short_for_the_prefix_and_it),
      RUN(an_escape_that_was_not_needed_names_the_same_topic), RUN(what_names_no_topic_is_refused),
      RUN(the_longest_name_has_a_subject_and_a_longer_one_has_not),
      RUN(every_name_of_two_bytes_comes_back), RUN(a_topic_is_seen_in_three_ways))
