#include "node/api.h"

#include <unistd.h>

#include "base/limits.h"
#include "node/fitting.h"
#include "node/topic_trouble.h"

/*
 * The answers of STATUS, PEERS and TOPICS (docs/control.md). Each must fit into one message, or a
 * few peers that say as much as they may about themselves would hide all the others.
 */

#define PEERS_BYTES ((size_t)LIMIT_DOOR_PAYLOAD - 16 * KIB)
#define TOPICS_BYTES ((size_t)LIMIT_DOOR_PAYLOAD / 2 - 16 * KIB) /* STATUS has both */
#define CONSUMERS_BYTES TOPICS_BYTES
#define TROUBLES_MAX 16 /* topics among the problems */

static void put(json_t *object, const char *key, json_t *value)
{
	/* Out of memory leaves a field out; the answer as a whole still goes. */
	(void)json_object_set_new(object, key, value);
}

void api_put_uptime(const struct node *n, json_t *answer)
{
	put(answer, "uptime_ms",
	    json_number(mono_since_ms(n->started_at, loop_now(n->config.loop))));
}

/* ---- lists that fit ---- */

struct listing {
	struct fitting fitting;
	struct node *node;
	size_t share; /* peers: of each, before it is shortened */
	size_t n;     /* peers */
};

static void append(struct listing *l, json_t *o)
{
	fitting_append(&l->fitting, o);
}

static void put_list(json_t *answer, const char *key, const char *key_left_out,
		     const struct listing *l)
{
	fitting_put(&l->fitting, answer, key, key_left_out);
}

/* ---- peers ---- */

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

static void put_identify(json_t *o, const struct peer_info *info)
{
	json_t *protocols = json_array(), *listen = json_array();

	for (size_t i = 0; i < info->n_protocols; i++)
		(void)json_array_append_new(protocols, json_string(info->protocols[i]));
	for (size_t i = 0; i < info->n_listen_addresses; i++)
		(void)json_array_append_new(listen, json_multiaddr(&info->listen_addresses[i]));
	put(o, "agent", json_text_or_null(info->agent));
	put(o, "protocol_version", json_text_or_null(info->protocol_version));
	put(o, "protocols", protocols);
	put(o, "observed_address", json_multiaddr(&info->observed_address));
	put(o, "listen_addresses", listen);
}

/* What a peer may fill as it likes is left out. */
static void shorten(json_t *o)
{
	put(o, "protocols", json_array());
	put(o, "listen_addresses", json_array());
	put(o, "observed_address", json_null());
	if (json_is_object(json_object_get(o, "score")))
		put(json_object_get(o, "score"), "by_topic", json_array());
}

json_t *api_until(const struct ban *b)
{
	return ban_is_forever(b) ? json_null() : json_integer(b->until.ns / (int64_t)NS_PER_MS);
}

static json_t *banned_json(struct node *n, const struct peer_id *id)
{
	size_t n_bans;
	const struct ban *bans = pool_bans(n->pool, &n_bans);

	for (size_t i = 0; i < n_bans; i++)
		if (peer_id_equal(&bans[i].id, id))
			return json_pack("{s:o}", "until_ms", api_until(&bans[i]));
	return json_null();
}

json_t *api_peer(struct node *n, struct peer *p)
{
	struct mono now = loop_now(n->config.loop);
	bool connected;
	struct peer_info info;
	json_t *o = json_object();

	peer_get_info(p, &info);
	connected = info.state == PEER_CONNECTED;
	put(o, "peer_id",
	    peer_id_is_set(peer_id_of(p)) ? json_peer_id(peer_id_of(p)) : json_null());
	put(o, "state", json_string(state_text(info.state)));
	put(o, "links", json_number(info.n_links));
	put(o, "direction",
	    connected ? json_string(info.inbound ? "inbound" : "outbound") : json_null());
	put(o, "address", json_addr(&info.remote));
	put(o, "managed", json_boolean(info.managed));
	put_identify(o, &info);
	put(o, "rtt_us", info.rtt_ns ? json_number(info.rtt_ns / NS_PER_US) : json_null());
	put(o, "up_ms", connected ? json_number(mono_since_ms(info.up_at, now)) : json_null());
	put(o, "keeper", connected ? json_string(info.keeper_is_us ? "us" : "them") : json_null());
	put(o, "peerline", json_text_or_null(info.peerline_version));
	put(o, "bytes_in", json_number(info.bytes_in));
	put(o, "bytes_out", json_number(info.bytes_out));
	put(o, "next_dial_ms",
	    mono_is_never(info.next_dial_at) ? json_null()
					     : json_number(mono_since_ms(now, info.next_dial_at)));
	put(o, "last_error", json_text_or_null(info.last_error));
	put(o, "banned", banned_json(n, peer_id_of(p)));
	put(o, "score", api_score(n, peer_id_of(p)));
	return o;
}

