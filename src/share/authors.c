#include "share/authors.h"

#include <stdlib.h>

#include "base/limits.h"

struct author {
	struct map_node by_id;
	struct list link; /* authors.oldest_first */
	struct peer_id id;
	uint64_t n_malformed, n_mismatched;
	uint64_t malformed[LIMIT_AUTHOR_STRIKES]; /* the numbers of the first ones */
	struct mono forgotten_at;
};

void authors_init(struct authors *a, uint64_t seed)
{
	map_init(&a->by_id, seed, LIMIT_AUTHORS);
	list_init(&a->oldest_first);
	a->n_skipped = 0;
}

static void author_free(struct authors *a, struct author *one)
{
	map_remove(&a->by_id, &one->by_id);
	list_remove(&one->link);
	free(one);
}

static struct author *oldest(struct authors *a)
{
	return list_entry(a->oldest_first.next, struct author, link);
}

void authors_deinit(struct authors *a)
{
	while (!list_is_empty(&a->oldest_first))
		author_free(a, oldest(a));
	map_deinit(&a->by_id);
}

/* All are forgotten after the same time, so the oldest are those that are due. */
static void forget(struct authors *a, struct mono now)
{
	while (!list_is_empty(&a->oldest_first) && mono_reached(oldest(a)->forgotten_at, now))
		author_free(a, oldest(a));
}

static struct author *find(struct authors *a, const struct peer_id *id, struct mono now)
{
	struct map_node *found;

	forget(a, now);
	found = map_find(&a->by_id, peer_id_bytes(id));
	return found ? container_of(found, struct author, by_id) : NULL;
}

/* NULL: no memory, and it is as if nothing had been. */
static struct author *add(struct authors *a, const struct peer_id *id)
{
	struct author *one = calloc(1, sizeof(*one));

	if (!one)
		return NULL;
	if (a->by_id.n >= a->by_id.n_max)
		author_free(a, oldest(a));
	one->id = *id;
	list_init(&one->link);
	if (map_put(&a->by_id, &one->by_id, peer_id_bytes(&one->id)) < 0) {
		free(one);
		return NULL;
	}
	return one;
}

/* One fault more. */
static struct author *blame(struct authors *a, const struct peer_id *id, struct mono now)
{
	struct author *one = find(a, id, now);

	if (!one)
		one = add(a, id);
	if (!one)
		return NULL;
	one->forgotten_at = mono_add_ms(now, LIMIT_AUTHOR_FORGET_MS);
	list_remove(&one->link);
	list_add_tail(&a->oldest_first, &one->link);
	return one;
}

bool authors_is_skipped(struct authors *a, const struct peer_id *id, struct mono now)
{
	const struct author *one = find(a, id, now);

	return one && one->n_malformed >= LIMIT_AUTHOR_STRIKES;
}

static bool is_known(struct authors *a, const struct peer_id *id, uint64_t seqno, struct mono now)
{
	const struct author *one = find(a, id, now);
	uint64_t n = one ? size_min(one->n_malformed, LIMIT_AUTHOR_STRIKES) : 0;

	for (uint64_t i = 0; i < n; i++)
		if (one->malformed[i] == seqno)
			return true;
	return false;
}

bool authors_malformed(struct authors *a, const struct peer_id *id, uint64_t seqno, struct mono now)
{
	struct author *one = is_known(a, id, seqno, now) ? NULL : blame(a, id, now);

	if (!one)
		return false;
	if (one->n_malformed < LIMIT_AUTHOR_STRIKES)
		one->malformed[one->n_malformed] = seqno;
	if (++one->n_malformed != LIMIT_AUTHOR_STRIKES)
		return false;
	a->n_skipped++;
	return true;
}

void authors_mismatched(struct authors *a, const struct peer_id *id, struct mono now)
{
	struct author *one = blame(a, id, now);

	if (one)
		one->n_mismatched++;
}

void authors_each(const struct authors *a, struct mono now,
		  void (*each)(void *user, const struct author_info *info), void *user)
{
	for (const struct list *it = a->oldest_first.next; it != &a->oldest_first; it = it->next) {
		const struct author *one =
			(const void *)((const char *)it - offsetof(struct author, link));
		bool skipped = one->n_malformed >= LIMIT_AUTHOR_STRIKES;
		const struct author_info info = {
			.id = &one->id,
			.n_malformed = one->n_malformed,
			.n_mismatched = one->n_mismatched,
			.skipped_ms = skipped ? mono_since_ms(now, one->forgotten_at) : 0,
		};

		if (!mono_reached(one->forgotten_at, now))
			each(user, &info);
	}
}
