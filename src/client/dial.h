#ifndef PL_CLIENT_DIAL_H
#define PL_CLIENT_DIAL_H

/* Sockets to a door, and waiting for them: all that this library asks of the operating system but
 * reading and writing. */

#include "base/def.h"
#include "base/time.h"
#include "client/address.h"

struct mono dial_now(void);
/* Begins to connect. 0: `ret_fd` is the caller's, neither blocks nor outlives exec(); it is
 * connected, or will be writable when it is or failed. -errno: failed at once. */
_nodiscard_ int dial_begin(const struct address *to, int *ret_fd);
/* Two ends of one connection inside this process. -errno. */
_nodiscard_ int dial_pair(int ret_fds[2]);
/* It was writable. -errno: it failed. */
_nodiscard_ int dial_finish(int fd);
/* Waits for `events` of poll(); `fd` -1 waits only. 0: they came; 1: they did not until `until`;
 * -errno. */
_nodiscard_ int dial_wait(int fd, short events, struct mono until);

#endif
