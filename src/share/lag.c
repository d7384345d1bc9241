#include "base/limits.h"
#include "share/door_missed.h"

/*
 * Who does not read. A consumer lags from the moment when something waits for it and nothing has
 * left for LIMIT_DOOR_LAG_MS; it is over when nothing waits any more. Both are told, not too often.
 * Whose policy is to be disconnected is, when nothing left for LIMIT_DOOR_BLOCKED_MS.
 */

const char *door_slow_text(enum door_slow slow)
{
	switch (slow) {
	case DOOR_SLOW_GAP:
		return "gap";
	case DOOR_SLOW_DISCONNECT:
		return "disconnect";
	}
	return "?";
}

void consumer_queued(struct consumer *c, bool was_empty)
{
	struct door *d = c->door;

	if (!was_empty)
		return;
	c->left_at = d->now;
	if (consumer_is_open(c))
		door_deadline_at(d, mono_add_ms(d->now, LIMIT_DOOR_LAG_MS));
	if (c->attached)
		d->config.ops->wants_output(d->config.user, c->connection);
}

void lag_progress(struct consumer *c)
{
	c->left_at = c->door->now;
	if (c->lag_told && outbox_is_empty(&c->out))
		door_deadline_at(c->door, c->door->now); /* that it is over is told by the tick */
}

static bool is_lagging(const struct consumer *c, struct mono now)
{
	return !outbox_is_empty(&c->out) &&
	       mono_reached(mono_add_ms(c->left_at, LIMIT_DOOR_LAG_MS), now);
}

/* From when on it may be told that this one lags. */
static struct mono may_tell_at(const struct consumer *c)
{
	struct mono at = mono_add_ms(c->left_at, LIMIT_DOOR_LAG_MS);
	struct mono again_at = mono_add_ms(c->lag_told_at, LIMIT_DOOR_BLOCKED_MS);

	return c->lag_told_at.ns > 0 && at.ns < again_at.ns ? again_at : at;
}

struct door_lag lag_of(const struct consumer *c)
{
	bool waits = !outbox_is_empty(&c->out);

	return (struct door_lag){
		.messages = c->unsent.n,
		.bytes = c->out.waiting,
		.since_ms = waits ? mono_since_ms(c->left_at, c->door->now) : 0,
	};
}

static void tell(struct consumer *c, bool lags)
{
	const struct door_lag lag = lag_of(c);
	struct door *d = c->door;

	c->lag_told = lags;
	if (lags)
		c->lag_told_at = d->now;
	if (d->config.ops->on_lag)
		d->config.ops->on_lag(d->config.user, c->id, lags, &lag);
}

void lag_tick(struct consumer *c, struct mono now)
{
	if (c->lag_told && outbox_is_empty(&c->out))
		tell(c, false);
	else if (!c->lag_told && is_lagging(c, now) && mono_reached(may_tell_at(c), now))
		tell(c, true);
	if (c->slow == DOOR_SLOW_DISCONNECT && is_lagging(c, now) &&
	    mono_reached(mono_add_ms(c->left_at, LIMIT_DOOR_BLOCKED_MS), now))
		consumer_drop(c);
}

struct mono lag_deadline(const struct consumer *c)
{
	struct mono at = MONO_NEVER;

	if (outbox_is_empty(&c->out))
		return c->lag_told ? c->door->now : MONO_NEVER;
	if (!c->lag_told)
		at = may_tell_at(c);
	if (c->slow == DOOR_SLOW_DISCONNECT)
		at = mono_min(at, mono_add_ms(c->left_at, LIMIT_DOOR_BLOCKED_MS));
	return at;
}
