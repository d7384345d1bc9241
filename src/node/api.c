#include "node/api.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "node/reload.h"
#include "node/config_listing.h"
#include "wire/json.h"

/*
 * $PL.API.*: one table, one function per verb. Each answers exactly once, now or, for what crosses
 * the network, when its outcome is known. docs/control.md is the contract.
 */

void api_answer(struct node *n, uint64_t ticket, json_t *answer)
{
	char *text = answer ? json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;

	json_decref(answer);
	if (!text) {
		door_api_reply(
			n->door, ticket,
			bytes_of_text(
				"{\"error\":{\"code\":\"E_NO_MEMORY\",\"text\":\"no memory\"}}"));
		return;
	}
	door_api_reply(n->door, ticket, bytes_of_text(text));
	free(text);
}

void api_refuse(struct node *n, uint64_t ticket, const char *code, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	api_answer(n, ticket,
		   json_pack("{s:{s:s, s:o}}", "error", "code", code, "text",
			     json_text_or_null(text)));
}

/* ---- who is meant ---- */

static bool find_peer(const struct api_request *q, struct peer **ret)
{
	const char *text = json_string_value(json_object_get(q->body, "peer_id"));
	struct peer_id id;

	if (!q->node->pool) {
		api_refuse(q->node, q->ticket, "E_NO_NETWORK",
			   "p2p_enabled is false: there are no peers");
		return false;
	}
	if (!text || peer_id_parse(bytes_of_text(text), &id) < 0) {
		api_refuse(q->node, q->ticket, "E_BAD_REQUEST",
			   "peer_id: \"%.100s\" is not a peer id", text ? text : "");
		return false;
	}
	*ret = pool_find(q->node->pool, &id);
	if (!*ret || !peer_is_connected(*ret)) {
		api_refuse(q->node, q->ticket, "E_NOT_CONNECTED",
			   "%s is not connected; peerline peers lists who is", text);
		return false;
	}
	return true;
}

bool api_get_number(const struct api_request *q, const char *key, uint64_t standard, uint64_t max,
		    uint64_t *ret)
{
	json_t *value = json_object_get(q->body, key);

	*ret = standard;
	if (!value)
		return true;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > max) {
		api_refuse(q->node, q->ticket, "E_BAD_REQUEST", "%s: give a number from 0 to %llu",
			   key, (unsigned long long)max);
		return false;
	}
	*ret = (uint64_t)json_integer_value(value);
	return true;
}

/* ---- what crosses the network ---- */

struct pending {
	struct node *node;
	uint64_t ticket;
};

static struct pending *pending_new(const struct api_request *q)
{
	struct pending *p = malloc(sizeof(*p));

	if (!p) {
		api_refuse(q->node, q->ticket, "E_NO_MEMORY", "no memory");
		return NULL;
	}
	*p = (struct pending){ .node = q->node, .ticket = q->ticket };
	return p;
}

static void refuse_start(const struct api_request *q, int error)
{
	api_refuse(q->node, q->ticket, "E_REFUSED", "cannot begin: %s", strerror(-error));
}

static void refuse_end(struct pending *p, int error)
{
	api_refuse(p->node, p->ticket, "E_FAILED", "the peer did not do it: %s", strerror(-error));
}

static void on_connected(void *user, struct peer *peer, enum link_reason reason, const char *text)
{
	struct pending *p = user;
	struct peer_info info;

	if (peer) {
		peer_get_info(peer, &info);
		api_answer(p->node, p->ticket,
			   json_pack("{s:o, s:o}", "peer_id", json_peer_id(peer_id_of(peer)),
				     "address", json_addr(&info.remote)));
	} else {
		char code[64];

		snprintf(code, sizeof(code), "E_DIAL_%s", link_reason_text(reason));
		for (char *c = code; *c; c++)
			*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
		api_refuse(p->node, p->ticket, code, "%s", text ? text : link_reason_text(reason));
	}
	free(p);
}

static void verb_connect(const struct api_request *q)
{
	const char *text = json_string_value(json_object_get(q->body, "address"));
	struct multiaddr address;
	struct pending *p;
	int r;

	if (!q->node->pool) {
		api_refuse(q->node, q->ticket, "E_NO_NETWORK",
			   "p2p_enabled is false: nothing is dialled");
		return;
	}
	if (!text || multiaddr_parse_loose(bytes_of_text(text), &address) < 0) {
		api_refuse(q->node, q->ticket, "E_BAD_REQUEST",
			   "address: \"%.200s\" is neither a multiaddr nor host:port",
			   text ? text : "");
		return;
	}
	p = pending_new(q);
	if (!p)
		return;
	r = pool_connect(q->node->pool, &address, on_connected, p);
	if (r == 0)
		return;
	free(p);
	if (r == POOL_E_SELF)
		api_refuse(q->node, q->ticket, "E_DIAL_SELF", "that is this node");
	else if (r == -EPROTONOSUPPORT)
		api_refuse(q->node, q->ticket, "E_BAD_REQUEST", "%s is not plain TCP", text);
	else
		refuse_start(q, r);
}

static void verb_disconnect(const struct api_request *q)
{
	struct peer *peer;

	if (find_peer(q, &peer))
		api_answer(q->node, q->ticket,
			   json_pack("{s:I}", "links_closed",
				     (json_int_t)pool_disconnect(q->node->pool, peer)));
}

static void on_pinged(void *user, int error, const uint64_t *rtt_ns, size_t n)
{
	struct pending *p = user;
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list,
					    json_integer((json_int_t)(rtt_ns[i] / NS_PER_US)));
	if (error < 0) {
		json_decref(list);
		refuse_end(p, error);
	} else {
		api_answer(p->node, p->ticket, json_pack("{s:o}", "rtt_us", list));
	}
	free(p);
}