static void each_peer(void *user, struct peer *p)
{
	struct listing *l = user;
	json_t *o = api_peer(l->node, p);

	put(o, "shortened", json_boolean(fitting_size(o) > l->share));
	if (fitting_size(o) > l->share)
		shorten(o);
	append(l, o);
}

static void count_peer(void *user, struct peer *p)
{
	struct listing *l = user;

	(void)p;
	l->n++;
}

json_t *api_peers(struct node *n)
{
	struct listing l = { .node = n, .fitting = fitting_of(PEERS_BYTES) };
	json_t *answer = json_object();

	if (n->pool) {
		pool_each(n->pool, count_peer, &l);
		l.share = l.fitting.room / size_max(l.n, 1);
		pool_each(n->pool, each_peer, &l);
	}
	api_put_uptime(n, answer);
	put_list(answer, "peers", "peers_left_out", &l);
	return answer;
}

/* ---- topics ---- */

static json_t *ms_or_null(uint64_t ms)
{
	return ms > 0 ? json_number(ms) : json_null();
}

static void put_health(json_t *o, const struct gossip_topic_info *info)
{
	put(o, "health", json_string(topic_health_name(info->health)));
	put(o, "pace_ms", ms_or_null(info->pace_ms));
	put(o, "silent_after_ms", ms_or_null(info->silent_after_ms));
	put(o, "duplicate_ratio",
	    info->received > 0 ? json_real((double)info->duplicates / (double)info->received)
			       : json_null());
	put(o, "direct", json_number(info->n_direct));
	put(o, "score_min", info->n_mesh > 0 ? json_real(info->score_min) : json_null());
	put(o, "score_median", info->n_mesh > 0 ? json_real(info->score_median) : json_null());
}

json_t *api_topic(struct node *n, const struct gossip_topic_info *info)
{
	struct door_counts counts = door_topic_counts(n->door, info->topic);
	struct mono now = loop_now(n->config.loop);
	json_t *o = json_object();

	put(o, "topic", json_text(info->topic));
	put(o, "consumers", json_number(door_topic_consumers(n->door, info->topic)));
	put(o, "mesh", json_number(info->n_mesh));
	put(o, "peers", json_number(info->n_peers));
	put(o, "received", json_number(info->received));
	put(o, "duplicates", json_number(info->duplicates));
	put(o, "published", json_number(info->published));
	put(o, "payload_malformed", json_number(counts.payload_malformed));
	put(o, "payload_mismatched", json_number(counts.payload_mismatched));
	put(o, "payload_skipped", json_number(counts.payload_skipped));
	put(o, "last_message_ms",
	    mono_is_never(info->last_message_at)
		    ? json_null()
		    : json_number(mono_since_ms(info->last_message_at, now)));
	put_health(o, info);
	return o;
}

static void each_topic(void *user, const struct gossip_topic_info *info)
{
	struct listing *l = user;

	append(l, api_topic(l->node, info));
}

static void put_topics(struct node *n, json_t *answer)
{
	struct listing l = { .node = n, .fitting = fitting_of(TOPICS_BYTES) };

	if (n->gossip)
		gossip_topics(gossip_streams_engine(n->gossip), each_topic, &l);
	put_list(answer, "topics", "topics_left_out", &l);
}

json_t *api_topics(struct node *n)
{
	json_t *answer = json_object();

	api_put_uptime(n, answer);
	put_topics(n, answer);
	return answer;
}

/* ---- authors ---- */

static void each_author(void *user, const struct author_info *info)
{
	struct listing *l = user;
	json_t *o = json_object();

	put(o, "peer_id", json_peer_id(info->id));
	put(o, "malformed", json_number(info->n_malformed));
	put(o, "mismatched", json_number(info->n_mismatched));
	put(o, "skipped_ms", json_number(info->skipped_ms));
	append(l, o);
}

json_t *api_authors(struct node *n)
{
	struct listing l = { .node = n, .fitting = fitting_of(PEERS_BYTES) };
	json_t *answer = json_object();

	door_authors(n->door, loop_now(n->config.loop), each_author, &l);
	put_list(answer, "authors", "authors_left_out", &l);
	return answer;
}

/* ---- status ---- */

