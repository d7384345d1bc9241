#ifndef PL_SHARE_ACCOUNT_H
#define PL_SHARE_ACCOUNT_H

/*
 * What one subscription got: messages and bytes of payload, in all and by the peer that brought
 * them. It is embedded in the subscription, so counting looks nothing up; the peers of one topic
 * are few, and the one that brought the last message is asked first.
 *
 *     account_init(); account_count() per message; account_deinit()
 */

#include "base/def.h"
#include "wire/peer_id.h"

struct account_peer {
	struct peer_id id;
	uint64_t messages, bytes;
};

struct account {
	uint64_t bytes, missed;
	struct account_peer *peers; /* NULL until a peer brought something */
	uint16_t n_peers, last;     /* `last` brought the last message */
	/* Of peers beyond LIMIT_DOOR_ACCOUNT_PEERS, or of those that there was no memory for. */
	uint64_t other_messages, other_bytes;
};

void account_init(struct account *a);
void account_deinit(struct account *a);
/* One message more; `via` NULL: of a local subject. */
void account_count(struct account *a, const struct peer_id *via, size_t bytes);

#endif
