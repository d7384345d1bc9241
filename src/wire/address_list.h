#ifndef PL_WIRE_ADDRESS_LIST_H
#define PL_WIRE_ADDRESS_LIST_H

/*
 * A JSON array of multiaddrs in text, `["/ip4/203.0.113.7/tcp/9905"]`: the answer of the protocol
 * /p2p-msg-bus/peer-addr-request/1.0.0.
 */

#include "base/buf.h"
#include "wire/multiaddr.h"

/* As many from the front as fit into what `out` may still hold; at least `[]` must. -ENOBUFS,
 * -ENOMEM. */
_nodiscard_ int address_list_encode(const struct multiaddr *addresses, size_t n, struct buf *out);
/*
 * Entries that are no multiaddr we know are passed over, and so is what does not fit into `max`.
 * -EBADMSG: not an array, or longer than LIMIT_ADDR_ANSWER. -ENOMEM.
 */
_nodiscard_ int address_list_decode(struct bytes in, struct multiaddr *out, size_t max,
				    size_t *ret_n);

#endif
