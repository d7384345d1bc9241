#include "wire/multiaddr.h"

#include "test.h"

#define ID "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC"
#define ID_CID "bafzbeigvf25ytwc3akrijfecaotc74udrhcxzh2cx3we5qqnw5vgrei4bm"
#define ID_BASE36 "k2k4r8oqamigqdo6o7hsbfwd45y70oyynp98usk7zmyfrzpqxh1pohl7"
#define ID_ED25519 "12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV"

static struct multiaddr parse(const char *text)
{
	struct multiaddr m = { 0 };

	if (multiaddr_parse(bytes_of_text(text), &m) < 0)
		fail_msg("%s", text);
	return m;
}

static const char *text_of(const struct multiaddr *m)
{
	static char out[4][LIMIT_MULTIADDR_TEXT];
	static size_t next;

	return multiaddr_text(m, out[next++ % 4]);
}

static struct bytes bytes_of(const struct multiaddr *m)
{
	return BYTES(m->b, m->n);
}

/* ---- the published vectors of go-multiaddr, without the protocols that are not in our table ----
 */

static const struct {
	const char *text, *hex;
} BINARY[] = {
	{ "/ip4/127.0.0.1/udp/1234", "047f000001910204d2" },
	{ "/ip4/127.0.0.1/tcp/4321", "047f0000010610e1" },
	{ "/ip4/127.0.0.1/udp/1234/ip4/127.0.0.1/tcp/4321", "047f000001910204d2047f0000010610e1" },
	{ "/onion/aaimaq4ygg2iegci:80", "bc030010c0439831b48218480050" },
	{ "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234",
	  "bd03adadec040be047f9658668b11a504f3155001f231a37f54c4476c07fb4cc139ed7e30304d2" },
	/* and some of our own making */
	{ "/ip6/::1/tcp/9", "29 00000000000000000000000000000001 06 0009" },
	{ "/dns4/a.b/tcp/80/p2p/" ID,
	  "3603612e62060050a50322"
	  "1220d52ebb89d85b02a284948203a62ff28389c57c9f42beec4ec20db76a68911c0b" },
	{ "/ip4/1.2.3.4/tcp/443/tls/sni/x/ws", "0401020304 0601bb c003 c10301 78 dd03" },
	{ "/unix/a/b", "9003 04 2f612f62" },
};

TEST(addresses_have_the_published_bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(BINARY); i++) {
		struct multiaddr m = parse(BINARY[i].text), again;

		if (!bytes_equal(bytes_of(&m), HEX(BINARY[i].hex)))
			fail_msg("%s", BINARY[i].text);
		assert_int_equal(multiaddr_decode(HEX(BINARY[i].hex), &again), 0);
		assert_true(multiaddr_equal(&m, &again));
		assert_string_equal(text_of(&again), BINARY[i].text);
	}
}

