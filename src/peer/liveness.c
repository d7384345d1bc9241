#include "peer/liveness.h"

#include "base/limits.h"

void liveness_init(struct liveness *v, struct mono now)
{
	v->ping_at = now;
}

static struct mono dead_at(struct mono sent_at)
{
	return mono_is_never(sent_at) ? MONO_NEVER : mono_add_ms(sent_at, LIMIT_PING_TIMEOUT_MS);
}

enum liveness_do liveness_next(struct liveness *v, struct mono sent_at, struct mono now)
{
	if (mono_reached(dead_at(sent_at), now))
		return LIVENESS_DEAD;
	if (!mono_is_never(sent_at) || !mono_reached(v->ping_at, now))
		return LIVENESS_REST;
	v->ping_at = mono_add_ms(now, LIMIT_PING_INTERVAL_MS);
	return LIVENESS_PING;
}

struct mono liveness_deadline(const struct liveness *v, struct mono sent_at)
{
	return mono_is_never(sent_at) ? v->ping_at : dead_at(sent_at);
}
