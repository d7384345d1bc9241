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

static struct hole *hole_new(struct sub *s, const struct letter *l)
{
	struct bytes subject = l->view ? l->view->subject : s->pattern;
	struct hole *h = calloc(1, sizeof(*h) + subject.n);

	if (!h)
		return NULL;
	h->view = l->view;
	h->consumer = s->consumer;
	h->from = l->seq;
	h->n_subject = subject.n;
	memcpy(h->subject, subject.p, subject.n);
	if (h->view)
		h->view->topic->n_holes++;
	h->consumer->n_holes++;
	list_add_tail(&s->holes, &h->link);
	return h;
}

int hole_dig(struct sub *s, const struct letter *l)
{
	struct hole *h = hole_find(s, l->view);

	if (!h && s->consumer->n_holes >= LIMIT_DOOR_HOLES)
		return -ENOSPC;
	if (!h)
		h = hole_new(s, l);
	if (!h)
		return -ENOMEM;
	h->to = l->seq;
	h->count++;
	h->bytes += l->payload.n;
	s->account.missed++;
	s->consumer->missed++;
	return 0;
}

void hole_close(struct hole *h)
{
	list_remove(&h->link);
	h->consumer->n_holes--;
	list_add_tail(&h->consumer->door->told, &h->link);
}

void hole_tell(struct hole *h)
{
	struct door *d = h->consumer->door;
	const struct door_gap gap = {
		.consumer = h->consumer->id,
		.subject = BYTES(h->subject, h->n_subject),
		.count = h->count,
		.bytes = h->bytes,
		.has_seq = h->view != NULL,
		.from = h->from,
		.to = h->to,
	};

	list_remove(&h->link);
	h->consumer->gaps++;
	if (d->config.ops->on_gap)
		d->config.ops->on_gap(d->config.user, &gap);
	if (h->view) {
		h->view->topic->n_holes--;
		topic_unused(d, h->view->topic);
	}
	free(h);
}
