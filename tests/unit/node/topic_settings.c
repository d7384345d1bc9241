#include <stdio.h>

#include "test.h"

#include "node/topic_settings.h"

#define PREFIX "teranode/bitcoin/1.0.0/mainnet-"

struct fixture {
	struct topic_settings s;
	struct topic_settings_error e;
};

static int parse(struct fixture *f, const char *text)
{
	f->e.text[0] = 0;
	return topic_settings_parse(text, PREFIX, &f->s, &f->e);
}

static struct gossip_topic_params params_of(const struct fixture *f, const char *topic)
{
	struct gossip_topic_params params = { .id_kind = GOSSIP_ID_GO, .validate_ms = 1000 };

	topic_settings_apply(&f->s, bytes_of_text(topic), &params);
	return params;
}

TEST(nothing_said_leaves_the_defaults)
{
	struct fixture f;

	assert_int_equal(parse(&f, ""), 0);
	assert_int_equal(params_of(&f, "a").id_kind, GOSSIP_ID_GO);
	assert_int_equal(params_of(&f, "a").validate_ms, 1000);
}

TEST(a_topic_is_named_in_full_or_in_short)
{
	struct fixture f;

	assert_int_equal(
		parse(&f, "block message_id=js, other/topic\tvalidate_ms=5 remember_ms=86400000 "
			  "message_id=rust"),
		0);
	assert_int_equal(params_of(&f, PREFIX "block").id_kind, GOSSIP_ID_JS);
	assert_int_equal(params_of(&f, PREFIX "block").validate_ms, 1000);
	assert_int_equal(params_of(&f, "other/topic").id_kind, GOSSIP_ID_RUST);
	assert_int_equal(params_of(&f, "other/topic").validate_ms, 5);
	assert_int_equal(params_of(&f, "other/topic").remember_ms, 86400000);
	assert_int_equal(params_of(&f, "block").id_kind, GOSSIP_ID_GO);
}

TEST(a_name_wins_over_all)
{
	struct fixture f;

	assert_int_equal(parse(&f, "block validate_ms=1,* validate_ms=2 message_id=content"), 0);
	assert_int_equal(params_of(&f, PREFIX "block").validate_ms, 1);
	assert_int_equal(params_of(&f, PREFIX "block").id_kind, GOSSIP_ID_CONTENT);
	assert_int_equal(params_of(&f, "x/y").validate_ms, 2);
}

TEST(mistakes_are_told)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "block", "nothing is said of \"" PREFIX "block\"" },
		{ "block message_id=md5", "message_id is go, js, rust or content, not \"md5\"" },
		{ "block message_id=", "message_id is go, js, rust or content, not \"\"" },
		{ "block validate_ms=x", "validate_ms is 0 to 60000, not \"x\"" },
		{ "block validate_ms=60001", "validate_ms is 0 to 60000, not \"60001\"" },
		{ "block validate_ms=1000000000", "validate_ms is 0 to 60000, not \"1000000000\"" },
		{ "block remember_ms=604800001",
		  "remember_ms is 0 to 604800000, not \"604800001\"" },
		{ "block size=1",
		  "\"size=1\" is none of message_id=…, validate_ms=…, remember_ms=…" },
		{ "a/b message_id=js,  ", "an entry without a topic" },
		{ "block message_id=js, " PREFIX "block validate_ms=5",
		  "\"" PREFIX "block\" stands there twice" },
		{ "* message_id=js, a/b message_id=go, * validate_ms=5",
		  "\"*\" stands there twice" },
	};
	struct fixture f;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(&f, cases[i].text), -EINVAL);
		assert_string_equal(f.e.text, cases[i].error);
	}
}

TEST(topics_and_names_have_a_maximum)
{
	char text[LIMIT_TOPIC_SETTINGS * 32 + 64] = "";
	struct fixture f;

	for (size_t i = 0; i < LIMIT_TOPIC_SETTINGS; i++)
		sprintf(text + strlen(text), "t/%zu message_id=js,", i);
	assert_int_equal(parse(&f, text), 0);
	strcat(text, "t/x message_id=js");
	assert_int_equal(parse(&f, text), -EINVAL);
	memset(text, 'a', LIMIT_GOSSIP_TOPIC_NAME + 1);
	text[0] = '/';
	text[LIMIT_GOSSIP_TOPIC_NAME + 1] = 0;
	strcat(text, " message_id=js");
	assert_int_equal(parse(&f, text), -EINVAL);
}

TESTS(RUN(nothing_said_leaves_the_defaults), RUN(a_topic_is_named_in_full_or_in_short),
      RUN(a_name_wins_over_all), RUN(mistakes_are_told), RUN(topics_and_names_have_a_maximum))
