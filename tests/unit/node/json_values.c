#include "test.h"

#include <stdio.h>

#include "node/json_values.h"

static void assert_dump(json_t *value, const char *wanted)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	assert_non_null(text);
	assert_string_equal(text, wanted);
	free(text);
	json_decref(value);
}

TEST(numbers_do_not_turn_negative)
{
	assert_dump(json_number(0), "0");
	assert_dump(json_number(INT64_MAX), "9223372036854775807");
	assert_dump(json_number(UINT64_MAX), "9223372036854775807");
}

TEST(texts_are_escaped_and_absent_ones_are_null)
{
	assert_dump(json_text_or_null(NULL), "null");
	assert_dump(json_text_or_null("a\"b"), "\"a\\\"b\"");
	assert_dump(json_text_or_null("\xff"), "\"?\"");
}

TEST(addresses_are_multiaddrs)
{
	struct addr a = { .port = 9905 };
	struct multiaddr none = { 0 };

	assert_dump(json_addr(&a), "null");
	assert_dump(json_multiaddr(&none), "null");
	assert_int_equal(addr_parse_ip("10.1.2.3", &a), 0);
	assert_dump(json_addr(&a), "\"/ip4/10.1.2.3/tcp/9905\"");
	assert_int_equal(addr_parse_ip("::1", &a), 0);
	assert_dump(json_addr(&a), "\"/ip6/::1/tcp/9905\"");
}

TEST(a_peer_id_is_its_text)
{
	static const char text[] = "12D3KooWGRUp3JFG8oyzvcAcHhYhFWAkAfTXWXWYdZ2CDfw1Y1Yx";
	char wanted[sizeof(text) + 2];
	struct peer_id id;

	snprintf(wanted, sizeof(wanted), "\"%s\"", text);
	if (peer_id_parse(bytes_of_text(text), &id) < 0)
		fail();
	assert_dump(json_peer_id(&id), wanted);
}

TESTS(RUN(numbers_do_not_turn_negative), RUN(texts_are_escaped_and_absent_ones_are_null),
      RUN(addresses_are_multiaddrs), RUN(a_peer_id_is_its_text))
