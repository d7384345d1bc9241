#include <stdio.h>

#include "base/limits.h"
#include "share/door_priv.h"
#include "share/topic_subject.h"

/* What a consumer may do, by its rights, and in words what it may not. */

static const char *say(char room[REASON_MAX], const struct consumer *c, const char *what,
		       const char *key)
{
	snprintf(room, REASON_MAX, "%s may not %s; see its \"%s\" in PEERLINE_CONSUMERS",
		 c->rights->name, what, key);
	return room;
}

const char *consumer_may_not_subscribe(const struct consumer *c, struct bytes pattern,
				       char room[REASON_MAX])
{
	const struct rights *r = c->rights;

	if (!rights_may_subscribe(r, pattern, c->door->config.topic_prefix))
		return subject_starts_with(pattern, "serve.")
			       ? say(room, c, "serve that", "serve")
			       : say(room, c, "see all of that", "subscribe");
	if (!rights_list_covers(r, pattern, c->door->config.topic_prefix) &&
	    inbox_is_anothers(c, pattern))
		return say(room, c, "see the inbox of another", "subscribe");
	if (c->subs.n < r->subscriptions || r->is_owner)
		return NULL;
	snprintf(room, REASON_MAX,
		 "%s has %zu subscriptions; see its \"subscriptions\" in PEERLINE_CONSUMERS",
		 r->name, c->subs.n);
	return room;
}

/* An answer to what it was asked, on a subject that only leads back to who asked. */
static bool is_answer(const struct consumer *c, struct bytes subject)
{
	return !topic_subject_is(subject, NULL) && !subject_starts_with(subject, "$") &&
	       !subject_starts_with(subject, "peer.") && !subject_starts_with(subject, "serve.") &&
	       reply_ring_has(&c->replies, subject);
}

const char *consumer_may_not_publish(const struct consumer *c, const struct nats_op *op,
				     char room[REASON_MAX])
{
	if (rights_may_publish(c->rights, op->subject, c->door->config.topic_prefix) ||
	    is_answer(c, op->subject))
		return NULL;
	return say(room, c, "publish there", "publish");
}

/* Whoever is asked answers with its own rights: the answer may only come back, or go where the one
 * who asks may publish itself. */
const char *consumer_may_not_be_answered(const struct consumer *c, struct bytes reply,
					 char room[REASON_MAX])
{
	if (reply.n == 0 || (reply.p[0] == '_' && !inbox_is_anothers(c, reply)) ||
	    rights_may_publish(c->rights, reply, c->door->config.topic_prefix))
		return NULL;
	return say(room, c, "publish there, nor have others do so", "publish");
}

const char *consumer_may_not_ask(const struct consumer *c, struct bytes verb, char room[REASON_MAX])
{
	return rights_may_ask(c->rights, verb) ? NULL : say(room, c, "ask that", "api");
}

static size_t end_subscriptions(struct consumer *c)
{
	char room[REASON_MAX];
	struct map_node *next;
	size_t n = 0;

	for (struct map_node *it = map_first(&c->subs); it; it = next) {
		struct sub *s = container_of(it, struct sub, by_sid);

		next = map_next(&c->subs, it);
		if (rights_may_subscribe(c->rights, s->pattern, c->door->config.topic_prefix))
			continue;
		consumer_refuse(c, "Subscription to", s->pattern, s->queue,
				say(room, c, "see that any more", "subscribe"));
		sub_kill(s);
		n++;
	}
	return n;
}

bool consumer_has_place(const struct consumer *c)
{
	size_t n = 0;

	if (c->rights->is_owner)
		return true;
	list_for_each (it, &c->door->consumers) {
		const struct consumer *o = list_entry(it, struct consumer, link);

		n += o != c && o->rights == c->rights && o->state == CONSUMER_READY;
	}
	return n < c->rights->connections;
}

size_t consumer_set_rights(struct consumer *c, const struct rights *rights)
{
	c->rights = rights;
	intake_set_rates(c, rights->messages_rate, rights->bytes_rate);
	c->slow = rights->slow;
	c->out.max = size_max(rights->consumer_bytes, 2 * LIMIT_DOOR_RESERVE);
	return rights->is_owner ? 0 : end_subscriptions(c);
}

void door_set_limits(struct door *d, size_t consumer_bytes, enum door_slow slow,
		     size_t consumers_memory)
{
	d->owner.consumer_bytes = size_max(consumer_bytes, 2 * LIMIT_DOOR_RESERVE);
	d->owner.slow = slow;
	d->memory_max = consumers_memory ? consumers_memory : SIZE_MAX;
	d->counted_at = (struct mono){ 0 };
	list_for_each (it, &d->consumers) {
		struct consumer *c = list_entry(it, struct consumer, link);

		if (!c->rights->is_owner)
			continue;
		c->out.max = d->owner.consumer_bytes;
		c->slow = slow;
	}
}

/* The same entry with the same token, or NULL. */
static const struct rights *successor(const struct rights_table *t, const struct rights *old)
{
	const struct rights *next = rights_of_name(t, old->name);

	return next && rights_token_is(next, old->token) ? next : NULL;
}

void door_set_rights(struct door *d, struct rights_table *t, struct mono now,
		     struct door_rights_change *ret)
{
	*ret = (struct door_rights_change){ 0 };
	d->now = now;
	list_for_each (it, &d->consumers) {
		struct consumer *c = list_entry(it, struct consumer, link);
		const struct rights *next = successor(t, c->rights);

		if (c->rights->is_owner || c->rights == &rights_of_strangers)
			continue;
		if (next && c->state != CONSUMER_CLOSING) {
			ret->n_subscriptions_ended += consumer_set_rights(c, next);
			continue;
		}
		ret->n_disconnected += c->state != CONSUMER_CLOSING;
		c->rights = &rights_of_strangers;
		consumer_close(c, "Authorization Violation");
	}
	topics_set_rights(d, t);
	rights_table_free(d->rights);
	d->rights = t;
	door_settle(d);
}
