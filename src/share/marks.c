#include "share/door_missed.h"

int mark_reserve(struct sub *s)
{
	return unsent_reserve(&s->consumer->unsent);
}

void mark_add(struct sub *s, const struct letter *l, uint64_t from)
{
	struct consumer *c = s->consumer;

	s->n_marks++;
	if (l->view)
		l->view->topic->n_marks++;
	unsent_add(&c->unsent, (struct mark){
				       .sub = s,
				       .view = l->view,
				       .from = from,
				       .seq = l->seq,
				       .end = outbox_end_at(&c->out),
				       .n_payload = l->payload.n,
			       });
}

static void drop_first(struct consumer *c)
{
	const struct mark mark = *unsent_first(&c->unsent);

	unsent_drop(&c->unsent);
	if (mark.view)
		mark.view->topic->n_marks--;
	if (--mark.sub->n_marks > 0 || !mark.sub->dead)
		return;
	/* door_settle() may have found it still referred to. */
	list_remove(&mark.sub->link);
	list_add_tail(&c->door->dead, &mark.sub->link);
}

void marks_sent(struct consumer *c)
{
	const struct mark *first;

	while ((first = unsent_first(&c->unsent)) && first->end <= c->out.n_sent)
		drop_first(c);
	if (outbox_is_empty(&c->out))
		c->unsent.last_end = c->out.n_sent;
}

void marks_forget(struct consumer *c)
{
	while (unsent_first(&c->unsent))
		drop_first(c);
}
