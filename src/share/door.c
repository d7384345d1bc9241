#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/keys.h"
#include "share/away.h"
#include "share/door_missed.h"
#include "wire/multibase.h"

/* ---- life ---- */

static void init_owner(struct door *d)
{
	const char *token = d->config.token;

	d->owner = (struct rights){
		.name = "owner",
		.is_owner = true,
		.subscriptions = LIMIT_DOOR_SUBSCRIPTIONS,
	};
	door_set_limits(d, d->config.consumer_bytes, d->config.slow, d->config.consumers_memory);
	if (strlen(token) < sizeof(d->owner.token))
		memcpy(d->owner.token, token, strlen(token));
}

static int init_tables(struct door *d)
{
	const struct random *random = &d->config.random;

	map_init(&d->ids, random_u64(random), LIMIT_DOOR_CONSUMERS);
	map_init(&d->away_by_who, random_u64(random), LIMIT_DOOR_AWAY);
	map_init(&d->topics, random_u64(random), LIMIT_DOOR_TOPICS);
	map_init(&d->tickets, random_u64(random), LIMIT_DOOR_TICKETS);
	map_init(&d->question_numbers, random_u64(random), LIMIT_DOOR_QUESTIONS);
	authors_init(&d->authors, random_u64(random));
	return subjects_init(&d->subjects, random_u64(random),
			     (size_t)LIMIT_DOOR_CONSUMERS * LIMIT_DOOR_SUBSCRIPTIONS);
}

int door_new(const struct door_config *config, struct door **ret)
{
	struct door *d = calloc(1, sizeof(*d));
	uint8_t id[16];
	int r;

	if (!d)
		return -ENOMEM;
	d->config = *config;
	d->deadline = MONO_NEVER;
	list_init(&d->consumers);
	init_owner(d);
	list_init(&d->dead);
	list_init(&d->told);
	list_init(&d->away);
	list_init(&d->leaving);
	list_init(&d->ended);
	list_init(&d->questions);
	list_init(&d->abandoned);
	shared_pool_init(&d->blocks, OUTBOX_BLOCK, LIMIT_DOOR_SPARE_BLOCKS);
	frames_init(&d->frames, &d->blocks);
	buf_init(&d->scratch, LIMIT_DOOR_CONTROL_LINE);
	buf_init(&d->name, LIMIT_PAYLOAD_NAME);
	buf_init(&d->data, LIMIT_GOSSIP_DATA);
	random_fill(&d->config.random, id, sizeof(id));
	hex_encode(BYTES(id, sizeof(id)), d->server_id);
	r = init_tables(d);
	if (r == 0 && config->teranode_rules)
		r = teranode_rules_new(&config->id, &d->config.random, &d->rules);
	if (r < 0) {
		door_free(d);
		return r;
	}
	*ret = d;
	return 0;
}

struct door *door_free(struct door *d)
{
	struct map_node *it;

	if (!d)
		return NULL;
	while (!list_is_empty(&d->consumers))
		door_detach(d, list_entry(d->consumers.next, struct consumer, link));
	tickets_free(d);
	questions_free(d);
	away_free(d);
	map_deinit(&d->away_by_who);
	authors_deinit(&d->authors);
	d->rules = teranode_rules_free(d->rules);
	d->rights = rights_table_free(d->rights);
	secret_wipe(d->owner.token, sizeof(d->owner.token));
	while ((it = map_first(&d->topics))) {
		struct topic *t = container_of(it, struct topic, by_name);

		map_remove(&d->topics, it);
		free(t);
	}
	map_deinit(&d->topics);
	map_deinit(&d->ids);
	subjects_deinit(&d->subjects);
	frames_deinit(&d->frames);
	shared_pool_deinit(&d->blocks);
	buf_deinit(&d->scratch);
	buf_deinit(&d->name);
	buf_deinit(&d->data);
	free(d);
	return NULL;
}

/* ---- what was put off ---- */

static void leave_topic(struct door *d, struct topic *t)
{
	list_remove(&t->leaving);
	t->joined = false;
	topic_pause(t);
	d->config.ops->topic_leave(d->config.user, t->name);
	topic_unused(d, t);
}

/* One thing at a time, each of which may bring more. */
static bool settle_one(struct door *d)
{
	if (!list_is_empty(&d->ended))
		consumer_bury(list_entry(d->ended.next, struct consumer, ending));
	else if (!list_is_empty(&d->told))
		hole_tell(list_entry(d->told.next, struct hole, link));
	else if (!list_is_empty(&d->leaving))
		leave_topic(d, list_entry(d->leaving.next, struct topic, leaving));
	else if (!list_is_empty(&d->dead))
		sub_free(list_entry(d->dead.next, struct sub, link));
	else
		return false;
	return true;
}

void door_settle(struct door *d)
{
	if (d->settling || d->delivering || d->n_handling > 0)
		return;
	d->settling = true;
	while (settle_one(d))
		;
	d->settling = false;
}