TEST(published_addresses_are_read_and_shown_as_they_were)
{
	static const char *const good[] = {
		"/ip4/1.2.3.4",
		"/ip4/0.0.0.0",
		"/ip4/192.0.2.0/ipcidr/24",
		"/ip6/::1",
		"/ip6/2601:9:4f81:9700:803e:ca65:66e8:c21",
		"/ip6/2601:9:4f81:9700:803e:ca65:66e8:c21/udp/1234/quic",
		"/ip6/2601:9:4f81:9700:803e:ca65:66e8:c21/udp/1234/quic-v1",
		"/ip6/2001:db8::/ipcidr/32",
		"/ip6zone/x/ip6/fe80::1",
		"/ip6zone/x%y/ip6/fe80::1",
		"/ip6zone/x%y/ip6/::",
		"/ip6zone/x/ip6/fe80::1/udp/1234/quic-v1",
		"/onion/timaq4ygg2iegci7:1234",
		"/onion/timaq4ygg2iegci7:80/http",
		"/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:80/http",
		"/udp/0",
		"/tcp/0",
		"/sctp/0",
		"/udp/65535",
		"/tcp/65535",
		"/sctp/65535",
		"/p2p/" ID,
		"/p2p/" ID_ED25519,
		"/udp/1234/sctp/1234",
		"/udp/1234/udt",
		"/udp/1234/utp",
		"/tcp/1234/http",
		"/tcp/1234/tls/http",
		"/tcp/1234/https",
		"/p2p/" ID "/tcp/1234",
		"/ip4/127.0.0.1/udp/1234/quic-v1/webtransport",
		"/ip4/127.0.0.1/p2p/" ID "/tcp/1234",
		"/unix/a/b/c/d/e",
		"/unix/stdio",
		"/ip4/1.2.3.4/tcp/80/unix/a/b/c/d/e/f",
		"/ip4/127.0.0.1/p2p/" ID "/tcp/1234/unix/stdio",
		"/ip4/127.0.0.1/tcp/9090/http/p2p-webrtc-direct",
		"/ip4/127.0.0.1/tcp/127/ws",
		"/ip4/127.0.0.1/tcp/127/tls",
		"/ip4/127.0.0.1/tcp/127/tls/ws",
		"/ip4/127.0.0.1/tcp/127/noise",
		"/ip4/127.0.0.1/tcp/127/wss",
		"/ip4/127.0.0.1/tcp/127/webrtc-direct",
		"/ip4/127.0.0.1/tcp/127/webrtc",
		"/http-path/tmp%2Fbar",
		"/http-path/tmp%2Fbar%2Fbaz",
		"/http-path/foo",
		"/ip4/127.0.0.1/tcp/0/p2p/" ID_ED25519 "/http-path/foo",
		"/ip4/127.0.0.1/tcp/443/tls/sni/example.com/http/http-path/foo",
		"/memory/4",
		"/ip4/1.2.3.4/tcp/4001/p2p/" ID "/p2p-circuit/p2p/" ID_ED25519,
		"/dns6/example.com/tcp/443/plaintextv2",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct multiaddr m = parse(good[i]), again;

		assert_string_equal(text_of(&m), good[i]);
		assert_int_equal(multiaddr_decode(bytes_of(&m), &again), 0);
		assert_true(multiaddr_equal(&m, &again));
	}
}

