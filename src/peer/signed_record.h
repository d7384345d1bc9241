#ifndef PL_PEER_SIGNED_RECORD_H
#define PL_PEER_SIGNED_RECORD_H

/*
 * Peer records with their signatures: ours is made, others' are checked. A checked one may be shown
 * to third parties, who need not believe us but only the key.
 */

#include "crypto/keys.h"
#include "wire/multiaddr.h"
#include "wire/peer_record.h"

/* Appends the envelope. -ENOBUFS: `out` has no room, or it would pass LIMIT_SIGNED_RECORD. */
_nodiscard_ int signed_record_make(const struct key_pair *key, uint64_t seq,
				   const struct multiaddr *addresses, size_t n, struct buf *out);

enum {
	/* Malformed, of another type, by another key than the record's or `expected`'s, or the
	 * signature does not verify. */
	SIGNED_RECORD_E_BAD = 1,
};

/*
 * `expected`: of whom the record must be. `ret` borrows from `envelope`; addresses in it are as
 * they were signed, which does not make them well-formed. -ENOMEM, -EIO.
 */
_nodiscard_ int signed_record_check(struct bytes envelope, const struct peer_id *expected,
				    struct peer_record *ret);

#endif
