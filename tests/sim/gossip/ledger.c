#include "sim/gossip/ledger.h"

#include <stdlib.h>

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(size_max(n, 1), size);

	ASSERT(p);
	return p;
}

void ledger_init(struct ledger *l, size_t n_nodes, size_t messages_max)
{
	*l = (struct ledger){ .n_nodes = n_nodes, .messages_max = messages_max };
	l->published_at = zeroed(messages_max, sizeof(*l->published_at));
	l->authors = zeroed(messages_max, sizeof(*l->authors));
	l->took_us = zeroed(n_nodes * messages_max, sizeof(*l->took_us));
	l->hops = zeroed(n_nodes * messages_max, sizeof(*l->hops));
}

void ledger_deinit(struct ledger *l)
{
	free(l->published_at);
	free(l->authors);
	free(l->took_us);
	free(l->hops);
	*l = (struct ledger){ 0 };
}

uint32_t ledger_publish(struct ledger *l, size_t author, struct mono now)
{
	ASSERT(l->n_messages < l->messages_max);
	l->published_at[l->n_messages] = now;
	l->authors[l->n_messages] = (uint32_t)author;
	return (uint32_t)l->n_messages++;
}

void ledger_deliver(struct ledger *l, size_t node, size_t via, uint32_t message, struct mono now)
{
	size_t at = node * l->messages_max + message;
	uint64_t us;

	ASSERT(node < l->n_nodes && message < l->n_messages);
	if (l->took_us[at] > 0) {
		l->n_twice++;
		return;
	}
	us = 1 + mono_since_ns(l->published_at[message], now) / NS_PER_US;
	l->took_us[at] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
	if (via != node && via < l->n_nodes)
		l->hops[at] = (uint8_t)size_min(l->hops[via * l->messages_max + message] + 1,
						LEDGER_HOPS);
}

bool ledger_has(const struct ledger *l, size_t node, uint32_t message)
{
	return l->took_us[node * l->messages_max + message] > 0;
}

double ledger_share(const struct ledger_figures *f)
{
	return f->n_expected > 0 ? (double)f->n_delivered / (double)f->n_expected : 0;
}

/* ---- figures ---- */

/* Times in steps of 100 us up to 200 s: exact enough, and no sorting of millions. */
#define STEP_US 100
#define STEPS 2000000

static double at_share(const uint32_t *steps, uint64_t n, double share)
{
	uint64_t rank = (uint64_t)(share * (double)n), sum = 0;

	for (size_t i = 0; i < STEPS; i++) {
		sum += steps[i];
		if (sum > rank || sum == n)
			return (double)(i + 1) * STEP_US / 1000.0;
	}
	return 0;
}

static void add_node(const struct ledger *l, size_t node, const bool *wanted,
		     struct ledger_figures *f, uint32_t *steps)
{
	const uint32_t *took = l->took_us + node * l->messages_max;
	const uint8_t *hops = l->hops + node * l->messages_max;

	for (size_t m = 0; m < l->n_messages; m++) {
		if (!wanted[m] || l->authors[m] == node)
			continue;
		f->n_expected++;
		if (took[m] == 0)
			continue;
		f->n_delivered++;
		f->hops_mean += hops[m];
		f->hops_max = hops[m] > f->hops_max ? hops[m] : f->hops_max;
		steps[size_min(took[m] / STEP_US, STEPS - 1)]++;
	}
}

static void finish(struct ledger_figures *f, const uint32_t *steps)
{
	if (f->n_delivered == 0)
		return;
	f->hops_mean /= (double)f->n_delivered;
	f->p50_ms = at_share(steps, f->n_delivered, 0.5);
	f->p90_ms = at_share(steps, f->n_delivered, 0.9);
	f->p99_ms = at_share(steps, f->n_delivered, 0.99);
	f->p999_ms = at_share(steps, f->n_delivered, 0.999);
	f->max_ms = at_share(steps, f->n_delivered, 1);
}

struct ledger_figures ledger_figures(const struct ledger *l, struct mono from, struct mono to,
				     bool (*counts)(void *user, size_t node), void *user)
{
	uint32_t *steps = zeroed(STEPS, sizeof(*steps));
	bool *wanted = zeroed(l->messages_max, sizeof(*wanted));
	struct ledger_figures f = { 0 };

	for (size_t m = 0; m < l->n_messages; m++) {
		wanted[m] = l->published_at[m].ns >= from.ns && l->published_at[m].ns < to.ns;
		f.n_messages += wanted[m];
	}
	for (size_t i = 0; i < l->n_nodes; i++)
		if (!counts || counts(user, i))
			add_node(l, i, wanted, &f, steps);
	finish(&f, steps);
	free(steps);
	free(wanted);
	return f;
}
