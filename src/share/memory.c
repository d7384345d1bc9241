#include "base/limits.h"
#include "share/door_priv.h"

/*
 * One maximum for what all consumers make us hold. Each queue may have half of what is free, so
 * that n greedy ones get 1/(n+2) of all each, and whoever holds nothing finds room (base/budget.h
 * has the same idea). That is counted from time to time and not byte by byte: what leaves and comes
 * within a millisecond is little beside it, and the queues need not know.
 */

size_t memory_of_input(const struct consumer *c)
{
	return nats_parser_held(&c->in) + buf_len(&c->held) + c->subs_cost +
	       c->n_accounts * sizeof(struct account_peer);
}

size_t memory_of_output(const struct consumer *c)
{
	return c->out.held + unsent_bytes(&c->unsent);
}

static size_t count(struct door *d, struct consumer **ret_largest)
{
	size_t n = 0, most = LIMIT_BUDGET_SMALL;

	*ret_largest = NULL;
	list_for_each (it, &d->consumers) {
		struct consumer *c = list_entry(it, struct consumer, link);
		size_t input = memory_of_input(c);

		if (c->state == CONSUMER_CLOSING)
			continue; /* it gives everything back in a moment */
		n += memory_of_output(c) + input;
		if (input <= most)
			continue;
		most = input;
		*ret_largest = c;
	}
	return n;
}

void memory_count(struct door *d)
{
	struct consumer *largest;
	size_t n, share;

	if (d->counted_at.ns > 0 &&
	    !mono_reached(mono_add_ms(d->counted_at, LIMIT_DOOR_COUNT_MS), d->now))
		return;
	d->counted_at = d->now;
	n = count(d, &largest);
	share = n < d->memory_max ? (d->memory_max - n) / 2 : 0;
	list_for_each (it, &d->consumers) {
		struct consumer *c = list_entry(it, struct consumer, link);

		c->reserve = LIMIT_DOOR_RESERVE + c->out.max - size_min(c->out.max, share);
	}
	/* What is to leave waits no longer then, but what has come cannot be refused any more. */
	if (n > d->memory_max && largest)
		consumer_close(largest, NULL);
}
