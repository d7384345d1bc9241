#include "wire/multiaddr_protocol.h"

#include "test.h"

static const struct protocol *named(const char *name)
{
	const struct protocol *p = protocol_of_name(bytes_of_text(name));

	if (!p)
		fail_msg("%s", name);
	return p;
}

/* Text to binary; -EINVAL when it is no value. */
static int parse(const char *name, const char *text, struct bytes *ret)
{
	static uint8_t out[2048];
	struct span s = span_of(out, sizeof(out));

	protocol_value_parse(named(name), bytes_of_text(text), &s);
	*ret = BYTES(out, s.n);
	return s.bad || !protocol_value_is_valid(named(name), *ret) ? -EINVAL : 0;
}

TEST(codes_and_names_lead_to_the_same_protocol)
{
	static const struct {
		uint32_t code;
		const char *name;
	} vectors[] = {
		/* multiformats/multiaddr, protocols.csv */
		{ 4, "ip4" },
		{ 6, "tcp" },
		{ 33, "dccp" },
		{ 41, "ip6" },
		{ 42, "ip6zone" },
		{ 43, "ipcidr" },
		{ 53, "dns" },
		{ 54, "dns4" },
		{ 55, "dns6" },
		{ 56, "dnsaddr" },
		{ 132, "sctp" },
		{ 273, "udp" },
		{ 275, "p2p-webrtc-star" },
		{ 276, "p2p-webrtc-direct" },
		{ 277, "p2p-stardust" },
		{ 280, "webrtc-direct" },
		{ 281, "webrtc" },
		{ 290, "p2p-circuit" },
		{ 301, "udt" },
		{ 302, "utp" },
		{ 400, "unix" },
		{ 421, "p2p" },
		{ 443, "https" },
		{ 444, "onion" },
		{ 445, "onion3" },
		{ 448, "tls" },
		{ 449, "sni" },
		{ 454, "noise" },
		{ 460, "quic" },
		{ 461, "quic-v1" },
		{ 465, "webtransport" },
		{ 466, "certhash" },
		{ 477, "ws" },
		{ 478, "wss" },
		{ 479, "p2p-websocket-star" },
		{ 480, "http" },
		{ 481, "http-path" },
		{ 777, "memory" },
		{ 7367777, "plaintextv2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct protocol *p = protocol_of_code(vectors[i].code);

		assert_non_null(p);
		assert_string_equal(p->name, vectors[i].name);
		assert_ptr_equal(named(vectors[i].name), p);
	}
}

TEST(ipfs_is_the_old_name_of_p2p)
{
	assert_int_equal(named("ipfs")->code, 421);
	assert_string_equal(protocol_of_code(421)->name, "p2p");
}

TEST(what_is_not_in_the_table_is_unknown)
{
	assert_null(protocol_of_code(0));
	assert_null(protocol_of_code(5));
	assert_null(protocol_of_code(UINT64_MAX));
	assert_null(protocol_of_code((UINT64_C(1) << 32) + 4));
	assert_null(protocol_of_name(BYTES_LITERAL("ip5")));
	assert_null(protocol_of_name(BYTES_LITERAL("ip")));
	assert_null(protocol_of_name(BYTES_LITERAL("IP4")));
	assert_null(protocol_of_name(BYTES(NULL, 0)));
}

static const struct {
	const char *protocol, *text, *hex;
} VALUES[] = {
	{ "ip4", "127.0.0.1", "7f000001" },
	{ "ip6", "2001:db8::1", "20010db8000000000000000000000001" },
	{ "ip6", "::ffff:1.2.3.4", "00000000000000000000ffff01020304" },
	{ "tcp", "0", "0000" },
	{ "tcp", "65535", "ffff" },
	{ "ipcidr", "0", "00" },
	{ "ipcidr", "255", "ff" },
	{ "memory", "0", "0000000000000000" },
	{ "memory", "18446744073709551615", "ffffffffffffffff" },
	{ "dns", "example.com", "6578616d706c652e636f6d" },
	{ "ip6zone", "x%y", "782579" },
	{ "sni", "a", "61" },
	{ "p2p", "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC",
	  "1220d52ebb89d85b02a284948203a62ff28389c57c9f42beec4ec20db76a68911c0b" },
	{ "onion", "aaimaq4ygg2iegci:80", "0010c0439831b48218480050" },
	{ "onion3", "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234",
	  "adadec040be047f9658668b11a504f3155001f231a37f54c4476c07fb4cc139ed7e30304d2" },
	{ "http-path", "tmp%2Fbar%7C~", "746d702f6261727c7e" },
	{ "certhash", "uEgNvcms", "12036f726b" },
};

TEST(values_have_the_published_forms)
{
	for (size_t i = 0; i < ARRAY_SIZE(VALUES); i++) {
		const struct protocol *p = named(VALUES[i].protocol);
		struct bytes b, want = HEX(VALUES[i].hex);
		uint8_t text[200];
		struct span s = span_of(text, sizeof(text));

		if (parse(VALUES[i].protocol, VALUES[i].text, &b) < 0 || !bytes_equal(b, want))
			fail_msg("%s %s", VALUES[i].protocol, VALUES[i].text);
		protocol_value_text(p, want, &s);
		assert_false(s.bad);
		assert_true(bytes_equal(BYTES(text, s.n), bytes_of_text(VALUES[i].text)));
		if (!protocol_has_length(p))
			assert_int_equal(protocol_size(p), want.n);
		else
			assert_int_equal(protocol_size(p), 0);
	}
}

TEST(without_room_neither_form_is_whole)
{
	for (size_t i = 0; i < ARRAY_SIZE(VALUES); i++) {
		const struct protocol *p = named(VALUES[i].protocol);
		struct bytes value = HEX(VALUES[i].hex);
		uint8_t out[200];
		struct span s;

		for (size_t n = 0; n < strlen(VALUES[i].text); n++) {
			s = span_of(out, n);
			protocol_value_text(p, value, &s);
			assert_true(s.bad);
		}
		for (size_t n = 0; n < value.n; n++) {
			s = span_of(out, n);
			protocol_value_parse(p, bytes_of_text(VALUES[i].text), &s);
			assert_true(s.bad);
		}
	}
}

TEST(a_hash_of_a_certificate_is_read_in_several_bases)
{
	static const char *const forms[] = { "uEgNvcms", "f12036f726b", "bcibw64tl" };
	struct bytes b;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		assert_int_equal(parse("certhash", forms[i], &b), 0);
		assert_true(bytes_equal(b, HEX("12036f726b")));
	}
}

