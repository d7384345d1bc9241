#ifndef PL_ROUTE_GOSSIP_SIGN_H
#define PL_ROUTE_GOSSIP_SIGN_H

/*
 * StrictSign: every message names its author and number and is signed. Ours are signed with
 * Ed25519 and carry no key, because the author's id holds it. Others may be signed with any key of
 * libp2p's; one that the id does not hold comes in the key field, and where there is a key field it
 * must be the author's.
 *
 *     incoming: gossip_sign_form(), then, if it is new, gossip_sign_verify(), on any thread
 */

#include "base/buf.h"
#include "crypto/keys.h"
#include "route/gossip.h"
#include "route/gossip_keys.h"
#include "wire/gossip_rpc.h"
#include "wire/peer_id.h"

#define GOSSIP_SEQNO 8 /* bytes, big-endian */

enum {
	GOSSIP_SIGN_E_FORM = 1, /* a field is missing or makes no sense */
	GOSSIP_SIGN_E_KEY = 2,  /* no key, or not the author's */
	GOSSIP_SIGN_E_BAD = 3,  /* does not verify */
	/*
	 * No message for us, but some other implementation takes it: a number of another length, an
	 * author or a key of a kind that we do not read, an Ed25519 signature that is disputed
	 * (crypto/keys.h). Who passes it on may have done nothing wrong: were it held against all
	 * who did, one author could turn us against our honest neighbours.
	 */
	GOSSIP_SIGN_E_ODD = 4,
};

/* Are author, number and signature there? No arithmetic. GOSSIP_SIGN_E_FORM, GOSSIP_SIGN_E_ODD. */
_nodiscard_ int gossip_sign_form(const struct gossip_message *m, struct peer_id *ret_author,
				 uint64_t *ret_seqno);
/* `scratch` is cleared and used. -ENOMEM, GOSSIP_SIGN_E_KEY, GOSSIP_SIGN_E_BAD, GOSSIP_SIGN_E_ODD.
 */
_nodiscard_ int gossip_sign_verify(const struct gossip_message *m, const struct peer_id *author,
				   struct buf *scratch);
/* As gossip_sign_verify(), with the author's tables. */
_nodiscard_ int gossip_sign_verify_with(const struct gossip_message *m,
					const struct peer_id *author,
					const struct gossip_key_tables *tables,
					struct buf *scratch);
/* Signs `m` as it is, from, data, seqno and topic set. -ENOMEM. */
_nodiscard_ int gossip_sign(const struct gossip_message *m, const struct key_pair *key,
			    struct buf *scratch, uint8_t ret_signature[ED25519_SIGNATURE]);

#endif
