#include "test.h"

#include "node/config_listing.h"
#include "temp.h"

static const json_t *row(const json_t *listing, const char *key)
{
	const json_t *rows = json_object_get(listing, "settings");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *r = json_array_get(rows, i);

		if (strcmp(json_string_value(json_object_get(r, "key")), key) == 0)
			return r;
	}
	fail_msg("%s is not listed", key);
	return NULL;
}

static const char *text(const json_t *listing, const char *key, const char *field)
{
	return json_string_value(json_object_get(row(listing, key), field));
}

static char *get(const char *name)
{
	static char info[] = "warn";

	return strcmp(name, "PEERLINE_LOG") == 0 ? info : NULL;
}

/* One of each: a flag, the environment, a file, a preset, and the rest by default. */
static struct config *mixed(void)
{
	static char unknown[] = "PEERLINE_ZZZZZZZZ=1", known[] = "PEERLINE_LOG=warn";
	const char text_of_file[] = "# a comment\n\nmax_peers = 7\nlog = debug\n";
	char *const names[] = { unknown, known, NULL };
	struct config *c = config_new();
	struct config_error e = { "" };

	temp_write("a.conf", text_of_file, strlen(text_of_file), 0600);
	assert_int_equal(config_set_flag(c, "p2p-port", "auto", &e), 0);
	assert_int_equal(config_set(c, "network", "regtest", CONFIG_FLAG, &e), 0);
	assert_int_equal(config_read_env(c, get, names, &e), 0);
	assert_int_equal(config_read_file(c, temp_path("a.conf"), &e), 0);
	assert_int_equal(config_finish(c, NULL, NULL, &e), 0);
	return c;
}

TEST(every_setting_is_listed_once_with_its_value_and_origin)
{
	struct config *c = mixed();
	json_t *o = config_listing(c);

	assert_int_equal(json_array_size(json_object_get(o, "settings")), SETTINGS);
	assert_string_equal(text(o, "p2p_port", "value"), "auto");
	assert_string_equal(text(o, "p2p_port", "origin"), "flag");
	assert_string_equal(text(o, "p2p_port", "where"), "--p2p-port");
	assert_string_equal(text(o, "p2p_port", "default"), "3000");
	assert_string_equal(text(o, "log", "value"), "warn");
	assert_string_equal(text(o, "log", "origin"), "environment");
	assert_string_equal(text(o, "log", "where"), "PEERLINE_LOG");
	assert_string_equal(text(o, "topic_prefix", "origin"), "network preset");
	assert_string_equal(text(o, "topic_prefix", "where"), "regtest");
	assert_string_equal(text(o, "peers_per_ip", "origin"), "default");
	assert_null(text(o, "peers_per_ip", "where"));
	json_decref(o);
	config_free(c);
}

TEST(what_a_file_says_is_found_by_its_line)
{
	struct config *c = mixed();
	json_t *o = config_listing(c);
	char where[600];

	snprintf(where, sizeof(where), "%s, line 3", temp_path("a.conf"));
	assert_string_equal(text(o, "max_peers", "value"), "7");
	assert_string_equal(text(o, "max_peers", "origin"), "file");
	assert_string_equal(text(o, "max_peers", "where"), where);
	assert_string_equal(json_string_value(json_object_get(o, "file")), temp_path("a.conf"));
	json_decref(o);
	config_free(c);
}

TEST(computed_defaults_are_shown_as_they_are_in_force)
{
	struct config *c = mixed();
	json_t *o = config_listing(c);

	assert_string_equal(text(o, "data", "value"), c->data);
	assert_string_equal(text(o, "door_socket", "value"), c->door_socket);
	assert_null(text(o, "config", "value"));
	json_decref(o);
	config_free(c);
}

TEST(names_like_ours_that_are_no_settings_are_told)
{
	struct config *c = mixed();
	json_t *o = config_listing(c);
	const json_t *unknown = json_object_get(o, "unknown");

	assert_int_equal(json_array_size(unknown), 1);
	assert_string_equal(json_string_value(json_array_get(unknown, 0)), "PEERLINE_ZZZZZZZZ");
	json_decref(o);
	config_free(c);
}

TEST(the_consumers_file_that_is_in_use_is_listed_though_nobody_named_it)
{
	struct config *c = mixed();
	json_t *o = config_listing(c);

	assert_null(text(o, "consumers", "value"));
	json_decref(o);
	c->consumers_is_used = true;
	o = config_listing(c);
	assert_string_equal(text(o, "consumers", "value"), c->consumers);
	assert_string_equal(text(o, "consumers", "origin"), "default");
	json_decref(o);
	config_free(c);
}

TESTS(RUN_IN_TEMP(every_setting_is_listed_once_with_its_value_and_origin),
      RUN_IN_TEMP(what_a_file_says_is_found_by_its_line),
      RUN_IN_TEMP(computed_defaults_are_shown_as_they_are_in_force),
      RUN_IN_TEMP(names_like_ours_that_are_no_settings_are_told),
      RUN_IN_TEMP(the_consumers_file_that_is_in_use_is_listed_though_nobody_named_it))
