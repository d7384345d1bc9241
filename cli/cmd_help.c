#include <stdio.h>

#include "cli/cli.h"

static void help_all(void)
{
	printf("peerline: one line to every peer, shared by every service on the host\n\n");
	for (size_t i = 0; i < n_commands; i++)
		printf("  peerline %-8s %s\n", commands[i].name, commands[i].summary);
	printf("\n  --data DIR   the node's data directory (PEERLINE_DATA), for every command\n");
	printf("\nMore about one: peerline help COMMAND\n");
}

int cmd_help(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		help_all();
		return EXIT_FINE;
	}
	command = command_find(argv[1]);
	if (!command)
		return command_unknown(argv[1]);
	printf("peerline %s %s\n\n  %s\n%s", command->name, command->synopsis, command->summary,
	       command->help);
	return EXIT_FINE;
}
