#include "cli/until_signal.h"

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
