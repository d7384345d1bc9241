#ifndef PL_CLIENT_READINESS_H
#define PL_CLIENT_READINESS_H

/*
 * One descriptor that stays the same for the life of a consumer, whatever becomes of its
 * connections, and is readable when there is something to do: an epoll instance that holds the
 * socket of the moment and a timer.
 */

#include "base/def.h"
#include "base/time.h"

struct readiness {
	bool is_open;
	int epoll_fd, timer_fd;
	struct mono timer_at;
	int watched_fd; /* -1: none */
	bool watches_writing;
};

/* -errno; nothing is open then. */
_nodiscard_ int readiness_open(struct readiness *r);
/* Zeroed or closed: does nothing. */
void readiness_close(struct readiness *r);
/* Readable when `fd` is, with `writing` also when it can be written to, and from `at` on. `fd` -1:
 * none; it is to be said before a watched one is closed. -errno. */
_nodiscard_ int readiness_set(struct readiness *r, int fd, bool writing, struct mono at);

#endif
