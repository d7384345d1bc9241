#ifndef PL_NODE_NODE_H
#define PL_NODE_NODE_H

/*
 * A node: pool, gossip and door wired together on a loop it was given. It opens no files: key,
 * token and numbers come in as values, so that the same node runs on the virtual loop.
 *
 *     node_new(); node_start(); loop_run() ... node_stop(); on_stopped; node_free()
 */

#include "base/random.h"
#include "crypto/keys.h"
#include "loop/loop.h"
#include "node/config.h"

struct node;
struct node_reload;
struct rights_table;

struct node_ops {
	/* For logs: a stable name and one JSON object (borrowed). The same goes to $PL.EVENT.<NAME>
	 * where it has a public kind. */
	void (*on_event)(void *user, enum log_level level, const char *event, const char *json);
	/* Read the files again; what is not live waits for the next start. 0: node_apply() was
	 * called, and `io` is filled (node/reload.h). Else nothing changed, and `ret_error` says
	 * why. NULL: there are no files. */
	int (*reload)(void *user, struct node_reload *io, struct config_error *ret_error);
	/* After node_stop(): everything is closed, node_free() may be called (later, from the
	 * loop's owner). */
	void (*on_stopped)(void *user);
	/* What the next start is to get as node_config.peer_rules; borrowed for the call. Then
	 * node_peer_rules_saved(), once, from inside or later; until then there is no second one. A
	 * negative errno: it will not come. NULL: nothing is kept. */
	int (*save_peer_rules)(void *user, struct bytes content);
};

struct node_config {
	struct loop *loop;
	const struct config *config; /* finished; borrowed for life */
	struct key_pair key;
	struct random random;
	const char *token; /* borrowed for life */
	uint64_t incarnation, seqno_last;
	struct bytes numbers;    /* of door_save(), borrowed likewise; `p` NULL: none */
	struct bytes peer_cache; /* import_peer_cache's content, borrowed until node_start() is
				    over; `p` NULL: none */
	struct bytes peer_rules; /* node/peer_rules.h, borrowed until node_start() is over; empty:
				    nothing was said */
	bool unix_socket;        /* listen on config->door_socket too */
	struct rights_table *rights; /* of consumers with tokens of their own; taken. May be NULL */
	const struct node_ops *ops;
	void *user;
};

_nodiscard_ int node_new(const struct node_config *config, struct node **ret);
/* Takes NULL. The node is stopped, or was never started. */
struct node *node_free(struct node *n);

/* Listens and begins to dial. Errors are sentences; the node must be freed then. */
_nodiscard_ int node_start(struct node *n, struct config_error *ret_error);
/* Drains and closes everything: on_stopped follows within LIMIT_DRAIN_MS and a little. Twice does
 * nothing. */
void node_stop(struct node *n);

/* A consumer inside this process: takes `sock`, a Unix socket that was not started. While the node
 * does not run it is closed. */
void node_adopt(struct node *n, struct sock *sock);

/* The outcome of save_peer_rules(). */
void node_peer_rules_saved(struct node *n, int error);

/* After on_stopped: closes the door and says what a next start's `numbers` are to be. */
_nodiscard_ int node_save_numbers(struct node *n, struct buf *out);

/* For STATUS: something that was told before the node stood. */
void node_remember_warning(struct node *n, const char *text);
/* After node_start(): where the door really listens. */
struct addr node_door_addr(const struct node *n);
/* What run.json and the "ready" event hold; the caller frees it with free(). NULL: no memory. */
char *node_ready_json(const struct node *n, const char *token_file);

size_t node_n_links(const struct node *n);
size_t node_n_peers(const struct node *n);

#endif
