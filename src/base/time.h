#ifndef PL_BASE_TIME_H
#define PL_BASE_TIME_H

/*
 * Two clocks, sealed so that they cannot be mixed: `struct mono` never jumps and is what deadlines
 * are made of; `struct wall` is the calendar and is only shown, stored or put on the wire. Nothing
 * here reads a clock: the loop does, and hands the value down.
 */

#include "base/def.h"

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

struct mono {
	uint64_t ns;
};

struct wall {
	int64_t ns; /* since 1970 */
};

/* "No deadline": later than every other moment. */
#define MONO_NEVER ((struct mono){ UINT64_MAX })

static inline bool mono_is_never(struct mono t)
{
	return t.ns == UINT64_MAX;
}

/* True when `deadline` has come. */
static inline bool mono_reached(struct mono deadline, struct mono now)
{
	return !mono_is_never(deadline) && now.ns >= deadline.ns;
}

static inline struct mono mono_min(struct mono a, struct mono b)
{
	return a.ns < b.ns ? a : b;
}

static inline struct mono mono_add_ns(struct mono t, uint64_t ns)
{
	return (struct mono){ t.ns > UINT64_MAX - ns ? UINT64_MAX : t.ns + ns };
}

static inline struct mono mono_add_ms(struct mono t, uint64_t ms)
{
	return mono_add_ns(t, ms > UINT64_MAX / NS_PER_MS ? UINT64_MAX : ms * NS_PER_MS);
}

/* Time from `then` to `now`; 0 when `then` lies ahead. */
static inline uint64_t mono_since_ns(struct mono then, struct mono now)
{
	return now.ns > then.ns ? now.ns - then.ns : 0;
}

static inline uint64_t mono_since_ms(struct mono then, struct mono now)
{
	return mono_since_ns(then, now) / NS_PER_MS;
}

#endif
