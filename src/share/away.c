#include "share/away.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/door_missed.h"

#define LOOKS_MAX (1 << 20)
#define SHARES 4 /* of the records, one of which those of one token may have */
#define WHO_MAX (2 + LIMIT_CONSUMER_ID + LIMIT_CONSUMER_ID + LIMIT_SUBJECT)

/* ---- records ---- */

static void unkeep(struct door *d, struct away_view *r)
{
	if (!r->keeps)
		return;
	r->keeps = false;
	r->view->topic->n_kept--;
	topic_may_leave(d, r->view->topic);
}

static void forget_view(struct door *d, struct away *a, struct away_view *r)
{
	struct topic *t = r->view->topic;

	unkeep(d, r);
	list_remove(&r->link);
	a->n_views--;
	d->n_away--;
	t->n_away--;
	r->view->n_away--;
	topic_unused(d, t);
	free(r);
}

static void forget(struct door *d, struct away *a)
{
	list_for_each_safe (it, &a->views)
		forget_view(d, a, list_entry(it, struct away_view, link));
	map_remove(&d->away_by_who, &a->by_who);
	list_remove(&a->link);
	free(a);
}

static struct away *find(struct door *d, struct bytes who)
{
	struct map_node *found = map_find(&d->away_by_who, who);

	return found ? container_of(found, struct away, by_who) : NULL;
}

/* In the order of their ends. */
static void enlist(struct door *d, struct away *a)
{
	struct list *at = &d->away;

	while (at->prev != &d->away &&
	       list_entry(at->prev, struct away, link)->until.ns > a->until.ns)
		at = at->prev;
	list_insert_before(at, &a->link);
	door_deadline_at(d, a->until);
}

/* ---- room ---- */

static bool is_by(const struct away *a, const char *by)
{
	return strcmp(a->by, by) == 0;
}

/* Who ended first of these. NULL: there is none but `a`. */
static struct away *oldest_by(struct door *d, const char *by, const struct away *a)
{
	list_for_each (it, &d->away) {
		struct away *o = list_entry(it, struct away, link);

		if (o != a && is_by(o, by))
			return o;
	}
	return NULL;
}

/* Do they have what those of one token may have? */
static bool have_their_share(struct door *d, const char *by, bool of_views)
{
	size_t n = 0;

	if (!by[0])
		return false;
	list_for_each (it, &d->away) {
		const struct away *o = list_entry(it, struct away, link);

		if (is_by(o, by))
			n += of_views ? o->n_views : 1;
	}
	return n >= (of_views ? LIMIT_DOOR_AWAY_VIEWS : LIMIT_DOOR_AWAY) / SHARES;
}

static void make_room(struct door *d, const char *by)
{
	if (have_their_share(d, by, false))
		forget(d, oldest_by(d, by, NULL));
	else if (d->away_by_who.n >= LIMIT_DOOR_AWAY)
		forget(d, list_entry(d->away.next, struct away, link));
}

/* False: there is none. */
static bool make_room_for_view(struct door *d, const struct away *a)
{
	struct away *oldest = list_entry(d->away.next, struct away, link);

	if (have_their_share(d, a->by, true)) {
		oldest = oldest_by(d, a->by, a);
		if (!oldest)
			return false;
		forget(d, oldest);
	} else if (d->n_away >= LIMIT_DOOR_AWAY_VIEWS && oldest != a) {
		forget(d, oldest);
	}
	return d->n_away < LIMIT_DOOR_AWAY_VIEWS;
}

struct away *away_of(struct door *d, struct bytes who, const char *by, struct mono until)
{
	struct away *a = find(d, who);

	if (a) {
		list_remove(&a->link);
		a->until = until;
		enlist(d, a);
		return a;
	}
	make_room(d, by);
	a = calloc(1, sizeof(*a) + who.n);
	if (!a)
		return NULL;
	a->until = until;
	strcpy(a->by, by);
	a->n_who = who.n;
	memcpy(a->who, who.p, who.n);
	list_init(&a->views);
	list_init(&a->link);
	if (map_put(&d->away_by_who, &a->by_who, BYTES(a->who, a->n_who)) < 0) {
		free(a);
		return NULL;
	}
	enlist(d, a);
	return a;
}

static struct away_view *find_view(struct away *a, const struct view *v)
{
	list_for_each (it, &a->views) {
		struct away_view *r = list_entry(it, struct away_view, link);

		if (r->view == v)
			return r;
	}
	return NULL;
}

