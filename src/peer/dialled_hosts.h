#ifndef PL_PEER_DIALLED_HOSTS_H
#define PL_PEER_DIALLED_HOSTS_H

/*
 * Where strangers made us dial lately. Whoever wants to see a third party flooded with connections
 * can make up as many peer ids at its address as he likes, and names and ports of it: a public host
 * is dialled once in LIMIT_HINT_AGAIN_MS, whatever stands before and behind its address. On private
 * networks, where many nodes share a host, the port counts too.
 */

#include "base/addr.h"
#include "base/limits.h"
#include "base/time.h"

struct dialled_host {
	struct addr at;
	struct mono when;
};

struct dialled_hosts {
	size_t first, n; /* of `ring`: oldest first */
	struct dialled_host ring[LIMIT_HINT_DIALLED];
};

/* May it be dialled now? True: it is noted. When the memory is full nothing may. */
bool dialled_hosts_take(struct dialled_hosts *d, const struct addr *a, struct mono now);

#endif
