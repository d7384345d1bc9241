#ifndef PL_WIRE_GOSSIP_RPC_H
#define PL_WIRE_GOSSIP_RPC_H

/*
 * The gossipsub RPC (libp2p specs, pubsub and gossipsub 1.0 to 1.3), as protobuf without the length
 * prefix. Decoding allocates nothing per field: the arrays of `struct gossip_rpc` are reused from
 * RPC to RPC and everything in them points into the input. Every count has a limit (limits.h);
 * beyond it the RPC is malformed. Partial messages and extensions (1.3) are skipped.
 *
 *     RPC { 1 subscription*, 2 message*, 3 control }
 *     subscription { 1 subscribe, 2 topic }
 *     message { 1 from, 2 data, 3 seqno, 4 topic, 5 signature, 6 key }
 *     control { 1 ihave*, 2 iwant*, 3 graft*, 4 prune*, 5 idontwant* }
 *     ihave { 1 topic, 2 id* }   iwant { 1 id* }   graft { 1 topic }   idontwant { 1 id* }
 *     prune { 1 topic, 2 px* { 1 peer id, 2 signed record }, 3 backoff in seconds }
 *
 * Receiving: gossip_rpc_init(); gossip_rpc_decode() for every RPC; gossip_rpc_deinit().
 * Sending: a message becomes a frame that serves every peer; control entries are written one after
 * another and framed together.
 */

#include "base/buf.h"
#include "base/def.h"
#include "base/shared_bytes.h"
#include "wire/wr.h"

struct gossip_subscription {
	bool subscribe;
	struct bytes topic;
};

struct gossip_message {
	/* A field that is there and empty is signed otherwise than one that is not there. */
	bool has_from, has_data, has_seqno, has_topic, has_signature, has_key;
	struct bytes from, data, seqno, topic, signature, key;
	/*
	 * Set by decoding: the message as it came. `canonical` when it is exactly what
	 * gossip_message_encode() would write, so that it can be passed on and checked as it is.
	 */
	struct bytes raw;
	bool canonical;
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

/* ---- frames: what goes on a stream, length prefix included; one reference, the caller's ---- */

/* An RPC of this one message. Copies a canonical message as it came. -ENOMEM. */
_nodiscard_ int gossip_frame_message(const struct gossip_message *m, struct shared_bytes **ret);
/* `m` once more, with its fields in the frame that gossip_frame_message() made of it. */
void gossip_message_in_frame(const struct gossip_message *m, const struct shared_bytes *frame,
			     struct gossip_message *ret);
/* An RPC of what gossip_write_subscription() wrote. -ENOMEM. */
_nodiscard_ int gossip_frame_subscriptions(struct bytes written, struct shared_bytes **ret);
/* An RPC of what the gossip_write_*() of control entries wrote. -ENOMEM. */
_nodiscard_ int gossip_frame_control(struct bytes written, struct shared_bytes **ret);

void gossip_write_subscription(struct wr *w, const struct gossip_subscription *s);
void gossip_write_ihave(struct wr *w, struct bytes topic, const struct bytes *ids, size_t n);
void gossip_write_iwant(struct wr *w, const struct bytes *ids, size_t n);
void gossip_write_graft(struct wr *w, struct bytes topic);
/* `px` has prune->n_peers entries. */
void gossip_write_prune(struct wr *w, const struct gossip_prune *prune, const struct gossip_px *px);
void gossip_write_idontwant(struct wr *w, const struct bytes *ids, size_t n);

#endif
