#ifndef PL_WIRE_PEER_RECORD_H
#define PL_WIRE_PEER_RECORD_H

/*
 * A peer's addresses under its own signature (libp2p RFC 0002, signed envelopes, and RFC 0003, peer
 * routing records, as running software has them): what identify's field 8 and gossip's peer
 * exchange carry.
 *
 *     Envelope { 1 public_key, 2 payload_type, 3 payload, 5 signature }
 *     PeerRecord { 1 peer_id, 2 seq, 3 addresses* { 1 multiaddr } }
 *
 * The payload's type is the bytes 03 01. Signed are domain, type and payload, each behind its
 * length. Signing and verifying is done where keys are known: peer/signed_record.h.
 */

#include "base/buf.h"
#include "base/def.h"
#include "base/limits.h"
#include "wire/peer_id.h"

struct envelope {
	struct bytes public_key; /* PublicKey protobuf */
	struct bytes payload_type, payload, signature;
};

_nodiscard_ int envelope_encode(const struct envelope *e, struct buf *out);
/* Fields are borrowed from `in`; a missing one is empty. -EBADMSG (malformed, beyond
 * LIMIT_SIGNED_RECORD). */
_nodiscard_ int envelope_decode(struct bytes in, struct envelope *ret);
/* The type of an envelope that holds a peer record. */
struct bytes peer_record_payload_type(void);
/* What the signature of an envelope with a peer record covers. */
_nodiscard_ int peer_record_signed_bytes(struct bytes payload, struct buf *out);

struct peer_record {
	struct peer_id id;
	uint64_t seq; /* of two records of one peer the one with the greater counts */
	size_t n_addresses;
	/* Multiaddrs, not checked here; more are ignored. */
	struct bytes addresses[LIMIT_IDENTIFY_ADDRESSES];
};

_nodiscard_ int peer_record_encode(const struct peer_record *r, struct buf *out);
/* Addresses are borrowed from `in`. -EBADMSG (malformed, without a peer id, beyond
 * LIMIT_SIGNED_RECORD). */
_nodiscard_ int peer_record_decode(struct bytes in, struct peer_record *ret);

#endif