TEST(other_forms_are_read_and_shown_in_the_one)
{
	static const struct {
		const char *in, *out;
	} vectors[] = {
		{ "/ipfs/" ID, "/p2p/" ID },
		{ "/p2p/" ID_CID, "/p2p/" ID },
		{ "/ipfs/" ID_BASE36 "/tcp/1234", "/p2p/" ID "/tcp/1234" },
		{ "/ip4/127.0.0.1/tcp/1234/", "/ip4/127.0.0.1/tcp/1234" },
		{ "/ip4/127.0.0.1/tcp/1234///", "/ip4/127.0.0.1/tcp/1234" },
		{ "/ip6/2001:DB8:0:0:0:0:0:1", "/ip6/2001:db8::1" },
		{ "/unix/a/b/", "/unix/a/b" },
		{ "/unix//a", "/unix//a" },
		{ "/http-path/a/tcp/1", "/http-path/a/tcp/1" },
		{ "/http-path/%61b", "/http-path/ab" },
		{ "/ip4/127.0.0.1/udp/1234/quic-v1/webtransport/certhash/"
		  "b2uaraocy6yrdblb4sfptaddgimjmmpy",
		  "/ip4/127.0.0.1/udp/1234/quic-v1/webtransport/certhash/"
		  "u1QEQOFj2IjCsPJFfMAxmQxLGPw" },
		{ "/ip4/127.0.0.1/udp/1/quic-v1/webtransport/certhash/"
		  "zQmbWTwYGcmdyK9CYfNBcfs9nhZs17a6FQ4Y8oea278xx41",
		  "/ip4/127.0.0.1/udp/1/quic-v1/webtransport/certhash/"
		  "uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct multiaddr m = parse(vectors[i].in);

		assert_string_equal(text_of(&m), vectors[i].out);
	}
}

TEST(what_is_no_address_is_refused_and_leaves_ret_alone)
{
	static const char *const bad[] = {
		"/ip4",
		"/ip4/::1",
		"/ip4/fdpsofodsajfdoisa",
		"/ip4/::/ipcidr/256",
		"/ip6/::/ipcidr/1026",
		"/ip6",
		"/ip6zone",
		"/ip6zone/",
		"/ip6zone//ip6/fe80::1",
		"/udp",
		"/tcp",
		"/sctp",
		"/udp/65536",
		"/tcp/65536",
		"/quic/65536",
		"/quic-v1/65536",
		"/udp/1234/sctp",
		"/udp/1234/udt/1234",
		"/udp/1234/utp/1234",
		"/ip4/127.0.0.1/udp/jfodsajfidosajfoidsa",
		"/ip4/127.0.0.1/udp",
		"/ip4/127.0.0.1/tcp/jfodsajfidosajfoidsa",
		"/ip4/127.0.0.1/tcp",
		"/ip4/127.0.0.1/quic/1234",
		"/ip4/127.0.0.1/udp/1234/quic-v1/webtransport/certhash",
		"/ip4/127.0.0.1/ipfs",
		"/ip4/127.0.0.1/ipfs/tcp",
		"/ip4/127.0.0.1/p2p",
		"/ip4/127.0.0.1/p2p/tcp",
		"/unix",
		"/ip4/1.2.3.4/tcp/80/unix",
		"/ip4/1.2.3.4/tcp/-1",
		"/ip4/127.0.0.1/tcp/9090/http/p2p-webcrt-direct",
		"/memory/92233720368547758081",
		"/",
		"//",
		"///",
		"",
		"ip4/1.2.3.4",
		"/ip4/1.2.3.4//tcp/80",
		"//ip4/1.2.3.4",
		"/nonsense/1",
		"/unix/a\nb",
	};
	struct multiaddr m = { .n = 3 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (multiaddr_parse(bytes_of_text(bad[i]), &m) != -EINVAL)
			fail_msg("%s", bad[i]);
	assert_int_equal(m.n, 3);
}

TEST(malformed_bytes_are_bad_and_leave_ret_alone)
{
	static const char *const bad[] = {
		"",
		"04",
		"047f0000",
		"047f000001 06",
		"047f000001 0610",
		"05",                        /* no protocol */
		"ffffffffffffffffff01",      /* likewise */
		"8400 7f000001",             /* a code longer than it need be */
		"368300 612e62",             /* a length likewise */
		"3600",                      /* an empty name */
		"3604 612e62",               /* a name that is cut */
		"36ffffffffffffffffff01 61", /* longer than anything */
		"a503 02 1220",              /* no peer id */
		"9003 02 2f61 0610e1",       /* something behind a path */
	};
	struct multiaddr m = { .n = 3 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (multiaddr_decode(HEX(bad[i]), &m) != -EBADMSG)
			fail_msg("%s", bad[i]);
	assert_int_equal(m.n, 3);
}

TEST(every_truncation_is_bad_or_ends_between_protocols)
{
	struct multiaddr whole = parse("/ip4/127.0.0.1/tcp/4321/p2p/" ID), m;

	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(multiaddr_decode(BYTES(whole.b, n), &m),
				 n == 5 || n == 8 ? 0 : -EBADMSG);
}

TEST(an_address_has_a_greatest_size_in_both_forms)
{
	static uint8_t b[LIMIT_MULTIADDR + 8] = { 0x36, 0xfd, 0x07 };
	static char text[LIMIT_MULTIADDR_TEXT + 8] = "/dns4/";
	struct multiaddr m;

	/* One name of 1021 bytes behind three others: the greatest. */
	memset(b + 3, 'a', sizeof(b) - 3);
	assert_int_equal(multiaddr_decode(BYTES(b, LIMIT_MULTIADDR), &m), 0);
	assert_int_equal(strlen(text_of(&m)), 6 + 1021);
	b[1]++;
	assert_int_equal(multiaddr_decode(BYTES(b, LIMIT_MULTIADDR + 1), &m), -EBADMSG);

	memset(text + 6, 'a', 1021);
	assert_int_equal(multiaddr_parse(BYTES(text, 6 + 1021), &m), 0);
	text[6 + 1021] = 'a';
	assert_int_equal(multiaddr_parse(BYTES(text, 6 + 1022), &m), -EINVAL);
	memset(text, '/', sizeof(text));
	assert_int_equal(multiaddr_parse(BYTES(text, LIMIT_MULTIADDR_TEXT), &m), -EINVAL);
}

/* Two bytes each, and eighteen characters: whatever is kept can be shown. */
TEST(an_address_whose_text_is_too_long_is_bad)
{
	uint8_t b[2 * 86];
	struct multiaddr m;

	for (size_t i = 0; i < sizeof(b); i += 2)
		memcpy(b + i, "\x94\x02", 2);
	/* 85 * 18 = 1530, and a NUL */
	assert_int_equal(multiaddr_decode(BYTES(b, 2 * 85), &m), 0);
	assert_int_equal(strlen(text_of(&m)), 1530);
	assert_int_equal(multiaddr_decode(BYTES(b, 2 * 86), &m), -EBADMSG);
}

TEST(an_address_never_decoded_is_shown_as_nothing)
{
	struct multiaddr m = { .n = 2 * 100 };

	for (size_t i = 0; i < m.n; i += 2)
		memcpy(m.b + i, "\x94\x02", 2);
	assert_string_equal(text_of(&m), "");
	m.n = 0;
	assert_string_equal(text_of(&m), "");
}

/* ---- host:port ---- */

static const char *loose(const char *text)
{
	struct multiaddr m;

	if (multiaddr_parse_loose(bytes_of_text(text), &m) < 0)
		return "-EINVAL";
	return text_of(&m);
}

TEST(hosts_and_ports_become_addresses)
{
	assert_string_equal(loose("1.2.3.4:80"), "/ip4/1.2.3.4/tcp/80");
	assert_string_equal(loose("[::1]:9905"), "/ip6/::1/tcp/9905");
	assert_string_equal(loose("[2001:db8::1]:65535"), "/ip6/2001:db8::1/tcp/65535");
	assert_string_equal(loose("[::ffff:1.2.3.4]:1"), "/ip4/1.2.3.4/tcp/1");
	assert_string_equal(loose("localhost:1"), "/dns/localhost/tcp/1");
	assert_string_equal(loose("Seed_1.example-x.com:4001"),
			    "/dns/Seed_1.example-x.com/tcp/4001");
	assert_string_equal(loose("/dns4/a/tcp/1"), "/dns4/a/tcp/1");
}

TEST(what_is_neither_host_and_port_nor_an_address_is_refused)
{
	static const char *const bad[] = {
		"",           "host",         "host:",        ":80",           "host:0",
		"host:65536", "host:-1",      "host:080",     "host:8x",       "::1:80",
		"[::1]",      "[1.2.3.4]:80", "[host]:80",    "[::1:80",       "a b:80",
		"a/b:80",     "1.2.3:80",     "256.1.1.1:80", "1.2.3.4:80:80", "a:b:80",
		"/tcp",       "[]:80",        "-:80",
	};
	static char name[300];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (strcmp(loose(bad[i]), "-EINVAL") != 0)
			fail_msg("%s", bad[i]);
	memset(name, 'a', 253);
	strcpy(name + 253, ":80");
	assert_string_not_equal(loose(name), "-EINVAL");
	memset(name, 'a', 254);
	strcpy(name + 254, ":80");
	assert_string_equal(loose(name), "-EINVAL");
}

TEST(a_nul_in_a_host_hides_nothing)
{
	struct multiaddr m;

	assert_int_equal(multiaddr_parse_loose(BYTES_LITERAL("1.2.3.4\0x:80"), &m), -EINVAL);
}

/* ---- what a dialler needs ---- */

TEST(tcp_addresses_are_targets)
{
	static const struct {
		const char *text, *addr, *name;
		enum multiaddr_host host;
		bool has_peer;
	} vectors[] = {
		{ "/ip4/1.2.3.4/tcp/80", "1.2.3.4:80", "", MULTIADDR_IP, false },
		{ "/ip4/1.2.3.4/tcp/80/p2p/" ID, "1.2.3.4:80", "", MULTIADDR_IP, true },
		{ "/ip6/::1/tcp/4001", "[::1]:4001", "", MULTIADDR_IP, false },
		{ "/ip6/::ffff:1.2.3.4/tcp/1", "1.2.3.4:1", "", MULTIADDR_IP, false },
		{ "/dns/a.b/tcp/65535", "?:65535", "a.b", MULTIADDR_DNS, false },
		{ "/dns4/a.b/tcp/2/p2p/" ID, "?:2", "a.b", MULTIADDR_DNS4, true },
		{ "/dns6/a.b/tcp/3", "?:3", "a.b", MULTIADDR_DNS6, false },
		{ "/dnsaddr/a.b", "?:0", "a.b", MULTIADDR_DNSADDR, false },
		{ "/dnsaddr/a.b/p2p/" ID, "?:0", "a.b", MULTIADDR_DNSADDR, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct multiaddr m = parse(vectors[i].text);
		char addr[ADDR_TEXT_MAX], id[PEER_ID_TEXT_MAX];
		struct multiaddr_target t;

		assert_int_equal(multiaddr_target(&m, &t), 0);
		assert_int_equal(t.host, vectors[i].host);
		assert_string_equal(addr_text(&t.addr, addr), vectors[i].addr);
		assert_string_equal(t.name, vectors[i].name);
		assert_int_equal(t.has_peer, vectors[i].has_peer);
		assert_string_equal(peer_id_text(&t.peer, id), t.has_peer ? ID : "");
	}
}

TEST(other_transports_are_no_targets)
{
	static const char *const others[] = {
		"/ip4/1.2.3.4",
		"/ip4/1.2.3.4/udp/80/quic-v1",
		"/ip4/1.2.3.4/tcp/80/ws",
		"/ip4/1.2.3.4/tcp/80/tls/ws",
		"/ip4/1.2.3.4/tcp/0",
		"/ip4/1.2.3.4/tcp/80/p2p/" ID "/p2p-circuit",
		"/ip4/1.2.3.4/tcp/80/p2p/" ID "/p2p-circuit/p2p/" ID_ED25519,
		"/ip4/1.2.3.4/p2p/" ID,
		"/ip6zone/eth0/ip6/fe80::1/tcp/80",
		"/tcp/80",
		"/p2p/" ID,
		"/unix/a",
		"/memory/1",
		"/dnsaddr/a.b/tcp/80",
		"/dns4/a.b",
	};
	struct multiaddr_target t = { .name = "mine" };
	static char long_name[] = "/dns4/"
				  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				  "/tcp/80";
	struct multiaddr m;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		m = parse(others[i]);
		if (multiaddr_target(&m, &t) != -EPROTONOSUPPORT)
			fail_msg("%s", others[i]);
	}
	m = parse(long_name);
	assert_int_equal(multiaddr_target(&m, &t), -EPROTONOSUPPORT);
	m.n = 0;
	assert_int_equal(multiaddr_target(&m, &t), -EPROTONOSUPPORT);
	assert_string_equal(t.name, "mine");
}

/* ---- made of parts ---- */

TEST(a_socket_s_address_becomes_a_multiaddr)
{
	struct addr a = { .port = 80 };
	struct multiaddr m;

	assert_int_equal(addr_parse_ip("1.2.3.4", &a), 0);
	multiaddr_from_addr(&a, &m);
	assert_string_equal(text_of(&m), "/ip4/1.2.3.4/tcp/80");
	assert_int_equal(addr_parse_ip("fe80::1", &a), 0);
	multiaddr_from_addr(&a, &m);
	assert_string_equal(text_of(&m), "/ip6/fe80::1/tcp/80");
}

TEST(a_peer_is_put_at_the_end_and_taken_off)
{
	struct multiaddr m = parse("/ip4/1.2.3.4/tcp/80"), with, without;
	struct peer_id id, other;

	assert_int_equal(peer_id_parse(BYTES_LITERAL(ID), &id), 0);
	assert_int_equal(peer_id_parse(BYTES_LITERAL(ID_ED25519), &other), 0);
	assert_int_equal(multiaddr_with_peer(&m, &id, &with), 0);
	assert_string_equal(text_of(&with), "/ip4/1.2.3.4/tcp/80/p2p/" ID);
	assert_int_equal(multiaddr_with_peer(&with, &other, &with), 0);
	assert_string_equal(text_of(&with), "/ip4/1.2.3.4/tcp/80/p2p/" ID_ED25519);
	multiaddr_without_peer(&with, &without);
	assert_true(multiaddr_equal(&without, &m));
	multiaddr_without_peer(&without, &without);
	assert_true(multiaddr_equal(&without, &m));
}

TEST(only_the_last_peer_is_taken_off)
{
	struct multiaddr m = parse("/p2p/" ID "/p2p-circuit/p2p/" ID_ED25519), without;

	multiaddr_without_peer(&m, &without);
	assert_string_equal(text_of(&without), "/p2p/" ID "/p2p-circuit");
	multiaddr_without_peer(&without, &without);
	assert_string_equal(text_of(&without), "/p2p/" ID "/p2p-circuit");
	m = parse("/p2p/" ID);
	multiaddr_without_peer(&m, &without);
	assert_int_equal(without.n, 0);
}

TEST(a_peer_that_does_not_fit_is_refused)
{
	struct multiaddr m = { .n = LIMIT_MULTIADDR, .b = { 0x36, 0xfd, 0x07 } }, with = { .n = 9 };
	struct peer_id id;

	memset(m.b + 3, 'a', sizeof(m.b) - 3);
	assert_int_equal(peer_id_parse(BYTES_LITERAL(ID), &id), 0);
	assert_int_equal(multiaddr_with_peer(&m, &id, &with), -EINVAL);
	/* Nothing can follow a path. */
	m = parse("/unix/a");
	assert_int_equal(multiaddr_with_peer(&m, &id, &with), -EINVAL);
	assert_int_equal(with.n, 9);
}

TEST(equal_addresses_have_equal_bytes)
{
	struct multiaddr a = parse("/ip4/127.0.0.1/tcp/1234"),
			 b = parse("/ip4/127.0.0.1/tcp/1234/");
	struct multiaddr c = parse("/ip4/127.0.0.1/udp/1234");

	assert_true(multiaddr_equal(&a, &b));
	assert_false(multiaddr_equal(&a, &c));
}

TESTS(RUN(addresses_have_the_published_bytes),
      RUN(published_addresses_are_read_and_shown_as_they_were),
      RUN(other_forms_are_read_and_shown_in_the_one),
      RUN(what_is_no_address_is_refused_and_leaves_ret_alone),
      RUN(malformed_bytes_are_bad_and_leave_ret_alone),
      RUN(every_truncation_is_bad_or_ends_between_protocols),
      RUN(an_address_has_a_greatest_size_in_both_forms),
      RUN(an_address_whose_text_is_too_long_is_bad),
      RUN(an_address_never_decoded_is_shown_as_nothing), RUN(hosts_and_ports_become_addresses),
      RUN(what_is_neither_host_and_port_nor_an_address_is_refused),
      RUN(a_nul_in_a_host_hides_nothing), RUN(tcp_addresses_are_targets),
      RUN(other_transports_are_no_targets), RUN(a_socket_s_address_becomes_a_multiaddr),
      RUN(a_peer_is_put_at_the_end_and_taken_off), RUN(only_the_last_peer_is_taken_off),
      RUN(a_peer_that_does_not_fit_is_refused), RUN(equal_addresses_have_equal_bytes))
