#ifndef PL_NET_LINK_IDENTITY_H
#define PL_NET_LINK_IDENTITY_H

/*
 * Who is there: the payload that proves, inside the Noise handshake, that the holder of an identity
 * key also holds the handshake's static key. Building ours, judging theirs.
 */

#include "net/link.h"

#define LINK_MUXER "/yamux/1.0.0"

/* Our payload: key, signature, the muxer we speak, and what peerlines tell each other. */
_nodiscard_ int link_identity_write(const struct link_config *config, uint64_t link_id,
				    struct bytes static_key, struct buf *out);

/* What a payload proved. */
struct link_identity {
	struct peer_id id;
	struct bytes key; /* PublicKey protobuf, borrowed from the payload */
	bool has_muxer;   /* it names the muxer we speak */
	bool has_extension;
	struct noise_extension extension;
};

enum {
	LINK_IDENTITY_E_MALFORMED = 1,
	LINK_IDENTITY_E_UNPROVEN =
		2, /* the key is none we can use, or the signature does not verify */
};

/* `static_key` is the one the other side used in this handshake. `ret` is written on 0 only. */
_nodiscard_ int link_identity_read(struct bytes payload, struct bytes static_key,
				   struct link_identity *ret);

#endif
