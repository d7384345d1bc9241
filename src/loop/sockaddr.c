#include "loop/sockaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

socklen_t sockaddr_of_addr(const struct addr *a, struct sockaddr_storage *ret)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(a->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };

	memset(ret, 0, sizeof(*ret));
	switch (a->family) {
	case ADDR_NONE:
		break;
	case ADDR_IP4:
		memcpy(&in4.sin_addr, a->ip, 4);
		memcpy(ret, &in4, sizeof(in4));
		return sizeof(in4);
	case ADDR_IP6:
		memcpy(&in6.sin6_addr, a->ip, 16);
		memcpy(ret, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}

static bool is_mapped(const uint8_t ip[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(ip, prefix, sizeof(prefix)) == 0;
}

struct addr addr_of_sockaddr(const struct sockaddr *sa)
{
	struct addr a = { .family = ADDR_NONE };
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(&in4, sa, sizeof(in4));
		a.family = ADDR_IP4;
		a.port = ntohs(in4.sin_port);
		memcpy(a.ip, &in4.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		a.port = ntohs(in6.sin6_port);
		a.family = is_mapped(in6.sin6_addr.s6_addr) ? ADDR_IP4 : ADDR_IP6;
		if (a.family == ADDR_IP4)
			memcpy(a.ip, in6.sin6_addr.s6_addr + 12, 4);
		else
			memcpy(a.ip, in6.sin6_addr.s6_addr, 16);
	}
	return a;
}
