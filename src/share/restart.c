#include <stdlib.h>

#include "base/limits.h"
#include "share/away.h"
#include "share/door_priv.h"
#include "share/numbers.h"

/* An orderly restart: numbers go on where they were, but for one that stands for the pause, and
 * whoever was waited for is waited for again. */

/* ---- saving ---- */

static uint16_t topic_index(struct numbers *n, const struct topic *t)
{
	for (size_t i = 0; i < n->n_topics; i++)
		if (bytes_equal(n->topics[i].name, t->name))
			return (uint16_t)i;
	return 0; /* every topic that somebody waits for was put there */
}

static void save_topics(struct door *d, struct numbers *n)
{
	for (struct map_node *it = map_first(&d->topics); it; it = map_next(&d->topics, it)) {
		const struct topic *t = container_of(it, struct topic, by_name);
		struct numbers_topic *to = &n->topics[n->n_topics];

		if (t->n_away == 0)
			continue;
		to->name = t->name;
		for (size_t i = 0; i < TOPIC_VIEWS; i++) {
			to->epoch[i] = t->views[i].epoch;
			to->seq[i] = t->views[i].seq;
		}
		n->n_topics++;
	}
}

static void save_view(struct numbers *n, const struct away_view *r)
{
	n->views[n->n_views++] = (struct numbers_view){
		.topic = topic_index(n, r->view->topic),
		.view = (uint8_t)(r->view - r->view->topic->views),
		.keeps = r->keeps,
		.from = r->from,
		.told_from = r->told_from,
		.bytes = r->view->n_bytes - r->bytes_at,
		.pauses = r->view->n_pauses - r->pauses_at,
	};
}

static void save_away(struct door *d, const struct away *a, struct numbers *n)
{
	size_t first = n->n_views;

	for (const struct list *it = a->views.next; it != &a->views; it = it->next) {
		const struct away_view *r =
			(const void *)((const char *)it - offsetof(struct away_view, link));

		if (!r->taken)
			save_view(n, r);
	}
	n->away[n->n_away++] = (struct numbers_away){
		.who = BYTES(a->who, a->n_who),
		.left_ms = (uint32_t)mono_since_ms(d->now, a->until),
		.n_views = (uint16_t)(n->n_views - first),
	};
}

int door_save(struct door *d, struct wall wall, struct mono now, struct buf *out)
{
	struct numbers *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return -ENOMEM;
	d->now = now;
	away_tick(d, now);
	n->saved_at_ns = wall.ns;
	save_topics(d, n);
	list_for_each (it, &d->away)
		save_away(d, list_entry(it, struct away, link), n);
	r = numbers_encode(n, out);
	free(n);
	return r;
}

/* ---- going on ---- */

static struct topic *restore_topic(struct door *d, const struct numbers_topic *from)
{
	struct topic *t;

	if (topic_get(d, from->name, &t) < 0)
		return NULL;
	for (size_t i = 0; i < TOPIC_VIEWS; i++) {
		t->views[i].epoch = from->epoch[i];
		t->views[i].seq = from->seq[i];
	}
	topic_pause(t);
	return t;
}

static void restore_view(struct door *d, struct away *a, struct topic *t,
			 const struct numbers_view *from)
{
	struct view *v = &t->views[from->view];
	struct away_view *r = away_add(d, a, v);

	if (!r)
		return;
	r->from = from->from;
	r->told_from = from->told_from;
	/* Counted from what this run begins with, 0, as if it had begun earlier. */
	r->bytes_at = v->n_bytes - from->bytes;
	r->pauses_at = v->n_pauses - 1 - from->pauses;
	r->restart = true;
	if (!from->keeps)
		return;
	t->joined = t->joined || d->config.ops->topic_join(d->config.user, t->name) == 0;
	if (t->joined)
		away_keep(r);
}

static void restore_away(struct door *d, const struct numbers *n, struct topic **topics,
			 uint64_t paused_ms)
{
	const struct numbers_view *v = n->views;

	for (size_t i = 0; i < n->n_away; v += n->away[i++].n_views) {
		const struct numbers_away *from = &n->away[i];
		struct away *a = NULL;

		if (from->left_ms > paused_ms)
			a = away_of(d, from->who, "",
				    mono_add_ms(d->now, from->left_ms - paused_ms));
		for (size_t k = 0; a && k < from->n_views; k++)
			if (topics[v[k].topic])
				restore_view(d, a, topics[v[k].topic], &v[k]);
	}
}

static void restore(struct door *d, const struct numbers *n, uint64_t paused_ms)
{
	struct topic *topics[LIMIT_DOOR_TOPICS];

	for (size_t i = 0; i < n->n_topics; i++) {
		topics[i] = restore_topic(d, &n->topics[i]);
		if (topics[i])
			topics[i]->n_away++; /* until all of them are there */
	}
	restore_away(d, n, topics, paused_ms);
	for (size_t i = 0; i < n->n_topics; i++)
		if (topics[i])
			topics[i]->n_away--;
	for (size_t i = 0; i < n->n_topics; i++)
		if (topics[i] && topics[i]->n_away == 0)
			topic_unused(d, topics[i]);
}

int door_restore(struct door *d, struct bytes saved, struct wall wall, struct mono now)
{
	struct numbers *n = malloc(sizeof(*n));
	uint64_t paused_ms;
	int r;

	if (!n)
		return -ENOMEM;
	d->now = now;
	r = numbers_decode(saved, n);
	if (r == 0) {
		/* A clock that was set back says nothing about the pause. */
		paused_ms = wall.ns > n->saved_at_ns && n->saved_at_ns >= 0
				    ? (uint64_t)(wall.ns - n->saved_at_ns) / NS_PER_MS
				    : 0;
		restore(d, n, paused_ms);
		door_settle(d);
	}
	free(n);
	return r;
}
