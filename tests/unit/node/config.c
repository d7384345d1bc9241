#include "test.h"

#include "node/config.h"

static char warnings[1024];

static void note_warning(void *user, const char *text)
{
	(void)user;
	strncat(warnings, text, sizeof(warnings) - strlen(warnings) - 1);
}

static char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static char *port_env(const char *name)
{
	static char port[] = "9905", data[] = "/tmp/x";

	if (strcmp(name, "P2P_PORT") == 0)
		return port;
	return strcmp(name, "PEERLINE_DATA") == 0 ? data : NULL;
}

TEST(defaults_are_those_of_the_seed_documents)
{
	struct config *c = config_new();
	struct config_error e;

	assert_int_equal(config_read_env(c, no_env, NULL, &e), 0);
	assert_int_equal(config_finish(c, note_warning, NULL, &e), 0);
	assert_true(c->p2p_enabled);
	assert_int_equal(c->n_hosts, 1);
	assert_int_equal(c->hosts[0].port, 3000);
	assert_int_equal(c->max_peers, 50);
	assert_int_equal(c->reconnect_ms, 30000);
	assert_int_equal(c->door.port, 4222);
	assert_true(c->door_port_is_default);
	assert_int_equal(c->n_bootstrap, 0);
	config_free(c);
}

TEST(a_flag_wins_over_the_environment_whatever_the_order)
{
	struct config *c = config_new();
	struct config_error e;

	assert_int_equal(config_set_flag(c, "p2p-port", "9906", &e), 0);
	assert_int_equal(config_read_env(c, port_env, NULL, &e), 0);
	assert_int_equal(config_set(c, "p2p_port", "1234", CONFIG_FILE, &e), 0);
	assert_int_equal(config_finish(c, NULL, NULL, &e), 0);
	assert_int_equal(c->hosts[0].port, 9906);
	assert_int_equal(c->origins[SETTING_P2P_PORT], CONFIG_FLAG);
	assert_string_equal(c->data, "/tmp/x");
	assert_string_equal(c->door_socket, "/tmp/x/peerline.sock");
	config_free(c);
}

TEST(bad_values_are_refused_with_a_sentence_that_says_what_would_do)
{
	static const struct {
		const char *key, *value, *says;
	} cases[] = {
		{ "p2p_port", "0", "auto" },
		{ "p2p_port", "70000", "1 to 65535" },
		{ "p2p_port", "-1", "1 to 65535" },
		{ "p2p_port", "80x", "1 to 65535" },
		{ "p2p_enabled", "maybe", "neither true nor false" },
		{ "max_peers", "-3", "negative" },
		{ "max_peers", "0", "from 1 to" },
		{ "max_peers", "99999999999999999999999", "from 1 to" },
		{ "p2p_host", "not-an-ip", "IP addresses" },
		{ "log", "loud", "debug" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config *c = config_new();
		struct config_error e = { "" };

		assert_int_equal(config_set(c, cases[i].key, cases[i].value, CONFIG_ENV, &e),
				 -EINVAL);
		assert_non_null(strstr(e.text, cases[i].says));
		assert_non_null(strstr(e.text, "environment"));
		assert_null(c->values[SETTING_P2P_PORT]);
		config_free(c);
	}
}

TEST(an_unknown_key_names_the_nearest_known_one)
{
	struct config *c = config_new();
	struct config_error e;
	char *const names[] = { (char[]){ "PEERLINE_DOOR_PROT=4" }, NULL };
	char *const others[] = { (char[]){ "PEERLINE_BIN=x" }, (char[]){ "PATH=y" }, NULL };

	assert_int_equal(config_set(c, "max_peer", "3", CONFIG_FILE, &e), -ENOENT);
	assert_non_null(strstr(e.text, "max_peers"));
	assert_int_equal(config_set_flag(c, "p2p-prot", "3", &e), -ENOENT);
	assert_non_null(strstr(e.text, "--p2p-port"));
	assert_int_equal(config_read_env(c, no_env, names, &e), -ENOENT);
	assert_non_null(strstr(e.text, "PEERLINE_DOOR_PORT"));
	assert_int_equal(config_read_env(c, no_env, others, &e), 0);
	config_free(c);
}

TEST(a_malformed_bootstrap_entry_is_named_and_the_others_are_used)
{
	struct config *c = config_new();
	struct config_error e;

	warnings[0] = '\0';
	assert_int_equal(config_set(c, "bootstrap_peers",
				    "/ip4/127.0.0.1/tcp/3000, /ip4/nonsense ,10.0.0.1:3001,,",
				    CONFIG_ENV, &e),
			 0);
	assert_int_equal(config_finish(c, note_warning, NULL, &e), 0);
	assert_int_equal(c->n_bootstrap, 2);
	assert_non_null(strstr(warnings, "/ip4/nonsense"));
	config_free(c);
}

TEST(announced_addresses_are_multiaddrs_that_can_be_dialled)
{
	static const struct {
		const char *value, *says;
	} cases[] = {
		{ "/ip4/203.0.113.7/tcp/3000,nonsense", "\"nonsense\" is not a multiaddr" },
		{ "203.0.113.7:3000", "is not a multiaddr" },
		{ "/ip4/0.0.0.0/tcp/3000", "every address" },
		{ "/ip4/203.0.113.7/tcp/3000/p2p/"
		  "12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7",
		  "leave out /p2p" },
	};
	struct config *c = config_new();
	struct config_error e;
	char many[17 * 32] = "";

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(
			config_set(c, "announce_addresses", cases[i].value, CONFIG_ENV, &e),
			-EINVAL);
		assert_non_null(strstr(e.text, cases[i].says));
		assert_non_null(strstr(e.text, "PEERLINE_ANNOUNCE_ADDRESSES"));
	}
	for (int i = 0; i < 17; i++)
		strcat(many, "/ip4/203.0.113.7/tcp/3000,");
	assert_int_equal(config_set_flag(c, "announce-addresses", many, &e), -EINVAL);
	assert_non_null(strstr(e.text, "more than 16"));
	assert_int_equal(config_set_flag(c, "announce-addresses",
					 " /ip4/203.0.113.7/tcp/9905 ,, "
					 "/dns4/node.example.com/tcp/9905",
					 &e),
			 0);
	assert_int_equal(config_finish(c, NULL, NULL, &e), 0);
	assert_int_equal(c->n_announce, 2);
	config_free(c);
}