TEST(what_is_no_value_is_refused)
{
	static const struct {
		const char *protocol, *text;
	} bad[] = {
		{ "ip4", "" },
		{ "ip4", "::1" },
		{ "ip4", "1.2.3" },
		{ "ip4", "1.2.3.4.5" },
		{ "ip6", "" },
		{ "ip6", "1.2.3.4" },
		{ "ip6", "[::1]" },
		{ "ip6", "fe80::1%eth0" },
		{ "ip6", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc" },
		{ "tcp", "" },
		{ "tcp", "65536" },
		{ "tcp", "-1" },
		{ "tcp", "+1" },
		{ "tcp", "080" },
		{ "tcp", "00" },
		{ "tcp", "1 " },
		{ "tcp", "x" },
		{ "tcp", "18446744073709551617" },
		{ "ipcidr", "256" },
		{ "memory", "18446744073709551616" },
		{ "memory", "92233720368547758081" },
		{ "dns", "" },
		{ "dns", "a b" },
		{ "dns", "a\n" },
		{ "dns", "\xc3\xa4" },
		{ "p2p", "" },
		{ "p2p", "tcp" },
		{ "p2p", "QmxoHT6iViN5xAjoz1VZ553cL31U9F94ht3QvWR1FrEbZY" },
		{ "onion", "9imaq4ygg2iegci7:80" },
		{ "onion", "timaq4ygg2iegci7:0" },
		{ "onion", "timaq4ygg2iegci7:-1" },
		{ "onion", "timaq4ygg2iegci7:65536" },
		{ "onion", "timaq4ygg2iegci7:" },
		{ "onion", "timaq4ygg2iegci7" },
		{ "onion", "timaq4ygg2iegci@:666" },
		{ "onion", "aaimaq4ygg2iegci77:80" },
		{ "onion", "aaimaq4ygg2ieg:80" },
		{ "onion3", "9ww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:80" },
		{ "onion3", "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd7:80" },
		{ "onion3", "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:0" },
		{ "onion3", "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd" },
		{ "certhash", "" },
		{ "certhash", "u" },
		{ "certhash",
		  "b2uaraocy6yrdblb4sfptaddgimjmmp" }, /* the last character is missing */
		{ "certhash", "xEgNvcms" },
		{ "http-path", "" },
		{ "http-path", "a%2" },
		{ "http-path", "a%" },
		{ "http-path", "a%zz" },
	};
	struct bytes b;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse(bad[i].protocol, bad[i].text, &b) != -EINVAL)
			fail_msg("%s %s", bad[i].protocol, bad[i].text);
}

TEST(a_nul_hides_nothing)
{
	uint8_t out[16];
	struct span s = span_of(out, sizeof(out));

	protocol_value_parse(named("ip4"), BYTES_LITERAL("1.2.3.4\0x"), &s);
	assert_true(s.bad);
}

TEST(binary_values_are_judged)
{
	static const struct {
		const char *protocol, *hex;
	} bad[] = {
		{ "dns", "" },
		{ "dns", "612f62" }, /* a/b */
		{ "dns", "6100" },
		{ "dns", "7f" },
		{ "unix", "" },
		{ "unix", "2f" },
		{ "unix", "6162" },   /* no slash at its beginning */
		{ "unix", "2f612f" }, /* one at its end */
		{ "unix", "2f6100" },
		{ "unix", "2f611b" },
		{ "p2p", "1220" },
		{ "certhash", "" },
		{ "certhash", "12" },
		{ "certhash", "120261" },
		{ "certhash", "12016162" },
		{ "http-path", "" },
		{ "onion", "00112233445566778899 0000" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (protocol_value_is_valid(named(bad[i].protocol), HEX(bad[i].hex)))
			fail_msg("%s %s", bad[i].protocol, bad[i].hex);
	assert_true(protocol_value_is_valid(named("unix"), HEX("2f61202fc3a4")));
	assert_true(protocol_value_is_valid(named("tls"), BYTES(NULL, 0)));
}

TESTS(RUN(codes_and_names_lead_to_the_same_protocol), RUN(ipfs_is_the_old_name_of_p2p),
      RUN(what_is_not_in_the_table_is_unknown), RUN(values_have_the_published_forms),
      RUN(without_room_neither_form_is_whole),
      RUN(a_hash_of_a_certificate_is_read_in_several_bases), RUN(what_is_no_value_is_refused),
      RUN(a_nul_hides_nothing), RUN(binary_values_are_judged))
