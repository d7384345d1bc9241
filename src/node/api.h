#ifndef PL_NODE_API_H
#define PL_NODE_API_H

/* Control requests: api.c runs them, api_listing.c, api_consumers.c and api_score.c
 * say what is known as JSON. */

#include "node/node_priv.h"
#include "peer/bans.h"
#include "peer/perf.h"
#include "peer/ping.h"

/* Takes `answer`; NULL means there was no memory for it. */
void api_answer(struct node *n, uint64_t ticket, json_t *answer);
_printf_(4, 5) void api_refuse(struct node *n, uint64_t ticket, const char *code,
			       const char *format, ...);

#define API_VERBS_MAX 32
/* The names of all verbs; returns how many. */
size_t api_verb_names(const char *ret[API_VERBS_MAX]);

struct api_request {
	struct node *node;
	uint64_t ticket;
	json_t *body; /* borrowed for the call */
};

/* `standard` where there is none; false: what is there is no such number, and that was answered. */
bool api_get_number(const struct api_request *q, const char *key, uint64_t standard, uint64_t max,
		    uint64_t *ret);

/* api_rules.c: what the user says of single peers. */
void api_peer_verb(const struct api_request *q);
void api_peer_add(const struct api_request *q);
void api_peer_drop(const struct api_request *q);
void api_ban(const struct api_request *q);
void api_unban(const struct api_request *q);
void api_bans(const struct api_request *q);

json_t *api_status(struct node *n);
/* `uptime_ms`: the clock by which what is counted becomes a rate. */
void api_put_uptime(const struct node *n, json_t *answer);
json_t *api_peers(struct node *n);
/* One of them, with all it says about itself. */
json_t *api_peer(struct node *n, struct peer *p);
/* When a ban ends; null: never. */
json_t *api_until(const struct ban *b);
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
