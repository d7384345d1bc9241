#include "cli/line.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The descriptor may be shared with a shell, so it stays as it is, and is asked before each piece:
 * what is ready takes PIPE_BUF bytes without a wait. */
static bool takes_more(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT);
}

/* How much of it was taken. */
static size_t write_now(int fd, const char *text, size_t n)
{
	size_t done = 0;

	while (done < n && takes_more(fd)) {
		ssize_t k = write(fd, text + done, n - done < PIPE_BUF ? n - done : PIPE_BUF);

		if (k < 0 && errno != EINTR)
			break;
		done += k > 0 ? (size_t)k : 0;
	}
	return done;
}

static void keep_rest(struct line_log *log, const char *rest, size_t n)
{
	log->rest = malloc(n);
	if (!log->rest)
		return; /* then the line stays cut */
	memcpy(log->rest, rest, n);
	log->n_rest = n;
}

static bool write_rest(struct line_log *log)
{
	size_t done = write_now(log->fd, log->rest, log->n_rest);

	log->n_rest -= done;
	if (log->n_rest > 0) {
		memmove(log->rest, log->rest + done, log->n_rest);
		return false;
	}
	free(log->rest);
	log->rest = NULL;
	return true;
}

void line_write(struct line_log *log, const char *line, size_t n)
{
	size_t n_lost = log->n_lost, done;

	if (log->rest && !write_rest(log)) {
		log->n_lost++;
		return;
	}
	if (n_lost > 0 && takes_more(log->fd)) {
		log->n_lost = 0;
		log->tell_lost(log, n_lost);
		/* That was one too many: all the same are still to be told. */
		if (log->n_lost > 0)
			log->n_lost = n_lost;
	}
	done = log->n_lost == 0 && !log->rest ? write_now(log->fd, line, n) : 0;
	if (done == 0)
		log->n_lost++;
	else if (done < n)
		keep_rest(log, line + done, n - done);
}
