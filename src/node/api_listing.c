#include "node/api.h"

#include <unistd.h>

/* The answers of STATUS, PEERS and TOPICS (docs/control.md). */

static void put(json_t *object, const char *key, json_t *value)
{
	/* Out of memory leaves a field out; the answer as a whole still goes. */
	(void)json_object_set_new(object, key, value);
}

static json_t *number(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *bytes_text(struct bytes b)
{
	return json_stringn((const char *)b.p, b.n);
}

/* ---- peers ---- */

struct listing {
	struct node *node;
	json_t *list;
};

static const char *state_text(enum peer_state state)
{
	switch (state) {
	case PEER_WAITING:
		return "waiting";
	case PEER_DIALING:
		return "dialing";
	case PEER_CONNECTED:
		return "connected";
	}
	return "?";
}

static json_t *multiaddr_json(const struct multiaddr *m)
{
	char text[LIMIT_MULTIADDR_TEXT];

	return m->n == 0 ? json_null() : json_string(multiaddr_text(m, text));
}

static void put_identify(json_t *o, const struct peer_info *info)
{
	json_t *protocols = json_array(), *listen = json_array();

	for (size_t i = 0; i < info->n_protocols; i++)
		(void)json_array_append_new(protocols, json_string(info->protocols[i]));
	for (size_t i = 0; i < info->n_listen_addresses; i++)
		(void)json_array_append_new(listen, multiaddr_json(&info->listen_addresses[i]));
	put(o, "agent", text_or_null(info->agent));
	put(o, "protocol_version", text_or_null(info->protocol_version));
	put(o, "protocols", protocols);
	put(o, "observed_address", multiaddr_json(&info->observed_address));
	put(o, "listen_addresses", listen);
}

static void each_peer(void *user, struct peer *p)
{
	struct listing *l = user;
	struct mono now = loop_now(l->node->config.loop);
	bool connected;
	struct peer_info info;
	json_t *o = json_object();

	peer_get_info(p, &info);
	connected = info.state == PEER_CONNECTED;
	put(o, "peer_id",
	    peer_id_is_set(peer_id_of(p)) ? json_peer_id(peer_id_of(p)) : json_null());
	put(o, "state", json_string(state_text(info.state)));
	put(o, "links", number(info.n_links));
	put(o, "direction",
	    connected ? json_string(info.inbound ? "inbound" : "outbound") : json_null());
	put(o, "address", info.remote.family == ADDR_NONE ? json_null() : json_addr(&info.remote));
	put(o, "managed", json_boolean(info.managed));
	put_identify(o, &info);
	put(o, "rtt_us", info.rtt_ns ? number(info.rtt_ns / NS_PER_US) : json_null());
	put(o, "up_ms", connected ? number(mono_since_ms(info.up_at, now)) : json_null());
	put(o, "keeper", connected ? json_string(info.keeper_is_us ? "us" : "them") : json_null());
	put(o, "peerline", text_or_null(info.peerline_version));
	put(o, "bytes_in", number(info.bytes_in));
	put(o, "bytes_out", number(info.bytes_out));
	put(o, "next_dial_ms",
	    mono_is_never(info.next_dial_at) ? json_null()
					     : number(mono_since_ms(now, info.next_dial_at)));
	put(o, "last_error", text_or_null(info.last_error));
	(void)json_array_append_new(l->list, o);
}

json_t *api_peers(struct node *n)
{
	struct listing l = { .node = n, .list = json_array() };

	if (n->pool)
		pool_each(n->pool, each_peer, &l);
	return l.list;
}

/* ---- topics ---- */

static void each_topic(void *user, const struct gossip_topic_info *info)
{
	struct listing *l = user;
	struct mono now = loop_now(l->node->config.loop);
	json_t *o = json_object();

	put(o, "topic", bytes_text(info->topic));
	put(o, "consumers", number(door_topic_consumers(l->node->door, info->topic)));
	put(o, "mesh", number(info->n_mesh));
	put(o, "peers", number(info->n_peers));
	put(o, "received", number(info->received));
	put(o, "duplicates", number(info->duplicates));
	put(o, "published", number(info->published));
	put(o, "last_message_ms",
	    mono_is_never(info->last_message_at)
		    ? json_null()
		    : number(mono_since_ms(info->last_message_at, now)));
	(void)json_array_append_new(l->list, o);
}

json_t *api_topics(struct node *n)
{
	struct listing l = { .node = n, .list = json_array() };

	if (n->gossip)
		gossip_topics(gossip_streams_engine(n->gossip), each_topic, &l);
	return l.list;
}

/* ---- status ---- */

static const char *via_text(enum door_via via)
{
	switch (via) {
	case DOOR_UNIX_OWNER:
	case DOOR_UNIX_OTHER:
		return "unix";
	case DOOR_TCP:
		return "tcp";
	}
	return "?";
}

static void each_consumer(void *user, const struct consumer_info *info)
{
	struct listing *l = user;
	json_t *o = json_object();

	put(o, "id", json_string(info->id));
	put(o, "via", json_string(via_text(info->via)));
	put(o, "subscriptions", number(info->n_subscriptions));
	put(o, "bytes_held", number(info->bytes_held));
	put(o, "delivered", number(info->delivered));
	put(o, "missed", number(info->missed));
	put(o, "published", number(info->published));
	put(o, "bytes_out", number(info->bytes_out));
	(void)json_array_append_new(l->list, o);
}

static void put_gossip_counters(json_t *o, const struct gossip_counts *c)
{
	put(o, "gossip_received", number(c->received));
	put(o, "gossip_delivered", number(c->delivered));
	put(o, "gossip_duplicates", number(c->duplicates));
	put(o, "gossip_published", number(c->published));
	put(o, "gossip_forwarded", number(c->forwarded));
	put(o, "gossip_bad_signature", number(c->bad_signature));
	put(o, "gossip_malformed", number(c->malformed));
	put(o, "gossip_send_dropped", number(c->send_dropped));
}

static void put_net_counters(json_t *o, const struct net_counts *c)
{
	put(o, "accepted", number(c->accepted));
	put(o, "refused_per_ip", number(c->refused_per_ip));
	put(o, "refused_half_open", number(c->refused_half_open));
	put(o, "handshake_timeouts", number(c->handshake_timeouts));
	put(o, "handshake_failures", number(c->handshake_failures));
	put(o, "not_libp2p", number(c->not_libp2p));
	put(o, "accept_errors", number(c->accept_errors));
	put(o, "dials", number(c->dials));
	put(o, "dials_failed", number(c->dials_failed));
	put(o, "half_open", number(c->half_open));
}

static json_t *counters(struct node *n)
{
	json_t *o = json_object();

	if (n->pool) {
		struct net_counts net = pool_net_counts(n->pool);
		struct gossip_counts gossip = gossip_counts(gossip_streams_engine(n->gossip));

		put_net_counters(o, &net);
		put_gossip_counters(o, &gossip);
	}
	put(o, "gaps", number(n->gaps));
	put(o, "gap_messages", number(n->gap_messages));
	return o;
}

/* What is wrong now, as opposed to what was worth a warning once. */
static json_t *problems(struct node *n)
{
	size_t n_bootstrap = n->config.config->n_bootstrap;
	json_t *list = json_array();

	if (n->pool && n_bootstrap > 0 && node_n_links(n) == 0)
		(void)json_array_append_new(
			list, json_sprintf("no link, although BOOTSTRAP_PEERS names %zu; see: "
					   "peerline peers --wide",
					   n_bootstrap));
	return list;
}

static json_t *warnings(struct node *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->n_warnings; i++)
		(void)json_array_append_new(list, json_string(n->warnings[i]));
	return list;
}

json_t *api_status(struct node *n)
{
	struct listing consumers = { .node = n, .list = json_array() };
	json_t *o = json_object();
	char url[NODE_URL_MAX];

	node_door_url(n, url);
	door_consumers(n->door, each_consumer, &consumers);
	put(o, "peer_id", json_peer_id(&n->id));
	put(o, "version", json_string(PL_VERSION));
	put(o, "pid", number((uint64_t)getpid()));
	put(o, "uptime_ms", number(mono_since_ms(n->started_at, loop_now(n->config.loop))));
	put(o, "network", json_string(n->config.config->network));
	put(o, "listen", node_listen_json(n));
	put(o, "door",
	    json_pack("{s:s, s:s}", "url", url, "socket",
		      n->config.unix_socket ? n->config.config->door_socket : ""));
	put(o, "bootstrap", number(n->config.config->n_bootstrap));
	put(o, "links", number(node_n_links(n)));
	put(o, "peers", number(node_n_peers(n)));
	put(o, "consumers", consumers.list);
	put(o, "topics", api_topics(n));
	put(o, "counters", counters(n));
	put(o, "problems", problems(n));
	put(o, "warnings", warnings(n));
	return o;
}
