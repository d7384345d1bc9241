#ifndef PL_NODE_API_H
#define PL_NODE_API_H

/* Control requests: api.c runs them, api_listing.c, api_consumers.c and api_score.c
 * say what is known as JSON. */

#include "node/node_priv.h"
#include "peer/perf.h"
#include "peer/ping.h"

/* Takes `answer`; NULL means there was no memory for it. */
void api_answer(struct node *n, uint64_t ticket, json_t *answer);
_printf_(4, 5) void api_refuse(struct node *n, uint64_t ticket, const char *code,
			       const char *format, ...);

json_t *api_status(struct node *n);
json_t *api_peers(struct node *n);
json_t *api_topics(struct node *n);
/* null: the peer does not gossip with us. */
json_t *api_score(struct node *n, const struct peer_id *id);
/* One of them. */
json_t *api_topic(struct node *n, const struct gossip_topic_info *info);
json_t *api_authors(struct node *n);
json_t *api_consumers(struct node *n);
/* Their list as STATUS has it, in at most `room` bytes. */
void api_put_consumers(struct node *n, json_t *answer, size_t room);

#endif
