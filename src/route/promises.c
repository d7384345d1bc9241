#include "route/promises.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define ASKED_AT_ONCE 2
#define STEPS_MAX 3 /* then all are asked */
#define RECORD_MAX 10
#define DEBT 0.05       /* what one it was asked for and did not send yet takes from a record */
#define RECORD_KEPT 0.9 /* of it, from one interval to the next */

/* A message that has not come. */
struct want {
	struct map_node node;
	struct list in_waiting;
	struct list promises; /* as announced */
	size_t n, n_asked;    /* now */
	struct mono asked_at; /* the first time */
	uint8_t id[];
};

/* A peer said that it has the message. */
struct promise {
	struct list in_want, in_peer;
	struct list in_asked; /* on no list: not asked yet */
	struct list in_aliens;
	struct want *want;
	struct promises_peer *peer;
	struct mono asked_at;
	bool alien, late;
	size_t n_its_id; /* 0: it calls it as we do */
	uint8_t its_id[];
};

void promises_init(struct promises *ps, uint64_t seed, uint64_t interval_ms,
		   bool (*ask)(void *user, void *peer_user, struct bytes id), void *user)
{
	*ps = (struct promises){ .interval_ms = interval_ms, .ask = ask, .user = user };
	map_init(&ps->wanted, seed, LIMIT_GOSSIP_WANTED);
	list_init(&ps->waiting);
	list_init(&ps->asked);
}

void promises_deinit(struct promises *ps)
{
	ASSERT(ps->n == 0);
	map_deinit(&ps->wanted);
}

void promises_peer_init(struct promises_peer *pp, void *user)
{
	*pp = (struct promises_peer){ .user = user };
	list_init(&pp->promises);
	list_init(&pp->aliens);
}

/* ---- promises ---- */

static bool is_asked(const struct promise *p)
{
	return !list_is_empty(&p->in_asked);
}

static void want_free(struct promises *ps, struct want *w)
{
	map_remove(&ps->wanted, &w->node);
	list_remove(&w->in_waiting);
	free(w);
}

/* The want stays, also without promises. */
static void promise_free(struct promises *ps, struct promise *p)
{
	p->want->n--;
	p->want->n_asked -= is_asked(p);
	p->peer->n--;
	p->peer->n_asked -= is_asked(p);
	p->peer->n_late -= p->late;
	ps->n--;
	list_remove(&p->in_want);
	list_remove(&p->in_peer);
	list_remove(&p->in_asked);
	list_remove(&p->in_aliens);
	free(p);
}

/* Whoever has been asked and went leaves the place to the next announcer, with the next tick. */
static void want_may_go(struct promises *ps, struct want *w)
{
	if (w->n == 0)
		want_free(ps, w);
}

static void promise_drop(struct promises *ps, struct promise *p)
{
	struct want *w = p->want;

	promise_free(ps, p);
	want_may_go(ps, w);
}

void promises_peer_deinit(struct promises *ps, struct promises_peer *pp)
{
	list_for_each_safe (it, &pp->promises)
		promise_drop(ps, list_entry(it, struct promise, in_peer));
}

/* ---- asking ---- */

static struct bytes its_id_of(const struct promise *p)
{
	return p->n_its_id > 0 ? BYTES(p->its_id, p->n_its_id) : p->want->node.key;
}

/* How many may be asked for it at once by now. A tick that follows soon after is not counted. */
static size_t asked_max(const struct promises *ps, const struct want *w, struct mono now)
{
	uint64_t ms = mono_since_ms(w->asked_at, now) + ps->interval_ms / 2;
	uint64_t n = ms / ps->interval_ms;

	if (n >= STEPS_MAX)
		return LIMIT_GOSSIP_ANNOUNCERS;
	return (size_t)ASKED_AT_ONCE << (2 * n);
}

/* How likely it is to answer, compared with others. */
static double worth_of(const struct promises_peer *pp)
{
	return pp->record - (double)pp->n_late - DEBT * (double)pp->n_asked;
}

/* It is late with what it was asked for: then others are asked first. */
static bool is_in_arrears(const struct promises_peer *pp)
{
	return pp->record < (double)pp->n_late;
}

/* The most promising of those that were not asked yet, or of those that were. NULL:
 * none. */
