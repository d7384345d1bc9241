#include "node/reload.h"

#include "node/node_priv.h"
#include "share/rights.h"

static json_t *names(const bool which[SETTINGS])
{
	json_t *list = json_array();

	for (size_t i = 0; i < SETTINGS; i++)
		if (which[i])
			(void)json_array_append_new(list, json_string(settings[i].key));
	return list;
}

static json_t *refusal(const char *code, const char *text)
{
	return json_pack("{s:{s:s, s:o}}", "error", "code", code, "text", json_text_or_null(text));
}

json_t *node_reload(struct node *n)
{
	struct node_reload done = { .consumers = "" };
	struct config_error e = { "" };
	json_t *answer;

	if (!n->config.ops->reload || n->stopping)
		return refusal("E_REFUSED",
			       n->stopping ? "the node is stopping" : "this node reads no files");
	if (n->config.ops->reload(n->config.user, &done, &e) < 0) {
		node_tell(n, LOG_WARN, "not reloaded, everything stays as it was: %s", e.text);
		return refusal("E_RELOAD", e.text[0] ? e.text : "no memory");
	}
	answer = json_pack("{s:o, s:o, s:o, s:I, s:I, s:I}", "changed", names(done.changed),
			   "needs_restart", names(done.waits), "consumers_file",
			   json_text_or_null(done.consumers[0] ? done.consumers : NULL),
			   "credentials", (json_int_t)done.n_credentials, "disconnected",
			   (json_int_t)done.rights.n_disconnected, "subscriptions_ended",
			   (json_int_t)done.rights.n_subscriptions_ended);
	if (answer)
		node_emit(n, LOG_INFO, "reloaded", "RELOADED", json_copy(answer));
	return answer;
}

void node_apply(struct node *n, struct rights_table *table, struct node_reload *io)
{
	const struct config *c = n->config.config;

	io->n_credentials = rights_table_count(table);
	door_set_limits(n->door, (size_t)c->consumer_bytes, c->slow_consumer,
			(size_t)c->consumers_memory);
	door_set_rights(n->door, table, loop_now(n->config.loop), &io->rights);
	door_sockets_rearm(n->door_sockets);
}
