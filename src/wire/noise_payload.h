#ifndef PL_WIRE_NOISE_PAYLOAD_H
#define PL_WIRE_NOISE_PAYLOAD_H

/*
 * The payload of Noise messages 2 and 3 (libp2p specs, noise; inlined-muxer-negotiation): identity
 * key, signature, and extensions: the muxers, and ours, which everybody else skips as an unknown
 * field.
 *
 *     NoiseHandshakePayload { 1 identity_key, 2 identity_sig, 4 extensions { 2 stream_muxers*, 1024
 * peerline } } peerline { 1 version, 2 network, 3 incarnation, 4 link_id }
 */

#include "base/buf.h"
#include "base/def.h"

#define NOISE_PAYLOAD_MUXERS_MAX 16
#define NOISE_EXTENSION_TEXT_MAX 64

/* What one peerline tells another (design rule 4). */
struct noise_extension {
	char version[NOISE_EXTENSION_TEXT_MAX];
	char network[NOISE_EXTENSION_TEXT_MAX]; /* empty: none named */
	uint64_t incarnation;                   /* grows with every start of that node */
	uint64_t link_id;                       /* the sender's, unique in its incarnation */
};

struct noise_payload {
	struct bytes identity_key; /* PublicKey protobuf */
	struct bytes identity_sig;
	size_t n_muxers;
	struct bytes muxers[NOISE_PAYLOAD_MUXERS_MAX]; /* more are ignored */
	bool has_extension;
	struct noise_extension extension;
};

_nodiscard_ int noise_payload_encode(const struct noise_payload *p, struct buf *out);
/* Fields are borrowed from `in`. -EBADMSG. */
_nodiscard_ int noise_payload_decode(struct bytes in, struct noise_payload *ret);

#endif
