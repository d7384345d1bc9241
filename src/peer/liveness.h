#ifndef PL_PEER_LIVENESS_H
#define PL_PEER_LIVENESS_H

/*
 * Is the other end of a link still there? A ping leaves every LIMIT_PING_INTERVAL_MS, the first one
 * at once; one that is not answered in LIMIT_PING_TIMEOUT_MS ends the link.
 *
 *     liveness_next() at liveness_deadline() and after each pong; do what it says
 */

#include "base/time.h"

struct liveness {
	struct mono ping_at;
};

enum liveness_do {
	LIVENESS_REST,
	LIVENESS_PING,
	LIVENESS_DEAD,
};

void liveness_init(struct liveness *v, struct mono now);
/* `sent_at`: when the oldest unanswered ping left, MONO_NEVER: none is under way. */
enum liveness_do liveness_next(struct liveness *v, struct mono sent_at, struct mono now);
struct mono liveness_deadline(const struct liveness *v, struct mono sent_at);

#endif
