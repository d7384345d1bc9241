#include "base/limits.h"
#include "node/api.h"
#include "node/node_priv.h"
#include "node/topic_trouble.h"

/* Between gossip and the door: topics wanted, messages in, messages out. */

/* ---- the door asks ---- */

static int on_topic_join(void *user, struct bytes topic)
{
	struct node *n = user;
	int r;

	if (!n->gossip)
		return 0; /* p2p_enabled = false: topics are local then */
	r = gossip_streams_join(n->gossip, topic);
	return r == -EEXIST ? 0 : r;
}

static void on_topic_leave(void *user, struct bytes topic)
{
	struct node *n = user;

	if (n->gossip)
		gossip_streams_leave(n->gossip, topic);
}

static int on_topic_publish(void *user, struct bytes topic, struct bytes data,
			    const char **ret_text)
{
	struct node *n = user;
	int r;

	if (!n->gossip) {
		*ret_text = "p2p_enabled is false: this node reaches no network";
		return -ENETDOWN;
	}
	r = gossip_streams_publish(n->gossip, topic, data, NULL);
	switch (r) {
	case 0:
		return 0;
	case -EMSGSIZE:
		*ret_text = "the message is larger than a gossip message may be (1 MiB less 4 KiB)";
		return r;
	case -EEXIST:
		*ret_text = "the topic has seen this very content a short while ago, which makes "
			    "it a duplicate (message_id=content in PEERLINE_TOPIC_PARAMS)";
		return r;
	case -EINVAL:
		*ret_text = "not a topic name (1 to 256 bytes)";
		return r;
	default:
		*ret_text = "the node is short of memory or topics";
		return r;
	}
}

static void on_api(void *user, struct bytes verb, struct bytes body, uint64_t ticket)
{
	node_api(user, verb, body, ticket);
}

static void on_gap(void *user, const struct door_gap *gap)
{
	struct node *n = user;
	struct buf json;

	n->gaps++;
	n->gap_messages += gap->count;
	buf_init(&json, 6 * (LIMIT_SUBJECT + LIMIT_CONSUMER_ID) + 1 * KIB); /* escaped at worst */
	door_gap_json(gap, loop_wall(n->config.loop), &json);
	if (buf_len(&json) > 0)
		door_event(n->door, "GAP", buf_data(&json));
	buf_deinit(&json);
}

static void on_lag(void *user, const char *consumer, bool lags, const struct door_lag *lag)
{
	json_t *fields =
		json_pack("{s:o, s:I, s:I}", "consumer", json_text_or_null(consumer), "messages",
			  (json_int_t)lag->messages, "bytes", (json_int_t)lag->bytes);

	if (lags)
		node_emit(user, LOG_WARN, "consumer_slow", "CONSUMER_SLOW", fields);
	else
		node_emit(user, LOG_INFO, "consumer_ok", "CONSUMER_OK", fields);
}

static void on_refused(void *user, const struct door_refusal *refusal)
{
	node_emit(
		user, LOG_WARN, "consumer_refused", "CONSUMER_REFUSED",
		json_pack("{s:o, s:o, s:s, s:s, s:o, s:I}", "consumer",
			  refusal->consumer[0] ? json_text_or_null(refusal->consumer) : json_null(),
			  "credentials", json_text_or_null(refusal->credentials), "via",
			  door_via_text(refusal->via), "why", door_refused_text(refusal->why),
			  "text", json_text_or_null(refusal->text), "left_out",
			  (json_int_t)refusal->left_out));
}

static void on_wants_output(void *user, void *connection)
{
	struct node *n = user;

	door_sockets_wants_output(n->door_sockets, connection);
}

static void on_wants_input(void *user, void *connection, bool wanted)
{
	struct node *n = user;

	door_sockets_wants_input(n->door_sockets, connection, wanted);
}

static void on_wants_close(void *user, void *connection)
{
	struct node *n = user;

	door_sockets_wants_close(n->door_sockets, connection);
}

static void on_verdict(void *user, uint64_t ticket, enum gossip_verdict verdict)
{
	struct node *n = user;

	if (n->gossip)
		gossip_streams_verdict(n->gossip, ticket, verdict);
}

static void on_author_skipped(void *user, const struct peer_id *author, struct bytes topic)
{
	node_emit(user, LOG_WARN, "author_skipped", "AUTHOR_SKIPPED",
		  json_pack("{s:o, s:o, s:I, s:I}", "peer_id", json_peer_id(author), "topic",
			    json_text(topic), "malformed", (json_int_t)LIMIT_AUTHOR_STRIKES,
			    "for_ms", (json_int_t)LIMIT_AUTHOR_FORGET_MS));
}

