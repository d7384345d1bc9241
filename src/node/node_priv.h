#ifndef PL_NODE_NODE_PRIV_H
#define PL_NODE_NODE_PRIV_H

/* What the files of node/ share. Each wires one neighbour: pool (node_pool.c), gossip and door
 * (node_door.c), the door's sockets (door_sockets.c), control requests (api.c), events (events.c).
 */

#include "node/door_sockets.h"
#include "node/json_values.h"
#include "node/node.h"
#include "node/peer_rules.h"
#include "peer/hints.h"
#include "peer/pool.h"
#include "route/gossip_streams.h"
#include "share/door.h"

#define NODE_WARNINGS_MAX 8
#define NODE_TEXT_MAX 256
#define NODE_URL_MAX 80

struct node {
	struct node_config config;
	struct peer_id id;
	struct mono started_at;
	bool stopping;

	struct pool *pool;
	struct gossip_streams *gossip;
	struct hints *hints;
	struct door *door;
	struct door_sockets *door_sockets;

	struct addr door_addr;         /* where the door really listens */
	char door_host[ADDR_TEXT_MAX]; /* the door borrows it */
	struct addr listen[CONFIG_HOSTS_MAX];
	size_t n_listen;

	struct timer stop_timer;
	struct mono stop_by;
	char warnings[NODE_WARNINGS_MAX][NODE_TEXT_MAX]; /* the last ones, newest first */
	size_t n_warnings;
	struct mono budget_warning_at; /* not again before */
	uint64_t gaps, gap_messages;
	struct peer_rules rules; /* `added` as it stands; who is banned now, the pool knows */
	/* A change that is being written down, and who waits for that; one at a time. */
	bool is_saving_rules;
	uint64_t rules_ticket;
	json_t *rules_answer;
	bool is_alone; /* and that was told: topics hear nobody, because nobody is connected */
};

/* node.c */
json_t *node_listen_json(const struct node *n);
void node_door_url(const struct node *n, char out[NODE_URL_MAX]);

/* events.c: takes `fields`; NULL means there was no memory for them, and nothing is told. `kind`
 * NULL: log only. */
void node_emit(struct node *n, enum log_level level, const char *event, const char *kind,
	       json_t *fields);
_printf_(3, 4) void node_tell(struct node *n, enum log_level level, const char *format, ...);

/* node_rules.c: once there is a pool; false: the change before is not written down yet, and that
 * was answered; writes down what has changed, and then sends `answer`, which it takes. */
void node_apply_rules(struct node *n);
_nodiscard_ bool node_may_change_rules(struct node *n, uint64_t ticket);
void node_keep_rules(struct node *n, uint64_t ticket, json_t *answer);

/* node_pool.c */
json_t *json_link(const struct link *l);
extern const struct pool_ops node_pool_ops;

/* node_hints.c: before the first link; once there are topics. */
_nodiscard_ int node_make_hints(struct node *n);
void node_import_peer_cache(struct node *n);

/* node_door.c */
extern const struct door_ops node_door_ops;
extern const struct gossip_ops node_gossip_ops;

/* api.c */
void node_api(struct node *n, struct bytes verb, struct bytes body, uint64_t ticket);

#endif