static void on_streamed(void *user, int error, const uint64_t *rtt_ns, size_t n)
{
	struct pending *p = user;

	(void)rtt_ns;
	if (error < 0)
		refuse_end(p, error);
	else
		api_answer(p->node, p->ticket, json_pack("{s:I}", "opened", (json_int_t)n));
	free(p);
}

static void start_ping(const struct api_request *q, bool fresh_streams, ping_fn done)
{
	struct pending *p;
	struct peer *peer;
	uint64_t count;
	int r;

	if (!api_get_number(q, "count", 1, PING_COUNT_MAX, &count) || !find_peer(q, &peer))
		return;
	p = pending_new(q);
	if (!p)
		return;
	r = ping_start(q->node->config.loop, &q->node->config.random, peer,
		       &(struct ping_request){ .count = (size_t)count,
					       .fresh_streams = fresh_streams,
					       .done = done,
					       .user = p });
	if (r < 0) {
		free(p);
		refuse_start(q, r);
	}
}

static void verb_ping(const struct api_request *q)
{
	start_ping(q, false, on_pinged);
}

static void verb_streams(const struct api_request *q)
{
	start_ping(q, true, on_streamed);
}

static void on_perf(void *user, int error, const struct perf_result *r)
{
	struct pending *p = user;

	if (error < 0)
		refuse_end(p, error);
	else
		api_answer(p->node, p->ticket,
			   json_pack("{s:I, s:I, s:I, s:I}", "uploaded", (json_int_t)r->uploaded,
				     "downloaded", (json_int_t)r->downloaded, "upload_us",
				     (json_int_t)(r->upload_ns / NS_PER_US), "download_us",
				     (json_int_t)(r->download_ns / NS_PER_US)));
	free(p);
}

static void verb_perf(const struct api_request *q)
{
	uint64_t upload, download;
	struct pending *p;
	struct peer *peer;
	int r;

	if (!api_get_number(q, "upload", 0, LIMIT_PERF_BYTES, &upload) ||
	    !api_get_number(q, "download", 0, LIMIT_PERF_BYTES, &download) || !find_peer(q, &peer))
		return;
	p = pending_new(q);
	if (!p)
		return;
	r = perf_start(q->node->config.loop, peer, upload, download, on_perf, p);
	if (r < 0) {
		free(p);
		refuse_start(q, r);
	}
}

/* ---- what is known ---- */

static void verb_status(const struct api_request *q)
{
	api_answer(q->node, q->ticket, api_status(q->node));
}

static void verb_peers(const struct api_request *q)
{
	api_answer(q->node, q->ticket, api_peers(q->node));
}

static void verb_topics(const struct api_request *q)
{
	api_answer(q->node, q->ticket, api_topics(q->node));
}

static void verb_authors(const struct api_request *q)
{
	api_answer(q->node, q->ticket, api_authors(q->node));
}

static void verb_config(const struct api_request *q)
{
	api_answer(q->node, q->ticket, config_listing(q->node->config.config));
}

static void verb_consumers(const struct api_request *q)
{
	api_answer(q->node, q->ticket, api_consumers(q->node));
}

static void verb_reload(const struct api_request *q)
{
	api_answer(q->node, q->ticket, node_reload(q->node));
}

static void verb_stop(const struct api_request *q)
{
	api_answer(q->node, q->ticket, json_object());
	node_stop(q->node);
}

static const struct {
	const char *name;
	void (*run)(const struct api_request *q);
} verbs[] = {
	{ "STATUS", verb_status },
	{ "PEERS", verb_peers },
	{ "TOPICS", verb_topics },
	{ "AUTHORS", verb_authors },
	{ "CONSUMERS", verb_consumers },
	{ "CONNECT", verb_connect },
	{ "DISCONNECT", verb_disconnect },
	{ "PING", verb_ping },
	{ "STREAMS", verb_streams },
	{ "PERF", verb_perf },
	{ "CONFIG", verb_config },
	{ "RELOAD", verb_reload },
	{ "STOP", verb_stop },
	{ "PEER", api_peer_verb },
	{ "PEER_ADD", api_peer_add },
	{ "PEER_DROP", api_peer_drop },
	{ "BAN", api_ban },
	{ "UNBAN", api_unban },
	{ "BANS", api_bans },
};

size_t api_verb_names(const char *ret[API_VERBS_MAX])
{
	_Static_assert(ARRAY_SIZE(verbs) <= API_VERBS_MAX, "all of them fit");

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		ret[i] = verbs[i].name;
	return ARRAY_SIZE(verbs);
}

void node_api(struct node *n, struct bytes verb, struct bytes body, uint64_t ticket)
{
	struct api_request q = { .node = n, .ticket = ticket };
	json_error_t error;

	if (body.n > LIMIT_API_REQUEST) {
		api_refuse(n, ticket, "E_BAD_REQUEST", "a request has at most %d bytes",
			   LIMIT_API_REQUEST);
		return;
	}
	if (body.n == 0)
		q.body = json_object();
	else if (json_check(body) == 0) /* bounds the depth of what the library recurses into */
		q.body = json_loadb((const char *)body.p, body.n, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(q.body)) {
		api_refuse(n, ticket, "E_BAD_REQUEST", "the request is not a JSON object");
		json_decref(q.body);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (bytes_equal(verb, bytes_of_text(verbs[i].name))) {
			verbs[i].run(&q);
			json_decref(q.body);
			return;
		}
	}
	api_refuse(n, ticket, "E_UNKNOWN_VERB",
		   "$PL.API.%.*s is not known; docs/control.md lists the verbs",
		   (int)size_min(verb.n, 64), (const char *)verb.p);
	json_decref(q.body);
}
