#include "client/retry.h"

#include "base/limits.h"

void retry_init(struct retry *r, uint64_t limit_ms)
{
	*r = (struct retry){ .limit_ms = limit_ms, .give_up_at = MONO_NEVER };
}

static struct mono between(struct mono now, uint64_t from_ms, uint64_t to_ms, uint64_t random)
{
	return mono_add_ms(now, from_ms + random % (to_ms - from_ms + 1));
}

struct mono retry_lost(struct retry *r, struct mono now, uint64_t random)
{
	r->give_up_at = r->limit_ms == UINT64_MAX ? MONO_NEVER : mono_add_ms(now, r->limit_ms);
	if (mono_reached(r->give_up_at, now))
		return MONO_NEVER;
	return between(now, LIMIT_CLIENT_RETRY_MS, LIMIT_CLIENT_RETRY_LATE_MS, random);
}

struct mono retry_failed(struct retry *r, struct mono now, bool refused, uint64_t random)
{
	if (mono_reached(r->give_up_at, now))
		return MONO_NEVER;
	if (refused)
		return between(now, LIMIT_CLIENT_RETRY_REFUSED_MS / 2,
			       LIMIT_CLIENT_RETRY_REFUSED_MS, random);
	return between(now, LIMIT_CLIENT_RETRY_MS, LIMIT_CLIENT_RETRY_LATE_MS, random);
}