/* What is received is delivered, or it is counted under why it was not. */
static void put_gossip_counters(json_t *o, const struct gossip_counts *c)
{
	put(o, "gossip_received", json_number(c->received));
	put(o, "gossip_delivered", json_number(c->delivered));
	put(o, "gossip_duplicates", json_number(c->duplicates));
	put(o, "gossip_published", json_number(c->published));
	put(o, "gossip_forwarded", json_number(c->forwarded));
	put(o, "gossip_bad_signature", json_number(c->bad_signature));
	put(o, "gossip_unknown_topic", json_number(c->unknown_topic));
	put(o, "gossip_too_large", json_number(c->too_large));
	put(o, "gossip_own_echo", json_number(c->own_echo));
	put(o, "gossip_unheard", json_number(c->unheard));
	put(o, "gossip_not_checked", json_number(c->not_checked));
	put(o, "gossip_ignored", json_number(c->ignored));
	put(o, "gossip_rejected", json_number(c->rejected));
	put(o, "gossip_verdicts_late", json_number(c->verdicts_late));
	put(o, "gossip_waiting", json_number(c->waiting));
	put(o, "gossip_malformed", json_number(c->malformed));
	put(o, "gossip_send_dropped", json_number(c->send_dropped));
	put(o, "gossip_iwant_served", json_number(c->iwant_served));
	put(o, "gossip_iwant_asked", json_number(c->iwant_asked));
	put(o, "gossip_ihave_ignored", json_number(c->ihave_ignored));
	put(o, "gossip_graft_refused", json_number(c->graft_refused));
	put(o, "gossip_graylisted", json_number(c->graylisted));
	put(o, "gossip_promises_broken", json_number(c->promises_broken));
	put(o, "gossip_pruned_for_score", json_number(c->pruned_for_score));
	put(o, "gossip_opportunistic_grafts", json_number(c->opportunistic));
	put(o, "gossip_too_large_for_peer", json_number(c->too_large_for_peer));
	put(o, "gossip_px_sent", json_number(c->px_sent));
	put(o, "gossip_px_heard", json_number(c->px_heard));
	put(o, "gossip_px_ignored", json_number(c->px_ignored));
	put(o, "gossip_idontwant_sent", json_number(c->idontwant_sent));
	put(o, "gossip_idontwant_heeded", json_number(c->idontwant_heeded));
	put(o, "gossip_subscriptions_refused", json_number(c->subscriptions_refused));
	put(o, "gossip_seen_evicted", json_number(c->seen_evicted));
}

static void put_stream_counters(json_t *o, const struct gossip_streams_counts *c)
{
	put(o, "gossip_peers", json_number(c->n_peers));
	put(o, "gossip_streams_opened", json_number(c->opened));
	put(o, "gossip_streams_accepted", json_number(c->accepted));
	put(o, "gossip_streams_reset_full", json_number(c->reset_full));
	put(o, "gossip_streams_reset_malformed", json_number(c->reset_malformed));
	put(o, "gossip_streams_reset_over_budget", json_number(c->reset_over_budget));
	put(o, "gossip_links_stalled", json_number(c->stalled));
}

static void put_net_counters(json_t *o, const struct net_counts *c)
{
	put(o, "accepted", json_number(c->accepted));
	put(o, "refused_per_ip", json_number(c->refused_per_ip));
	put(o, "refused_half_open", json_number(c->refused_half_open));
	put(o, "handshake_timeouts", json_number(c->handshake_timeouts));
	put(o, "handshake_failures", json_number(c->handshake_failures));
	put(o, "not_libp2p", json_number(c->not_libp2p));
	put(o, "accept_errors", json_number(c->accept_errors));
	put(o, "dials", json_number(c->dials));
	put(o, "dials_failed", json_number(c->dials_failed));
	put(o, "half_open", json_number(c->half_open));
}

static void put_door_counters(json_t *o, const struct door_counts *c)
{
	put(o, "teranode_refused", json_number(c->teranode_refused));
	put(o, "payload_malformed", json_number(c->payload_malformed));
	put(o, "payload_mismatched", json_number(c->payload_mismatched));
	put(o, "payload_skipped", json_number(c->payload_skipped));
	put(o, "payload_failed", json_number(c->payload_failed));
	put(o, "authors_skipped", json_number(c->authors_skipped));
	put(o, "validate_asked", json_number(c->validate_asked));
	put(o, "validate_accepted", json_number(c->validate_accepted));
	put(o, "validate_ignored", json_number(c->validate_ignored));
	put(o, "validate_rejected", json_number(c->validate_rejected));
	put(o, "validate_unanswered", json_number(c->validate_unanswered));
	put(o, "validate_abandoned", json_number(c->validate_abandoned));
}

static void put_hint_counters(json_t *o, const struct hints_counts *c)
{
	put(o, "hints", json_number(c->n));
	put(o, "hints_dialled", json_number(c->dialled));
	put(o, "hints_connected", json_number(c->connected));
	put(o, "hints_refused", json_number(c->refused));
	put(o, "addr_requests_asked", json_number(c->requests.asked));
	put(o, "addr_requests_answered", json_number(c->requests.answered));
	put(o, "addr_requests_refused", json_number(c->requests.refused));
}

