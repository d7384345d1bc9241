#include "loop/sockaddr.h"

#include <netinet/in.h>
#include <sys/un.h>

#include "test.h"

static struct addr parsed(const char *ip, uint16_t port)
{
	struct addr a = { .family = ADDR_NONE };

	assert_int_equal(addr_parse_ip(ip, &a), 0);
	a.port = port;
	return a;
}

TEST(addresses_of_both_families_come_back_as_they_went)
{
	static const char *const ips[] = { "192.0.2.1", "2001:db8::5", "::1", "0.0.0.0" };

	for (size_t i = 0; i < ARRAY_SIZE(ips); i++) {
		struct addr a = parsed(ips[i], 4001), b;
		struct sockaddr_storage sa;

		assert_int_equal(sockaddr_of_addr(&a, &sa), a.family == ADDR_IP4
								    ? sizeof(struct sockaddr_in)
								    : sizeof(struct sockaddr_in6));
		b = addr_of_sockaddr((const struct sockaddr *)&sa);
		assert_true(addr_equal(&a, &b));
	}
}

TEST(an_address_without_family_has_no_socket_address)
{
	struct addr none = { .family = ADDR_NONE };
	struct sockaddr_storage sa;

	assert_int_equal(sockaddr_of_addr(&none, &sa), 0);
}

TEST(a_mapped_address_is_an_ip4_address)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(80) };
	struct addr a, want = parsed("192.0.2.9", 80);
	struct bytes mapped = HEX("00000000000000000000ffffc0000209");

	memcpy(&in6.sin6_addr, mapped.p, mapped.n);
	a = addr_of_sockaddr((const struct sockaddr *)&in6);
	assert_true(addr_equal(&a, &want));
}

TEST(what_is_not_ip_has_no_address)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	assert_int_equal(addr_of_sockaddr((const struct sockaddr *)&un).family, ADDR_NONE);
}

TESTS(RUN(addresses_of_both_families_come_back_as_they_went),
      RUN(an_address_without_family_has_no_socket_address), RUN(a_mapped_address_is_an_ip4_address),
      RUN(what_is_not_ip_has_no_address))
