/* Proves that the consumers file means what docs/consumers.md says, and that every mistake in it is
 * a sentence that names it. */

#include "test.h"

#include "node/consumers_file.h"
#include "temp.h"

#define OWNER "the-owner-has-this-one-0123456"
#define TOKEN "\"token_file\": \"a.token\""

static struct rights_table *table;

static int read_at(const char *path, struct config_error *e)
{
	struct config *c = config_new();
	int r;

	assert_int_equal(config_set(c, "consumers", path, CONFIG_FLAG, e), 0);
	assert_int_equal(config_set(c, "topic_prefix", "net/", CONFIG_FLAG, e), 0);
	assert_int_equal(config_set(c, "consumer_bytes", "100000", CONFIG_FLAG, e), 0);
	assert_int_equal(config_set(c, "slow_consumer", "disconnect", CONFIG_FLAG, e), 0);
	assert_int_equal(config_finish(c, NULL, NULL, e), 0);
	table = NULL;
	r = consumers_file_read(c, OWNER, &table, e);
	config_free(c);
	return r;
}

static int read_text(const char *text, struct config_error *e)
{
	temp_write("consumers.json", text, strlen(text), 0600);
	return read_at(temp_path("consumers.json"), e);
}

static void write_token(const char *name, const char *token)
{
	temp_write(name, token, strlen(token), 0600);
}

static const struct rights *good(const char *text)
{
	struct config_error e = { "" };

	write_token("a.token", "token-of-arcade-00\n");
	if (read_text(text, &e) != 0)
		fail_msg("%s", e.text);
	return rights_of_name(table, "arcade");
}

static void assert_wrong(const char *text, const char *says)
{
	struct config_error e = { "" };
	int r = read_text(text, &e);

	assert_true(r < 0);
	assert_null(table);
	if (!strstr(e.text, says) || !strstr(e.text, "consumers.json"))
		fail_msg("\"%s\" does not say \"%s\"", e.text, says);
}

static bool may(const struct rights *r, bool publish, const char *subject)
{
	struct bytes s = bytes_of_text(subject);

	return publish ? rights_may_publish(r, s, "net/") : rights_may_subscribe(r, s, "net/");
}

TEST(an_entry_has_what_stands_in_it)
{
	const struct rights *r =
		good("{\"arcade\": {" TOKEN ", \"subscribe\": [\"topic.block\", \"a.>\"],"
		     "\"publish\": [\"topic.tx\"], \"serve\": [\"header\"], \"api\": [\"STATUS\"],"
		     "\"rate\": {\"messages\": 100, \"bytes\": 50000}, \"consumer_bytes\": 65536,"
		     "\"subscriptions\": 7, \"connections\": 3, \"slow\": \"gap\"}}");

	assert_true(may(r, false, "topic.net/block") && may(r, false, "a.b.c"));
	assert_true(may(r, false, "serve.header") && may(r, true, "topic.net/tx"));
	assert_false(may(r, false, "topic.other") || may(r, true, "a.b"));
	assert_true(rights_may_ask(r, bytes_of_text("STATUS")));
	assert_false(rights_may_ask(r, bytes_of_text("STOP")));
	assert_int_equal(r->messages_rate, 100);
	assert_int_equal(r->bytes_rate, 50000);
	assert_int_equal(r->consumer_bytes, 65536);
	assert_int_equal(r->subscriptions, 7);
	assert_int_equal(r->connections, 3);
	assert_int_equal(r->slow, DOOR_SLOW_GAP);
	assert_memory_equal(r->token, "token-of-arcade-00\0", 20);
	rights_table_free(table);
}

