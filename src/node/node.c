#include "node/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "node/node_priv.h"
#include "node/port_holder.h"
#include "peer/perf.h"
#include "peer/ping.h"
#include "share/rights.h"
#include "wire/public_key.h"

#define DOOR_PORTS_TRIED 32
#define STOP_POLL_MS 10

int node_new(const struct node_config *config, struct node **ret)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->config = *config;
	public_key_ed25519_peer_id(config->key.public, &n->id);
	n->started_at = loop_now(config->loop);
	*ret = n;
	return 0;
}

struct node *node_free(struct node *n)
{
	if (!n)
		return NULL;
	loop_timer_stop(n->config.loop, &n->stop_timer);
	n->door_sockets = door_sockets_free(n->door_sockets);
	n->gossip = gossip_streams_free(n->gossip);
	n->hints = hints_free(n->hints);
	n->pool = pool_free(n->pool);
	n->door = door_free(n->door);
	n->config.rights = rights_table_free(n->config.rights);
	key_pair_wipe(&n->config.key);
	peer_rules_deinit(&n->rules);
	json_decref(n->rules_answer);
	free(n);
	return NULL;
}

/* ---- starting ---- */

static int refuse_listen(struct config_error *e, const char *what, const struct addr *at,
			 const char *setting, int error)
{
	char text[ADDR_TEXT_MAX], holder[PORT_HOLDER_MAX];

	addr_text(at, text);
	if (error == -EADDRINUSE && port_holder(at->port, holder))
		snprintf(e->text, sizeof(e->text), "%s: %s is taken by %s; choose another with %s",
			 what, text, holder, setting);
	else
		snprintf(e->text, sizeof(e->text), "%s: cannot listen on %s: %s; see %s", what,
			 text, strerror(-error), setting);
	return error;
}

/* The default port moves on when it is taken; a chosen one does not. */
static int listen_door_tcp(struct node *n, struct addr *at, struct config_error *e)
{
	uint16_t wanted = at->port;
	char holder[PORT_HOLDER_MAX] = "another program";
	int r = door_sockets_listen_tcp(n->door_sockets, at);

	if (r == 0 || r != -EADDRINUSE || !n->config.config->door_port_is_default)
		return r < 0 ? refuse_listen(e, "the door", at,
					     "PEERLINE_DOOR_PORT or PEERLINE_DOOR_HOST", r)
			     : 0;
	for (int i = 1; i < DOOR_PORTS_TRIED && r == -EADDRINUSE; i++) {
		at->port = (uint16_t)(wanted + i);
		r = door_sockets_listen_tcp(n->door_sockets, at);
	}
	if (r < 0)
		return refuse_listen(e, "the door", at, "PEERLINE_DOOR_PORT or PEERLINE_DOOR_HOST",
				     r);
	(void)port_holder(wanted, holder);
	node_tell(n, LOG_WARN, "port %u is taken by %s: the door is on %u (PEERLINE_DOOR_PORT)",
		  wanted, holder, at->port);
	return 0;
}

static int start_door(struct node *n, struct config_error *e)
{
	const struct config *c = n->config.config;
	struct addr at = c->door;
	struct door_config config = {
		.server_name = "peerline",
		.version = PL_VERSION,
		.token = n->config.token,
		.topic_prefix = c->topic_prefix,
		.id = n->id,
		.client_name = c->client_name,
		.teranode_rules = c->teranode_rules,
		.consumer_bytes = c->consumer_bytes,
		.slow = c->slow_consumer,
		.consumers_memory = c->consumers_memory,
		.random = n->config.random,
		.ops = &node_door_ops,
		.user = n,
	};
	int r;

	r = door_sockets_new(n->config.loop, &n->door_sockets);
	if (r < 0)
		return r;
	r = listen_door_tcp(n, &at, e);
	if (r < 0)
		return r;
	config.host = addr_ip_text(&at, n->door_host);
	config.port = at.port;
	r = door_new(&config, &n->door);
	if (r < 0)
		return r;
	n->door_addr = at;
	door_set_rights(n->door, TAKE_PTR(n->config.rights), loop_now(n->config.loop),
			&(struct door_rights_change){ 0 });
	if (n->config.unix_socket) {
		r = door_sockets_listen_unix(n->door_sockets, c->door_socket);
		if (r < 0) {
			snprintf(e->text, sizeof(e->text),
				 "the door: cannot listen on %s: %s; see PEERLINE_DOOR_SOCKET",
				 c->door_socket, strerror(-r));
			return r;
		}
	}
	door_sockets_set_door(n->door_sockets, n->door);
	return 0;
}

