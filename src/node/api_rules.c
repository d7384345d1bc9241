#include <string.h>

#include "node/api.h"

/* What the user wants of single peers: PEER, PEER_ADD, PEER_DROP, BAN, UNBAN, BANS. */

#define BAN_MS_MAX (UINT64_C(10) * 366 * 86400 * 1000)
#define TOPICS_MAX 256 /* of one peer */

static void put(json_t *o, const char *key, json_t *value)
{
	(void)json_object_set_new(o, key, value);
}

/* ---- who is meant ---- */

static bool has_network(const struct api_request *q)
{
	if (q->node->pool)
		return true;
	api_refuse(q->node, q->ticket, "E_NO_NETWORK", "p2p_enabled is false: there are no peers");
	return false;
}

static bool get_id(const struct api_request *q, struct peer_id *ret)
{
	const char *text = json_string_value(json_object_get(q->body, "peer_id"));

	if (text && peer_id_parse(bytes_of_text(text), ret) == 0)
		return true;
	api_refuse(q->node, q->ticket, "E_BAD_REQUEST", "peer_id: \"%.100s\" is not a peer id",
		   text ? text : "");
	return false;
}

static bool get_address(const struct api_request *q, struct multiaddr *ret)
{
	const char *text = json_string_value(json_object_get(q->body, "address"));

	if (text && multiaddr_parse_loose(bytes_of_text(text), ret) == 0)
		return true;
	api_refuse(q->node, q->ticket, "E_BAD_REQUEST",
		   "address: \"%.200s\" is neither a multiaddr nor host:port", text ? text : "");
	return false;
}

/* ---- PEER ---- */

static void each_address(void *user, const struct multiaddr *address)
{
	(void)json_array_append_new(user, json_multiaddr(address));
}

struct links {
	json_t *list;
	const struct link *primary;
	struct mono now;
};

static void each_link(void *user, struct link *l)
{
	struct links *links = user;
	struct link_counts counts = link_counts(l);
	struct addr remote = net_link_remote(l);
	json_t *o = json_object();

	put(o, "link", json_link(l));
	put(o, "primary", json_boolean(l == links->primary));
	put(o, "direction", json_string(link_is_dialer(l) ? "outbound" : "inbound"));
	put(o, "address", json_addr(&remote));
	put(o, "up_ms", json_number(mono_since_ms(link_up_at(l), links->now)));
	put(o, "rtt_us", link_rtt_ns(l) ? json_number(link_rtt_ns(l) / NS_PER_US) : json_null());
	put(o, "bytes_in", json_number(counts.bytes_in));
	put(o, "bytes_out", json_number(counts.bytes_out));
	put(o, "streams_in", json_number(counts.streams_in));
	put(o, "streams_out", json_number(counts.streams_out));
	put(o, "bytes_queued", json_number(link_queued(l)));
	(void)json_array_append_new(links->list, o);
}

static void each_topic(void *user, struct bytes topic, bool in_mesh)
{
	json_t *list = user;

	if (json_array_size(list) < TOPICS_MAX)
		(void)json_array_append_new(list, json_pack("{s:o, s:b}", "topic", json_text(topic),
							    "in_mesh", in_mesh));
}

void api_peer_verb(const struct api_request *q)
{
	struct node *n = q->node;
	struct links links = { .now = loop_now(n->config.loop) };
	struct peer_id id;
	struct peer *p;
	json_t *o, *addresses, *topics;

	if (!has_network(q) || !get_id(q, &id))
		return;
	p = pool_find(n->pool, &id);
	if (!p) {
		api_refuse(n, q->ticket, "E_NOT_FOUND",
			   "nothing is known of this peer; peerline peers lists those that are "
			   "connected or dialled, peerline peer bans those that are banned");
		return;
	}
	o = api_peer(n, p);
	addresses = json_array();
	topics = json_array();
	links.list = json_array();
	links.primary = peer_primary(p);
	peer_each_address(p, each_address, addresses);
	peer_each_link(p, each_link, &links);
	gossip_peer_topics(gossip_streams_engine(n->gossip), &id, each_topic, topics);
	put(o, "managed_addresses", addresses);
	put(o, "link_list", links.list);
	put(o, "topics", topics);
	api_answer(n, q->ticket, o);
}