TEST(what_is_left_out_is_to_see_and_not_to_speak)
{
	const struct rights *r = good("{\"arcade\": {" TOKEN "}}");

	assert_true(may(r, false, ">") && may(r, false, "payload.x"));
	assert_false(may(r, false, "serve.x") || may(r, false, "validate.x"));
	assert_false(may(r, true, "a") || rights_may_ask(r, bytes_of_text("STATUS")));
	assert_int_equal(r->messages_rate, 0);
	assert_int_equal(r->consumer_bytes, 100000);
	assert_int_equal(r->slow, DOOR_SLOW_DISCONNECT);
	assert_int_equal(r->subscriptions, LIMIT_DOOR_SUBSCRIPTIONS);
	assert_int_equal(r->connections, LIMIT_CREDENTIALS_CONNECTIONS);
	rights_table_free(table);
	r = good("{\"arcade\": {" TOKEN ", \"subscribe\": []}}");
	assert_false(may(r, false, "a"));
	rights_table_free(table);
}

TEST(a_file_that_names_nobody_is_good)
{
	struct config_error e = { "" };

	assert_int_equal(read_text("{}", &e), 0);
	assert_int_equal(rights_table_count(table), 0);
	rights_table_free(table);
}

TEST(every_mistake_is_named)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "line 1, column 0: '[' or '{' expected near end of file" },
		{ "{\n\"arcade\": {" TOKEN ",}\n}", "line 2, column" },
		{ "[]", "the file must hold one object" },
		{ "{\"arcade\": {}, \"arcade\": {}}", "duplicate object key" },
		{ "{\"arcade\": []}", "\"arcade\": give an object" },
		{ "{\"arcade\": {}}", "\"arcade\": \"token_file\" is missing" },
		{ "{\"arcade\": {\"token_file\": 7}}", "\"token_file\" is missing" },
		{ "{\"arcade\": {\"token_file\": \"none\"}}", "none does not exist; make it with" },
		{ "{\"owner\": {" TOKEN "}}", "\"owner\": a name has" },
		{ "{\"a b\": {" TOKEN "}}", "\"a b\": a name has" },
		{ "{\"arcade\": {" TOKEN ", \"subscribes\": []}}",
		  "\"arcade\": \"subscribes\" is not known; did you mean \"subscribe\"?" },
		{ "{\"arcade\": {" TOKEN ", \"colour\": []}}", "\"colour\" is not known; docs/" },
		{ "{\"arcade\": {" TOKEN ", \"subscribe\": \"a\"}}",
		  "\"subscribe\": give a list of texts" },
		{ "{\"arcade\": {" TOKEN ", \"publish\": [7]}}",
		  "\"publish\": give a list of texts" },
		{ "{\"arcade\": {" TOKEN ", \"publish\": [\"a..b\"]}}",
		  "\"publish\": \"a..b\": it is not valid there" },
		{ "{\"arcade\": {" TOKEN ", \"publish\": [\"a\\u0000b\"]}}", "NUL" },
		{ "{\"arcade\": {" TOKEN ", \"subscribe\": [\"serve.x\"]}}",
		  "\"serve.x\": methods stand in \"serve\"" },
		{ "{\"arcade\": {" TOKEN ", \"publish\": [\"$PL.API.STOP\"]}}",
		  "verbs stand in \"api\"" },
		{ "{\"arcade\": {" TOKEN ", \"serve\": [\"serve.x\"]}}",
		  "\"serve\": \"serve.x\": methods stand in \"serve\", without" },
		{ "{\"arcade\": {" TOKEN ", \"api\": [\"$PL.API.STATUS\"]}}",
		  "\"api\": \"$PL.API.STATUS\": verbs stand in \"api\", without" },
		{ "{\"arcade\": {" TOKEN ", \"api\": [\"STATUS\", \"peer\"]}}",
		  "\"api\": \"peer\" is no verb; did you mean \"PEER\"?" },
		{ "{\"arcade\": {" TOKEN ", \"api\": [\"SHUTDOWN\"]}}",
		  "\"api\": \"SHUTDOWN\" is no verb; docs/control.md lists them" },
		{ "{\"arcade\": {" TOKEN ", \"api\": [\"*\"]}}",
		  "\"api\": \"*\": it is not valid" },
		{ "{\"arcade\": {" TOKEN ", \"rate\": 7}}", "\"rate\": give {\"messages\"" },
		{ "{\"arcade\": {" TOKEN ", \"rate\": {\"message\": 7}}}",
		  "\"message\" is not known; did you mean \"messages\"?" },
		{ "{\"arcade\": {" TOKEN ", \"rate\": {\"messages\": 0}}}",
		  "\"messages\": give a whole number from 1" },
		{ "{\"arcade\": {" TOKEN ", \"rate\": {\"bytes\": 1.5}}}",
		  "\"bytes\": give a whole number from 1" },
		{ "{\"arcade\": {" TOKEN ", \"consumer_bytes\": 1}}",
		  "\"consumer_bytes\": give a whole number from 65536" },
		{ "{\"arcade\": {" TOKEN ", \"subscriptions\": -1}}",
		  "\"subscriptions\": give a whole number from 1 to 4096" },
		{ "{\"arcade\": {" TOKEN ", \"slow\": \"quit\"}}",
		  "\"slow\": give \"gap\" or \"disconnect\"" },
		{ "{\"arcade\": {" TOKEN "}, \"other\": {" TOKEN "}}",
		  "\"other\": \"token_file\": another entry has the same token" },
	};

	write_token("a.token", "token-of-arcade-00");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_wrong(rows[i].text, rows[i].says);
}

