#include "node/network_preset.h"

#include <stdio.h>

#include "test.h"

#include "node/config.h"

static const char *const names[] = { "mainnet", "testnet", "teratestnet", "regtest", "stn" };

static struct config *finished(const char *network, const char *bootstrap, const char *prefix)
{
	struct config *c = config_new();
	struct config_error e;

	assert_int_equal(config_set_flag(c, "network", network, &e), 0);
	if (bootstrap)
		assert_int_equal(config_set(c, "bootstrap_peers", bootstrap, CONFIG_FILE, &e), 0);
	if (prefix)
		assert_int_equal(config_set(c, "topic_prefix", prefix, CONFIG_ENV, &e), 0);
	assert_int_equal(config_finish(c, NULL, NULL, &e), 0);
	return c;
}

TEST(every_network_of_teranode_has_its_topics)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct config *c = finished(names[i], NULL, NULL);
		char prefix[128];

		snprintf(prefix, sizeof(prefix), "teranode/bitcoin/1.0.0/%s-", names[i]);
		assert_string_equal(c->topic_prefix, prefix);
		assert_string_equal(c->network, names[i]);
		assert_int_equal(c->origins[SETTING_TOPIC_PREFIX], CONFIG_PRESET);
		assert_string_equal(config_origin_text(c->origins[SETTING_TOPIC_PREFIX]),
				    "network preset");
		config_free(c);
	}
}

TEST(the_public_ones_have_one_name_to_begin_with_and_the_others_none)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct config *c = finished(names[i], NULL, NULL);
		char is[LIMIT_MULTIADDR_TEXT], name[128];

		if (strcmp(names[i], "regtest") == 0 || strcmp(names[i], "stn") == 0) {
			assert_int_equal(c->n_bootstrap, 0);
		} else {
			assert_int_equal(c->n_bootstrap, 1);
			snprintf(name, sizeof(name), "/dnsaddr/%s.bootstrap.teranode.bsvb.tech",
				 names[i]);
			assert_string_equal(multiaddr_text(&c->bootstrap[0], is), name);
		}
		config_free(c);
	}
}

TEST(what_the_user_said_stays_even_where_it_is_empty)
{
	struct config *c = finished("mainnet", "10.0.0.1:3000", "mine/");
	char is[LIMIT_MULTIADDR_TEXT];

	assert_int_equal(c->n_bootstrap, 1);
	assert_string_equal(multiaddr_text(&c->bootstrap[0], is), "/ip4/10.0.0.1/tcp/3000");
	assert_string_equal(c->topic_prefix, "mine/");
	assert_int_equal(c->origins[SETTING_BOOTSTRAP_PEERS], CONFIG_FILE);
	config_free(c);
	c = finished("mainnet", "", "");
	assert_int_equal(c->n_bootstrap, 0);
	assert_string_equal(c->topic_prefix, "");
	config_free(c);
}

TEST(any_other_name_stands_for_nothing)
{
	static const char *const others[] = { "", "main", "Mainnet", "mainnet2", "ours", "ipfs" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct config *c = finished(others[i], NULL, NULL);

		assert_null(network_preset_find(others[i]));
		assert_int_equal(c->n_bootstrap, 0);
		assert_string_equal(c->topic_prefix, "");
		assert_int_equal(c->origins[SETTING_BOOTSTRAP_PEERS], CONFIG_DEFAULT);
		config_free(c);
	}
}

static char warnings[512];

static void note_warning(void *user, const char *text)
{
	(void)user;
	strncat(warnings, text, sizeof(warnings) - strlen(warnings) - 1);
}

TEST(a_name_that_is_almost_one_is_warned_of_and_stays_a_private_one)
{
	static const struct {
		const char *network, *meant;
	} cases[] = {
		{ "mainet", "mainnet" },
		{ "Mainnet", "mainnet" },
		{ "tesnet", "testnet" },
		{ "teratesnet", "teratestnet" },
		{ "regtset", "regtest" },
		{ "mainnet", NULL },
		{ "stn", NULL },
		{ "", NULL },
		{ "s", NULL },
		{ "ours", NULL },
		{ "main", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config *c = config_new();
		struct config_error e;

		warnings[0] = '\0';
		assert_int_equal(config_set_flag(c, "network", cases[i].network, &e), 0);
		assert_int_equal(config_finish(c, note_warning, NULL, &e), 0);
		if (!cases[i].meant) {
			assert_string_equal(warnings, "");
		} else {
			assert_non_null(strstr(warnings, "did you mean "));
			assert_non_null(strstr(warnings, cases[i].meant));
			assert_string_equal(c->topic_prefix, "");
		}
		config_free(c);
	}
}

TESTS(RUN(every_network_of_teranode_has_its_topics),
      RUN(the_public_ones_have_one_name_to_begin_with_and_the_others_none),
      RUN(what_the_user_said_stays_even_where_it_is_empty), RUN(any_other_name_stands_for_nothing),
      RUN(a_name_that_is_almost_one_is_warned_of_and_stays_a_private_one))
