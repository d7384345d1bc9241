#ifndef PL_WIRE_GOSSIP_RPC_H
#define PL_WIRE_GOSSIP_RPC_H

/*
 * The gossipsub RPC (libp2p specs, pubsub and gossipsub 1.0 to 1.3), as protobuf without the length
 * prefix. Decoding allocates nothing per field: the arrays of `struct gossip_rpc` are reused from
 * RPC to RPC and everything in them points into the input. Every count has a limit (limits.h);
 * beyond it the RPC is malformed.
 */

#include "base/buf.h"
#include "base/def.h"

struct gossip_subscription {
	bool subscribe;
	struct bytes topic;
};

struct gossip_message {
	bool has_from, has_seqno, has_signature, has_key; /* StrictNoSign tells absent from empty */
	struct bytes from, data, seqno, topic, signature, key;
};

struct gossip_ids {
	struct bytes topic; /* ihave only */
	size_t first, n;    /* in rpc.ids */
};

struct gossip_prune {
	struct bytes topic;
	uint64_t backoff_s; /* 0: not given */
	bool has_backoff;
	size_t first_peer, n_peers; /* in rpc.px */
};

struct gossip_px {
	struct bytes peer_id, signed_record;
};

#define GOSSIP_ARRAY(type, name)                                                                   \
	struct {                                                                                   \
		type *v;                                                                           \
		size_t n, cap;                                                                     \
	} name

struct gossip_rpc {
	GOSSIP_ARRAY(struct gossip_subscription, subscriptions);
	GOSSIP_ARRAY(struct gossip_message, messages);
	GOSSIP_ARRAY(struct gossip_ids, ihave);
	GOSSIP_ARRAY(struct gossip_ids, iwant);
	GOSSIP_ARRAY(struct gossip_ids, idontwant);
	GOSSIP_ARRAY(struct bytes, graft); /* topics */
	GOSSIP_ARRAY(struct gossip_prune, prune);
	GOSSIP_ARRAY(struct gossip_px, px);
	GOSSIP_ARRAY(struct bytes, ids);
};

void gossip_rpc_init(struct gossip_rpc *rpc);
void gossip_rpc_deinit(struct gossip_rpc *rpc);
void gossip_rpc_clear(struct gossip_rpc *rpc);

/* Clears, then fills `rpc`. -EBADMSG (rpc is cleared), -ENOMEM. */
_nodiscard_ int gossip_rpc_decode(struct bytes in, struct gossip_rpc *rpc);
/* Without length prefix. -ENOBUFS, -ENOMEM. */
_nodiscard_ int gossip_rpc_encode(const struct gossip_rpc *rpc, struct buf *out);

/* One message alone, as field 2 of an RPC carries it. */
_nodiscard_ int gossip_message_encode(const struct gossip_message *m, struct buf *out);
/* What is signed: "libp2p-pubsub:" and the message without signature and key, in tag order. */
_nodiscard_ int gossip_message_signed_bytes(const struct gossip_message *m, struct buf *out);

#endif
