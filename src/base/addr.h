#ifndef PL_BASE_ADDR_H
#define PL_BASE_ADDR_H

/* An IP address and TCP port as a value: no sockaddr outside loop/. IPv4-mapped IPv6 is stored as
 * IPv4. */

#include "base/def.h"

enum addr_family {
	ADDR_NONE = 0,
	ADDR_IP4 = 4,
	ADDR_IP6 = 6,
};

struct addr {
	enum addr_family family;
	uint8_t ip[16]; /* 4 or 16 bytes, network order; the rest is zero */
	uint16_t port;
};

#define ADDR_TEXT_MAX 56 /* "[ffff:...:255.255.255.255]:65535" and a NUL */

/* "1.2.3.4:80", "[::1]:80". */
const char *addr_text(const struct addr *a, char out[ADDR_TEXT_MAX]);
/* Address without the port. */
const char *addr_ip_text(const struct addr *a, char out[ADDR_TEXT_MAX]);
/* Literal IPv4 or IPv6 (brackets allowed); -EINVAL otherwise. The port is left alone. */
_nodiscard_ int addr_parse_ip(const char *text, struct addr *ret);

bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_same_ip(const struct addr *a, const struct addr *b);
bool addr_is_loopback(const struct addr *a);
bool addr_is_unspecified(const struct addr *a);
/* Of one host that anybody on the Internet may mean by it: not private (RFC 1918, 6598, 4193), not
 * loopback, link-local, multicast, broadcast, unspecified or reserved. Addresses kept for examples
 * count as public. An IPv6 address that carries an IPv4 one (6to4, NAT64) is judged by that. */
bool addr_is_public(const struct addr *a);
/* Of no single host: unspecified, multicast, broadcast, reserved. */
bool addr_is_no_host(const struct addr *a);

#endif
