#ifndef PL_BENCH_DOOR_CLIENT_H
#define PL_BENCH_DOOR_CLIENT_H

/*
 * One raw connection to a NATS server, for the door rows: what it writes was built before, what it
 * reads is counted and not looked at. All frames of one subscription have the same length here, so
 * that bytes say how many messages have come.
 *
 *     door_client_open(); door_client_subscribe(); door_client_go(); door_client_read() ...
 */

#include <sys/types.h>

#include "base/def.h"

#define DOOR_CLIENT_READ (256 * 1024)

struct door_client {
	int fd;
	size_t frame;     /* bytes of one message as it comes; 0: it awaits none */
	uint64_t n_bytes; /* come so far */
};

/* Connects, shows the token ("" for none) and awaits PONG; blocks. */
void door_client_open(struct door_client *c, const char *address, const char *token);
/* Messages of `n_payload` bytes, with replies of `n_reply` bytes if not 0; blocks until the server
 * has it. */
void door_client_subscribe(struct door_client *c, const char *subject, size_t sid, size_t n_reply,
			   size_t n_payload);
/* From now on it does not block. */
void door_client_go(struct door_client *c);
/* Reads once; false when nothing is there. */
bool door_client_read(struct door_client *c);
/* Writes what the kernel takes, 0 when it takes nothing. */
size_t door_client_write(struct door_client *c, const void *p, size_t n);

static inline uint64_t door_client_messages(const struct door_client *c)
{
	return c->n_bytes / c->frame;
}

#endif
