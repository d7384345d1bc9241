#include <stdlib.h>
#include <string.h>

#include "node/api.h"

/* What the user says of single peers: brought along from the last start, and kept for the next one
 * before it is acknowledged. */

static void manage_added(struct node *n)
{
	char text[LIMIT_MULTIADDR_TEXT];

	for (size_t i = 0; i < n->rules.n_added; i++) {
		int r = pool_manage(n->pool, &n->rules.added[i]);

		if (r != 0 && r != -EEXIST)
			node_tell(n, LOG_WARN, "%s, which was added, is not dialled: %s",
				  multiaddr_text(&n->rules.added[i], text),
				  r < 0 ? strerror(-r) : "it is this node");
	}
}

void node_apply_rules(struct node *n)
{
	struct bytes text = n->config.peer_rules;
	size_t n_links;
	int r;

	if (text.n == 0)
		return;
	r = peer_rules_decode(text, &n->rules);
	if (r < 0) {
		node_tell(n, LOG_WARN, "the peers that were added or banned are not known: %s",
			  strerror(-r));
		return;
	}
	for (size_t i = 0; i < n->rules.n_bans; i++) {
		r = pool_ban(n->pool, &n->rules.bans[i].id, n->rules.bans[i].until, &n_links);
		if (r != 0)
			node_tell(n, LOG_WARN, "a ban is not in force: %s",
				  r < 0 ? strerror(-r) : "it is of this node");
	}
	manage_added(n);
}

static void acknowledge(struct node *n, int error)
{
	json_t *answer = TAKE_PTR(n->rules_answer);

	n->is_saving_rules = false;
	if (error < 0 && error != -ENOTSUP)
		node_tell(n, LOG_WARN,
			  "what was said of a peer holds until the node ends, and could not be "
			  "kept for the next start: %s",
			  strerror(-error));
	(void)json_object_set_new(answer, "kept", json_boolean(error == 0));
	api_answer(n, n->rules_ticket, answer);
}

void node_peer_rules_saved(struct node *n, int error)
{
	if (n->is_saving_rules)
		acknowledge(n, error);
}

bool node_may_change_rules(struct node *n, uint64_t ticket)
{
	if (!n->is_saving_rules)
		return true;
	api_refuse(n, ticket, "E_BUSY", "the change before this one is still being written down");
	return false;
}

/* The bans as they stand: those of the file may be over. */
static char *encode(struct node *n)
{
	struct peer_rules rules = n->rules;
	size_t n_bans;
	const struct ban *bans = pool_bans(n->pool, &n_bans);
	char *text;

	rules.bans = calloc(n_bans + 1, sizeof(*rules.bans));
	if (!rules.bans)
		return NULL;
	memcpy(rules.bans, bans, n_bans * sizeof(*bans));
	rules.n_bans = n_bans;
	text = peer_rules_encode(&rules);
	free(rules.bans);
	return text;
}

void node_keep_rules(struct node *n, uint64_t ticket, json_t *answer)
{
	char *text = encode(n);
	int r = text ? -ENOTSUP : -ENOMEM;

	n->is_saving_rules = true;
	n->rules_ticket = ticket;
	n->rules_answer = answer;
	if (text && n->config.ops->save_peer_rules)
		r = n->config.ops->save_peer_rules(n->config.user, bytes_of_text(text));
	free(text);
	if (r < 0)
		acknowledge(n, r);
}
