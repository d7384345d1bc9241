#include "base/limits.h"
#include "node/node_priv.h"
#include "wire/peer_cache.h"

/* Peers we heard of: from gossip and from the user's file to the hints, and what became of them to
 * whoever listens. */

static void found_a_topic(void *user, const struct gossip_topic_info *info)
{
	bool *found = user;

	(void)info;
	*found = true;
}

/* Without a topic there is nothing that more peers could bring. */
static bool is_wanted(void *user)
{
	const struct node *n = user;
	bool found = false;

	gossip_topics(gossip_streams_engine(n->gossip), found_a_topic, &found);
	return found && !n->stopping;
}

static void on_dialled(void *user, const struct peer_id *id, const char *address, bool is_connected,
		       enum link_reason reason, const char *text)
{
	json_t *fields = json_pack("{s:o, s:o, s:b}", "peer_id", json_peer_id(id), "address",
				   json_text_or_null(address), "connected", is_connected);

	if (fields && !is_connected) {
		(void)json_object_set_new(fields, "reason", json_string(link_reason_text(reason)));
		(void)json_object_set_new(fields, "text", json_text_or_null(text));
	}
	node_emit(user, LOG_DEBUG, "hint_dialled", NULL, fields);
}

static const struct hints_ops ops = { .is_wanted = is_wanted, .on_dialled = on_dialled };

int node_make_hints(struct node *n)
{
	const struct config *c = n->config.config;
	const struct hints_config config = {
		.loop = n->config.loop,
		.pool = n->pool,
		.id = n->id,
		.random = n->config.random,
		.dial = c->discover_peers,
		.peers_max = c->max_peers,
		.ops = &ops,
		.user = n,
	};

	return hints_new(&config, &n->hints);
}

/* ---- the file the user named ---- */

static void on_entry(void *user, const struct peer_cache_entry *e)
{
	struct node *n = user;

	hints_add_named(n->hints, &e->id, e->addresses, e->n_addresses);
}

static void tell_report(struct node *n, const struct peer_cache_report *report)
{
	if (report->n_malformed > 0)
		node_tell(n, LOG_WARN,
			  "PEERLINE_IMPORT_PEER_CACHE: %zu malformed (%s); the other %zu are used",
			  report->n_malformed, report->faults, report->n_used);
	if (report->n_beyond > 0)
		node_tell(
			n, LOG_WARN,
			"PEERLINE_IMPORT_PEER_CACHE: only the first %d peers are used, and not %zu",
			LIMIT_HINTS_IMPORTED, report->n_beyond);
	node_emit(n, LOG_INFO, "peer_cache_imported", NULL,
		  json_pack("{s:o, s:o, s:o}", "used", json_number(report->n_used), "expired",
			    json_number(report->n_expired), "malformed",
			    json_number(report->n_malformed)));
}

void node_import_peer_cache(struct node *n)
{
	struct peer_cache_report report;
	int r;

	if (!n->config.peer_cache.p)
		return;
	r = peer_cache_decode(n->config.peer_cache, loop_wall(n->config.loop), on_entry, n,
			      &report);
	if (r == 0)
		tell_report(n, &report);
	else
		node_tell(n, LOG_WARN,
			  "PEERLINE_IMPORT_PEER_CACHE: %.300s %s; nothing of it is used",
			  n->config.config->import_peer_cache,
			  r == -ENOMEM ? "needs too much memory" : "is no JSON list of peers");
	n->config.peer_cache = BYTES(NULL, 0);
}
