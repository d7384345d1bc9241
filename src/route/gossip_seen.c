#include "route/gossip_seen.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/map.h"

#define CAP_MIN 16
#define SHRINK 8 /* when no more than one in so many places is taken */

#define SEED_1 UINT64_C(0x9e3779b97f4a7c15)
#define SEED_2 UINT64_C(0xc2b2ae3d27d4eb4f)

struct tag {
	uint64_t v[2];
};

static struct tag tag_of(const struct gossip_seen *s, struct bytes id)
{
	const uint64_t first[2] = { s->seed, s->seed ^ SEED_1 };
	const uint64_t second[2] = { s->seed ^ SEED_2, ~s->seed };

	return (struct tag){ { map_hash(first, id), map_hash(second, id) } };
}

void gossip_seen_init(struct gossip_seen *s, uint64_t seed, size_t n_max, uint64_t ttl_ms)
{
	*s = (struct gossip_seen){ .seed = seed, .n_max = n_max, .ttl_ms = ttl_ms };
}

void gossip_seen_deinit(struct gossip_seen *s)
{
	free(s->ring);
	free(s->slots);
	s->ring = NULL;
	s->slots = NULL;
	s->cap = s->n = 0;
}

static struct gossip_seen_entry *entry(const struct gossip_seen *s, uint32_t i)
{
	return &s->ring[i & (s->cap - 1)];
}

static size_t home(const struct gossip_seen *s, uint64_t tag)
{
	return tag & (2 * s->cap - 1);
}

static size_t next(const struct gossip_seen *s, size_t slot)
{
	return (slot + 1) & (2 * s->cap - 1);
}

/* The slot of this tag, or the free one where it would go. */
static size_t find(const struct gossip_seen *s, struct tag tag)
{
	size_t at = home(s, tag.v[0]);

	while (s->slots[at] != 0) {
		const struct gossip_seen_entry *e = entry(s, s->slots[at] - 1);

		if (e->tag[0] == tag.v[0] && e->tag[1] == tag.v[1])
			break;
		at = next(s, at);
	}
	return at;
}

bool gossip_seen_has(const struct gossip_seen *s, struct bytes id)
{
	return s->n > 0 && s->slots[find(s, tag_of(s, id))] != 0;
}

uint64_t gossip_seen_age_ms(const struct gossip_seen *s, struct bytes id, struct mono now)
{
	size_t slot;
	uint64_t left;

	if (!gossip_seen_has(s, id))
		return UINT64_MAX;
	slot = find(s, tag_of(s, id));
	left = mono_since_ms(now, entry(s, s->slots[slot] - 1)->until);
	return left < s->ttl_ms ? s->ttl_ms - left : 0;
}

/* Whatever was pushed beyond this slot when it came moves up, so that no search ends at the gap. */
static void free_slot(struct gossip_seen *s, size_t gap)
{
	for (size_t at = next(s, gap); s->slots[at] != 0; at = next(s, at)) {
		size_t to = home(s, entry(s, s->slots[at] - 1)->tag[0]);
		size_t mask = 2 * s->cap - 1;

		if (((at - to) & mask) < ((at - gap) & mask))
			continue;
		s->slots[gap] = s->slots[at];
		gap = at;
	}
	s->slots[gap] = 0;
}

static void forget_oldest(struct gossip_seen *s)
{
	const struct gossip_seen_entry *e = entry(s, s->first);

	free_slot(s, find(s, (struct tag){ { e->tag[0], e->tag[1] } }));
	s->first++;
	s->n--;
}

/* The same entries, in other memory. */
static int resize(struct gossip_seen *s, size_t cap)
{
	struct gossip_seen to = *s;

	to.ring = malloc(cap * sizeof(*to.ring));
	to.slots = calloc(2 * cap, sizeof(*to.slots));
	to.cap = cap;
	if (!to.ring || !to.slots) {
		free(to.ring);
		free(to.slots);
		return -ENOMEM;
	}
	for (size_t k = 0; k < s->n; k++) {
		uint32_t i = s->first + (uint32_t)k;
		struct gossip_seen_entry *e = entry(&to, i);

		*e = *entry(s, i);
		to.slots[find(&to, (struct tag){ { e->tag[0], e->tag[1] } })] = i + 1;
	}
	free(s->ring);
	free(s->slots);
	*s = to;
	return 0;
}

/* Room for one more. */
static int make_room(struct gossip_seen *s)
{
	if (s->n > 0 && s->n >= s->n_max) {
		forget_oldest(s);
		s->n_evicted++;
	}
	return s->n < s->cap ? 0 : resize(s, s->cap > 0 ? 2 * s->cap : CAP_MIN);
}

int gossip_seen_add(struct gossip_seen *s, struct bytes id, struct mono now)
{
	struct tag tag = tag_of(s, id);
	struct gossip_seen_entry *e;
	uint32_t i;
	int r;

	if (id.n > LIMIT_GOSSIP_ID)
		return -EMSGSIZE;
	if (s->n > 0 && s->slots[find(s, tag)] != 0)
		return -EEXIST;
	r = make_room(s);
	if (r < 0)
		return r;
	i = s->first + (uint32_t)s->n;
	e = entry(s, i);
	*e = (struct gossip_seen_entry){ { tag.v[0], tag.v[1] }, mono_add_ms(now, s->ttl_ms) };
	s->slots[find(s, tag)] = i + 1;
	s->n++;
	return 0;
}

void gossip_seen_expire(struct gossip_seen *s, struct mono now)
{
	while (s->n > 0 && mono_reached(entry(s, s->first)->until, now))
		forget_oldest(s);
	if (s->n == 0)
		gossip_seen_deinit(s);
	else if (s->cap > CAP_MIN && s->n <= s->cap / SHRINK)
		/* Without memory for less it stays as it is. */
		(void)!resize(s, s->cap / 2);
}

size_t gossip_seen_size(const struct gossip_seen *s)
{
	return s->cap * sizeof(*s->ring) + 2 * s->cap * sizeof(*s->slots);
}
