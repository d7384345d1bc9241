#ifndef PL_CLIENT_ADDRESS_H
#define PL_CLIENT_ADDRESS_H

/*
 * Where a door is, as people and run.json write it: `unix:/path`, `/path`, or
 * `nats://[token@]host:port` with a literal IP address or `localhost`.
 */

#include "base/addr.h"
#include "base/def.h"

#define ADDRESS_PATH_MAX 108 /* what a Unix socket's address has room for, NUL included */
#define ADDRESS_TOKEN_MAX 256
#define ADDRESS_PORT 4222 /* where none is given */

struct address {
	bool is_unix;
	char path[ADDRESS_PATH_MAX];
	struct addr tcp;
	char token[ADDRESS_TOKEN_MAX]; /* empty: none in the address */
};

/* -EINVAL. */
_nodiscard_ int address_parse(const char *text, struct address *ret);

#endif