/* ---- PEER_ADD, PEER_DROP ---- */

/* Without a peer id in it: do we listen there? */
static bool is_own_address(const struct node *n, const struct multiaddr *address)
{
	struct multiaddr_target to;

	if (multiaddr_target(address, &to) < 0 || to.host != MULTIADDR_IP)
		return false;
	for (size_t i = 0; i < n->n_listen; i++) {
		const struct addr *at = &n->listen[i];
		bool is_everywhere = addr_is_unspecified(at) && at->port == to.addr.port;

		if (addr_equal(at, &to.addr) || (is_everywhere && addr_is_loopback(&to.addr)))
			return true;
	}
	return false;
}

static void refuse_add(const struct api_request *q, int r)
{
	if (r == POOL_E_SELF)
		api_refuse(q->node, q->ticket, "E_DIAL_SELF", "that is this node");
	else if (r == -EPROTONOSUPPORT)
		api_refuse(q->node, q->ticket, "E_BAD_REQUEST", "that address is not plain TCP");
	else if (r == -ENOSPC)
		api_refuse(q->node, q->ticket, "E_LIMIT", "at most %d addresses are kept",
			   LIMIT_MANAGED_PEERS);
	else
		api_refuse(q->node, q->ticket, "E_REFUSED", "cannot begin: %s", strerror(-r));
}

void api_peer_add(const struct api_request *q)
{
	struct node *n = q->node;
	struct multiaddr address;
	bool was_added;
	json_t *o;
	int r;

	if (!has_network(q) || !get_address(q, &address) || !node_may_change_rules(n, q->ticket))
		return;
	if (is_own_address(n, &address)) {
		refuse_add(q, POOL_E_SELF);
		return;
	}
	was_added = peer_rules_find_added(&n->rules, &address) < n->rules.n_added;
	r = peer_rules_add(&n->rules, &address);
	if (r == 0) {
		r = pool_manage(n->pool, &address);
		if (r != 0 && !was_added)
			(void)peer_rules_remove(&n->rules, &address);
	}
	if (r != 0 && r != -EEXIST) {
		refuse_add(q, r);
		return;
	}
	o = json_pack("{s:o, s:b}", "address", json_multiaddr(&address), "already", r == -EEXIST);
	if (r == 0) {
		node_keep_rules(n, q->ticket, o);
		return;
	}
	put(o, "kept", json_boolean(was_added));
	api_answer(n, q->ticket, o);
}

struct dropping {
	struct node *node;
	json_t *list;
	bool was_added, is_configured;
};

static bool is_in(const struct multiaddr *v, size_t n, const struct multiaddr *m)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal(BYTES(v[i].b, v[i].n), BYTES(m->b, m->n)))
			return true;
	return false;
}

static void forget_address(void *user, const struct multiaddr *address)
{
	struct dropping *d = user;
	const struct config *c = d->node->config.config;

	each_address(d->list, address);
	d->was_added |= peer_rules_remove(&d->node->rules, address);
	d->is_configured |= is_in(c->bootstrap, c->n_bootstrap, address) ||
			    is_in(c->direct, c->n_direct, address);
}

static void drop(const struct api_request *q, struct dropping *d, size_t n_links)
{
	json_t *o = json_pack("{s:o, s:I, s:b}", "addresses", d->list, "links_closed",
			      (json_int_t)n_links, "configured", d->is_configured);

	if (d->was_added) {
		node_keep_rules(q->node, q->ticket, o);
		return;
	}
	put(o, "kept", json_boolean(!d->is_configured));
	api_answer(q->node, q->ticket, o);
}

