#include "node/api.h"

/* A peer's score for PEERS (docs/control.md). */

#define TOPICS_MAX 16 /* named with their parts; the sum has all */

/* Three digits are enough to see, and few enough to read. */
static json_t *number(double v)
{
	return json_real((double)(int64_t)(v * 1000 + (v < 0 ? -0.5 : 0.5)) / 1000);
}

static void put(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static void each_topic(void *user, const struct score_topic_parts *parts)
{
	json_t *list = user, *o;

	if (json_array_size(list) >= TOPICS_MAX)
		return;
	o = json_object();
	put(o, "topic", json_text(parts->topic));
	put(o, "in_mesh", json_boolean(parts->in_mesh));
	put(o, "time", number(parts->time));
	put(o, "first", number(parts->first));
	put(o, "deficit", number(parts->deficit));
	put(o, "failure", number(parts->failure));
	put(o, "invalid", number(parts->invalid));
	put(o, "total", number(parts->total));
	(void)json_array_append_new(list, o);
}

json_t *api_score(struct node *n, const struct peer_id *id)
{
	const struct gossip *g = n->gossip ? gossip_streams_engine(n->gossip) : NULL;
	struct mono now = loop_now(n->config.loop);
	struct gossip_peer_score score;
	json_t *o, *topics;

	if (!g || !gossip_peer_score(g, id, now, &score))
		return json_null();
	o = json_object();
	topics = json_array();
	put(o, "total", number(score.parts.total));
	put(o, "topics", number(score.parts.topics));
	put(o, "application", number(score.parts.application));
	put(o, "colocation", number(score.parts.colocation));
	put(o, "behaviour", number(score.parts.behaviour));
	put(o, "direct", json_boolean(score.is_direct));
	put(o, "rpc_max", json_number(score.rpc_max));
	put(o, "too_large", json_number(score.n_too_large));
	gossip_peer_topic_scores(g, id, now, each_topic, topics);
	put(o, "by_topic", topics);
	return o;
}
