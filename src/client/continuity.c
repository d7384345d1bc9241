#include "client/continuity.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "wire/nats_headers.h"

struct view {
	struct map_node by_place;
	uint64_t epoch, seq; /* of the last message */
	uint64_t n_absences; /* before it */
	size_t n_place;
	uint8_t place[]; /* sid, subject */
};

/* What a message says of itself. */
struct numbers {
	uint64_t epoch, seq;
	bool has_gap;
	uint64_t from, to;
};

void continuity_init(struct continuity *c, uint64_t seed)
{
	*c = (struct continuity){ 0 };
	map_init(&c->views, seed, LIMIT_CLIENT_VIEWS);
}

static struct view *view_of(struct map_node *node)
{
	return node ? container_of(node, struct view, by_place) : NULL;
}

static void view_free(struct continuity *c, struct view *v)
{
	map_remove(&c->views, &v->by_place);
	free(v);
}

void continuity_deinit(struct continuity *c)
{
	struct map_node *it;

	while ((it = map_first(&c->views)))
		view_free(c, view_of(it));
	map_deinit(&c->views);
}

void continuity_absent(struct continuity *c, bool restarted)
{
	c->n_absences++;
	c->restarted = restarted;
}

void continuity_forget(struct continuity *c, uint64_t sid)
{
	struct map_node *next;

	for (struct map_node *it = map_first(&c->views); it; it = next) {
		next = map_next(&c->views, it);
		if (memcmp(it->key.p, &sid, sizeof(sid)) == 0)
			view_free(c, view_of(it));
	}
}

/* ---- what headers say ---- */

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* As many digits as there are, from `*at` on; false: none, or too many. */
static bool read_number(struct bytes text, size_t *at, int base, uint64_t *ret)
{
	size_t first = *at;
	uint64_t v = 0;

	for (; *at < text.n && digit_of(text.p[*at]) < base; (*at)++) {
		if (v > UINT64_MAX / (uint64_t)base)
			return false;
		v *= (uint64_t)base;
		if (v > UINT64_MAX - (uint64_t)digit_of(text.p[*at]))
			return false;
		v += (uint64_t)digit_of(text.p[*at]);
	}
	*ret = v;
	return *at > first;
}

static bool read_numbers(struct bytes header, struct numbers *ret)
{
	struct bytes epoch, seq, gap;
	size_t at_epoch = 0, at_seq = 0, at_gap = 0;

	if (header.n == 0)
		return false;
	epoch = nats_headers_get(header, "Pl-Epoch");
	seq = nats_headers_get(header, "Pl-Seq");
	*ret = (struct numbers){ 0 };
	if (!read_number(seq, &at_seq, 10, &ret->seq) ||
	    !read_number(epoch, &at_epoch, 16, &ret->epoch))
		return false;
	gap = nats_headers_get(header, "Pl-Gap");
	ret->has_gap = read_number(gap, &at_gap, 10, &ret->from) && at_gap < gap.n &&
		       gap.p[at_gap++] == '-' && read_number(gap, &at_gap, 10, &ret->to) &&
		       ret->from > 0 && ret->from <= ret->to;
	return true;
}

/* ---- what lies between ---- */

static struct gap span(uint64_t from, uint64_t to, enum gap_why why)
{
	return (struct gap){
		.why = why,
		.from = from,
		.to = to,
		.count = to - from + 1,
		/* While a node is away nobody counts. */
		.is_exact = why != GAP_RESTART,
	};
}

/* As the node says, which is `why`. */
static struct gap told(const struct numbers *n, enum gap_why why)
{
	return n->has_gap ? span(n->from, n->to, why) : (struct gap){ .why = GAP_NONE };
}

/* In an epoch that we have seen nothing of: what the node says, else all before this one; and
 * nobody knows what else. */
static struct gap since_the_beginning(const struct numbers *n, enum gap_why why)
{
	struct gap gap = { .why = why };

	if (n->has_gap)
		gap = span(n->from, n->to, why);
	else if (n->seq > 1)
		gap = span(1, n->seq - 1, why);
	gap.is_exact = false;
	return gap;
}

static enum gap_why absence(const struct continuity *c)
{
	return c->restarted ? GAP_RESTART : GAP_AWAY;
}

/* The first message of a subscription begins its numbers, unless others may have come while we were
 * away. The node also remembers a name from before this consumer was. */
static struct gap before_the_first(const struct continuity *c, const struct continuity_place *at,
				   const struct numbers *n)
{
	if (at->n_absences == c->n_absences || at->has_wildcard)
		return told(n, at->is_named ? GAP_AWAY : GAP_SLOW);
	return since_the_beginning(n, absence(c));
}

static struct gap before_the_next(const struct continuity *c, const struct view *v,
				  const struct numbers *n)
{
	bool was_away = v->n_absences != c->n_absences;

	if (v->epoch == n->epoch && n->seq > v->seq) {
		enum gap_why why = was_away ? absence(c) : GAP_SLOW;

		return n->seq == v->seq + 1 ? told(n, why) : span(v->seq + 1, n->seq - 1, why);
	}
	if (was_away)
		return since_the_beginning(n, absence(c));
	return told(n, GAP_SLOW); /* the topic was left by all, and joined again */
}

static struct view *view_new(struct continuity *c, struct bytes place)
{
	struct view *v = calloc(1, sizeof(*v) + place.n);

	if (!v)
		return NULL;
	v->n_place = place.n;
	memcpy(v->place, place.p, place.n);
	if (map_put(&c->views, &v->by_place, BYTES(v->place, v->n_place)) == 0)
		return v;
	free(v);
	return NULL;
}

struct gap continuity_check(struct continuity *c, const struct continuity_place *at,
			    struct bytes header)
{
	uint8_t place[sizeof(uint64_t) + LIMIT_SUBJECT];
	size_t n_place = sizeof(uint64_t) + size_min(at->subject.n, LIMIT_SUBJECT);
	struct numbers n;
	struct view *v;
	struct gap gap;

	if (!read_numbers(header, &n))
		return (struct gap){ .why = GAP_NONE };
	if (at->is_shared) {
		gap = told(&n, GAP_SLOW);
		gap.is_exact = false;
		return gap;
	}
	memcpy(place, &at->sid, sizeof(uint64_t));
	memcpy(place + sizeof(uint64_t), at->subject.p, n_place - sizeof(uint64_t));
	v = view_of(map_find(&c->views, BYTES(place, n_place)));
	gap = v ? before_the_next(c, v, &n) : before_the_first(c, at, &n);
	if (!v)
		v = view_new(c, BYTES(place, n_place));
	if (!v)
		return gap; /* no room to watch it: what the node tells must do */
	v->epoch = n.epoch;
	v->seq = n.seq;
	v->n_absences = c->n_absences;
	return gap;
}
