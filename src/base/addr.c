#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const char *addr_ip_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	int family = a->family == ADDR_IP6 ? AF_INET6 : AF_INET;

	if (a->family == ADDR_NONE || !inet_ntop(family, a->ip, out, ADDR_TEXT_MAX))
		snprintf(out, ADDR_TEXT_MAX, "?");
	return out;
}

const char *addr_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	char ip[ADDR_TEXT_MAX];

	addr_ip_text(a, ip);
	snprintf(out, ADDR_TEXT_MAX, a->family == ADDR_IP6 ? "[%.45s]:%u" : "%.45s:%u", ip,
		 a->port);
	return out;
}

static void unmap_ip4(struct addr *a)
{
	static const uint8_t prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	if (memcmp(a->ip, prefix, sizeof(prefix)) != 0)
		return;
	memmove(a->ip, a->ip + 12, 4);
	memset(a->ip + 4, 0, 12);
	a->family = ADDR_IP4;
}

int addr_parse_ip(const char *text, struct addr *ret)
{
	struct addr a = { .port = ret->port };
	char plain[ADDR_TEXT_MAX];
	size_t n = strlen(text);

	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= sizeof(plain))
		return -EINVAL;
	memcpy(plain, text, n);
	plain[n] = '\0';

	if (inet_pton(AF_INET, plain, a.ip) == 1) {
		a.family = ADDR_IP4;
	} else if (inet_pton(AF_INET6, plain, a.ip) == 1) {
		a.family = ADDR_IP6;
		unmap_ip4(&a);
	} else {
		return -EINVAL;
	}
	*ret = a;
	return 0;
}

bool addr_same_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_same_ip(a, b) && a->port == b->port;
}

bool addr_is_unspecified(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

bool addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (a->family == ADDR_IP4)
		return a->ip[0] == 127;
	return memcmp(a->ip, one, sizeof(one)) == 0;
}

/* ---- who may mean something by it ---- */

struct ip_range {
	uint8_t ip[16];
	uint8_t n_bits;
};

static bool has_prefix(const uint8_t *ip, const struct ip_range *range)
{
	size_t n = range->n_bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> range->n_bits % 8);

	return memcmp(ip, range->ip, n) == 0 && ((ip[n] ^ range->ip[n]) & mask) == 0;
}

static bool is_in(const uint8_t *ip, const struct ip_range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (has_prefix(ip, &ranges[i]))
			return true;
	return false;
}

static const struct ip_range ip4_no_host[] = {
	{ { 0 }, 8 },
	{ { 224 }, 4 }, /* multicast */
	{ { 240 }, 4 }, /* reserved; broadcast */
};
static const struct ip_range ip4_private[] = {
	{ { 10 }, 8 },        { { 100, 64 }, 10 }, { { 127 }, 8 },
	{ { 169, 254 }, 16 }, { { 172, 16 }, 12 }, { { 192, 168 }, 16 },
};
static const struct ip_range ip6_multicast = { { 0xff }, 8 };
static const struct ip_range ip6_global = { { 0x20 }, 3 };
static const struct ip_range ip6_6to4 = { { 0x20, 0x02 }, 16 };
static const struct ip_range ip6_nat64 = { { 0, 0x64, 0xff, 0x9b }, 96 };

static bool ip4_is_public(const uint8_t *ip)
{
	return !is_in(ip, ip4_no_host, ARRAY_SIZE(ip4_no_host)) &&
	       !is_in(ip, ip4_private, ARRAY_SIZE(ip4_private));
}

bool addr_is_public(const struct addr *a)
{
	switch (a->family) {
	case ADDR_NONE:
		return false;
	case ADDR_IP4:
		return ip4_is_public(a->ip);
	case ADDR_IP6:
		break;
	}
	if (has_prefix(a->ip, &ip6_6to4))
		return ip4_is_public(a->ip + 2);
	if (has_prefix(a->ip, &ip6_nat64))
		return ip4_is_public(a->ip + 12);
	return has_prefix(a->ip, &ip6_global);
}

bool addr_is_no_host(const struct addr *a)
{
	switch (a->family) {
	case ADDR_NONE:
		return true;
	case ADDR_IP4:
		return is_in(a->ip, ip4_no_host, ARRAY_SIZE(ip4_no_host));
	case ADDR_IP6:
		break;
	}
	return addr_is_unspecified(a) || has_prefix(a->ip, &ip6_multicast);
}
