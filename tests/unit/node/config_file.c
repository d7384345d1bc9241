#include "test.h"

#include "node/config.h"
#include "temp.h"

static int read_bytes(struct config *c, const char *text, size_t n, struct config_error *e)
{
	temp_write("a.conf", text, n, 0600);
	return config_read_file(c, temp_path("a.conf"), e);
}

static int read_text(struct config *c, const char *text, struct config_error *e)
{
	return read_bytes(c, text, strlen(text), e);
}

TEST(keys_comments_and_blanks_are_read_as_people_write_them)
{
	struct config *c = config_new();
	struct config_error e;

	assert_int_equal(read_text(c,
				   "# mine\n"
				   "max_peers = 7\r\n"
				   "; also\n"
				   "\n"
				   "\t log=debug  # not too long\n"
				   "network = a;b#c",
				   &e),
			 0);
	assert_string_equal(config_value(c, SETTING_MAX_PEERS), "7");
	assert_string_equal(config_value(c, SETTING_LOG), "debug");
	assert_string_equal(config_value(c, SETTING_NETWORK), "a;b#c");
	config_free(c);
}

TEST(an_empty_file_changes_nothing)
{
	struct config *c = config_new();
	struct config_error e;

	assert_int_equal(read_text(c, "", &e), 0);
	assert_int_equal(read_text(c, "\n\n", &e), 0);
	for (size_t i = 0; i < SETTINGS; i++)
		assert_null(c->values[i]);
	config_free(c);
}

TEST(a_line_may_be_as_long_as_a_bootstrap_list_is)
{
	struct config *c = config_new();
	struct config_error e;
	char text[8192] = "bootstrap_peers = ";

	for (int i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "/dns4/node-%03d.example.org/tcp/9905,", i);
	assert_int_equal(read_text(c, text, &e), 0);
	assert_int_equal(config_finish(c, NULL, NULL, &e), 0);
	assert_int_equal(c->n_bootstrap, 100);
	config_free(c);
}

TEST(mistakes_are_told_with_their_line)
{
	static const struct {
		const char *text, *says, *also;
	} cases[] = {
		{ "max_peers = 7\np2p_prot = 1\n", "line 2", "did you mean p2p_port?" },
		{ "\n\nmax_peers = -1\n", "line 3", "negative" },
		{ "just words\n", "line 1", "key = value" },
		{ "[part]\nmax_peers = 7\n", "line 1", "no sections" },
		{ "bootstrap_peers = 10.0.0.1:9905,\n  10.0.0.2:9905\n", "line 2", "key = value" },
		{ "log = info\nlog = debug\n", "line 2", "earlier line" },
		{ "= 1\n", "line 1", "not a setting" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config *c = config_new();
		struct config_error e = { "" };

		assert_int_equal(read_text(c, cases[i].text, &e), -EINVAL);
		assert_non_null(strstr(e.text, "a.conf"));
		assert_non_null(strstr(e.text, cases[i].says));
		assert_non_null(strstr(e.text, cases[i].also));
		config_free(c);
	}
}

TEST(what_a_flag_said_stays)
{
	struct config *c = config_new();
	struct config_error e;

	assert_int_equal(config_set_flag(c, "max-peers", "9", &e), 0);
	assert_int_equal(read_text(c, "max_peers = 7\n", &e), 0);
	assert_string_equal(config_value(c, SETTING_MAX_PEERS), "9");
	config_free(c);
}

TEST(what_is_no_text_file_is_refused_by_name)
{
	struct config *c = config_new();
	struct config_error e = { "" };
	char *large = calloc(1, LIMIT_CONFIG_FILE + 2);

	assert_int_equal(config_read_file(c, temp_path("none"), &e), -ENOENT);
	assert_int_equal(config_read_file(c, temp_folder, &e), -EINVAL);
	assert_non_null(strstr(e.text, "cannot be read"));
	assert_int_equal(read_bytes(c, "log = info\0log = debug", 22, &e), -EINVAL);
	assert_non_null(strstr(e.text, "a.conf"));
	memset(large, '\n', LIMIT_CONFIG_FILE + 2);
	assert_int_equal(read_bytes(c, large, LIMIT_CONFIG_FILE + 2, &e), -EINVAL);
	assert_int_equal(read_bytes(c, large, LIMIT_CONFIG_FILE, &e), 0);
	free(large);
	config_free(c);
}

TEST(the_nodes_own_file_is_the_named_one_or_the_one_in_its_data_directory)
{
	struct config *c = config_new();
	struct config_error e = { "" };

	assert_int_equal(config_set(c, "data", temp_path(""), CONFIG_FLAG, &e), 0);
	assert_int_equal(config_read_own_file(c, &e), 0);
	assert_string_equal(c->file, "");
	temp_write("peerline.conf", "max_peers = 9", 13, 0600);
	assert_int_equal(config_read_own_file(c, &e), 0);
	assert_string_equal(config_value(c, SETTING_MAX_PEERS), "9");
	assert_non_null(strstr(c->file, "peerline.conf"));
	assert_int_equal(c->lines[SETTING_MAX_PEERS], 1);
	assert_int_equal(config_set(c, "config", temp_path("none.conf"), CONFIG_FLAG, &e), 0);
	assert_int_equal(config_read_own_file(c, &e), -ENOENT);
	assert_non_null(strstr(e.text, "none.conf does not exist"));
	config_free(c);
}

TESTS(RUN_IN_TEMP(keys_comments_and_blanks_are_read_as_people_write_them),
      RUN_IN_TEMP(an_empty_file_changes_nothing),
      RUN_IN_TEMP(a_line_may_be_as_long_as_a_bootstrap_list_is),
      RUN_IN_TEMP(mistakes_are_told_with_their_line), RUN_IN_TEMP(what_a_flag_said_stays),
      RUN_IN_TEMP(the_nodes_own_file_is_the_named_one_or_the_one_in_its_data_directory),
      RUN_IN_TEMP(what_is_no_text_file_is_refused_by_name))
