#ifndef PL_ROUTE_GOSSIP_ID_H
#define PL_ROUTE_GOSSIP_ID_H

/*
 * What a message is called in IHAVE, IWANT and IDONTWANT, and by which it is known again. There is
 * no standard: every implementation has its own default, and a topic works as a whole only where
 * its members agree, so the function is the topic's.
 */

#include "base/def.h"
#include "wire/gossip_rpc.h"
#include "wire/peer_id.h"

#define GOSSIP_ID_MAX 128
struct gossip_id {
	uint8_t n;
	uint8_t b[GOSSIP_ID_MAX];
};

static inline struct bytes gossip_id_bytes(const struct gossip_id *id)
{
	return BYTES(id->b, id->n);
}

enum gossip_id_kind {
	GOSSIP_ID_GO,      /* author and number, as bytes: go-libp2p's default, and ours */
	GOSSIP_ID_JS,      /* the author's public key, as protobuf, and the number */
	GOSSIP_ID_RUST,    /* the author in base58btc and the number in decimal, as text */
	GOSSIP_ID_CONTENT, /* SHA-256 of the data: the same data by two authors is one message */
};

#define GOSSIP_ID_KINDS (GOSSIP_ID_CONTENT + 1)

/* "go", "js", "rust", "content". -EINVAL. */
_nodiscard_ int gossip_id_kind_parse(struct bytes text, enum gossip_id_kind *ret);
const char *gossip_id_kind_text(enum gossip_id_kind kind);

/* `m` has the form of gossip_sign_form(), which gave author and number. An author whose key does
 * not fit into an id has go's in a topic of js's. */
struct gossip_id gossip_message_id(enum gossip_id_kind kind, const struct gossip_message *m,
				   const struct peer_id *author, uint64_t seqno);

/* By whose default `id` was made: by author and number, so never GOSSIP_ID_CONTENT. False: it means
 * nothing to us. */
bool gossip_id_kind_of(struct bytes id, enum gossip_id_kind *ret);

/*
 * What a topic of `kind` calls the message that others call `id`: all defaults but the content's
 * name author and number, so each can be said in the words of the others. False: `id` means nothing
 * to us, `*ret` is `id`.
 */
bool gossip_id_translate(enum gossip_id_kind kind, struct bytes id, struct gossip_id *ret);

/*
 * By what it is remembered as seen. Ids that name author and number are used once in all topics;
 * those that name the content may be used once in each.
 */
struct gossip_id gossip_seen_key(enum gossip_id_kind kind, struct bytes topic, struct bytes id);

#endif
