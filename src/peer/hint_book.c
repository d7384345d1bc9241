#include "peer/hint_book.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* More is a name longer than DNS has. */
#define ADDRESS_BYTES_MAX 300

/* ---- life ---- */

static void source_init(struct hint_source *s, struct mono now)
{
	list_init(&s->hints);
	s->tokens = LIMIT_HINTS_PER_SOURCE;
	s->refilled_at = now;
}

void hint_book_init(struct hint_book *b, const struct peer_id *own, uint64_t seed)
{
	*b = (struct hint_book){ .own = *own };
	map_init(&b->hints, seed, LIMIT_HINTS);
	map_init(&b->sources, seed + 1, LIMIT_HINT_SOURCES);
	list_init(&b->all);
	source_init(&b->user, (struct mono){ 0 });
}

static void forget_addresses(struct hint *h)
{
	while (h->n > 0)
		free(h->addresses[--h->n]);
}

void hint_book_remove(struct hint_book *b, struct hint *h)
{
	map_remove(&b->hints, &h->by_id);
	list_remove(&h->all);
	list_remove(&h->of_source);
	h->source->n--;
	forget_addresses(h);
	free(h);
}

static struct hint *hint_of(struct list *of_source)
{
	return list_entry(of_source, struct hint, of_source);
}

void hint_book_deinit(struct hint_book *b)
{
	struct map_node *node;

	while (!list_is_empty(&b->all))
		hint_book_remove(b, list_entry(list_first(&b->all), struct hint, all));
	while ((node = map_first(&b->sources))) {
		map_remove(&b->sources, node);
		free(container_of(node, struct hint_source, by_id));
	}
	map_deinit(&b->sources);
	map_deinit(&b->hints);
}

struct hint *hint_book_find(const struct hint_book *b, const struct peer_id *id)
{
	struct map_node *node = map_find(&b->hints, peer_id_bytes(id));

	return node ? container_of(node, struct hint, by_id) : NULL;
}

/* ---- who tells, and how much ---- */

static void refill(struct hint_source *s, struct mono now)
{
	uint64_t n = mono_since_ms(s->refilled_at, now) / LIMIT_HINTS_REFILL_MS;
	unsigned room = LIMIT_HINTS_PER_SOURCE - s->tokens;

	s->tokens += n < room ? (unsigned)n : room;
	s->refilled_at = mono_add_ms(s->refilled_at, n * LIMIT_HINTS_REFILL_MS);
}

/* One that has no hints left and may tell as much as one that we never heard of. */
static bool is_spare(struct hint_source *s, struct mono now)
{
	refill(s, now);
	return s->n == 0 && s->tokens == LIMIT_HINTS_PER_SOURCE;
}

static void drop_a_spare_source(struct hint_book *b, struct mono now)
{
	for (struct map_node *node = map_first(&b->sources); node;
	     node = map_next(&b->sources, node)) {
		struct hint_source *s = container_of(node, struct hint_source, by_id);

		if (!is_spare(s, now))
			continue;
		map_remove(&b->sources, node);
		free(s);
		return;
	}
}

static struct hint_source *source_find(const struct hint_book *b, const struct peer_id *id)
{
	struct map_node *node = map_find(&b->sources, peer_id_bytes(id));

	return node ? container_of(node, struct hint_source, by_id) : NULL;
}

static struct hint_source *source_new(struct hint_book *b, const struct peer_id *id,
				      struct mono now)
{
	struct hint_source *s;

	if (b->sources.n == b->sources.n_max)
		drop_a_spare_source(b, now);
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	source_init(s, now);
	s->id = *id;
	if (map_put(&b->sources, &s->by_id, peer_id_bytes(&s->id)) < 0) {
		free(s);
		return NULL;
	}
	return s;
}

static bool charge(struct hint_book *b, const struct peer_id *via, unsigned reserve,
		   struct mono now)
{
	struct hint_source *s = source_find(b, via);

	if (!s)
		s = source_new(b, via, now);
	if (s)
		refill(s, now);
	if (!s || s->tokens <= reserve) {
		b->n_refused++;
		return false;
	}
	s->tokens--;
	return true;
}

bool hint_book_charge(struct hint_book *b, const struct peer_id *via, struct mono now)
{
	return charge(b, via, 0, now);
}

bool hint_book_charge_spare(struct hint_book *b, const struct peer_id *via, struct mono now)
{
	return charge(b, via, LIMIT_HINTS_PER_SOURCE / 2, now);
}

/* ---- addresses ---- */

