#ifndef PL_NODE_RELOAD_H
#define PL_NODE_RELOAD_H

/*
 * Reading the files again while the node runs. The files are its owner's business
 * (node_ops.reload); here is what the node makes of what they say, and how it is told: the answer
 * of $PL.API.RELOAD, which is the event RELOADED, too.
 */

#include <jansson.h>

#include "node/config.h"
#include "share/door.h"

struct node;
struct rights_table;

struct node_reload {
	bool changed[SETTINGS]; /* and took effect */
	bool waits[SETTINGS];   /* changed, and needs a restart */
	const char *consumers;  /* the file in force, borrowed for the call; empty: none */
	size_t n_credentials;
	struct door_rights_change rights;
};

/* Asks the owner to read its files, and tells. What to answer; the caller's, NULL: no memory. A
 * mistake in a file changes nothing and is a warning, too. */
json_t *node_reload(struct node *n);

/* For node_ops.reload: the live settings of the node's configuration and the table, which is taken,
 * are in force. */
void node_apply(struct node *n, struct rights_table *table, struct node_reload *io);

#endif
