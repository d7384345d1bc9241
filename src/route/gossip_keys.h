#ifndef PL_ROUTE_GOSSIP_KEYS_H
#define PL_ROUTE_GOSSIP_KEYS_H

/*
 * Authors that sign often, and the tables with which their signatures are checked faster
 * (crypto/ed25519_table.h). One who has had LIMIT_GOSSIP_KEY_PROOFS messages checked the slow way,
 * all good, gets a table; of those beyond LIMIT_GOSSIP_KEY_TABLES the one that has not been used
 * for longest loses it, and begins anew. Only Ed25519 authors, whose id holds their key, are
 * counted.
 *
 *     gossip_keys_init(); gossip_keys_get() for each message to be checked;
 * gossip_keys_on_good() for each that was, without a table; gossip_keys_deinit()
 */

#include "base/list.h"
#include "base/map.h"
#include "crypto/ed25519_table.h"
#include "wire/peer_id.h"

struct gossip_keys {
	struct map by_id;
	struct list order; /* the one that was not used for longest first */
	struct list order_of_tables;
	size_t n_tables;
	struct ed25519_table *base; /* NULL until there is a table */
};

/* What a check needs: both, or neither. A reference to each. */
struct gossip_key_tables {
	struct ed25519_table *base, *key;
};

void gossip_keys_init(struct gossip_keys *k, uint64_t seed);
void gossip_keys_deinit(struct gossip_keys *k);
/* The author's, or NULL and NULL. References are the caller's. */
struct gossip_key_tables gossip_keys_get(struct gossip_keys *k, const struct peer_id *author);
void gossip_key_tables_unref(struct gossip_key_tables *t);
/* Without memory for it an author stays without a table. */
void gossip_keys_on_good(struct gossip_keys *k, const struct peer_id *author);

#endif
