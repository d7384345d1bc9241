#include "peer/keeper.h"

#include <string.h>

void keeper_init(struct keeper *k, bool is_us)
{
	*k = (struct keeper){ .is_us = is_us, .deadline = MONO_NEVER };
}

static size_t find(const struct keeper *k, const void *link)
{
	size_t i = 0;

	while (i < k->n && k->links[i].link != link)
		i++;
	return i;
}

static const struct keeper_link *primary(const struct keeper *k)
{
	const struct keeper_link *best = NULL;

	for (size_t i = 0; i < k->n; i++) {
		const struct keeper_link *l = &k->links[i];

		if (!l->going && (!best || l->incarnation > best->incarnation))
			best = l;
	}
	return best;
}

void *keeper_primary(const struct keeper *k)
{
	const struct keeper_link *l = primary(k);

	return l ? l->link : NULL;
}

static void stop_asking(struct keeper *k)
{
	k->asking = k->stale = k->must_ask = k->settled = false;
	k->deadline = MONO_NEVER;
}

/* A question begins anew with every arrival and every new primary. */
static void ask_again(struct keeper *k)
{
	stop_asking(k);
	k->must_ask = k->is_us && k->n > 1;
}

int keeper_add(struct keeper *k, void *link, uint64_t incarnation)
{
	if (k->n == LIMIT_LINKS_PER_PEER)
		return -ENOSPC;
	k->links[k->n++] = (struct keeper_link){ .link = link, .incarnation = incarnation };
	ask_again(k);
	return 0;
}

static void drop(struct keeper *k, size_t i)
{
	k->n--;
	memmove(&k->links[i], &k->links[i + 1], (k->n - i) * sizeof(k->links[0]));
}

void keeper_remove(struct keeper *k, const void *link)
{
	bool was_primary = keeper_primary(k) == link;
	size_t i = find(k, link);

	if (i == k->n)
		return;
	drop(k, i);
	if (was_primary || k->n < 2)
		ask_again(k);
}

void keeper_going(struct keeper *k, const void *link)
{
	bool was_primary = keeper_primary(k) == link;
	size_t i = find(k, link);

	if (i == k->n)
		return;
	k->links[i].going = true;
	if (was_primary)
		ask_again(k);
}

void keeper_on_pong(struct keeper *k, const void *link)
{
	if (!k->asking || link != keeper_primary(k))
		return;
	if (k->stale) {
		/* That answered what was asked before the arrival. */
		k->stale = false;
		k->must_ask = true;
		return;
	}
	stop_asking(k);
	k->settled = true;
}

void keeper_pinged(struct keeper *k, bool stale)
{
	k->stale = stale;
}

static struct keeper_step close_one(struct keeper *k, enum keeper_do what, size_t i)
{
	struct keeper_step step = { .what = what, .link = k->links[i].link };

	drop(k, i);
	return step;
}

/* Any link that the primary makes superfluous; those that are going end by themselves. */
static struct keeper_step next_duplicate(struct keeper *k)
{
	const void *stays = keeper_primary(k);

	for (size_t i = 0; i < k->n; i++)
		if (k->links[i].link != stays && !k->links[i].going)
			return close_one(k, KEEPER_CLOSE_DUPLICATE, i);
	k->settled = false;
	return (struct keeper_step){ .what = KEEPER_REST };
}

struct keeper_step keeper_next(struct keeper *k, struct mono now)
{
	void *link = keeper_primary(k);

	if (k->settled)
		return next_duplicate(k);
	if (link && k->asking && mono_reached(k->deadline, now)) {
		struct keeper_step step = close_one(k, KEEPER_CLOSE_SILENT, find(k, link));

		ask_again(k);
		return step;
	}
	if (!link || !k->must_ask)
		return (struct keeper_step){ .what = KEEPER_REST };
	k->must_ask = false;
	if (!k->asking)
		k->deadline = mono_add_ms(now, LIMIT_SETTLE_MS);
	k->asking = true;
	return (struct keeper_step){ .what = KEEPER_PING, .link = link };
}

struct mono keeper_deadline(const struct keeper *k)
{
	return k->deadline;
}
