#include <stdio.h>

#include "cli/cli.h"
#include "node/config.h"

static void help_all(void)
{
	printf("peerline: one line to every peer, shared by every service on the host\n\n");
	for (size_t i = 0; i < n_commands; i++)
		printf("  peerline %-11s %s\n", commands[i].name, commands[i].summary);
	printf("\n  --data DIR   the node's data directory (PEERLINE_DATA), for every command\n");
	printf("\nExit codes: 0 all is well, 1 called wrongly, 2 no node runs, 3 status has "
	       "problems "
	       "to tell,\n4 the node or the system says no\n");
	printf("\nMore about one: peerline help COMMAND. To begin: peerline run, and then peerline "
	       "status\n");
}

/* The flags of `run`, from the one table of settings. */
static void help_settings(void)
{
	printf("\n  Settings, as flags (also in the environment and in a file; "
	       "docs/configuration.md):\n");
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *s = &settings[i];
		const char *value = s->value ? s->value : "";
		char flag[64];

		snprintf(flag, sizeof(flag), "--%s", s->key);
		for (char *p = flag; *p; p++)
			*p = *p == '_' ? '-' : *p;
		printf("  %-26s %s%s%s%s\n", flag, s->help, value[0] ? " (" : "", value,
		       value[0] ? ")" : "");
	}
}

int help_about(const struct command *command)
{
	printf("peerline %s%s%s\n\n  %s\n%s", command->name, command->synopsis[0] ? " " : "",
	       command->synopsis, command->summary, command->help);
	if (command->run == cmd_run)
		help_settings();
	return EXIT_FINE;
}

int cmd_help(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		help_all();
		return EXIT_FINE;
	}
	command = command_find(argv[1]);
	return command ? help_about(command) : command_unknown(argv[1]);
}
