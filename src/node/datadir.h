#ifndef PL_NODE_DATADIR_H
#define PL_NODE_DATADIR_H

/*
 * The data directory: one node at a time, its key, its token, and the two numbers that must grow
 * with every start. Blocking file calls; used once at start and once at the end, before and after
 * the loop runs.
 *
 *     datadir_open() (locks) -> key, token, incarnation, seqno -> datadir_publish() once the node
 * listens -> datadir_close() (removes run.json, unlocks)
 */

#include "base/def.h"
#include "base/random.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "node/config.h"

#define DOOR_TOKEN_CHARS 43 /* 256 bits */

struct datadir {
	char path[CONFIG_PATH_MAX];
	int lock_fd;
	bool published;
	struct key_pair key;
	char token[DOOR_TOKEN_CHARS + 1];
	uint64_t incarnation; /* greater than at any start before */
	uint64_t seqno_last;  /* greater than any sequence number used before */
};

/*
 * Makes the directory (0700) and whatever is missing in it. Errors are sentences: -EBUSY names the
 * pid that holds the directory; -EACCES, -EBADMSG and others name the file, which is never
 * overwritten.
 */
_nodiscard_ int datadir_open(const char *path, const struct random *random, struct wall now,
			     struct datadir **ret, struct config_error *ret_error);
/* Takes NULL. */
struct datadir *datadir_close(struct datadir *d);

/* Writes run.json (atomically): what `peerline status` and friends need to find the node. */
_nodiscard_ int datadir_publish(struct datadir *d, const char *json,
				struct config_error *ret_error);

/* Removes a Unix socket that nobody listens on; -EADDRINUSE when somebody does or it is not a
 * socket of ours. -EACCES, -EPERM: others could take its place in that folder. */
_nodiscard_ int datadir_clear_socket(const char *path, struct config_error *ret_error);

#endif
