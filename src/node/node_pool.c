#include <stdio.h>

#include "node/node_priv.h"

#define WARNING_MS 60000

/* What the pool tells, told on: to gossip, and as events to whoever listens. */

static const char *by_text(enum net_by by)
{
	switch (by) {
	case NET_BY_US:
		return "us";
	case NET_BY_THEM:
		return "them";
	case NET_BY_NETWORK:
		return "network";
	}
	return "?";
}

/* All 64 bits are random: as a number it would not survive JavaScript. */
json_t *json_link(const struct link *l)
{
	char text[20];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)link_id(l));
	return json_string(text);
}

static void on_peer_down(void *user, struct peer *p)
{
	struct node *n = user;

	gossip_streams_on_peer_down(n->gossip, p);
}

static void on_primary(void *user, struct peer *p, struct link *l)
{
	struct node *n = user;

	gossip_streams_on_primary(n->gossip, p, l);
}

static void on_identified(void *user, struct peer *p)
{
	struct node *n = user;
	struct peer_info info;
	json_t *fields = json_object(), *protocols = json_array();

	gossip_streams_on_identified(n->gossip, p);
	peer_get_info(p, &info);
	for (size_t i = 0; i < info.n_protocols; i++)
		(void)json_array_append_new(protocols, json_string(info.protocols[i]));
	(void)json_object_set_new(fields, "peer_id", json_peer_id(peer_id_of(p)));
	(void)json_object_set_new(fields, "agent", json_string(info.agent ? info.agent : ""));
	(void)json_object_set_new(fields, "protocols", protocols);
	node_emit(n, LOG_DEBUG, "identified", "IDENTIFIED", fields);
}

static void on_link_up(void *user, struct peer *p, struct link *l)
{
	struct node *n = user;
	struct addr remote = net_link_remote(l);

	node_emit(n, LOG_INFO, "link_up", "LINK_UP",
		  json_pack("{s:o, s:s, s:o, s:o}", "peer_id", json_peer_id(peer_id_of(p)),
			    "direction", link_is_dialer(l) ? "outbound" : "inbound", "address",
			    json_addr(&remote), "link", json_link(l)));
}

/* Once in a while: those who do it come again, and the log must not grow with them. */
static void warn_of_budget(struct node *n)
{
	struct mono now = loop_now(n->config.loop);

	if (!mono_reached(n->budget_warning_at, now))
		return;
	n->budget_warning_at = mono_add_ms(now, WARNING_MS);
	node_tell(n, LOG_WARN,
		  "peers lost their links: they held more than their share and took nothing while "
		  "memory was short; PEERLINE_MEMORY_BUDGET changes how much there is");
}

static void on_link_down(void *user, struct peer *p, struct link *l, enum link_reason reason,
			 enum net_by by)
{
	struct node *n = user;
	struct addr remote = net_link_remote(l);
	struct link_counts counts = link_counts(l);
	uint64_t up_ms = mono_since_ms(link_up_at(l), loop_now(n->config.loop));

	if (reason == LINK_OVER_BUDGET)
		warn_of_budget(n);
	node_emit(n, LOG_INFO, "link_down", "LINK_DOWN",
		  json_pack("{s:o, s:o, s:s, s:s, s:o, s:I, s:I, s:I}", "peer_id",
			    json_peer_id(peer_id_of(p)), "link", json_link(l), "reason",
			    link_reason_text(reason), "by", by_text(by), "address",
			    json_addr(&remote), "up_ms", (json_int_t)up_ms, "bytes_in",
			    (json_int_t)counts.bytes_in, "bytes_out",
			    (json_int_t)counts.bytes_out));
}

static void on_dial_failed(void *user, const char *address, const struct peer_id *id,
			   enum link_reason reason, const char *text)
{
	struct node *n = user;
	json_t *fields =
		json_pack("{s:o, s:s, s:o}", "address", json_text_or_null(address), "reason",
			  link_reason_text(reason), "text", json_text_or_null(text));

	if (fields && id)
		(void)json_object_set_new(fields, "peer_id", json_peer_id(id));
	node_emit(n, LOG_INFO, "dial_failed", "DIAL_FAILED", fields);
	if (reason == LINK_WRONG_PEER || reason == LINK_SELF || reason == LINK_WRONG_NETWORK)
		node_tell(n, LOG_WARN, "%s: %s", address, text);
}

static void on_refused(void *user, const struct peer_id *id, struct link *l,
		       enum link_reason reason)
{
	struct node *n = user;
	struct addr remote = net_link_remote(l);

	node_emit(n, LOG_DEBUG, "link_refused", NULL,
		  json_pack("{s:o, s:o, s:s}", "peer_id", json_peer_id(id), "address",
			    json_addr(&remote), "reason", link_reason_text(reason)));
}

const struct pool_ops node_pool_ops = {
	.on_peer_down = on_peer_down,
	.on_primary = on_primary,
	.on_identified = on_identified,
	.on_link_up = on_link_up,
	.on_link_down = on_link_down,
	.on_refused = on_refused,
	.on_dial_failed = on_dial_failed,
};
