#ifndef PL_LOOP_EAGER_H
#define PL_LOOP_EAGER_H

/*
 * When to look again instead of sleeping. Waking a sleeping core can take longer (50 us on a
 * virtual machine that is otherwise idle) than two programs need to answer each other. So after a
 * row of short waits the next one is spent awake, for EAGER_LOOK_NS at most. Each time that was in
 * vain, twice as many short waits are asked for, and one less each time it was not: a link that is
 * merely busy, or an answer that needs our core to be computed, costs next to nothing. No clock and
 * no I/O: times go in.
 */

#include "base/def.h"
#include "base/time.h"

#define EAGER_LOOK_NS (64 * NS_PER_US)   /* awake so long */
#define EAGER_SHORT_NS (200 * NS_PER_US) /* a wait that counts as short: two slow wake-ups */
#define EAGER_ROW_MIN 8
#define EAGER_ROW_MAX 1024

struct eager {
	struct mono since; /* of the wait under way; MONO_NEVER between waits */
	bool is_looking, was_in_vain;
	uint32_t row, row_needed; /* short waits: in a row now, and before the next look */
};

void eager_init(struct eager *e);
/* Before the loop waits, also when it has only looked: true says to look again at once. */
bool eager_before_wait(struct eager *e, struct mono now);
/* A socket was ready. */
void eager_on_news(struct eager *e, struct mono now);

#endif
