#ifndef PL_CRYPTO_ED25519_TABLE_H
#define PL_CRYPTO_ED25519_TABLE_H

/*
 * Verifying many Ed25519 signatures of few keys: multiples of each key's point, computed once, make
 * a verification several times faster than libsodium's, which begins anew each time. What is good
 * here is good there, and the other way round, to the last bit: the equation without the cofactor,
 * R compared as it is written, R and key not of small order, S below the group's order.
 *
 *     ed25519_table_new() for a key, ed25519_base_table_new() once for all of them;
 * ed25519_table_verify() as often as one likes; ed25519_table_unref()
 *
 * Nothing here is for secrets: the time taken shows what is computed. Tables never change: any
 * number of threads may verify with one at the same time. Owners are counted by one thread only.
 */

#include "base/def.h"

struct ed25519_table;

/* One reference each, the caller's. Of the base point: 296 KiB, a millisecond. -ENOMEM. */
_nodiscard_ int ed25519_base_table_new(struct ed25519_table **ret);
/* Of a key: 52 KiB, the time of four verifications by libsodium. -ENOMEM; SIGNATURE_E_BAD:
 * a key that nothing verifies with. */
_nodiscard_ int ed25519_table_new(const uint8_t key[32], struct ed25519_table **ret);
struct ed25519_table *ed25519_table_ref(struct ed25519_table *t);
/* Takes NULL; always returns NULL. */
struct ed25519_table *ed25519_table_unref(struct ed25519_table *t);

/* Any thread. 0 or SIGNATURE_E_BAD. */
_nodiscard_ int ed25519_table_verify(const struct ed25519_table *base,
				     const struct ed25519_table *key, struct bytes message,
				     struct bytes signature);

#endif
