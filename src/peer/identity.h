#ifndef PL_PEER_IDENTITY_H
#define PL_PEER_IDENTITY_H

/* What a peer said of itself, kept in one block: copied from an identify message, checked, and made
 * fit to be shown. */

#include "base/def.h"
#include "wire/identify.h"

struct identity {
	const char *agent, *protocol_version; /* NULL: not told */
	size_t n_protocols, n_listen;
	const char **protocols;
	struct bytes *listen;  /* well-formed multiaddrs */
	struct bytes observed; /* likewise; n = 0: none */
};

/* What `m` does not say is as in `old`, where that is not NULL. NULL: no memory. */
struct identity *identity_new(const struct identify *m, const struct identity *old);
/* Takes NULL. */
struct identity *identity_free(struct identity *i);
bool identity_serves(const struct identity *i, const char *protocol);

#endif
