#ifndef PL_NODE_KEY_FORMAT_H
#define PL_NODE_KEY_FORMAT_H

/*
 * A node's private key as bytes, in any form that is imported: libp2p's PrivateKey protobuf
 * (Ed25519) with 64 bytes of data or the older 96, or that in hexadecimal.
 */

#include "base/def.h"
#include "crypto/keys.h"
#include "node/config.h"

/* -EBADMSG, and a sentence that says what it is not. */
_nodiscard_ int key_format_decode(struct bytes content, struct key_pair *ret,
				  struct config_error *ret_error);

#endif
