#include "base/limits.h"
#include "node/api.h"
#include "node/fitting.h"
#include "share/rights.h"

/* The answer of CONSUMERS (docs/control.md), and the consumers of STATUS. */

#define CONSUMERS_BYTES ((size_t)LIMIT_DOOR_PAYLOAD - 16 * KIB)
#define USES_MAX 32 /* subscriptions of one consumer that are told apart */

static void put(json_t *object, const char *key, json_t *value)
{
	/* Out of memory leaves a field out; the answer as a whole still goes. */
	(void)json_object_set_new(object, key, value);
}

/* ---- what STATUS has, too ---- */

static json_t *brief(const struct consumer_info *info)
{
	json_t *o = json_object();

	put(o, "id", json_text_or_null(info->id));
	put(o, "via", json_string(door_via_text(info->via)));
	put(o, "subscriptions", json_number(info->n_subscriptions));
	put(o, "bytes_held", json_number(info->bytes_held));
	put(o, "delivered", json_number(info->delivered));
	put(o, "missed", json_number(info->missed));
	put(o, "published", json_number(info->published));
	put(o, "bytes_out", json_number(info->bytes_out));
	return o;
}

static void each_brief(void *user, const struct consumer_info *info)
{
	fitting_append(user, brief(info));
}

void api_put_consumers(struct node *n, json_t *answer, size_t room)
{
	struct fitting f = fitting_of(room);

	door_consumers(n->door, each_brief, &f);
	fitting_put(&f, answer, "consumers", "consumers_left_out");
}

/* ---- by topic and peer ---- */

static json_t *share_of(json_t *peer_id, uint64_t messages, uint64_t bytes)
{
	json_t *o = json_object();

	put(o, "peer_id", peer_id);
	put(o, "messages", json_number(messages));
	put(o, "bytes", json_number(bytes));
	return o;
}

static json_t *by_peer(const struct account *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->n_peers; i++)
		(void)json_array_append_new(list,
					    share_of(json_peer_id(&a->peers[i].id),
						     a->peers[i].messages, a->peers[i].bytes));
	if (a->other_messages > 0)
		(void)json_array_append_new(
			list, share_of(json_string("others"), a->other_messages, a->other_bytes));
	return list;
}

/* The busiest first; the rest is one sum. */
struct uses {
	struct consumer_use top[USES_MAX];
	size_t n;
	uint64_t n_others, delivered, bytes, missed; /* of the rest */
};

static void leave_to_others(struct uses *u, const struct consumer_use *use)
{
	u->n_others++;
	u->delivered += use->delivered;
	u->bytes += use->account->bytes;
	u->missed += use->account->missed;
}

static void each_use(void *user, const struct consumer_use *use)
{
	struct uses *u = user;
	size_t at = u->n;

	while (at > 0 && u->top[at - 1].delivered < use->delivered)
		at--;
	if (at == USES_MAX) {
		leave_to_others(u, use);
		return;
	}
	if (u->n == USES_MAX)
		leave_to_others(u, &u->top[--u->n]);
	for (size_t i = u->n; i > at; i--)
		u->top[i] = u->top[i - 1];
	u->top[at] = *use;
	u->n++;
}

static json_t *use_json(const struct consumer_use *use)
{
	json_t *o = json_object();

	put(o, "subject", json_text(use->subject));
	put(o, "queue", use->queue.n > 0 ? json_text(use->queue) : json_null());
	put(o, "delivered", json_number(use->delivered));
	put(o, "bytes", json_number(use->account->bytes));
	put(o, "missed", json_number(use->account->missed));
	put(o, "by_peer", by_peer(use->account));
	return o;
}

static json_t *others_json(const struct uses *u)
{
	json_t *o = json_object();

	put(o, "subject", json_string("others"));
	put(o, "queue", json_null());
	put(o, "subscriptions", json_number(u->n_others));
	put(o, "delivered", json_number(u->delivered));
	put(o, "bytes", json_number(u->bytes));
	put(o, "missed", json_number(u->missed));
	put(o, "by_peer", json_array());
	return o;
}

static json_t *by_topic(const struct consumer *c)
{
	struct uses u = { .n = 0 };
	json_t *list = json_array();

	consumer_uses(c, each_use, &u);
	for (size_t i = 0; i < u.n; i++)
		(void)json_array_append_new(list, use_json(&u.top[i]));
	if (u.n_others > 0)
		(void)json_array_append_new(list, others_json(&u));
	return list;
}

/* ---- CONSUMERS ---- */

static json_t *lag_json(const struct door_lag *lag)
{
	json_t *o = json_object();

	put(o, "messages", json_number(lag->messages));
	put(o, "bytes", json_number(lag->bytes));
	put(o, "since_ms", json_number(lag->since_ms));
	return o;
}

struct whole {
	struct fitting fitting;
	size_t share; /* of each consumer, before its `by_topic` is left out */
};

static void each_whole(void *user, const struct consumer_info *info)
{
	struct whole *w = user;
	json_t *o = brief(info);

	put(o, "credentials", json_text_or_null(info->rights->name));
	put(o, "lang", json_text_or_null(info->lang));
	put(o, "client_version", json_text_or_null(info->client_version));
	put(o, "up_ms", json_number(info->up_ms));
	put(o, "bytes_max", json_number(info->bytes_max));
	put(o, "lag", lag_json(&info->lag));
	put(o, "slow", json_string(door_slow_text(info->slow)));
	put(o, "bytes_in", json_number(info->bytes_in));
	put(o, "throttled_ms", json_number(info->throttled_ms));
	put(o, "gaps", json_number(info->gaps));
	put(o, "by_topic", by_topic(info->consumer));
	put(o, "shortened", json_boolean(fitting_size(o) > w->share));
	if (fitting_size(o) > w->share)
		put(o, "by_topic", json_array());
	fitting_append(&w->fitting, o);
}

json_t *api_consumers(struct node *n)
{
	struct whole w = { .fitting = fitting_of(CONSUMERS_BYTES) };
	json_t *answer = json_object();

	w.share = CONSUMERS_BYTES / size_max(door_n_consumers(n->door), 1);
	api_put_uptime(n, answer);
	door_consumers(n->door, each_whole, &w);
	fitting_put(&w.fitting, answer, "consumers", "consumers_left_out");
	return answer;
}
