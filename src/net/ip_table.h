#ifndef PL_NET_IP_TABLE_H
#define PL_NET_IP_TABLE_H

/*
 * How many inbound connections each address has: at most so many, whatever state they are in. An
 * IPv6 address counts as its /64, because that is what one stranger is given. Loopback counts too.
 */

#include "base/addr.h"
#include "base/map.h"

struct ip_table {
	struct map map;
	size_t per_ip_max;
};

void ip_table_init(struct ip_table *t, uint64_t seed, size_t per_ip_max);
void ip_table_deinit(struct ip_table *t);

/* -EDQUOT: the address has its number. -ENOSPC, -ENOMEM. */
_nodiscard_ int ip_table_add(struct ip_table *t, const struct addr *a);
/* One that was added. */
void ip_table_remove(struct ip_table *t, const struct addr *a);
size_t ip_table_count(const struct ip_table *t, const struct addr *a);

#endif
