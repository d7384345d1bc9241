#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/door_priv.h"
#include "wire/multibase.h"

/*
 * `validate.<topic>`: who subscribes to it is asked about each message of the topic before it is
 * delivered and relayed, and answers on the reply subject. The first answer counts. Nobody can hold
 * messages up: they go on after the topic's validate_ms, or when all who were asked have left.
 */

#define SUBJECT_PREFIX "$PL.VERDICT."
#define SUBJECT_MAX (sizeof(SUBJECT_PREFIX) + 16)

static struct question *question_of_link(struct list *l)
{
	return list_entry(l, struct question, link);
}

static void question_free(struct door *d, struct question *q)
{
	map_remove(&d->question_numbers, &q->by_number);
	list_remove(&q->link);
	free(q);
}

void questions_free(struct door *d)
{
	while (!list_is_empty(&d->questions))
		question_free(d, question_of_link(d->questions.next));
	while (!list_is_empty(&d->abandoned))
		question_free(d, question_of_link(d->abandoned.next));
	map_deinit(&d->question_numbers);
}

/* NULL: no memory, or it has no room in the table. */
static struct question *question_new(struct door *d, const struct gossip_delivery *m,
				     const struct door_question *about)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	list_init(&q->link);
	q->number = random_u64(&d->config.random);
	q->ticket = about->ticket;
	q->deadline = mono_add_ms(d->now, about->wait_ms);
	q->n_topic = size_min(m->topic.n, sizeof(q->topic));
	memcpy(q->topic, m->topic.p, q->n_topic);
	if (map_put(&d->question_numbers, &q->by_number, BYTES(&q->number, sizeof(q->number))) <
	    0) {
		free(q);
		return NULL;
	}
	return q;
}

void question_asked(struct question *q, struct consumer *c)
{
	if (q->n_asked < LIMIT_DOOR_VALIDATORS)
		q->asked[q->n_asked++] = c;
}

/* The topic's oldest, or else the oldest of all. */
static struct question *oldest_of(struct door *d, struct bytes topic)
{
	list_for_each (it, &d->questions) {
		struct question *q = question_of_link(it);

		if (bytes_equal(BYTES(q->topic, q->n_topic), topic))
			return q;
	}
	return question_of_link(d->questions.next);
}

/* The engine has given up on as many, or will before these come to their turn. */
static void make_room(struct door *d, struct bytes topic)
{
	if (d->question_numbers.n < d->question_numbers.n_max || list_is_empty(&d->questions))
		return;
	d->counts.validate_unanswered++;
	question_free(d, oldest_of(d, topic));
}

static size_t ask(struct door *d, struct topic *t, struct question *q, const struct about *about)
{
	struct letter l = { .payload = about->message->data, .view = &t->views[TOPIC_VALIDATE] };
	char reply[SUBJECT_MAX];

	snprintf(reply, sizeof(reply), SUBJECT_PREFIX "%016llx", (unsigned long long)q->number);
	l.reply = bytes_of_text(reply);
	l.question = q;
	announce(d, &l, about);
	door_settle_later(d);
	return q->n_asked;
}

/* Where topics wait equally long it is the last. */
static void enqueue(struct door *d, struct question *q)
{
	struct list *at = &d->questions;

	while (at->prev != &d->questions &&
	       question_of_link(at->prev)->deadline.ns > q->deadline.ns)
		at = at->prev;
	list_insert_before(at, &q->link);
	door_deadline_at(d, q->deadline);
}

bool door_validate(struct door *d, const struct gossip_delivery *m,
		   const struct door_question *question, struct mono now)
{
	const struct about about = {
		.message = m,
		.verified = true,
		.received = question->received,
	};
	struct question *q;
	struct topic *t;

	d->now = now;
	if (d->n_validators == 0 || topic_get(d, m->topic, &t) < 0)
		return false;
	make_room(d, m->topic);
	q = question_new(d, m, question);
	if (!q)
		return false;
	if (ask(d, t, q, &about) == 0) {
		question_free(d, q);
		return false;
	}
	d->counts.validate_asked++;
	enqueue(d, q);
	return true;
}

/* ---- answers ---- */

bool verdict_subject_is(struct bytes subject)
{
	return subject_starts_with(subject, SUBJECT_PREFIX);
}

static bool was_asked(const struct question *q, const struct consumer *c)
{
	for (size_t i = 0; i < q->n_asked; i++)
		if (q->asked[i] == c)
			return true;
	return false;
}

