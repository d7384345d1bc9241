#ifndef PL_WIRE_PEER_ID_H
#define PL_WIRE_PEER_ID_H

/*
 * A peer id: the multihash of a peer's public key (libp2p specs, peer-ids). Sealed, compared as
 * bytes. Shown in base58btc; read as base58btc or as a CIDv1 (base32 and base58btc multibase, codec
 * libp2p-key).
 */

#include "base/def.h"

#define PEER_ID_MAX 44      /* bytes: identity multihash of a key of at most 42 bytes */
#define PEER_ID_TEXT_MAX 64 /* base58btc and a NUL */

struct peer_id {
	uint8_t n;
	uint8_t b[PEER_ID_MAX];
};

static inline struct bytes peer_id_bytes(const struct peer_id *id)
{
	return BYTES(id->b, id->n);
}

static inline bool peer_id_is_set(const struct peer_id *id)
{
	return id->n > 0;
}

bool peer_id_equal(const struct peer_id *a, const struct peer_id *b);
/* Order of the bytes, as memcmp: decides the keeper. */
int peer_id_compare(const struct peer_id *a, const struct peer_id *b);

/* Checks that it is an identity (of a well-formed key) or sha2-256 multihash. -EBADMSG. */
_nodiscard_ int peer_id_decode(struct bytes b, struct peer_id *ret);
const char *peer_id_text(const struct peer_id *id, char out[PEER_ID_TEXT_MAX]);
/* Any text form; -EINVAL. */
_nodiscard_ int peer_id_parse(struct bytes text, struct peer_id *ret);

#endif
