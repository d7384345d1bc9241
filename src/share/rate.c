#include "share/rate.h"

#include "base/limits.h"

bool rate_has_room(const struct rate *r, struct mono now)
{
	return r->per_second == 0 || r->due.ns <= now.ns;
}

void rate_take(struct rate *r, size_t n, struct mono now)
{
	uint64_t burst_ns = LIMIT_DOOR_BURST_MS * NS_PER_MS;
	uint64_t earliest = now.ns > burst_ns ? now.ns - burst_ns : 0;

	if (r->per_second == 0)
		return;
	if (r->due.ns < earliest)
		r->due.ns = earliest;
	r->due.ns += n * NS_PER_S / r->per_second;
}