/* Gossip and the pool tell events in the middle of what they do, with their lists half-way: a
 * consumer that ends by one must not leave topics or let its successor speak under their hands. */
void door_settle_later(struct door *d)
{
	if (!list_is_empty(&d->ended) || !list_is_empty(&d->told) || !list_is_empty(&d->leaving) ||
	    !list_is_empty(&d->dead))
		d->deadline = d->now;
}

/* ---- connections ---- */

static void consumer_init(struct consumer *c, struct door *d, enum door_via via, struct mono now)
{
	bool needs_token = via != DOOR_UNIX_OWNER;

	c->door = d;
	c->via = via;
	c->number = ++d->last_number;
	c->state = needs_token ? CONSUMER_NEW : CONSUMER_READY;
	c->options = greeting_defaults();
	c->attached_at = c->heard_at = now;
	c->silent_until = MONO_NEVER;
	c->ping_at = mono_add_ms(now, LIMIT_DOOR_PING_MS);
	nats_parser_init(&c->in, needs_token ? NATS_VERB_BIT(NATS_CONNECT) : NATS_VERBS_OF_CLIENT,
			 LIMIT_DOOR_CONTROL_LINE, LIMIT_DOOR_PAYLOAD);
	c->rights = needs_token ? &rights_of_strangers : &d->owner;
	c->throttled_at = MONO_NEVER;
	outbox_init(&c->out, c->rights->consumer_bytes, &d->blocks);
	unsent_init(&c->unsent);
	c->slow = c->rights->slow;
	c->left_at = now;
	c->reserve = LIMIT_DOOR_RESERVE;
	map_init(&c->subs, random_u64(&d->config.random), LIMIT_DOOR_SUBSCRIPTIONS);
	buf_init(&c->held, LIMIT_DOOR_HELD_INPUT);
	list_init(&c->ending);
}

static struct mono consumer_deadline(const struct consumer *c)
{
	if (c->state == CONSUMER_CLOSING)
		return MONO_NEVER;
	if (c->state == CONSUMER_NEW)
		return mono_add_ms(c->attached_at, LIMIT_DOOR_AUTH_MS);
	return mono_min(mono_min(mono_min(lag_deadline(c), turn_deadline(c)), intake_deadline(c)),
			mono_min(c->silent_until, c->ping_at));
}

/* Whoever is on this host may connect, and has two seconds to show the token. Those that took
 * longest make room, because who has the token shows it at once. */
static void make_room_for_stranger(struct door *d)
{
	struct consumer *oldest = NULL;
	size_t n = 0;

	list_for_each (it, &d->consumers) {
		struct consumer *c = list_entry(it, struct consumer, link);

		if (c->state != CONSUMER_NEW)
			continue;
		oldest = oldest ? oldest : c;
		n++;
	}
	if (n >= LIMIT_DOOR_STRANGERS)
		consumer_close(oldest, "maximum connections exceeded");
}

int door_attach(struct door *d, enum door_via via, void *connection, struct mono now,
		struct consumer **ret)
{
	struct consumer *c = calloc(1, sizeof(*c));
	bool full = d->n_consumers >= LIMIT_DOOR_CONSUMERS;

	if (!c)
		return -ENOMEM;
	d->now = now;
	if (via != DOOR_UNIX_OWNER)
		make_room_for_stranger(d);
	consumer_init(c, d, via, now);
	c->connection = connection;
	list_add_tail(&d->consumers, &c->link);
	d->n_consumers++;
	d->feeding = c;
	consumer_send_info(c, false);
	if (full) {
		consumer_refused(c, DOOR_REFUSED_FULL,
				 "the door has as many connections as it may");
		consumer_close(c, "maximum connections exceeded");
	}
	d->feeding = NULL;
	c->attached = true;
	door_deadline_at(d, consumer_deadline(c));
	door_settle(d);
	*ret = c;
	return full ? -ENOSPC : 0;
}

void door_detach(struct door *d, struct consumer *c)
{
	if (!c)
		return;
	ASSERT(!d->delivering && !d->settling && d->n_handling == 0);
	d->feeding = c; /* it is not to be told to close */
	consumer_close(c, NULL);
	door_settle(d);
	d->feeding = NULL;
	list_remove(&c->link);
	d->n_consumers--;
	nats_parser_deinit(&c->in);
	buf_deinit(&c->held);
	reply_ring_deinit(&c->replies);
	outbox_deinit(&c->out);
	unsent_deinit(&c->unsent);
	map_deinit(&c->subs);
	free(c);
}

/* ---- time ---- */

void door_deadline_at(struct door *d, struct mono at)
{
	d->deadline = mono_min(d->deadline, at);
}

struct mono door_deadline(const struct door *d)
{
	return d->deadline;
}

