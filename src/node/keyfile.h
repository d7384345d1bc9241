#ifndef PL_NODE_KEYFILE_H
#define PL_NODE_KEYFILE_H

/*
 * The node's private key on disk: libp2p's PrivateKey protobuf (Ed25519), mode 0600. A file that
 * others can read, or that is not such a key, is refused with a sentence and never overwritten.
 */

#include "base/def.h"
#include "crypto/keys.h"
#include "node/config.h"

/* -ENOENT: no such file. -EACCES: unreadable, or readable by others. -EBADMSG: not a key. */
_nodiscard_ int keyfile_load(const char *path, struct key_pair *ret,
			     struct config_error *ret_error);
/* -EEXIST: a file is there. */
_nodiscard_ int keyfile_create(const char *path, const struct key_pair *key,
			       struct config_error *ret_error);

#endif
