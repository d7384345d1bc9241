#include "test.h"

#include <stdio.h>

#include "node/peer_rules.h"

#define ID "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5"

static const char golden[] = "{\n"
			     " \"added\": [\n"
			     "  \"/ip4/10.0.0.2/tcp/4001\"\n"
			     " ],\n"
			     " \"banned\": [\n"
			     "  {\n"
			     "   \"peer_id\": \"" ID "\",\n"
			     "   \"until_ms\": 1700000000123\n"
			     "  },\n"
			     "  {\n"
			     "   \"peer_id\": \"" ID "\",\n"
			     "   \"until_ms\": null\n"
			     "  }\n"
			     " ]\n"
			     "}";

static int decode(const char *text, struct peer_rules *ret)
{
	return peer_rules_decode(bytes_of_text(text), ret);
}

TEST(what_was_said_is_read_and_written_the_same)
{
	struct peer_rules rules;
	struct peer_id id;
	char *text;

	assert_int_equal(decode(golden, &rules), 0);
	assert_int_equal(rules.n_added, 1);
	assert_int_equal(rules.n_bans, 2);
	assert_int_equal(peer_id_parse(bytes_of_text(ID), &id), 0);
	assert_true(peer_id_equal(&rules.bans[0].id, &id));
	assert_true(rules.bans[0].until.ns == INT64_C(1700000000123000000));
	assert_true(ban_is_forever(&rules.bans[1]));
	text = peer_rules_encode(&rules);
	assert_string_equal(text, golden);
	free(text);
	peer_rules_deinit(&rules);
}

TEST(nothing_said_is_two_empty_lists)
{
	struct peer_rules rules = { 0 }, read;
	char *text = peer_rules_encode(&rules);

	assert_int_equal(decode(text, &read), 0);
	assert_int_equal(read.n_added + read.n_bans, 0);
	peer_rules_deinit(&read);
	free(text);
}

TEST(every_truncation_is_bad_and_leaves_ret_alone)
{
	struct peer_rules rules = { .n_added = 77 };

	for (size_t n = 0; n < sizeof(golden) - 1; n++)
		assert_int_equal(peer_rules_decode(BYTES(golden, n), &rules), -EBADMSG);
	assert_int_equal(rules.n_added, 77);
}

TEST(what_we_would_not_write_is_bad)
{
	static const char *const texts[] = {
		"[]",
		"{}",
		"{\"added\":[],\"banned\":{}}",
		"{\"added\":[]}",
		"{\"added\":[],\"banned\":[],\"more\":1}",
		"{\"added\":[],\"added\":[],\"banned\":[]}",
		"{\"added\":\"x\",\"banned\":[]}",
		"{\"added\":[7],\"banned\":[]}",
		"{\"added\":[\"10.0.0.2:4001\"],\"banned\":[]}",
		"{\"added\":[],\"banned\":[\"" ID "\"]}",
		"{\"added\":[],\"banned\":[{\"peer_id\":\"" ID "\"}]}",
		"{\"added\":[],\"banned\":[{\"peer_id\":\"" ID "\",\"until\":1}]}",
		"{\"added\":[],\"banned\":[{\"peer_id\":\"" ID "\",\"until_ms\":1,\"a\":1}]}",
		"{\"added\":[],\"banned\":[{\"peer_id\":\"" ID "\",\"until_ms\":-1}]}",
		"{\"added\":[],\"banned\":[{\"peer_id\":\"" ID "\",\"until_ms\":\"1\"}]}",
		"{\"added\":[],\"banned\":[{\"peer_id\":\"" ID
		"\",\"until_ms\":9223372036854775807}]}",
		"{\"added\":[],\"banned\":[{\"peer_id\":\"12D3\",\"until_ms\":1}]}",
	};
	struct peer_rules rules;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (decode(texts[i], &rules) != -EBADMSG)
			fail_msg("%s is taken", texts[i]);
}

TEST(lists_have_a_maximum)
{
	struct peer_rules rules = { 0 };
	struct multiaddr m;
	char text[64];

	for (unsigned i = 0; i < LIMIT_MANAGED_PEERS; i++) {
		snprintf(text, sizeof(text), "/ip4/10.0.%u.%u/tcp/1", i / 250, i % 250 + 1);
		assert_int_equal(multiaddr_parse(bytes_of_text(text), &m), 0);
		assert_int_equal(peer_rules_add(&rules, &m), 0);
	}
	assert_int_equal(peer_rules_add(&rules, &m), 0);
	assert_int_equal(rules.n_added, LIMIT_MANAGED_PEERS);
	assert_int_equal(multiaddr_parse(BYTES_LITERAL("/ip4/10.9.9.9/tcp/1"), &m), 0);
	assert_int_equal(peer_rules_add(&rules, &m), -ENOSPC);
	peer_rules_deinit(&rules);
}

TEST(an_address_is_removed_and_the_others_stay)
{
	struct peer_rules rules;
	struct multiaddr more, first;

	assert_int_equal(decode(golden, &rules), 0);
	assert_int_equal(multiaddr_parse(BYTES_LITERAL("/ip4/10.0.0.3/tcp/1"), &more), 0);
	assert_false(peer_rules_remove(&rules, &more));
	assert_int_equal(peer_rules_add(&rules, &more), 0);
	first = rules.added[0];
	assert_true(peer_rules_remove(&rules, &first));
	assert_int_equal(rules.n_added, 1);
	assert_int_equal(peer_rules_find_added(&rules, &more), 0);
	peer_rules_deinit(&rules);
}

TESTS(RUN(what_was_said_is_read_and_written_the_same), RUN(nothing_said_is_two_empty_lists),
      RUN(every_truncation_is_bad_and_leaves_ret_alone), RUN(what_we_would_not_write_is_bad),
      RUN(lists_have_a_maximum), RUN(an_address_is_removed_and_the_others_stay))
