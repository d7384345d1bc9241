#include <stdio.h>

#include "cli/cli.h"

int cmd_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("peerline %s\n", PL_VERSION);
	return EXIT_FINE;
}
