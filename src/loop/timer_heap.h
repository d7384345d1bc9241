#ifndef PL_LOOP_TIMER_HEAP_H
#define PL_LOOP_TIMER_HEAP_H

/*
 * The timers of one loop, earliest first: a pairing heap linked through the timers themselves, so
 * that setting one takes no memory and cannot fail. Moving a deadline further away, which is what
 * liveness timers do all day, is nearly free.
 */

#include "loop/loop.h"

struct timer_heap {
	struct timer *root;
	uint64_t next_order;
};

/* Sets or moves; MONO_NEVER stops. */
void timer_heap_set(struct timer_heap *h, struct timer *t, struct mono at);
/* Safe on a timer that is not set. */
void timer_heap_stop(struct timer_heap *h, struct timer *t);
/* The earliest moment; MONO_NEVER: none. */
struct mono timer_heap_next(const struct timer_heap *h);
/*
 * Fires what is due at `now`, in order. What is set meanwhile waits for the next call, so that a
 * timer that sets itself again in the past does not keep the loop here. Returns the number fired.
 */
size_t timer_heap_run(struct timer_heap *h, struct mono now);

#endif
