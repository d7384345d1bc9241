#ifndef PL_WIRE_IDENTIFY_H
#define PL_WIRE_IDENTIFY_H

/*
 * The identify message (libp2p specs, identify), also used by push, where a missing field means
 * unchanged.
 *
 *     Identify { 1 publicKey, 2 listenAddrs*, 3 protocols*, 4 observedAddr, 5 protocolVersion, 6
 * agentVersion, 8 signedPeerRecord }
 */

#include "base/buf.h"
#include "base/def.h"
#include "base/limits.h"

struct identify {
	bool has_public_key, has_observed, has_protocol_version, has_agent, has_record;
	struct bytes public_key, observed, protocol_version, agent, record;
	size_t n_listen;
	struct bytes listen[LIMIT_IDENTIFY_ADDRESSES]; /* multiaddrs, not checked here; more are
							  ignored */
	size_t n_protocols;
	struct bytes protocols[LIMIT_IDENTIFY_PROTOCOLS]; /* more are ignored */
};

/* Without length prefix. */
_nodiscard_ int identify_encode(const struct identify *m, struct buf *out);
/*
 * Fields are borrowed from `in`. Repeated messages (a split identify) may be decoded into the same
 * `io`: lists are added to, single fields replaced. Start from a zeroed struct. Protocols longer
 * than LIMIT_PROTOCOL_NAME are ignored, agent and version are cut at LIMIT_AGENT_TEXT. -EBADMSG
 * (malformed, beyond LIMIT_IDENTIFY_IN) leaves `io` alone.
 */
_nodiscard_ int identify_decode(struct bytes in, struct identify *io);

#endif
