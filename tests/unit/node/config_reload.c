/* Proves what a second reading of the file changes, and what it leaves alone. */

#include "test.h"

#include "node/config_reload.h"
#include "temp.h"

static void write_file(const char *text)
{
	temp_write("peerline.conf", text, strlen(text), 0600);
}

static struct config *first(const char *text)
{
	struct config *c = config_new();
	struct config_error e;

	write_file(text);
	assert_int_equal(config_set(c, "config", temp_path("peerline.conf"), CONFIG_FLAG, &e), 0);
	assert_int_equal(config_set(c, "data", temp_path("data"), CONFIG_ENV, &e), 0);
	assert_int_equal(config_set(c, "max_peers", "7", CONFIG_FLAG, &e), 0);
	assert_int_equal(config_read_own_file(c, &e), 0);
	assert_int_equal(config_finish(c, NULL, NULL, &e), 0);
	return c;
}

TEST(flags_stay_and_the_file_is_read_again)
{
	struct config *c = first("max_peers = 9\nlog = warn\np2p_port = 4000\n"), *fresh;
	struct config_error e;

	write_file("max_peers = 10\nlog = debug\nconsumer_bytes = 70000\n"
		   "consumers_memory = 20000000\nconsumers = /x/y.json\n"
		   "slow_consumer = disconnect\n");
	assert_int_equal(config_reread(c, NULL, NULL, &fresh, &e), 0);
	assert_int_equal(fresh->max_peers, 7);
	for (size_t i = 0; i < SETTINGS; i++) {
		bool differs = i == SETTING_LOG || i == SETTING_P2P_PORT ||
			       i == SETTING_CONSUMERS || i == SETTING_CONSUMER_BYTES ||
			       i == SETTING_CONSUMERS_MEMORY || i == SETTING_SLOW_CONSUMER;

		assert_int_equal(config_differs(c, fresh, i), differs);
		if (differs)
			assert_int_equal(setting_is_live(i), i != SETTING_P2P_PORT);
		if (differs && setting_is_live(i))
			config_take(c, fresh, i);
	}
	config_free(fresh);
	assert_int_equal(c->log, LOG_DEBUG);
	assert_int_equal(c->consumer_bytes, 70000);
	assert_int_equal(c->consumers_memory, 20000000);
	assert_int_equal(c->slow_consumer, DOOR_SLOW_DISCONNECT);
	assert_string_equal(c->consumers, "/x/y.json");
	assert_string_equal(config_value(c, SETTING_LOG), "debug");
	assert_int_equal(c->origins[SETTING_LOG], CONFIG_FILE);
	assert_int_equal(c->hosts[0].port, 4000);
	config_free(c);
}

TEST(what_is_gone_from_the_file_is_the_default_again)
{
	struct config *c = first("log = debug\n"), *fresh;
	struct config_error e;

	write_file("");
	assert_int_equal(config_reread(c, NULL, NULL, &fresh, &e), 0);
	assert_true(config_differs(c, fresh, SETTING_LOG));
	config_take(c, fresh, SETTING_LOG);
	assert_int_equal(c->log, LOG_INFO);
	assert_int_equal(c->origins[SETTING_LOG], CONFIG_DEFAULT);
	config_free(fresh);
	config_free(c);
}

TEST(a_mistake_gives_nothing_but_its_sentence)
{
	struct config *c = first("log = debug\n"), *fresh = NULL;
	struct config_error e;

	write_file("log = loud\n");
	assert_int_equal(config_reread(c, NULL, NULL, &fresh, &e), -EINVAL);
	assert_null(fresh);
	assert_non_null(strstr(e.text, "\"loud\""));
	config_free(c);
}

TESTS(RUN_IN_TEMP(flags_stay_and_the_file_is_read_again),
      RUN_IN_TEMP(what_is_gone_from_the_file_is_the_default_again),
      RUN_IN_TEMP(a_mistake_gives_nothing_but_its_sentence))