struct away_view *away_add(struct door *d, struct away *a, struct view *v)
{
	struct away_view *r;

	if (!make_room_for_view(d, a))
		return NULL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->view = v;
	list_add_tail(&a->views, &r->link);
	a->n_views++;
	d->n_away++;
	v->topic->n_away++;
	v->n_away++;
	return r;
}

void away_keep(struct away_view *r)
{
	r->view->topic->n_kept += !r->keeps;
	r->keeps = true;
}

/* ---- leaving ---- */

/* Who it is to the door, when it comes back: nobody, if it has no id. */
static struct bytes who_is(const struct consumer *c, uint8_t out[WHO_MAX])
{
	size_t n_name = strlen(c->rights->name), n_id = strlen(c->id);

	if (n_id == 0)
		return BYTES(NULL, 0);
	out[0] = AWAY_CONSUMER;
	memcpy(out + 1, c->rights->name, n_name + 1);
	memcpy(out + 2 + n_name, c->id, n_id);
	return BYTES(out, 2 + n_name + n_id);
}

static struct bytes who_is_group(const struct sub *s, uint8_t out[WHO_MAX])
{
	out[0] = AWAY_GROUP;
	memcpy(out + 1, s->queue.p, s->queue.n);
	return BYTES(out, 1 + s->queue.n);
}

/* False: at its end this one takes more time than anybody may, because it has thousands of
 * wildcards or groups. What it misses in the rest of them is not noted. */
static bool may_look(struct consumer *c, size_t n)
{
	c->n_looks += n;
	return c->n_looks <= LOOKS_MAX;
}

static bool is_last_of_group(const struct sub *s, const struct view *v)
{
	struct subjects *index = &s->consumer->door->subjects;

	if (!may_look(s->consumer, 1))
		return false;
	subjects_match(index, v->subject);
	(void)may_look(s->consumer, index->n_hits + index->n_steps);
	for (size_t i = 0; i < index->n_hits; i++) {
		const struct sub *o = container_of(index->hits[i], struct sub, entry);

		if (!o->dead && o->consumer != s->consumer && consumer_is_open(o->consumer) &&
		    bytes_equal(o->queue, s->queue))
			return false;
	}
	return true;
}

static struct bytes who_misses(const struct sub *s, uint8_t out[WHO_MAX])
{
	return s->queue.n > 0 ? who_is_group(s, out) : who_is(s->consumer, out);
}

/* What a validator is not asked about is counted elsewhere: it missed nothing. */
static bool is_told(const struct view *v)
{
	return v != &v->topic->views[TOPIC_VALIDATE];
}

/* This view, as it is left with everything handed out: what is less follows. */
static struct away_view *note(struct sub *s, struct view *v)
{
	struct consumer *c = s->consumer;
	struct door *d = c->door;
	uint8_t room[WHO_MAX];
	struct bytes who = who_misses(s, room);
	struct away *a;
	struct away_view *r;

	if (!is_told(v) || who.n == 0 || (s->queue.n > 0 && !is_last_of_group(s, v)))
		return NULL;
	if (s->queue.n == 0)
		v->noted_by = c->number;
	a = away_of(d, who, c->rights->is_owner ? "" : c->rights->name,
		    mono_add_ms(d->now, LIMIT_DOOR_AWAY_MS));
	r = a ? find_view(a, v) : NULL;
	if (!r && a)
		r = away_add(d, a, v);
	if (!r || r->left_by == c->number)
		return r;
	r->left_by = c->number;
	r->from = r->told_from = v->seq + 1;
	r->bytes_at = v->n_bytes;
	r->pauses_at = v->n_pauses;
	r->taken = r->restart = false;
	return r;
}

static void lower(uint64_t *io, uint64_t v)
{
	if (v < *io)
		*io = v;
}

/* What it was dropped for is told now; that its next message says so is put off. */
static void leave_holes(struct sub *s)
{
	list_for_each_safe (it, &s->holes) {
		struct hole *h = list_entry(it, struct hole, link);
		struct away_view *r = h->view ? note(s, h->view) : NULL;

		if (r)
			lower(&r->from, h->from);
		hole_close(h);
	}
}

static void leave_unsent(const struct mark *m)
{
	struct sub *s = m->sub;
	struct away_view *r = m->view ? note(s, m->view) : NULL;

	if (m->view && !is_told(m->view))
		return;
	if (!r) {
		if (s->queue.n == 0 || !m->view || is_last_of_group(s, m->view))
			hole_dig_unsent(s, m);
		return;
	}
	lower(&r->from, m->from);
	if (m->seq >= r->told_from)
		return; /* another subscription's copy, or told as dropped */
	r->bytes_at -= m->n_payload;
	/* What lies between was told as dropped, or is another member's, or no message. */
	r->pauses_at -= r->told_from - 1 - m->seq;
	r->told_from = m->seq;
}

