#ifndef PL_SHARE_RATE_H
#define PL_SHARE_RATE_H

/*
 * So many units a second. Who has used none for a while may take LIMIT_DOOR_BURST_MS' worth at
 * once, and one taking may go beyond what is left, however large it is: then nothing is left until
 * that is paid. So nothing is ever too large, and the average holds exactly.
 *
 *     struct rate r = { .per_second = 100 }; while (rate_has_room(&r, now)) rate_take(&r, n, now);
 * again at r.due
 */

#include "base/def.h"
#include "base/time.h"

struct rate {
	uint64_t per_second; /* at most LIMIT_RATE_MAX; 0: no limit */
	struct mono due;     /* what was taken is paid then */
};

bool rate_has_room(const struct rate *r, struct mono now);
/* `n` is at most 2 * LIMIT_DOOR_PAYLOAD. */
void rate_take(struct rate *r, size_t n, struct mono now);

#endif