/* Could we dial it, and may we know it from who told? */
static bool is_of_use(const struct multiaddr *m, const struct hint_news *news)
{
	struct multiaddr_target to;

	if (multiaddr_target(m, &to) < 0 || (to.has_peer && !peer_id_equal(&to.peer, &news->id)))
		return false;
	if (to.host != MULTIADDR_IP)
		return true;
	return !addr_is_no_host(&to.addr) &&
	       (!news->via || !news->via_is_public || addr_is_public(&to.addr));
}

static bool has_address(const struct hint *h, const struct multiaddr *m)
{
	for (size_t i = 0; i < h->n; i++)
		if (bytes_equal(BYTES(h->addresses[i]->b, h->addresses[i]->n), BYTES(m->b, m->n)))
			return true;
	return false;
}

static bool put_address(struct hint *h, const struct multiaddr *m, const struct hint_news *news)
{
	struct hint_address *a;

	if (h->n == ARRAY_SIZE(h->addresses) || m->n > ADDRESS_BYTES_MAX || has_address(h, m))
		return false;
	a = malloc(sizeof(*a) + m->n);
	if (!a)
		return false;
	a->told_by_user = !news->via;
	a->public_only = news->via && news->via_is_public;
	a->n = m->n;
	memcpy(a->b, m->b, m->n);
	h->addresses[h->n++] = a;
	return true;
}

static bool put_addresses(struct hint *h, const struct hint_news *news)
{
	size_t n = 0;

	for (size_t i = 0; i < news->n; i++) {
		struct multiaddr m;

		if (multiaddr_decode(news->addresses[i], &m) < 0 || !is_of_use(&m, news))
			continue;
		multiaddr_without_peer(&m, &m);
		n += put_address(h, &m, news);
	}
	return n > 0;
}

/* What the peer signed counts more than what others say of it, and the user's word more than both.
 */
static bool replace_addresses(struct hint *h, const struct hint_news *news)
{
	if (h->is_certified && news->seq <= h->seq)
		return false;
	if (h->source->by_id.key.p) /* not the user */
		forget_addresses(h);
	h->is_certified = true;
	h->seq = news->seq;
	return put_addresses(h, news);
}

/* ---- adding ---- */

static struct hint_source *greatest_source(const struct hint_book *b)
{
	struct hint_source *greatest = NULL;

	for (struct map_node *node = map_first(&b->sources); node;
	     node = map_next(&b->sources, node)) {
		struct hint_source *s = container_of(node, struct hint_source, by_id);

		if (!greatest || s->n > greatest->n)
			greatest = s;
	}
	return greatest;
}

/* Others were asked where it is, and did not know either. */
static bool drop_one_asked_in_vain(struct hint_book *b, struct hint_source *s)
{
	list_for_each (it, &s->hints) {
		struct hint *h = hint_of(it);

		if (h->n > 0 || mono_is_never(h->asked_at))
			continue;
		hint_book_remove(b, h);
		return true;
	}
	return false;
}

/* Room for one more of `s`, at whose cost this may be; `displace`: at all? */
static bool make_room(struct hint_book *b, struct hint_source *s, bool displace)
{
	size_t max = s == &b->user ? LIMIT_HINTS_IMPORTED : LIMIT_HINTS_PER_SOURCE;
	struct hint_source *at_cost_of = NULL;

	if (s->n >= max)
		at_cost_of = s;
	else if (b->hints.n == b->hints.n_max)
		at_cost_of = greatest_source(b);
	else
		return true;
	if (!at_cost_of || at_cost_of->n == 0)
		return false;
	if (!displace)
		return drop_one_asked_in_vain(b, s);
	hint_book_remove(b, hint_of(list_first(&at_cost_of->hints)));
	return true;
}

static struct hint *hint_new(struct hint_book *b, struct hint_source *s, const struct peer_id *id)
{
	struct hint *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->source = s;
	h->id = *id;
	h->tried_at = h->asked_at = MONO_NEVER;
	list_init(&h->all);
	list_init(&h->of_source);
	if (map_put(&b->hints, &h->by_id, peer_id_bytes(&h->id)) < 0) {
		free(h);
		return NULL;
	}
	s->n++;
	return h;
}

static void touch(struct hint_book *b, struct hint *h, struct mono now)
{
	h->told_at = now;
	list_remove(&h->all);
	list_add_tail(&b->all, &h->all);
	list_remove(&h->of_source);
	list_add_tail(&h->source->hints, &h->of_source);
}

