#ifndef PL_SIM_GOSSIP_WHEEL_H
#define PL_SIM_GOSSIP_WHEEL_H

/*
 * What will happen in a simulated gossip network, by windows of time. No frame travels faster than
 * a window is long, so what a node does in one cannot reach another within the same, and each node
 * may live through the window alone, while its memory is warm in the processor's cache. That is
 * what makes a thousand engines on one core affordable.
 *
 *     gossip_wheel_init(); gossip_wheel_add(); gossip_wheel_take() for each window in turn, events
 * of one node together and in the order of time; gossip_wheel_deinit()
 *
 * Events that are equal in node and time keep the order in which they were added.
 */

#include "base/def.h"
#include "base/time.h"

struct gossip_event {
	uint64_t at_ns;
	uint32_t node; /* whose event it is */
	uint32_t kind;
	void *what, *with; /* the user's */
};

struct gossip_events {
	struct gossip_event *v;
	size_t n, cap;
};

#define GOSSIP_WHEEL_SLOTS 64

struct gossip_wheel {
	uint64_t window_ns;
	uint64_t n_taken; /* windows, since the beginning of time */
	struct gossip_events slots[GOSSIP_WHEEL_SLOTS];
	struct gossip_events later; /* beyond them */
	struct gossip_events sorted;
	size_t *first; /* in `sorted`, by node; one more than there are nodes */
	size_t first_cap;
};

void gossip_wheel_init(struct gossip_wheel *w, struct mono now, uint64_t window_ns);
/* What was not taken is forgotten: its owner asks gossip_wheel_take() for it before. */
void gossip_wheel_deinit(struct gossip_wheel *w);

/* The window that is taken next. */
struct mono gossip_wheel_begin(const struct gossip_wheel *w);
/* What lies in the past happens in the window that is taken next. */
void gossip_wheel_add(struct gossip_wheel *w, const struct gossip_event *e);
/* Moves on by a window. gossip_wheel_of() then lends the events of each of `n_nodes` nodes, until
 * the next call. */
void gossip_wheel_take(struct gossip_wheel *w, size_t n_nodes);
struct gossip_event *gossip_wheel_of(const struct gossip_wheel *w, size_t node, size_t *ret_n);
bool gossip_wheel_is_empty(const struct gossip_wheel *w);

void gossip_events_add(struct gossip_events *v, const struct gossip_event *e);
void gossip_events_deinit(struct gossip_events *v);

#endif
