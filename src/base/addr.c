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