/* Before anything is displaced for it. */
static bool has_use(const struct hint_news *news)
{
	for (size_t i = 0; i < news->n; i++) {
		struct multiaddr m;

		if (multiaddr_decode(news->addresses[i], &m) == 0 && is_of_use(&m, news))
			return true;
	}
	return false;
}

static bool add_new(struct hint_book *b, const struct hint_news *news, struct mono now)
{
	struct hint_source *s = news->via ? source_find(b, news->via) : &b->user;
	struct hint *h;

	if (!s || (news->n > 0 && !has_use(news)) || !make_room(b, s, news->n > 0))
		return false;
	h = hint_new(b, s, &news->id);
	if (!h)
		return false;
	touch(b, h, now);
	h->is_certified = news->is_certified;
	h->seq = news->seq;
	put_addresses(h, news);
	return true;
}

bool hint_book_add(struct hint_book *b, const struct hint_news *news, struct mono now)
{
	struct hint *h = hint_book_find(b, &news->id);

	if (peer_id_equal(&news->id, &b->own))
		return false;
	if (!h)
		return add_new(b, news, now);
	touch(b, h, now);
	if (news->is_certified)
		return replace_addresses(h, news);
	return !h->is_certified && put_addresses(h, news);
}

/* ---- using ---- */

static bool is_due(struct mono at, struct mono now)
{
	return mono_is_never(at) || mono_reached(mono_add_ms(at, LIMIT_HINT_AGAIN_MS), now);
}

/* One of the `n` seen so far, each with the same chance. */
static bool is_drawn(const struct random *random, size_t n)
{
	return random_below(random, n) == 0;
}

struct draw {
	const struct random *random;
	hint_filter_fn is;
	void *user;
	struct mono now;
	size_t n_sources;
	struct hint *chosen;
};

static void draw_from(struct draw *d, struct hint_source *s)
{
	struct hint *candidate = NULL;
	size_t n = 0;

	list_for_each (it, &s->hints) {
		struct hint *h = hint_of(it);

		if (h->n > 0 && is_due(h->tried_at, d->now) && d->is(d->user, h) &&
		    is_drawn(d->random, ++n))
			candidate = h;
	}
	if (candidate && is_drawn(d->random, ++d->n_sources))
		d->chosen = candidate;
}

struct hint *hint_book_choose(struct hint_book *b, const struct random *random, hint_filter_fn is,
			      void *user, struct mono now)
{
	struct draw d = { .random = random, .is = is, .user = user, .now = now };

	draw_from(&d, &b->user);
	for (struct map_node *node = map_first(&b->sources); node;
	     node = map_next(&b->sources, node))
		draw_from(&d, container_of(node, struct hint_source, by_id));
	return d.chosen;
}

size_t hint_book_wanted(struct hint_book *b, const struct random *random, hint_filter_fn is,
			void *user, struct mono now, struct peer_id ret[LIMIT_ADDR_ROUND_IDS])
{
	struct hint *chosen[LIMIT_ADDR_ROUND_IDS];
	size_t n_seen = 0, n;

	list_for_each (it, &b->all) {
		struct hint *h = list_entry(it, struct hint, all);
		uint64_t at;

		if ((h->n > 0 && h->n_failed == 0) || !is_due(h->asked_at, now) || !is(user, h))
			continue;
		n_seen++;
		at = n_seen <= ARRAY_SIZE(chosen) ? n_seen - 1 : random_below(random, n_seen);
		if (at < ARRAY_SIZE(chosen))
			chosen[at] = h;
	}
	n = size_min(n_seen, ARRAY_SIZE(chosen));
	for (size_t i = 0; i < n; i++) {
		chosen[i]->asked_at = now;
		ret[i] = chosen[i]->id;
	}
	return n;
}

void hint_book_on_tried(struct hint *h, struct mono now)
{
	h->tried_at = now;
}

void hint_book_on_failed(struct hint_book *b, struct hint *h, enum link_reason reason)
{
	h->error = reason;
	if (++h->n_failed >= LIMIT_HINT_TRIES && h->source != &b->user)
		hint_book_remove(b, h);
}

void hint_book_on_connected(struct hint *h)
{
	h->n_failed = 0;
}

void hint_book_tick(struct hint_book *b, struct mono now)
{
	while (!list_is_empty(&b->all)) {
		struct hint *h = list_entry(list_first(&b->all), struct hint, all);

		if (!mono_reached(mono_add_ms(h->told_at, LIMIT_HINT_MS), now))
			return;
		hint_book_remove(b, h);
	}
}