static struct promise *best_of(const struct want *w, bool asked)
{
	struct promise *best = NULL;

	list_for_each (it, &w->promises) {
		struct promise *p = list_entry(it, struct promise, in_want);

		if (is_asked(p) == asked && (!best || worth_of(p->peer) > worth_of(best->peer)))
			best = p;
	}
	return best;
}

/* It has kept promises, and more of them than all that were asked. */
static bool is_outstanding(const struct want *w, const struct promise *p)
{
	const struct promise *best = best_of(w, true);

	return p->peer->record > 0 && best && p->peer->record > best->peer->record;
}

/* Who cannot be asked has promised nothing. */
static void promise_ask(struct promises *ps, struct promise *p, struct mono now)
{
	if (!ps->ask(ps->user, p->peer->user, its_id_of(p))) {
		promise_free(ps, p);
		return;
	}
	p->asked_at = now;
	p->want->n_asked++;
	p->peer->n_asked++;
	list_add_tail(&ps->asked, &p->in_asked);
	if (p->alien)
		list_add_tail(&p->peer->aliens, &p->in_aliens);
}

static void peer_kept(struct promises_peer *pp)
{
	pp->n_kept++;
	if (pp->record < RECORD_MAX)
		pp->record++;
}

static void peer_did_not_help(struct promises_peer *pp)
{
	if (pp->record > -RECORD_MAX)
		pp->record--;
}

static void peer_broke(struct promises_peer *pp)
{
	pp->n_broken++;
	peer_did_not_help(pp);
}

/* Asks as many as may be. `tick`: also those that are in arrears. */
static void want_ask(struct promises *ps, struct want *w, bool tick, struct mono now)
{
	size_t max = asked_max(ps, w, now);

	for (struct promise *p = best_of(w, false); p; p = best_of(w, false)) {
		if (w->n_asked >= max && !is_outstanding(w, p))
			break;
		if (!tick && is_in_arrears(p->peer))
			break;
		promise_ask(ps, p, now);
	}
	list_remove(&w->in_waiting);
	if (w->n > w->n_asked)
		list_add_tail(&ps->waiting, &w->in_waiting);
	want_may_go(ps, w);
}

/* ---- announcements ---- */

static bool has_room(const struct promises *ps, const struct promises_peer *pp)
{
	size_t max = ps->n < LIMIT_GOSSIP_PROMISES / 2 ? LIMIT_GOSSIP_PROMISES_PEER
						       : LIMIT_GOSSIP_PROMISES_FEW;

	return ps->n < LIMIT_GOSSIP_PROMISES && pp->n < max;
}

static bool has_announced(const struct want *w, const struct promises_peer *pp)
{
	list_for_each (it, &w->promises)
		if (list_entry(it, struct promise, in_want)->peer == pp)
			return true;
	return false;
}

static struct want *want_new(struct promises *ps, struct bytes id, struct mono now)
{
	struct want *w = calloc(1, sizeof(*w) + id.n);

	if (!w)
		return NULL;
	memcpy(w->id, id.p, id.n);
	if (map_put(&ps->wanted, &w->node, BYTES(w->id, id.n)) < 0) {
		free(w);
		return NULL;
	}
	list_init(&w->in_waiting);
	list_init(&w->promises);
	w->asked_at = now;
	return w;
}

/* NULL: no memory. */
static struct promise *promise_new(struct promises *ps, struct want *w, struct promises_peer *pp,
				   const struct promise_announcement *a)
{
	size_t n = bytes_equal(a->id, a->its_id) ? 0 : a->its_id.n;
	struct promise *p = calloc(1, sizeof(*p) + n);

	if (!p)
		return NULL;
	p->want = w;
	p->peer = pp;
	p->alien = a->alien;
	p->n_its_id = n;
	if (n > 0)
		memcpy(p->its_id, a->its_id.p, n);
	list_init(&p->in_asked);
	list_init(&p->in_aliens);
	list_add_tail(&w->promises, &p->in_want);
	list_add_tail(&pp->promises, &p->in_peer);
	w->n++;
	pp->n++;
	ps->n++;
	return p;
}

