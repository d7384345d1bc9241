#include "cli/until_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "cli/cli.h"

/* Nothing waits to be written, so there is nothing to clean up. */
static void on_signal(int number)
{
	(void)number;
	_exit(EXIT_FINE);
}

void until_signal(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* The handler's end of a pipe; handlers have no other way to know it. */
static int told_fd = -1;

static void on_first_signal(int number)
{
	int before = errno;

	(void)number;
	until_signal();
	if (write(told_fd, "", 1) < 0)
		_exit(EXIT_FINE);
	errno = before;
}

int until_signal_fd(void)
{
	struct sigaction action = { .sa_handler = on_first_signal };
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	told_fd = fds[1];
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return fds[0];
}
