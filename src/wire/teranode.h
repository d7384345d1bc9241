#ifndef PL_WIRE_TERANODE_H
#define PL_WIRE_TERANODE_H

/*
 * What Teranode's nodes say to each other over gossip. Every message is an envelope, as
 * go-p2p-message-bus writes it:
 *
 *     {"name":"<who calls itself so>","data":"<base64 of the payload>"}
 *
 * and on the topics `teranode/bitcoin/<version>/<net>-<kind>` the payload is a JSON object of one
 * of four kinds. Reading does as Go's encoding/json: keys in any case, unknown ones ignored, of
 * several with one key the last, null as if it were not there. Three things Go would do are not
 * done: data as an array of numbers, depth beyond LIMIT_JSON_DEPTH, and a document that is only
 * null; nobody writes them.
 */

#include "base/buf.h"
#include "base/def.h"
#include "wire/peer_id.h"

/* ---- envelopes ---- */

/* Both buffers are cleared first. A name longer than `name` may hold is cut; data that do not fit
 * into `data` are -ENOBUFS. -EBADMSG: not an envelope. -ENOMEM. */
_nodiscard_ int teranode_envelope_decode(struct bytes json, struct buf *name, struct buf *data);
/* Byte for byte as Go's json.Marshal. Appends. -ENOBUFS, -ENOMEM. */
_nodiscard_ int teranode_envelope_encode(struct bytes name, struct bytes data, struct buf *out);

/* ---- payloads ---- */

enum teranode_kind {
	TERANODE_OTHER, /* the topic is none of Teranode's */
	TERANODE_BLOCK,
	TERANODE_SUBTREE,
	TERANODE_REJECTED_TX,
	TERANODE_NODE_STATUS,
};

enum teranode_kind teranode_kind_of(struct bytes topic);

enum teranode_field {
	TERANODE_PEER_ID, /* the author, as it names itself: PeerID, peer_id */
	TERANODE_CLIENT_NAME,
	TERANODE_URL, /* DataHubURL, base_url */
	TERANODE_PROPAGATION_URL,
	TERANODE_HASH, /* of the block or subtree, TxID, best_block_hash */
	TERANODE_HEADER,
	TERANODE_COINBASE,
	TERANODE_HEIGHT, /* a number; the others are texts */
	TERANODE_REASON,
	TERANODE_VERSION,
	TERANODE_MINER_NAME,
	TERANODE_FIELDS,
};

/* The values as they are written, borrowed; empty where there is none. */
struct teranode_payload {
	struct bytes values[TERANODE_FIELDS];
	const char *wrong; /* the key of a field that holds another type of value; else NULL */
};

/* `kind` is not TERANODE_OTHER. -EBADMSG: not a JSON object. */
_nodiscard_ int teranode_payload_decode(enum teranode_kind kind, struct bytes json,
					struct teranode_payload *ret);
/* What the field is called in payloads of this kind; NULL: they do not have it. */
const char *teranode_key(enum teranode_kind kind, enum teranode_field field);
/* Does the payload name this peer as its author? */
bool teranode_author_is(const struct teranode_payload *p, const struct peer_id *id);

#endif
