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

#endif
