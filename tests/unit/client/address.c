/* Proves which texts are the address of a door. */

#include "test.h"

#include "client/address.h"

TEST(unix_sockets_are_paths_with_or_without_their_scheme)
{
	struct address a;

	assert_int_equal(address_parse("unix:/run/peerline.sock", &a), 0);
	assert_true(a.is_unix);
	assert_string_equal(a.path, "/run/peerline.sock");
	assert_int_equal(address_parse("/run/x", &a), 0);
	assert_string_equal(a.path, "/run/x");
}

TEST(tcp_addresses_have_a_host_and_may_have_port_and_token)
{
	static const struct {
		const char *text, *token, *addr;
	} rows[] = {
		{ "nats://127.0.0.1:4333", "", "127.0.0.1:4333" },
		{ "nats://tok@127.0.0.1:4333", "tok", "127.0.0.1:4333" },
		{ "nats://t@k@127.0.0.1:4333/", "t@k", "127.0.0.1:4333" },
		{ "127.0.0.1:1", "", "127.0.0.1:1" },
		{ "127.0.0.1", "", "127.0.0.1:4222" },
		{ "localhost:65535", "", "127.0.0.1:65535" },
		{ "nats://[::1]:4222", "", "[::1]:4222" },
		{ "[::1]", "", "[::1]:4222" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[ADDR_TEXT_MAX];
		struct address a;

		assert_int_equal(address_parse(rows[i].text, &a), 0);
		assert_false(a.is_unix);
		assert_string_equal(a.token, rows[i].token);
		assert_string_equal(addr_text(&a.tcp, text), rows[i].addr);
	}
}

TEST(what_is_no_address_is_refused_and_leaves_the_result_alone)
{
	char path[200], token[400];
	const char *const rows[] = {
		"",
		"unix:",
		"nats://",
		"nats://host.example:4222",
		"127.0.0.1:0",
		"127.0.0.1:65536",
		"127.0.0.1:x",
		"127.0.0.1:",
		"127.0.0.1: 1",
		path,
		token,
	};

	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	memset(token, 't', sizeof(token) - 1);
	strcpy(token + 300, "@127.0.0.1:1");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address a = { .tcp.port = 77 };

		assert_int_equal(address_parse(rows[i], &a), -EINVAL);
		assert_int_equal(a.tcp.port, 77);
	}
}

TESTS(RUN(unix_sockets_are_paths_with_or_without_their_scheme),
      RUN(tcp_addresses_have_a_host_and_may_have_port_and_token),
      RUN(what_is_no_address_is_refused_and_leaves_the_result_alone))