void promises_announced(struct promises *ps, struct promises_peer *pp,
			const struct promise_announcement *a, struct mono now)
{
	struct map_node *node = map_find(&ps->wanted, a->id);
	struct want *w = node ? container_of(node, struct want, node) : NULL;

	if (!has_room(ps, pp))
		return;
	if (w && (w->n >= LIMIT_GOSSIP_ANNOUNCERS || has_announced(w, pp)))
		return;
	if (!w)
		w = want_new(ps, a->id, now);
	if (!w)
		return;
	/* In vain: then want_ask() finds nobody, and a new want goes again. */
	(void)!promise_new(ps, w, pp, a);
	want_ask(ps, w, false, now);
}

/* ---- what becomes of them ---- */

bool promises_kept(struct promises *ps, struct bytes id, struct promises_peer *via)
{
	struct map_node *node = map_find(&ps->wanted, id);
	struct want *w;

	if (!node)
		return false;
	w = container_of(node, struct want, node);
	list_for_each_safe (it, &w->promises) {
		struct promise *p = list_entry(it, struct promise, in_want);

		if (via && p->peer == via && is_asked(p))
			peer_kept(via);
		promise_free(ps, p);
	}
	want_free(ps, w);
	return true;
}

void promises_kept_alien(struct promises *ps, struct promises_peer *via)
{
	struct list *first = list_first(&via->aliens);

	if (!first)
		return;
	peer_kept(via);
	promise_drop(ps, list_entry(first, struct promise, in_aliens));
}

static struct promise *promise_of(const struct promises_peer *pp, struct bytes id)
{
	list_for_each (it, &pp->promises) {
		struct promise *p = list_entry(it, struct promise, in_peer);

		if (is_asked(p) &&
		    (bytes_equal(p->want->node.key, id) || bytes_equal(its_id_of(p), id)))
			return p;
	}
	return NULL;
}

bool promises_excuse(struct promises *ps, struct bytes id, struct promises_peer *via, bool doubtful)
{
	struct promise *p = promise_of(via, id);
	struct list *alien = list_first(&via->aliens);

	if (doubtful && (p || alien))
		peer_did_not_help(via);
	if (p)
		promise_drop(ps, p);
	else if (alien)
		promise_drop(ps, list_entry(alien, struct promise, in_aliens));
	return !p && alien;
}

void promises_not_sent(struct promises *ps, struct promises_peer *pp, struct mono now)
{
	list_for_each_safe (it, &pp->promises) {
		struct promise *p = list_entry(it, struct promise, in_peer);

		if (is_asked(p) && p->asked_at.ns == now.ns)
			promise_drop(ps, p);
	}
}

static void end_promises(struct promises *ps, struct mono now)
{
	list_for_each_safe (it, &ps->asked) {
		struct promise *p = list_entry(it, struct promise, in_asked);

		if (mono_since_ms(p->asked_at, now) < LIMIT_GOSSIP_PROMISE_MS)
			return;
		peer_broke(p->peer);
		promise_drop(ps, p);
	}
}

static void note_late(struct promises *ps, struct mono now)
{
	list_for_each (it, &ps->asked) {
		struct promise *p = list_entry(it, struct promise, in_asked);

		if (mono_since_ms(p->asked_at, now) < ps->interval_ms / 2)
			return;
		p->peer->n_late += !p->late;
		p->late = true;
	}
}

void promises_tick(struct promises *ps, struct mono now)
{
	struct list todo;

	end_promises(ps, now);
	note_late(ps, now);
	/* want_ask() puts back who still waits: look at each once. */
	list_init(&todo);
	for (struct list *it = list_first(&ps->waiting); it; it = list_first(&ps->waiting)) {
		list_remove(it);
		list_add_tail(&todo, it);
	}
	for (struct list *it = list_first(&todo); it; it = list_first(&todo))
		want_ask(ps, list_entry(it, struct want, in_waiting), true, now);
}

double promises_broken(struct promises_peer *pp)
{
	size_t n = pp->n_broken <= pp->n_kept ? 0 : pp->n_broken;

	pp->n_kept = pp->n_broken = 0;
	pp->record *= RECORD_KEPT;
	if (n == 0)
		return 0;
	return size_min(size_max(n, 32), 256) / 64.0;
}