TEST(a_token_is_private_and_nobody_elses)
{
	static const char entry[] = "{\"arcade\": {" TOKEN "}}";

	write_token("a.token", "short");
	assert_wrong(entry, "a token has 16 to 255");
	write_token("a.token", "");
	assert_wrong(entry, "does not hold a token");
	write_token("a.token", OWNER);
	assert_wrong(entry, "that is the owner's own token");
	temp_write("a.token", "token-of-arcade-00", 18, 0640);
	assert_wrong(entry, "can be read by others (mode 0640)");
}

TEST(who_can_write_the_file_can_give_rights)
{
	struct config_error e;

	temp_write("consumers.json", "{}", 2, 0620);
	assert_int_equal(read_at(temp_path("consumers.json"), &e), -EACCES);
	assert_non_null(strstr(e.text, "others can write it (mode 0620)"));
	assert_int_equal(read_at(temp_path("none"), &e), -ENOENT);
	assert_int_equal(read_at(temp_path("."), &e), -EINVAL);
}

TEST(a_file_that_nobody_named_may_be_missing)
{
	struct config_error e = { "" };
	struct config *c = config_new();

	table = NULL;
	assert_int_equal(config_set(c, "data", temp_path("d"), CONFIG_FLAG, &e), 0);
	assert_int_equal(config_finish(c, NULL, NULL, &e), 0);
	assert_int_equal(consumers_file_load(c, OWNER, &table, &e), 0);
	assert_null(table);
	config_free(c);
	c = config_new();
	assert_int_equal(config_set(c, "consumers", temp_path("none"), CONFIG_FLAG, &e), 0);
	assert_int_equal(config_finish(c, NULL, NULL, &e), 0);
	assert_int_equal(consumers_file_load(c, OWNER, &table, &e), -ENOENT);
	assert_non_null(strstr(e.text, "PEERLINE_CONSUMERS: "));
	assert_non_null(strstr(e.text, "none does not exist"));
	config_free(c);
}

TESTS(RUN_IN_TEMP(an_entry_has_what_stands_in_it),
      RUN_IN_TEMP(what_is_left_out_is_to_see_and_not_to_speak),
      RUN_IN_TEMP(a_file_that_names_nobody_is_good), RUN_IN_TEMP(every_mistake_is_named),
      RUN_IN_TEMP(a_token_is_private_and_nobody_elses),
      RUN_IN_TEMP(who_can_write_the_file_can_give_rights),
      RUN_IN_TEMP(a_file_that_nobody_named_may_be_missing))