/* Every LIMIT_DOOR_PING_MS without a word from the consumer; the first soon after CONNECT. */
static void keep_alive(struct consumer *c, struct mono now)
{
	struct mono quiet_until = mono_add_ms(c->heard_at, LIMIT_DOOR_PING_MS);

	if (c->is_paused) { /* it cannot be heard, and we know why */
		c->ping_at = mono_add_ms(now, LIMIT_DOOR_PING_MS);
		return;
	}
	if (c->was_pinged && !mono_reached(quiet_until, now)) {
		c->ping_at = quiet_until;
		return;
	}
	if (c->pings_out >= LIMIT_DOOR_PINGS_OUT) {
		consumer_close(c, "Stale Connection");
		return;
	}
	c->was_pinged = true;
	c->pings_out++;
	c->ping_at = mono_add_ms(now, LIMIT_DOOR_PING_MS);
	consumer_ping(c);
}

static void tick_consumer(struct consumer *c, struct mono now)
{
	if (c->state == CONSUMER_NEW &&
	    mono_reached(mono_add_ms(c->attached_at, LIMIT_DOOR_AUTH_MS), now))
		consumer_close(c, "Authentication Timeout");
	if (mono_reached(c->silent_until, now))
		consumer_close(c, "Stale Connection");
	if (consumer_is_open(c) && mono_reached(c->ping_at, now))
		keep_alive(c, now);
	turn_tick(c);
	if (consumer_is_open(c))
		lag_tick(c, now);
	if (mono_reached(intake_deadline(c), now))
		intake_go_on(c);
}

void door_tick(struct door *d, struct mono now)
{
	d->now = now;
	if (!mono_reached(d->deadline, now))
		return;
	memory_count(d);
	list_for_each (it, &d->consumers)
		tick_consumer(list_entry(it, struct consumer, link), now);
	questions_tick(d, now);
	away_tick(d, now);
	door_settle(d);
	/* Deadlines only move away between ticks, so the earliest is enough to remember. */
	d->deadline = mono_min(questions_deadline(d), away_deadline(d));
	list_for_each (it, &d->consumers)
		door_deadline_at(d, consumer_deadline(list_entry(it, struct consumer, link)));
}

void door_lame_duck(struct door *d)
{
	list_for_each (it, &d->consumers) {
		struct consumer *c = list_entry(it, struct consumer, link);

		if (consumer_is_open(c))
			consumer_send_info(c, true);
	}
	door_settle(d);
}

/* ---- what the node asks ---- */

static struct consumer_info info_of(const struct consumer *c)
{
	return (struct consumer_info){
		.id = c->id,
		.via = c->via,
		.n_subscriptions = c->subs.n,
		.bytes_held = memory_of_output(c) + memory_of_input(c),
		.delivered = c->delivered,
		.missed = c->missed,
		.published = c->published,
		.bytes_in = c->bytes_in,
		.bytes_out = c->bytes_out,
		.gaps = c->gaps,
		.rights = c->rights,
		.throttled_ms = (c->throttled_ns + mono_since_ns(c->throttled_at, c->door->now)) /
				NS_PER_MS,
		.lang = c->options.lang,
		.client_version = c->options.version,
		.up_ms = mono_since_ms(c->attached_at, c->door->now),
		.bytes_max = c->out.max,
		.slow = c->slow,
		.lag = lag_of(c),
		.consumer = c,
	};
}

void door_consumers(const struct door *d,
		    void (*each)(void *user, const struct consumer_info *info), void *user)
{
	for (const struct list *it = d->consumers.next; it != &d->consumers; it = it->next) {
		const struct consumer *c =
			(const void *)((const char *)it - offsetof(struct consumer, link));
		const struct consumer_info info = info_of(c);

		if (consumer_is_open(c))
			each(user, &info);
	}
}

void consumer_uses(const struct consumer *c,
		   void (*each)(void *user, const struct consumer_use *use), void *user)
{
	for (struct map_node *it = map_first(&c->subs); it; it = map_next(&c->subs, it)) {
		const struct sub *s = container_of(it, struct sub, by_sid);
		const struct consumer_use use = {
			.subject = s->pattern,
			.queue = s->queue,
			.delivered = s->n_delivered,
			.account = &s->account,
		};

		each(user, &use);
	}
}

size_t door_n_consumers(const struct door *d)
{
	size_t n = 0;

	for (const struct list *it = d->consumers.next; it != &d->consumers; it = it->next)
		n += consumer_is_open(
			(const void *)((const char *)it - offsetof(struct consumer, link)));
	return n;
}

size_t door_topic_consumers(const struct door *d, struct bytes topic)
{
	struct map_node *found = map_find(&d->topics, topic);

	return found ? container_of(found, struct topic, by_name)->n_named : 0;
}

struct door_counts door_counts(const struct door *d)
{
	return d->counts;
}

struct door_counts door_topic_counts(const struct door *d, struct bytes topic)
{
	struct map_node *found = map_find(&d->topics, topic);

	return found ? container_of(found, struct topic, by_name)->counts
		     : (struct door_counts){ 0 };
}

void door_authors(const struct door *d, struct mono now,
		  void (*each)(void *user, const struct author_info *info), void *user)
{
	authors_each(&d->authors, now, each, user);
}
