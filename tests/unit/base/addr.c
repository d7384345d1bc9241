#include "base/addr.h"

#include "test.h"

static struct addr ip(const char *text)
{
	struct addr a = { .port = 80 };

	if (addr_parse_ip(text, &a) < 0)
		fail_msg("%s", text);
	return a;
}

static void check_text(const char *in, const char *want)
{
	char out[ADDR_TEXT_MAX];
	struct addr a = ip(in);

	assert_string_equal(addr_text(&a, out), want);
}

TEST(addresses_are_read_and_shown)
{
	check_text("1.2.3.4", "1.2.3.4:80");
	check_text("255.255.255.255", "255.255.255.255:80");
	check_text("::1", "[::1]:80");
	check_text("[::1]", "[::1]:80");
	check_text("2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:80");
	check_text("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		   "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:80");
}

TEST(an_ip4_address_dressed_as_ip6_is_ip4)
{
	struct addr a = ip("::ffff:10.0.0.1"), b = ip("10.0.0.1");

	assert_int_equal(a.family, ADDR_IP4);
	assert_true(addr_equal(&a, &b));
	/* An address that only looks like it. */
	assert_int_equal(ip("::fffe:10.0.0.1").family, ADDR_IP6);
}

TEST(what_is_no_address_is_refused_and_leaves_ret_alone)
{
	static const char *const bad[] = {
		"",
		"1.2.3",
		"1.2.3.4.5",
		"256.1.1.1",
		"01.2.3.4x",
		"localhost",
		"::1::",
		"[::1",
		"::1]",
		"[]",
		"[",
		" 1.2.3.4",
		"1.2.3.4 ",
		"fe80::1%eth0",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee:ffff",
	};
	struct addr a = { .family = ADDR_IP4, .ip = { 9 }, .port = 9 }, before = a;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (addr_parse_ip(bad[i], &a) != -EINVAL)
			fail_msg("%s", bad[i]);
		assert_memory_equal(&a, &before, sizeof(a));
	}
}

TEST(no_address_is_shown_as_a_question)
{
	struct addr none = { 0 };
	char out[ADDR_TEXT_MAX];

	assert_string_equal(addr_ip_text(&none, out), "?");
}

TEST(the_same_ip_on_another_port_is_another_address)
{
	struct addr a = ip("10.0.0.1"), b = ip("10.0.0.1"), c = ip("10.0.0.2");

	b.port = 81;
	assert_true(addr_same_ip(&a, &b));
	assert_false(addr_equal(&a, &b));
	assert_false(addr_same_ip(&a, &c));
	c = ip("::");
	a = ip("0.0.0.0");
	assert_false(addr_same_ip(&a, &c));
}

TEST(loopback_and_unspecified_are_known)
{
	struct addr a;

	a = ip("127.0.0.1");
	assert_true(addr_is_loopback(&a));
	a = ip("127.255.0.9");
	assert_true(addr_is_loopback(&a));
	a = ip("::1");
	assert_true(addr_is_loopback(&a));
	a = ip("::2");
	assert_false(addr_is_loopback(&a));
	a = ip("128.0.0.1");
	assert_false(addr_is_loopback(&a));
	a = ip("0.0.0.0");
	assert_true(addr_is_unspecified(&a));
	a = ip("::");
	assert_true(addr_is_unspecified(&a));
	a = ip("::1");
	assert_false(addr_is_unspecified(&a));
}

TEST(who_can_mean_an_address_is_told_by_its_range)
{
	static const struct {
		const char *text;
		bool public, no_host;
	} cases[] = {
		{ "8.8.8.8", true, false },
		{ "203.0.113.7", true, false },
		{ "172.15.255.255", true, false },
		{ "172.32.0.0", true, false },
		{ "100.63.0.1", true, false },
		{ "100.128.0.1", true, false },
		{ "192.167.0.1", true, false },
		{ "223.255.255.255", true, false },
		{ "10.1.2.3", false, false },
		{ "100.64.0.1", false, false },
		{ "100.127.255.255", false, false },
		{ "127.0.0.1", false, false },
		{ "169.254.1.1", false, false },
		{ "172.16.0.1", false, false },
		{ "172.31.255.255", false, false },
		{ "192.168.1.1", false, false },
		{ "0.0.0.0", false, true },
		{ "0.1.2.3", false, true },
		{ "224.0.0.251", false, true },
		{ "239.1.1.1", false, true },
		{ "255.255.255.255", false, true },
		{ "2001:db8::1", true, false },
		{ "2a01:4f8::1", true, false },
		{ "::1", false, false },
		{ "fe80::1", false, false },
		{ "fc00::1", false, false },
		{ "fd12::1", false, false },
		{ "ff02::1", false, true },
		{ "::", false, true },
		{ "::ffff:10.0.0.1", false, false },
		{ "2002:0a00:0001::1", false, false },
		{ "2002:0808:0808::1", true, false },
		{ "64:ff9b::192.168.0.1", false, false },
		{ "64:ff9b::8.8.8.8", true, false },
		{ "4000::1", false, false },
	};
	struct addr none = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct addr a = { 0 };

		assert_int_equal(addr_parse_ip(cases[i].text, &a), 0);
		if (addr_is_public(&a) != cases[i].public ||
		    addr_is_no_host(&a) != cases[i].no_host)
			fail_msg("%s", cases[i].text);
	}
	assert_false(addr_is_public(&none));
	assert_true(addr_is_no_host(&none));
}

TESTS(RUN(addresses_are_read_and_shown), RUN(an_ip4_address_dressed_as_ip6_is_ip4),
      RUN(what_is_no_address_is_refused_and_leaves_ret_alone),
      RUN(no_address_is_shown_as_a_question), RUN(the_same_ip_on_another_port_is_another_address),
      RUN(loopback_and_unspecified_are_known), RUN(who_can_mean_an_address_is_told_by_its_range))