static void on_validator_slow(void *user, const char *consumer, struct bytes topic, uint64_t count)
{
	node_emit(user, LOG_WARN, "validator_slow", "VALIDATOR_SLOW",
		  json_pack("{s:o, s:o, s:I}", "consumer", json_text_or_null(consumer), "topic",
			    json_text(topic), "unanswered", (json_int_t)count));
}

const struct door_ops node_door_ops = {
	.topic_join = on_topic_join,
	.topic_leave = on_topic_leave,
	.topic_publish = on_topic_publish,
	.api = on_api,
	.on_gap = on_gap,
	.on_lag = on_lag,
	.on_refused = on_refused,
	.verdict = on_verdict,
	.on_author_skipped = on_author_skipped,
	.on_validator_slow = on_validator_slow,
	.wants_output = on_wants_output,
	.wants_input = on_wants_input,
	.wants_close = on_wants_close,
};

/* ---- gossip tells ---- */

static void on_message(void *user, const struct gossip_delivery *d)
{
	struct node *n = user;

	door_deliver(n->door, d, true, loop_wall(n->config.loop), loop_now(n->config.loop));
	/* Whoever wrote it is somewhere. */
	hints_saw_author(n->hints, &d->via, &d->from);
}

static void on_topic_params(void *user, struct bytes topic, struct gossip_topic_params *io)
{
	const struct node *n = user;

	topic_settings_apply(&n->config.config->topics, topic, io);
}

static bool on_validate(void *user, const struct gossip_delivery *d, uint64_t ticket)
{
	struct gossip_topic_params params = { .validate_ms = LIMIT_GOSSIP_VALIDATE_MS };
	struct node *n = user;

	topic_settings_apply(&n->config.config->topics, d->topic, &params);
	return door_validate(n->door, d,
			     &(struct door_question){
				     .ticket = ticket,
				     .wait_ms = params.validate_ms,
				     .received = loop_wall(n->config.loop),
			     },
			     loop_now(n->config.loop));
}

static json_t *topic_and_peer(struct bytes topic, const struct peer_id *peer)
{
	return json_pack("{s:o, s:o}", "topic", json_text(topic), "peer_id", json_peer_id(peer));
}

static void on_topic_peer(void *user, struct bytes topic, const struct peer_id *peer, bool joined)
{
	json_t *fields = topic_and_peer(topic, peer);

	(void)json_object_set_new(fields, "joined", json_boolean(joined));
	node_emit(user, LOG_DEBUG, "topic_peer", "TOPIC_PEER", fields);
}

static void on_mesh(void *user, struct bytes topic, const struct peer_id *peer, bool grafted)
{
	json_t *fields = topic_and_peer(topic, peer);

	(void)json_object_set_new(fields, "grafted", json_boolean(grafted));
	node_emit(user, LOG_DEBUG, "mesh", "MESH", fields);
}

/* That nobody is connected is one warning for all topics. */
static void warn_of_topic(struct node *n, const struct gossip_topic_info *info, const char *text)
{
	bool was_alone = n->is_alone;

	n->is_alone = topic_is_alone(info);
	if (!n->is_alone)
		node_tell(n, LOG_WARN, "%s", text);
	else if (!was_alone)
		node_tell(n, LOG_WARN, "no peer is connected: topics hear nobody");
}

static void on_topic_health(void *user, const struct gossip_topic_info *info)
{
	struct node *n = user;
	size_t n_connected = gossip_streams_counts(n->gossip).n_peers;
	char text[TOPIC_TROUBLE_MAX];
	bool is_ill = topic_trouble(info, n_connected, loop_now(n->config.loop), text);
	json_t *fields = api_topic(n, info);

	(void)json_object_set_new(fields, "text", json_text_or_null(is_ill ? text : NULL));
	/* The log has what is ill as a sentence, below. */
	node_emit(n, is_ill ? LOG_DEBUG : LOG_INFO, "topic_health", "TOPIC_HEALTH", fields);
	if (is_ill)
		warn_of_topic(n, info, text);
	else
		n->is_alone = false;
}

static void on_px(void *user, const struct peer_id *via, const struct peer_id *peer,
		  struct bytes signed_record)
{
	struct node *n = user;

	hints_add_px(n->hints, via, peer, signed_record);
}

const struct gossip_ops node_gossip_ops = {
	.topic_params = on_topic_params,
	.on_validate = on_validate,
	.on_message = on_message,
	.on_topic_peer = on_topic_peer,
	.on_mesh = on_mesh,
	.on_topic_health = on_topic_health,
	.on_px = on_px,
};
