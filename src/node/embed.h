#ifndef PL_NODE_EMBED_H
#define PL_NODE_EMBED_H

/* The public node (peerline/peerline.h), for callers inside the tree that filled a configuration
 * themselves. */

#include "node/config.h"
#include "peerline/peerline.h"

/*
 * As pl_node_new(), with a configuration that holds what flags and environment said: the file is
 * read here, because the data directory may name it, and the whole is finished. Takes `config` in
 * every case.
 */
_nodiscard_ int embed_new(struct config *config, pl_event_fn on_event, void *user,
			  struct pl_node **ret);

/*
 * Hands the node one end of a Unix socket pair made in this process: it becomes a connection of the
 * owner's at the door, as if it had been accepted there.
 *
 * Owns:   `fd`, in any case.
 * Thread: any, while the node exists.
 * Errors: -ESHUTDOWN: the node has ended. -EAGAIN: LIMIT_HANDOFFS wait already.
 */
_nodiscard_ int embed_attach(struct pl_node *node, int fd);

#endif
