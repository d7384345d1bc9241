#ifndef PL_TESTS_UNIT_CLIENT_PAIR_H
#define PL_TESTS_UNIT_CLIENT_PAIR_H

/* A client at one end of a socket pair, and at the other a door that is the test itself: it has
 * said everything before the client reads, so nobody waits for anybody. */

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#include "client/client.h"

#define GREETING "INFO {}\r\nPONG\r\n"

struct pair {
	int theirs;
	struct client *c;
	int r;
};

static inline void door_says(struct pair *p, const char *text)
{
	assert_int_equal(write(p->theirs, text, strlen(text)), strlen(text));
}

/* What the client has written, once. */
static inline struct bytes door_heard(struct pair *p)
{
	static char text[65536];
	ssize_t n = recv(p->theirs, text, sizeof(text), MSG_DONTWAIT);

	return BYTES(text, n < 0 ? 0 : (size_t)n);
}

static inline struct pair open_pair(const char *greeting)
{
	const struct client_config config = { .name = "me", .timeout_ms = 50 };
	struct pair p;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	p.theirs = fds[1];
	p.c = NULL;
	door_says(&p, greeting);
	p.r = client_open_fd(fds[0], &config, &p.c);
	return p;
}

static inline struct pair open_greeted(void)
{
	struct pair p = open_pair(GREETING);
	struct client_message m;

	assert_int_equal(p.r, 0);
	assert_int_equal(client_next(p.c, 0, &m), CLIENT_E_TIMEOUT); /* writes CONNECT out */
	(void)door_heard(&p);
	return p;
}

static inline void close_pair(struct pair *p)
{
	client_close(p->c);
	close(p->theirs);
}

/* Doors that a client which returns finds one after the other. */
#define DOORS_MAX 8

struct doors {
	int theirs[DOORS_MAX];
	const char *says[DOORS_MAX]; /* on arrival; NULL: nobody is there */
	size_t n;
	int r; /* when there are no more */
	struct client *c;
};

static inline int doors_connect(void *user, int *ret_fd)
{
	struct doors *d = user;
	size_t i = d->n;
	int fds[2];

	if (i == DOORS_MAX || !d->says[i])
		return d->r;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	d->n++;
	d->theirs[i] = fds[1];
	assert_int_equal(write(fds[1], d->says[i], strlen(d->says[i])), strlen(d->says[i]));
	*ret_fd = fds[0];
	return 0;
}

/* Comes back as soon as it is lost. */
static inline void doors_open(struct doors *d)
{
	const struct client_config config = {
		.name = "me",
		.timeout_ms = 50,
		.returns = true,
		.return_ms = CLIENT_FOREVER,
		.connect = doors_connect,
		.user = d,
	};

	assert_int_equal(client_open(&config, &d->c), 0);
}

static inline struct bytes doors_heard(struct doors *d, size_t i)
{
	struct pair p = { .theirs = d->theirs[i] };

	return door_heard(&p);
}

static inline void doors_say(struct doors *d, size_t i, const char *text)
{
	struct pair p = { .theirs = d->theirs[i] };

	door_says(&p, text);
}

static inline void doors_close(struct doors *d)
{
	client_close(d->c);
	for (size_t i = 0; i < d->n; i++)
		if (d->theirs[i] >= 0)
			close(d->theirs[i]);
}

/* The door goes away. */
static inline void doors_leave(struct doors *d, size_t i)
{
	close(d->theirs[i]);
	d->theirs[i] = -1;
}

#endif