static int make_pool(struct node *n)
{
	const struct config *c = n->config.config;
	struct pool_config config = {
		.loop = n->config.loop,
		.key = &n->config.key,
		.id = n->id,
		.random = n->config.random,
		.version = PL_VERSION,
		.agent = "peerline/" PL_VERSION,
		.incarnation = n->config.incarnation,
		.peers_max = c->max_peers,
		.half_open_max = c->half_open,
		.per_ip_max = c->peers_per_ip,
		.memory_max = c->memory_budget,
		.reconnect_ms = c->reconnect_ms,
		.announce = c->announce,
		.n_announce = c->n_announce,
		.ops = &node_pool_ops,
		.user = n,
	};

	snprintf(config.network, sizeof(config.network), "%s", c->network);
	return pool_new(&config, &n->pool);
}

static int make_gossip(struct node *n)
{
	const struct config *c = n->config.config;
	struct gossip_streams_config config = {
		.loop = n->config.loop,
		.pool = n->pool,
		.key = &n->config.key,
		.id = n->id,
		.random = n->config.random,
		.params = gossip_params_default(),
		.seqno_last = n->config.seqno_last,
		.direct = c->direct_ids,
		.n_direct = c->n_direct,
		.ops = &node_gossip_ops,
		.user = n,
	};

	config.params.flood_publish = c->flood_publish;
	/* Who is let in is not blamed for it. */
	config.params.score.colocation_threshold = c->peers_per_ip;
	return gossip_streams_new(&config, &n->gossip);
}

static int listen_peers(struct node *n, struct config_error *e)
{
	const struct config *c = n->config.config;

	for (size_t i = 0; i < c->n_hosts; i++) {
		struct addr at = c->hosts[i];
		int r = pool_listen(n->pool, &at);

		if (r < 0)
			return refuse_listen(e, "peers", &at, "P2P_PORT or P2P_HOST", r);
		n->listen[n->n_listen++] = at;
	}
	return 0;
}

/* The peers that the setting `name` names are kept connected. */
static void manage(struct node *n, const char *name, const struct multiaddr *v, size_t n_v)
{
	char text[LIMIT_MULTIADDR_TEXT];

	for (size_t i = 0; i < n_v; i++) {
		int r = pool_manage(n->pool, &v[i]);

		multiaddr_text(&v[i], text);
		if (r == POOL_E_SELF)
			node_tell(n, LOG_WARN, "%s: %s is this node; it is not dialled", name,
				  text);
		else if (r == -EPROTONOSUPPORT)
			node_tell(n, LOG_WARN, "%s: %s is not plain TCP; it is not dialled", name,
				  text);
		else if (r < 0 && r != -EEXIST)
			node_tell(n, LOG_WARN, "%s: %s is not used: %s", name, text, strerror(-r));
	}
}

static void manage_peers(struct node *n)
{
	const struct config *c = n->config.config;

	manage(n, "BOOTSTRAP_PEERS", c->bootstrap, c->n_bootstrap);
	manage(n, "PEERLINE_DIRECT_PEERS", c->direct, c->n_direct);
}

static int start_peers(struct node *n, struct config_error *e)
{
	int r = make_pool(n);

	if (r == 0)
		r = ping_serve(n->pool);
	if (r == 0)
		r = perf_serve(n->pool);
	if (r == 0)
		r = make_gossip(n);
	if (r == 0)
		r = node_make_hints(n);
	if (r == 0)
		r = listen_peers(n, e);
	if (r == 0) {
		node_apply_rules(n);
		manage_peers(n);
		node_import_peer_cache(n);
	}
	return r;
}

