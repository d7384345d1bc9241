#include "peer/redial.h"

#include "base/limits.h"

void redial_begin(struct redial *r, struct mono now)
{
	r->since = r->latest = now;
}

void redial_on_try(struct redial *r, struct mono now)
{
	r->latest = now;
}

struct mono redial_next(const struct redial *r, uint64_t reconnect_ms, const struct random *random)
{
	uint64_t ms = reconnect_ms, ns;

	if (mono_since_ms(r->since, r->latest) < LIMIT_REDIAL_EAGER_MS && ms > LIMIT_REDIAL_MS)
		ms = LIMIT_REDIAL_MS;
	if (ms > UINT64_MAX / NS_PER_MS / 2)
		return MONO_NEVER;
	ns = ms * NS_PER_MS;
	return mono_add_ns(r->latest, ns - ns / 10 + random_below(random, ns / 5 + 1));
}
