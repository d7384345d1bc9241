#ifndef PL_CLIENT_RETRY_H
#define PL_CLIENT_RETRY_H

/*
 * When a lost connection is tried again: soon and with jitter, so that sixty consumers of a node
 * that restarts do not come all at once; later when the door was there and refused us.
 *
 *     retry_init(); retry_lost() -> a moment; each failure: retry_failed() -> the next moment.
 *     MONO_NEVER: it is given up
 */

#include "base/def.h"
#include "base/time.h"

struct retry {
	uint64_t limit_ms; /* from the loss on; UINT64_MAX: for ever */
	struct mono give_up_at;
};

void retry_init(struct retry *r, uint64_t limit_ms);
/* `random` is any number. */
struct mono retry_lost(struct retry *r, struct mono now, uint64_t random);
struct mono retry_failed(struct retry *r, struct mono now, bool refused, uint64_t random);

#endif
