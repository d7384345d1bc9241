#include "sim/gossip_wheel.h"

#include <stdlib.h>
#include <string.h>

/* ---- a run of events ---- */

void gossip_events_add(struct gossip_events *v, const struct gossip_event *e)
{
	if (v->n == v->cap) {
		v->cap = size_max(64, 2 * v->cap);
		v->v = realloc(v->v, v->cap * sizeof(*v->v));
		ASSERT(v->v);
	}
	v->v[v->n++] = *e;
}

void gossip_events_deinit(struct gossip_events *v)
{
	free(v->v);
	*v = (struct gossip_events){ 0 };
}

/* By insertion: what one node gets in one window is little, and nearly in order. Stable. */
static void sort_by_time(struct gossip_event *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct gossip_event e = v[i];
		size_t k = i;

		for (; k > 0 && v[k - 1].at_ns > e.at_ns; k--)
			v[k] = v[k - 1];
		v[k] = e;
	}
}

/* ---- the wheel ---- */

void gossip_wheel_init(struct gossip_wheel *w, struct mono now, uint64_t window_ns)
{
	*w = (struct gossip_wheel){ .window_ns = window_ns, .n_taken = now.ns / window_ns };
}

void gossip_wheel_deinit(struct gossip_wheel *w)
{
	for (size_t i = 0; i < GOSSIP_WHEEL_SLOTS; i++)
		gossip_events_deinit(&w->slots[i]);
	gossip_events_deinit(&w->later);
	gossip_events_deinit(&w->sorted);
	free(w->first);
}

struct mono gossip_wheel_begin(const struct gossip_wheel *w)
{
	return (struct mono){ w->n_taken * w->window_ns };
}

void gossip_wheel_add(struct gossip_wheel *w, const struct gossip_event *e)
{
	uint64_t window = e->at_ns / w->window_ns;

	if (window < w->n_taken)
		window = w->n_taken;
	if (window - w->n_taken < GOSSIP_WHEEL_SLOTS)
		gossip_events_add(&w->slots[window % GOSSIP_WHEEL_SLOTS], e);
	else
		gossip_events_add(&w->later, e);
}

/* What has come into reach. Those that stay keep their order. */
static void fetch_later(struct gossip_wheel *w)
{
	size_t n = w->later.n, kept = 0;

	w->later.n = 0;
	for (size_t i = 0; i < n; i++) {
		struct gossip_event e = w->later.v[i];

		if (e.at_ns / w->window_ns - w->n_taken < GOSSIP_WHEEL_SLOTS)
			gossip_wheel_add(w, &e);
		else
			w->later.v[kept++] = e;
	}
	w->later.n = kept;
}

static void reserve_first(struct gossip_wheel *w, size_t n)
{
	if (n > w->first_cap) {
		w->first = realloc(w->first, n * sizeof(*w->first));
		ASSERT(w->first);
		w->first_cap = n;
	}
	memset(w->first, 0, n * sizeof(*w->first));
}

/* A counting sort by node, which is stable, then by time within each. */
static void sort_slot(struct gossip_wheel *w, const struct gossip_events *slot, size_t n_nodes)
{
	size_t *first = w->first, sum = 0;

	for (size_t i = 0; i < slot->n; i++)
		first[slot->v[i].node]++;
	for (size_t i = 0; i <= n_nodes; i++) {
		size_t n = first[i];

		first[i] = sum;
		sum += n;
	}
	for (size_t i = 0; i < slot->n; i++)
		w->sorted.v[first[slot->v[i].node]++] = slot->v[i];
	/* Each has moved to the beginning of its successor. */
	memmove(first + 1, first, n_nodes * sizeof(*first));
	first[0] = 0;
	for (size_t i = 0; i < n_nodes; i++)
		sort_by_time(w->sorted.v + first[i], first[i + 1] - first[i]);
}

void gossip_wheel_take(struct gossip_wheel *w, size_t n_nodes)
{
	struct gossip_events *slot = &w->slots[w->n_taken % GOSSIP_WHEEL_SLOTS];

	reserve_first(w, n_nodes + 1);
	if (w->sorted.cap < slot->n) {
		w->sorted.cap = slot->cap;
		w->sorted.v = realloc(w->sorted.v, slot->cap * sizeof(*w->sorted.v));
		ASSERT(w->sorted.v);
	}
	w->sorted.n = slot->n;
	if (slot->n > 0)
		sort_slot(w, slot, n_nodes);
	slot->n = 0;
	w->n_taken++;
	if (w->later.n > 0)
		fetch_later(w);
}

struct gossip_event *gossip_wheel_of(const struct gossip_wheel *w, size_t node, size_t *ret_n)
{
	*ret_n = w->first[node + 1] - w->first[node];
	return *ret_n > 0 ? w->sorted.v + w->first[node] : NULL;
}

bool gossip_wheel_is_empty(const struct gossip_wheel *w)
{
	for (size_t i = 0; i < GOSSIP_WHEEL_SLOTS; i++)
		if (w->slots[i].n > 0)
			return false;
	return w->later.n == 0;
}