/* NULL: it is decided, or it was not put to this consumer. */
static struct question *find(struct consumer *c, struct bytes subject)
{
	size_t n = strlen(SUBJECT_PREFIX);
	struct bytes digits = BYTES(subject.p + n, subject.n - n);
	struct map_node *found;
	struct question *q;
	uint8_t b[8];
	uint64_t number = 0;

	if (digits.n != 2 * sizeof(b) || hex_decode(digits, b, sizeof(b)) != (int)sizeof(b))
		return NULL;
	for (size_t i = 0; i < sizeof(b); i++)
		number = number << 8 | b[i];
	found = map_find(&c->door->question_numbers, BYTES(&number, sizeof(number)));
	q = found ? container_of(found, struct question, by_number) : NULL;
	return q && was_asked(q, c) ? q : NULL;
}

static int read_verdict(struct bytes body, enum gossip_verdict *ret)
{
	static const struct {
		const char *word;
		enum gossip_verdict verdict;
	} words[] = {
		{ "accept", GOSSIP_ACCEPT },
		{ "ignore", GOSSIP_IGNORE },
		{ "reject", GOSSIP_REJECT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!bytes_equal(body, bytes_of_text(words[i].word)))
			continue;
		*ret = words[i].verdict;
		return 0;
	}
	return -EINVAL;
}

static void count(struct door_counts *counts, enum gossip_verdict verdict)
{
	switch (verdict) {
	case GOSSIP_ACCEPT:
		counts->validate_accepted++;
		break;
	case GOSSIP_IGNORE:
		counts->validate_ignored++;
		break;
	case GOSSIP_REJECT:
		counts->validate_rejected++;
		break;
	}
}

static void decide(struct door *d, struct question *q, enum gossip_verdict verdict)
{
	uint64_t ticket = q->ticket;

	question_free(d, q);
	if (d->config.ops->verdict)
		d->config.ops->verdict(d->config.user, ticket, verdict);
}

/* An answer that comes too late, or second, is no mistake of anybody's. */
void verdict_take(struct consumer *c, const struct nats_op *op)
{
	struct question *q = find(c, op->subject);
	enum gossip_verdict verdict;

	if (!q)
		return;
	if (read_verdict(op->payload, &verdict) < 0) {
		consumer_refuse(c, "Publish to", op->subject, op->queue,
				"a validator answers accept, ignore or reject");
		return;
	}
	count(&c->door->counts, verdict);
	decide(c->door, q, verdict);
}

/* ---- no answers ---- */

static void unask(struct question *q, const struct consumer *c)
{
	size_t n = 0;

	for (size_t i = 0; i < q->n_asked; i++)
		if (q->asked[i] != c)
			q->asked[n++] = q->asked[i];
	q->n_asked = n;
}

/* The engine must not be called from here, where a consumer may be ending in the middle of its
 * delivery: the next tick does it. */
void questions_forget(struct consumer *c)
{
	struct door *d = c->door;

	list_for_each_safe (it, &d->questions) {
		struct question *q = question_of_link(it);

		unask(q, c);
		if (q->n_asked > 0)
			continue;
		list_remove(&q->link);
		list_add_tail(&d->abandoned, &q->link);
		door_deadline_at(d, d->now);
	}
}

static void tell_slow(struct door *d, const struct question *q)
{
	uint64_t n = d->n_unanswered;

	if (d->slow_told_at.ns > 0 &&
	    !mono_reached(mono_add_ms(d->slow_told_at, LIMIT_DOOR_SLOW_TOLD_MS), d->now))
		return;
	d->slow_told_at = d->now;
	d->n_unanswered = 0;
	if (d->config.ops->on_validator_slow)
		d->config.ops->on_validator_slow(d->config.user, q->asked[0]->id,
						 BYTES(q->topic, q->n_topic), n);
}

/* The engine has its own deadline, which is the same: it is not told. */
static void expire(struct door *d, struct question *q)
{
	d->counts.validate_unanswered++;
	d->n_unanswered++;
	tell_slow(d, q);
	question_free(d, q);
}

void questions_tick(struct door *d, struct mono now)
{
	while (!list_is_empty(&d->questions) &&
	       mono_reached(question_of_link(d->questions.next)->deadline, now))
		expire(d, question_of_link(d->questions.next));
	while (!list_is_empty(&d->abandoned)) {
		d->counts.validate_abandoned++;
		decide(d, question_of_link(d->abandoned.next), GOSSIP_ACCEPT);
	}
}

struct mono questions_deadline(const struct door *d)
{
	const struct question *first;

	if (!list_is_empty(&d->abandoned))
		return d->now;
	if (list_is_empty(&d->questions))
		return MONO_NEVER;
	first = (const void *)((const char *)d->questions.next - offsetof(struct question, link));
	return first->deadline;
}