/* Numbers go on where they were, before anybody can come in. */
static void restore_numbers(struct node *n)
{
	struct loop *loop = n->config.loop;
	int r;

	if (!n->config.numbers.p)
		return;
	r = door_restore(n->door, n->config.numbers, loop_wall(loop), loop_now(loop));
	n->config.numbers = BYTES(NULL, 0);
	if (r < 0)
		node_tell(
			n, LOG_WARN,
			"door.numbers is not used: %s; topics begin a new epoch (it was set aside "
			"as door.numbers.used)",
			r == -EBADMSG ? "it is damaged" : strerror(-r));
}

int node_start(struct node *n, struct config_error *ret_error)
{
	int r;

	ret_error->text[0] = '\0';
	r = start_door(n, ret_error);
	if (r == 0 && n->config.config->p2p_enabled)
		r = start_peers(n, ret_error);
	if (r == 0)
		restore_numbers(n);
	if (r < 0 && !ret_error->text[0])
		snprintf(ret_error->text, sizeof(ret_error->text), "the node cannot start: %s",
			 strerror(-r));
	return r;
}

/* ---- ending ---- */

static void on_stop_poll(struct timer *t)
{
	struct node *n = container_of(t, struct node, stop_timer);
	struct mono now = loop_now(n->config.loop);
	bool late = mono_reached(n->stop_by, now);

	if (!late &&
	    ((n->pool && !pool_is_stopped(n->pool)) || !door_sockets_is_flushed(n->door_sockets))) {
		loop_timer_set(n->config.loop, t, mono_add_ms(now, STOP_POLL_MS));
		return;
	}
	n->config.ops->on_stopped(n->config.user);
}

void node_stop(struct node *n)
{
	struct mono now = loop_now(n->config.loop);

	if (n->stopping)
		return;
	n->stopping = true;
	node_emit(n, LOG_INFO, "stopping", NULL, json_object());
	door_sockets_close_listeners(n->door_sockets);
	door_lame_duck(n->door);
	if (n->pool)
		pool_stop(n->pool);
	n->stop_timer.fire = on_stop_poll;
	/* The pool bounds its own draining; this is for a consumer that does not read its last
	 * words. */
	n->stop_by = mono_add_ms(now, LIMIT_DRAIN_MS + 1000);
	loop_timer_set(n->config.loop, &n->stop_timer, now);
}

/* ---- consumers inside the process ---- */

void node_adopt(struct node *n, struct sock *sock)
{
	if (n->stopping || !n->door)
		sock_close(sock, false);
	else
		door_sockets_adopt(n->door_sockets, sock);
}

int node_save_numbers(struct node *n, struct buf *out)
{
	struct loop *loop = n->config.loop;

	/* Whoever is still there ends now, and is waited for by the next start. */
	n->door_sockets = door_sockets_free(n->door_sockets);
	return door_save(n->door, loop_wall(loop), loop_now(loop), out);
}

/* ---- asking ---- */

struct addr node_door_addr(const struct node *n)
{
	return n->door_addr;
}

size_t node_n_links(const struct node *n)
{
	return n->pool ? pool_n_links(n->pool) : 0;
}

size_t node_n_peers(const struct node *n)
{
	return n->pool ? pool_n_connected(n->pool) : 0;
}

json_t *node_listen_json(const struct node *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->n_listen; i++) {
		struct multiaddr bare, whole;

		multiaddr_from_addr(&n->listen[i], &bare);
		if (multiaddr_with_peer(&bare, &n->id, &whole) == 0)
			(void)json_array_append_new(list, json_multiaddr(&whole));
	}
	return list;
}

void node_door_url(const struct node *n, char out[NODE_URL_MAX])
{
	char text[ADDR_TEXT_MAX];

	snprintf(out, NODE_URL_MAX, "nats://%s", addr_text(&n->door_addr, text));
}

char *node_ready_json(const struct node *n, const char *token_file)
{
	char url[NODE_URL_MAX];
	json_t *object;
	char *text;

	node_door_url(n, url);
	object = json_pack(
		"{s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:I}", "event", "ready", "peer_id",
		json_peer_id(&n->id), "listen", node_listen_json(n), "door", url, "socket",
		json_text_or_null(n->config.unix_socket ? n->config.config->door_socket : ""),
		"token_file", json_text_or_null(token_file), "data",
		json_text_or_null(n->config.config->data), "pid", (json_int_t)getpid());
	if (!object)
		return NULL;
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text;
}
