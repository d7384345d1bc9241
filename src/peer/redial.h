#ifndef PL_PEER_REDIAL_H
#define PL_PEER_REDIAL_H

/*
 * When a managed peer is dialled again: LIMIT_REDIAL_MS apart for LIMIT_REDIAL_EAGER_MS, then as
 * configured, always give or take a tenth, so that two nodes that lost each other do not meet in
 * the middle for ever and many do not come at once.
 *
 *     redial_begin() when the link is lost, or at the start; redial_next() after each failed try
 */

#include "base/random.h"
#include "base/time.h"

struct redial {
	struct mono since;  /* the peer is not connected */
	struct mono latest; /* the latest try began */
};

void redial_begin(struct redial *r, struct mono now);
void redial_on_try(struct redial *r, struct mono now);
struct mono redial_next(const struct redial *r, uint64_t reconnect_ms, const struct random *random);

#endif