static void drop_address(const struct api_request *q, struct dropping *d)
{
	struct multiaddr address;
	struct peer *p;
	size_t n_links;

	if (!get_address(q, &address))
		return;
	p = pool_managed_peer(q->node->pool, &address);
	if (!p) {
		api_refuse(
			q->node, q->ticket, "E_NOT_FOUND",
			"nobody keeps a link to that address; peerline peer show lists a peer's");
		return;
	}
	d->list = json_array();
	peer_each_address(p, forget_address, d);
	n_links = pool_disconnect(q->node->pool, p);
	drop(q, d, n_links);
}

static void drop_peer(const struct api_request *q, struct dropping *d)
{
	struct peer_id id;
	struct peer *p;

	if (!get_id(q, &id))
		return;
	p = pool_find(q->node->pool, &id);
	if (!p) {
		api_refuse(q->node, q->ticket, "E_NOT_FOUND",
			   "that peer is neither connected nor dialled");
		return;
	}
	d->list = json_array();
	peer_each_address(p, forget_address, d);
	drop(q, d, pool_disconnect(q->node->pool, p));
}

void api_peer_drop(const struct api_request *q)
{
	struct dropping d = { .node = q->node };

	if (!has_network(q) || !node_may_change_rules(q->node, q->ticket))
		return;
	if (json_object_get(q->body, "address"))
		drop_address(q, &d);
	else
		drop_peer(q, &d);
}

/* ---- BAN, UNBAN, BANS ---- */

/* False: refused. */
static bool get_until(const struct api_request *q, struct wall *ret)
{
	struct wall now = loop_wall(q->node->config.loop);
	uint64_t ms;

	*ret = BAN_FOREVER;
	if (!json_object_get(q->body, "for_ms"))
		return true;
	if (!api_get_number(q, "for_ms", 0, BAN_MS_MAX, &ms))
		return false;
	ret->ns = now.ns + (int64_t)(ms * NS_PER_MS);
	return true;
}

void api_ban(const struct api_request *q)
{
	struct node *n = q->node;
	struct ban ban;
	size_t n_links;
	int r;

	if (!has_network(q) || !get_id(q, &ban.id) || !get_until(q, &ban.until) ||
	    !node_may_change_rules(n, q->ticket))
		return;
	r = pool_ban(n->pool, &ban.id, ban.until, &n_links);
	if (r == POOL_E_SELF)
		api_refuse(n, q->ticket, "E_BAD_REQUEST", "that is this node");
	else if (r < 0)
		api_refuse(n, q->ticket, "E_LIMIT", "at most %d peers are banned; see BANS",
			   LIMIT_BANS);
	else
		node_keep_rules(n, q->ticket,
				json_pack("{s:o, s:o, s:I}", "peer_id", json_peer_id(&ban.id),
					  "until_ms", api_until(&ban), "links_closed",
					  (json_int_t)n_links));
}

void api_unban(const struct api_request *q)
{
	struct node *n = q->node;
	struct peer_id id;

	if (!has_network(q) || !get_id(q, &id) || !node_may_change_rules(n, q->ticket))
		return;
	if (pool_unban(n->pool, &id))
		node_keep_rules(n, q->ticket, json_pack("{s:o}", "peer_id", json_peer_id(&id)));
	else
		api_refuse(n, q->ticket, "E_NOT_FOUND",
			   "that peer is not banned; peerline peer bans lists who is");
}

void api_bans(const struct api_request *q)
{
	json_t *list = json_array();
	const struct ban *bans;
	size_t n;

	if (!has_network(q)) {
		json_decref(list);
		return;
	}
	bans = pool_bans(q->node->pool, &n);
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_pack("{s:o, s:o}", "peer_id",
							    json_peer_id(&bans[i].id), "until_ms",
							    api_until(&bans[i])));
	api_answer(q->node, q->ticket, json_pack("{s:o}", "bans", list));
}
