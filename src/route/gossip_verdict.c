#include <string.h>

#include "base/limits.h"
#include "route/gossip_priv.h"

/*
 * Whoever validates a topic is asked about each of its messages, and all of the topic's wait in the
 * order of coming, so that one which is quickly judged does not overtake its author's earlier one.
 * Nobody can hold a topic up: silence is consent.
 */

static struct gossip_delivery delivery_of(const struct message *m)
{
	return (struct gossip_delivery){
		.topic = m->check.message.topic,
		.from = m->check.author,
		.via = m->via,
		.id = m->id,
		.seqno = m->seqno,
		.data = m->check.message.data,
	};
}

static void decide(struct gossip *g, struct message *m, enum gossip_verdict verdict)
{
	map_remove(&g->tickets, &m->by_ticket);
	m->is_decided = true;
	m->verdict = verdict;
}

/* The message is given up. */
static void carry_out(struct gossip *g, struct topic *t, struct message *m, struct mono now)
{
	switch (m->verdict) {
	case GOSSIP_ACCEPT:
		accept_message(g, t, m, now);
		break;
	case GOSSIP_IGNORE:
		g->counts.ignored++;
		break;
	case GOSSIP_REJECT:
		g->counts.rejected++;
		score_message_bad(g, t, m);
		break;
	}
	message_free(m);
}

static struct message *first_waiting(struct topic *t)
{
	struct list *first = list_first(&t->waiting);

	return first ? message_of_queue(first) : NULL;
}

static size_t cost_of(const struct message *m)
{
	return m->frame->n + LIMIT_GOSSIP_AWAITING_BYTES / LIMIT_GOSSIP_AWAITING;
}

static void put_waiting(struct gossip *g, struct topic *t, struct message *m)
{
	list_add_tail(&t->waiting, &m->in_queue);
	t->waiting_cost += cost_of(m);
	g->n_awaiting++;
	g->awaiting_bytes += m->frame->n;
}

static struct message *take_waiting(struct gossip *g, struct topic *t)
{
	struct message *m = first_waiting(t);

	list_remove(&m->in_queue);
	t->waiting_cost -= cost_of(m);
	g->n_awaiting--;
	g->awaiting_bytes -= m->frame->n;
	return m;
}

/* All that may go. Delivering may leave the topic, which then has none waiting, or is none. */
static void release(struct gossip *g, struct topic *t, struct mono now)
{
	uint8_t name[LIMIT_GOSSIP_TOPIC_NAME];
	struct bytes b = BYTES(name, t->name_n);
	struct message *m;

	memcpy(name, t->name, t->name_n);
	for (m = first_waiting(t); m && m->is_decided; m = t ? first_waiting(t) : NULL) {
		carry_out(g, t, take_waiting(g, t), now);
		t = topic_find(g, b);
	}
}

static void release_late(struct gossip *g, struct topic *t, struct mono now)
{
	list_for_each (it, &t->waiting) {
		struct message *m = message_of_queue(it);

		if (m->is_decided)
			continue;
		if (!mono_reached(m->deadline, now))
			break;
		g->counts.verdicts_late++;
		decide(g, m, GOSSIP_ACCEPT);
	}
	release(g, t, now);
}

static bool too_many_wait(const struct gossip *g)
{
	return g->n_awaiting > LIMIT_GOSSIP_AWAITING ||
	       g->awaiting_bytes > LIMIT_GOSSIP_AWAITING_BYTES;
}

/* The one with most to wait for. One does. */
static struct topic *greatest_topic(const struct gossip *g)
{
	struct topic *greatest = NULL;

	list_for_each (it, &g->active) {
		struct topic *t = list_entry(it, struct topic, in_active);

		if (!greatest || t->waiting_cost > greatest->waiting_cost)
			greatest = t;
	}
	return greatest;
}

/* The oldest of whichever topic has most go on without a verdict: who floods one topic does not
 * have what it likes believed in another. What is delivered may have us leave any topic. */
static void make_room(struct gossip *g, struct mono now)
{
	while (too_many_wait(g)) {
		struct topic *t = greatest_topic(g);

		g->counts.verdicts_late++;
		decide(g, first_waiting(t), GOSSIP_ACCEPT);
		release(g, t, now);
	}
}

/* Has somebody taken the question? */
static bool ask(struct gossip *g, struct message *m)
{
	struct gossip_delivery d = delivery_of(m);

	if (!g->config.ops->on_validate)
		return false;
	m->ticket = ++g->ticket;
	if (map_put(&g->tickets, &m->by_ticket, BYTES(&m->ticket, sizeof(m->ticket))) < 0)
		return false;
	return g->config.ops->on_validate(g->config.user, &d, m->ticket);
}

void verdict_ask(struct gossip *g, struct topic *t, struct message *m, struct mono now)
{
	if (!ask(g, m))
		decide(g, m, GOSSIP_ACCEPT);
	if (!first_waiting(t) && m->is_decided) {
		carry_out(g, t, m, now);
		return;
	}
	m->deadline = mono_add_ms(now, t->params.validate_ms);
	put_waiting(g, t, m);
	make_room(g, now);
}

void gossip_verdict(struct gossip *g, uint64_t ticket, enum gossip_verdict verdict, struct mono now)
{
	struct map_node *node = map_find(&g->tickets, BYTES(&ticket, sizeof(ticket)));
	struct message *m;
	struct topic *t;

	g->latest = now;
	if (!node)
		return;
	m = container_of(node, struct message, by_ticket);
	decide(g, m, verdict);
	t = topic_find(g, m->check.message.topic);
	if (t)
		release(g, t, now);
	output_flush(g);
}

void verdict_forget(struct gossip *g, struct topic *t)
{
	while (first_waiting(t)) {
		struct message *m = take_waiting(g, t);

		map_remove(&g->tickets, &m->by_ticket);
		g->counts.not_checked++;
		message_free(m);
	}
}

struct mono verdict_deadline(const struct gossip *g)
{
	struct mono at = MONO_NEVER;

	if (g->n_awaiting == 0)
		return at;
	list_for_each (it, &g->active) {
		const struct message *m = first_waiting(list_entry(it, struct topic, in_active));

		if (m && m->deadline.ns < at.ns)
			at = m->deadline;
	}
	return at;
}

static struct topic *overdue_topic(const struct gossip *g, struct mono now)
{
	list_for_each (it, &g->active) {
		struct topic *t = list_entry(it, struct topic, in_active);
		const struct message *m = first_waiting(t);

		if (m && mono_reached(m->deadline, now))
			return t;
	}
	return NULL;
}

void verdict_tick(struct gossip *g, struct mono now)
{
	struct topic *t;

	if (g->n_awaiting == 0)
		return;
	/* What is delivered may have us leave any topic. */
	while ((t = overdue_topic(g, now)))
		release_late(g, t, now);
	output_flush(g);
}