static bool is_noted(const struct sub *s, const struct view *v)
{
	return s->queue.n == 0 && v->noted_by == s->consumer->number;
}

/* Who is forgotten to make room for it may have been the last to need a topic. */
static void leave_wild(struct sub *s)
{
	struct door *d = s->consumer->door;

	d->walking_topics = true;
	for (struct map_node *it = map_first(&d->topics); it; it = map_next(&d->topics, it)) {
		struct topic *t = container_of(it, struct topic, by_name);

		if (!may_look(s->consumer, 1))
			break;
		for (size_t i = 0; i < TOPIC_VALIDATE; i++)
			if (!is_noted(s, &t->views[i]) &&
			    subject_matches(s->pattern, t->views[i].subject))
				(void)note(s, &t->views[i]);
	}
	d->walking_topics = false;
}

static void leave_sub(struct sub *s)
{
	struct away_view *r;

	if (!s->view) {
		leave_wild(s);
		return;
	}
	r = note(s, s->view);
	if (r)
		away_keep(r);
}

void away_leave(struct consumer *c)
{
	for (struct map_node *it = map_first(&c->subs); it; it = map_next(&c->subs, it))
		leave_holes(container_of(it, struct sub, by_sid));
	/* Backwards, so that the lowest number is noted last. */
	for (size_t i = c->unsent.n; i-- > 0;)
		if (!unsent_at(&c->unsent, i)->sub->dead && !unsent_at(&c->unsent, i)->given)
			leave_unsent(unsent_at(&c->unsent, i));
	for (struct map_node *it = map_first(&c->subs); it; it = map_next(&c->subs, it))
		leave_sub(container_of(it, struct sub, by_sid));
}

/* ---- coming back ---- */

static void tell(struct sub *s, struct away_view *r)
{
	uint64_t n_numbers = r->to - r->told_from + 1;
	uint64_t n_pauses = r->view->n_pauses - r->pauses_at;

	hole_tell_away(s, &(struct hole){
				  .view = r->view,
				  .why = r->restart ? DOOR_GAP_RESTART : DOOR_GAP_AWAY,
				  .told_from = r->told_from,
				  .to = r->to,
				  .count = n_numbers > n_pauses ? n_numbers - n_pauses : 0,
				  .bytes = r->view->n_bytes - r->bytes_at,
			  });
}

/* The first of its subscriptions is told by an event, too. */
static void take(struct sub *s, struct away_view *r)
{
	struct door *d = s->consumer->door;
	bool first = !r->taken;

	if (first) {
		r->taken = true;
		r->to = r->view->seq;
		unkeep(d, r);
	}
	if (r->to < r->from || r->view->seq != r->to)
		return; /* nothing was missed, or this subscription is a new one */
	if (hole_open(s, r->view, r->from, r->to) < 0) {
		consumer_close(s->consumer, NULL); /* it would be silent */
		return;
	}
	if (first && r->told_from <= r->to)
		tell(s, r);
}

void away_return(struct sub *s)
{
	struct door *d = s->consumer->door;
	uint8_t room[WHO_MAX];
	struct bytes who = who_misses(s, room);
	struct away *a = who.n > 0 && d->n_away > 0 ? find(d, who) : NULL;

	if (!a)
		return;
	list_for_each (it, &a->views) {
		struct away_view *r = list_entry(it, struct away_view, link);

		if (s->view ? r->view == s->view : subject_matches(s->pattern, r->view->subject))
			take(s, r);
	}
}

/* ---- time ---- */

void away_tick(struct door *d, struct mono now)
{
	while (!list_is_empty(&d->away)) {
		struct away *a = list_entry(d->away.next, struct away, link);

		if (!mono_reached(a->until, now))
			return;
		forget(d, a);
	}
}

struct mono away_deadline(const struct door *d)
{
	const struct list *first = d->away.next;

	if (first == &d->away)
		return MONO_NEVER;
	return ((const struct away *)(const void *)((const char *)first -
						    offsetof(struct away, link)))
		->until;
}

void away_free(struct door *d)
{
	while (!list_is_empty(&d->away))
		forget(d, list_entry(d->away.next, struct away, link));
}
