#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/door_missed.h"

struct hole *hole_find(struct sub *s, const struct view *view)
{
	list_for_each (it, &s->holes) {
		struct hole *h = list_entry(it, struct hole, link);

		if (h->view == view)
			return h;
	}
	return NULL;
}

static struct hole *hole_new(struct sub *s, struct view *view)
{
	struct bytes subject = view ? view->subject : s->pattern;
	struct hole *h;

	if (s->consumer->n_holes >= LIMIT_DOOR_HOLES)
		return NULL;
	h = calloc(1, sizeof(*h) + subject.n);
	if (!h)
		return NULL;
	h->view = view;
	h->consumer = s->consumer;
	h->n_subject = subject.n;
	memcpy(h->subject, subject.p, subject.n);
	if (h->view)
		h->view->topic->n_holes++;
	h->consumer->n_holes++;
	list_add_tail(&s->holes, &h->link);
	return h;
}

/* One message more, up to `to`; its event begins with the first that is not told yet. */
static void widen(struct hole *h, enum door_gap_why why, uint64_t to, size_t n_payload)
{
	if (h->count == 0) {
		h->why = why;
		h->told_from = to;
	}
	h->to = to;
	h->count++;
	h->bytes += n_payload;
}

int hole_dig(struct sub *s, const struct letter *l)
{
	struct hole *h = hole_find(s, l->view);

	if (!h) {
		h = hole_new(s, l->view);
		if (!h)
			return -ENOSPC;
		h->from = l->seq;
	}
	widen(h, DOOR_GAP_SLOW, l->seq, l->payload.n);
	s->account.missed++;
	s->consumer->missed++;
	return 0;
}

void hole_dig_unsent(struct sub *s, const struct mark *m)
{
	struct hole *h = hole_find(s, m->view);

	if (!h)
		h = hole_new(s, m->view);
	if (!h)
		return; /* there is no memory to tell it with */
	if (h->count == 0)
		h->to = m->seq;
	h->why = DOOR_GAP_AWAY;
	h->from = h->told_from = m->seq;
	h->count++;
	h->bytes += m->n_payload;
	s->account.missed++;
	s->consumer->missed++;
}

int hole_open(struct sub *s, struct view *view, uint64_t from, uint64_t to)
{
	struct hole *h = hole_new(s, view);

	if (!h)
		return -ENOSPC;
	h->from = from;
	h->to = to;
	return 0;
}

void hole_tell_away(struct sub *s, const struct hole *like)
{
	struct hole *h = hole_new(s, like->view);

	if (!h)
		return; /* its first message says so all the same */
	h->why = like->why;
	h->told_from = like->told_from;
	h->to = like->to;
	h->count = like->count;
	h->bytes = like->bytes;
	h->tells = true;
	hole_close(h);
}

void hole_close(struct hole *h)
{
	list_remove(&h->link);
	h->consumer->n_holes--;
	list_add_tail(&h->consumer->door->told, &h->link);
}

static void tell(struct door *d, const struct hole *h)
{
	const struct door_gap gap = {
		.why = h->why,
		.consumer = h->consumer->id,
		.subject = BYTES(h->subject, h->n_subject),
		.count = h->count,
		.bytes = h->bytes,
		.has_seq = h->view != NULL,
		.from = h->told_from,
		.to = h->to,
	};

	h->consumer->gaps++;
	if (d->config.ops->on_gap)
		d->config.ops->on_gap(d->config.user, &gap);
}

void hole_tell(struct hole *h)
{
	struct door *d = h->consumer->door;

	list_remove(&h->link);
	if (h->count > 0 || h->tells)
		tell(d, h);
	if (h->view) {
		h->view->topic->n_holes--;
		topic_unused(d, h->view->topic);
	}
	free(h);
}
