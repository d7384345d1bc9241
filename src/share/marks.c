#include "base/limits.h"
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
	*unsent_add(&c->unsent) = (struct mark){
		.sub = s,
		.view = l->view,
		.from = from,
		.seq = l->seq,
		.end = outbox_end_at(&c->out),
		.n_payload = l->payload.n,
	};
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

/* Where the first that was given begins; false: none was. */
static bool first_given_at(const struct consumer *c, uint64_t *ret)
{
	*ret = c->out.n_sent;
	for (size_t i = 0; i < c->unsent.n; i++) {
		const struct mark *m = unsent_at(&c->unsent, i);

		if (m->given)
			return true;
		*ret = m->end;
	}
	return false;
}

void marks_cut(struct consumer *c)
{
	struct buf words;
	uint64_t until;

	if (!first_given_at(c, &until))
		return;
	buf_init(&words, LIMIT_DOOR_CONTROL_LINE);
	if (outbox_copy(&c->out, c->out.waiting - c->n_last_words, c->n_last_words, &words) < 0)
		buf_clear(&words);
	outbox_cut(&c->out, (size_t)(until - c->out.n_sent));
	if (buf_len(&words) > 0)
		consumer_send(c, buf_data(&words));
	buf_deinit(&words);
}
