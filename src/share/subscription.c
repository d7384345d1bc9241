#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/away.h"
#include "share/door_missed.h"
#include "share/topic_subject.h"

void sub_free(struct sub *s)
{
	list_remove(&s->link);
	if (s->n_marks > 0)
		return; /* the last of them puts it back on the list */
	s->consumer->subs_cost -= s->cost;
	s->consumer->n_accounts -= s->account.n_peers;
	account_deinit(&s->account);
	free(s);
}

void sub_kill(struct sub *s)
{
	struct consumer *c = s->consumer;
	struct door *d = c->door;

	ASSERT(!s->dead);
	s->dead = true;
	subjects_remove(&d->subjects, &s->entry);
	map_remove(&c->subs, &s->by_sid);
	d->n_validators -= s->validates;
	list_for_each_safe (it, &s->holes)
		hole_close(list_entry(it, struct hole, link));
	if (s->view)
		topic_unname(d, s->view->topic);
	list_add_tail(&d->dead, &s->link);
}

static struct sub *sub_new(struct consumer *c, const struct nats_op *op)
{
	struct sub *s = calloc(1, sizeof(*s) + op->subject.n + op->queue.n + op->sid.n);
	enum topic_view view;
	uint8_t *at;

	if (!s)
		return NULL;
	at = s->text;
	memcpy(at, op->subject.p, op->subject.n);
	s->pattern = BYTES(at, op->subject.n);
	at += op->subject.n;
	if (op->queue.n > 0)
		memcpy(at, op->queue.p, op->queue.n);
	s->queue = BYTES(at, op->queue.n);
	at += op->queue.n;
	memcpy(at, op->sid.p, op->sid.n);
	s->sid = BYTES(at, op->sid.n);
	s->consumer = c;
	s->validates = topic_subject_is(s->pattern, &view) && view == TOPIC_VALIDATE;
	s->serves = subject_starts_with(s->pattern, "serve.");
	s->is_wide = s->pattern.p[0] == '*' || s->pattern.p[0] == '>';
	s->cost = sizeof(*s) + op->subject.n + op->queue.n + op->sid.n + subjects_cost(op->subject);
	list_init(&s->link);
	list_init(&s->holes);
	return s;
}

/* The view of a topic that `pattern` names; `ret` NULL when it names none. */
static int find_view(struct door *d, struct bytes pattern, struct view **ret)
{
	enum topic_view view;
	struct topic *t;
	struct buf name;
	int r;

	*ret = NULL;
	if (!topic_subject_is(pattern, &view) || subject_has_wildcard(pattern))
		return 0;
	buf_init(&name, LIMIT_GOSSIP_TOPIC_NAME);
	r = topic_subject_decode(pattern, d->config.topic_prefix, &name);
	if (r == 0)
		r = topic_get(d, buf_data(&name), &t);
	buf_deinit(&name);
	if (r == 0)
		*ret = &t->views[view];
	return r;
}

/* Into the look-ups; what cannot fail comes last. */
static int sub_enter(struct sub *s)
{
	struct consumer *c = s->consumer;
	struct door *d = c->door;
	struct view *v;
	int r;

	r = find_view(d, s->pattern, &v);
	if (r < 0)
		return r;
	r = map_put(&c->subs, &s->by_sid, s->sid);
	if (r < 0)
		goto unused;
	r = subjects_add(&d->subjects, &s->entry, v ? v->subject : s->pattern);
	if (r < 0)
		goto unmap;
	r = v ? topic_name(d, v->topic, c->rights) : 0;
	if (r < 0)
		goto unindex;
	s->view = v;
	d->n_validators += s->validates;
	c->subs_cost += s->cost;
	return 0;

unindex:
	subjects_remove(&d->subjects, &s->entry);
unmap:
	map_remove(&c->subs, &s->by_sid);
unused:
	if (v)
		topic_unused(d, v->topic);
	return r;
}

/* NULL, or why not, which may stand in `room`. */
static const char *subscribe(struct consumer *c, const struct nats_op *op, char room[REASON_MAX])
{
	const char *why;
	struct sub *s;
	int r;

	if (subject_is_too_long(op->subject) || op->queue.n > LIMIT_SUBJECT)
		return SUBJECT_TOO_LONG;
	if (!subject_is_valid(op->subject, true))
		return "not a valid subject";
	why = consumer_may_not_subscribe(c, op->subject, room);
	if (why)
		return why;
	inbox_take(c, op->subject);
	s = sub_new(c, op);
	if (!s)
		return consumer_why_not(-ENOMEM);
	r = c->subs_cost + s->cost > LIMIT_DOOR_SUBSCRIPTION_BYTES ? -ENOSPC : sub_enter(s);
	if (r == 0) {
		away_return(s);
		return NULL;
	}
	free(s); /* it is in nothing, and not charged */
	return consumer_why_not(r);
}

void consumer_subscribe(struct consumer *c, const struct nats_op *op)
{
	char room[REASON_MAX];
	const char *why;

	if (op->sid.n > LIMIT_SUBJECT) {
		consumer_close(c, NULL); /* it could not even be refused by its name */
		return;
	}
	/* A sid that is taken keeps its subscription, as in every NATS server. */
	why = map_find(&c->subs, op->sid) ? NULL : subscribe(c, op, room);
	if (why)
		consumer_refuse(c, "Subscription to", op->subject, op->queue, why);
	else if (c->options.verbose)
		consumer_send_text(c, "+OK\r\n");
}

void consumer_unsubscribe(struct consumer *c, const struct nats_op *op)
{
	struct map_node *found = map_find(&c->subs, op->sid);
	struct sub *s;

	if (c->options.verbose)
		consumer_send_text(c, "+OK\r\n");
	if (!found)
		return;
	s = container_of(found, struct sub, by_sid);
	if (op->max > s->n_delivered)
		s->max = op->max;
	else
		sub_kill(s);
}