TEST(announced_addresses_leave_room_for_the_rest_of_the_message)
{
	struct config *c = config_new();
	struct config_error e;
	char value[6 * 260] = "";

	for (int i = 0; i < 5; i++) {
		strcat(value, "/dns4/");
		memset(value + strlen(value), 'n', 220);
		strcat(value, ".example.com/tcp/1,");
	}
	assert_int_equal(config_set_flag(c, "announce-addresses", value, &e), -EINVAL);
	assert_non_null(strstr(e.text, "longer than 1024 bytes"));
	config_free(c);
}

TEST(a_socket_path_that_does_not_fit_is_refused)
{
	struct config *c = config_new();
	struct config_error e;
	char path[200];

	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(config_set(c, "door_socket", path, CONFIG_FLAG, &e), 0);
	assert_int_equal(config_finish(c, NULL, NULL, &e), -EINVAL);
	assert_non_null(strstr(e.text, "PEERLINE_DOOR_SOCKET"));
	config_free(c);
}

TEST(the_name_in_envelopes_is_short_printable_text)
{
	static const char too_long[] = "0123456789012345678901234567890123456789"
				       "0123456789012345678901234";
	static const char *const bad[] = { "", "a\nb", "\xff", too_long };
	struct config_error e;
	struct config *c;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		c = config_new();
		assert_int_equal(config_set(c, "client_name", bad[i], CONFIG_FLAG, &e), 0);
		assert_int_equal(config_finish(c, NULL, NULL, &e), -EINVAL);
		assert_non_null(strstr(e.text, "PEERLINE_CLIENT_NAME"));
		config_free(c);
	}
	c = config_new();
	assert_int_equal(config_set(c, "client_name", "d\xc3\xa9j\xc3\xa0", CONFIG_FLAG, &e), 0);
	assert_int_equal(config_finish(c, NULL, NULL, &e), 0);
	assert_string_equal(c->client_name, "d\xc3\xa9j\xc3\xa0");
	assert_true(c->teranode_rules);
	config_free(c);
}

TEST(direct_peers_name_themselves_and_a_mistake_ends_it)
{
	static const char *const bad[] = { "/ip4/10.0.0.1/tcp/4001", "10.0.0.1:4001", "nonsense",
					   "/ip4/10.0.0.1/udp/9/quic-v1" };
	const char *good = "/ip4/10.0.0.1/tcp/4001/p2p/"
			   "12D3KooWH5JVqGdaw7JEizmysCfRRcPGTFfvRJF7Hkure7oQWYnb,"
			   "/dns4/a.example/tcp/9905/p2p/"
			   "12D3KooW9z2JRV37TqsmU8sDQcSQDZGSgtPpvWUmVegYxYvXfW9H";
	char id[PEER_ID_TEXT_MAX];
	struct config *c = config_new();
	struct config_error e;

	assert_int_equal(config_set(c, "direct_peers", good, CONFIG_FLAG, &e), 0);
	assert_int_equal(config_set(c, "flood_publish", "false", CONFIG_FLAG, &e), 0);
	assert_int_equal(config_finish(c, NULL, NULL, &e), 0);
	assert_int_equal(c->n_direct, 2);
	assert_string_equal(peer_id_text(&c->direct_ids[1], id),
			    "12D3KooW9z2JRV37TqsmU8sDQcSQDZGSgtPpvWUmVegYxYvXfW9H");
	assert_false(c->flood_publish);
	config_free(c);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		c = config_new();
		assert_int_equal(config_set(c, "direct_peers", bad[i], CONFIG_FLAG, &e), 0);
		assert_int_equal(config_finish(c, NULL, NULL, &e), -EINVAL);
		assert_non_null(strstr(e.text, "PEERLINE_DIRECT_PEERS"));
		config_free(c);
	}
}

TESTS(RUN(defaults_are_those_of_the_seed_documents),
      RUN(a_flag_wins_over_the_environment_whatever_the_order),
      RUN(bad_values_are_refused_with_a_sentence_that_says_what_would_do),
      RUN(an_unknown_key_names_the_nearest_known_one),
      RUN(a_malformed_bootstrap_entry_is_named_and_the_others_are_used),
      RUN(announced_addresses_are_multiaddrs_that_can_be_dialled),
      RUN(announced_addresses_leave_room_for_the_rest_of_the_message),
      RUN(a_socket_path_that_does_not_fit_is_refused),
      RUN(the_name_in_envelopes_is_short_printable_text),
      RUN(direct_peers_name_themselves_and_a_mistake_ends_it))