static json_t *counters(struct node *n)
{
	struct door_counts door = door_counts(n->door);
	json_t *o = json_object();

	if (n->pool) {
		struct net_counts net = pool_net_counts(n->pool);
		struct gossip_counts gossip = gossip_counts(gossip_streams_engine(n->gossip));
		struct gossip_streams_counts streams = gossip_streams_counts(n->gossip);

		struct hints_counts hints = hints_counts(n->hints);

		put_net_counters(o, &net);
		put_hint_counters(o, &hints);
		put_gossip_counters(o, &gossip);
		put_stream_counters(o, &streams);
	}
	put_door_counters(o, &door);
	put(o, "gaps", json_number(n->gaps));
	put(o, "gap_messages", json_number(n->gap_messages));
	return o;
}

/* Topics that hear nobody for want of any peer have one problem together. */
struct troubles {
	struct node *node;
	json_t *list;
	size_t n_connected, n_alone, n_told, n_more;
};

static void each_trouble(void *user, const struct gossip_topic_info *info)
{
	struct troubles *t = user;
	char text[TOPIC_TROUBLE_MAX];

	if (topic_is_alone(info))
		t->n_alone++;
	else if (!topic_trouble(info, t->n_connected, loop_now(t->node->config.loop), text))
		return;
	else if (t->n_told == TROUBLES_MAX)
		t->n_more++;
	else if (json_array_append_new(t->list, json_text_or_null(text)) == 0)
		t->n_told++;
}

static void put_troubles(struct node *n, json_t *list)
{
	struct troubles t = {
		.node = n,
		.list = list,
		.n_connected = gossip_streams_counts(n->gossip).n_peers,
	};

	gossip_topics(gossip_streams_engine(n->gossip), each_trouble, &t);
	if (t.n_more > 0)
		(void)json_array_append_new(
			list, json_sprintf("%zu more topics are not well; see: peerline status "
					   "--json",
					   t.n_more));
	if (t.n_alone > 0 && json_array_size(list) == 0)
		(void)json_array_append_new(
			list, json_sprintf("no peer is connected: %zu topic%s nobody; name peers "
					   "with BOOTSTRAP_PEERS, or let them dial this node",
					   t.n_alone, t.n_alone == 1 ? " hears" : "s hear"));
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
	if (n->gossip)
		put_troubles(n, list);
	if (n->pool && pool_budget(n->pool)->is_short)
		(void)json_array_append_new(
			list,
			json_sprintf("memory is short: peers make the node hold %zu of %zu bytes; "
				     "PEERLINE_MEMORY_BUDGET changes it",
				     pool_budget(n->pool)->held, pool_budget(n->pool)->max));
	return list;
}

static json_t *warnings(struct node *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->n_warnings; i++)
		(void)json_array_append_new(list, json_text_or_null(n->warnings[i]));
	return list;
}

/* What peers make us hold (base/budget.h). */
static json_t *memory(const struct node *n)
{
	const struct budget *b = pool_budget(n->pool);
	json_t *o = json_object();

	put(o, "budget", json_number(b->max));
	put(o, "held", json_number(b->held));
	put(o, "short", json_boolean(b->is_short));
	for (size_t i = 0; i < BUDGET_KINDS; i++)
		put(o, budget_kind_text((enum budget_kind)i), json_number(b->kinds[i]));
	put(o, "peers_cut_off", json_number(pool_n_over_budget(n->pool)));
	return o;
}

json_t *api_status(struct node *n)
{
	json_t *o = json_object();
	char url[NODE_URL_MAX];

	node_door_url(n, url);
	put(o, "peer_id", json_peer_id(&n->id));
	put(o, "version", json_string(PL_VERSION));
	put(o, "pid", json_number((uint64_t)getpid()));
	put(o, "uptime_ms", json_number(mono_since_ms(n->started_at, loop_now(n->config.loop))));
	put(o, "network", json_text_or_null(n->config.config->network));
	put(o, "listen", node_listen_json(n));
	put(o, "door",
	    json_pack(
		    "{s:s, s:o}", "url", url, "socket",
		    json_text_or_null(n->config.unix_socket ? n->config.config->door_socket : "")));
	put(o, "bootstrap", json_number(n->config.config->n_bootstrap));
	put(o, "links", json_number(node_n_links(n)));
	put(o, "peers", json_number(node_n_peers(n)));
	api_put_consumers(n, o, CONSUMERS_BYTES);
	put_topics(n, o);
	put(o, "memory", n->pool ? memory(n) : json_null());
	put(o, "counters", counters(n));
	put(o, "problems", problems(n));
	put(o, "warnings", warnings(n));
	return o;
}
