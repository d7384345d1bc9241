#ifndef PL_WIRE_PUBLIC_KEY_H
#define PL_WIRE_PUBLIC_KEY_H

/*
 * libp2p's key envelopes (libp2p specs, peer-ids): PublicKey { 1 Type, 2 Data } and PrivateKey
 * likewise, written in their one canonical form, and the peer id that a key gives.
 */

#include "base/buf.h"
#include "base/def.h"
#include "wire/peer_id.h"

#define PUBLIC_KEY_INLINE_MAX 42 /* envelopes up to this size are their own peer id */

struct public_key {
	uint64_t type; /* enum key_type of crypto/keys.h */
	struct bytes data;
};

_nodiscard_ int public_key_encode(const struct public_key *k, struct buf *out);
/* `data` is borrowed. -EBADMSG: malformed, not canonical, unknown type, beyond LIMIT_PUBLIC_KEY. */
_nodiscard_ int public_key_decode(struct bytes in, struct public_key *ret);
/* Hash of long keys is given in, because hashing is not this floor's: sha256 of `encoded`, used
 * when it is > PUBLIC_KEY_INLINE_MAX bytes. -EBADMSG as public_key_decode(). */
_nodiscard_ int public_key_peer_id(struct bytes encoded, const uint8_t sha256[32],
				   struct peer_id *ret);
void public_key_ed25519_peer_id(const uint8_t key[32], struct peer_id *ret);
/* The raw Ed25519 key inside an identity peer id; -ENOENT when it is of another kind. */
_nodiscard_ int public_key_ed25519_of(const struct peer_id *id, uint8_t ret[32]);

/* An Ed25519 private key file: 64-byte (seed and public) and the older 96-byte data. -EBADMSG,
 * -ENOTSUP (other type), -EINVAL (the two halves do not match is for crypto to say: `ret_public` is
 * what the file holds). */
_nodiscard_ int private_key_decode_ed25519(struct bytes in, uint8_t ret_seed[32],
					   uint8_t ret_public[32]);
_nodiscard_ int private_key_encode_ed25519(const uint8_t seed[32], const uint8_t public[32],
					   struct buf *out);

#endif
