#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* How many words at `argv` are a flag that may stand before the command. */
static int global_flag(int argc, char **argv)
{
	if (strncmp(argv[0], "--data=", 7) == 0)
		return 1;
	if (strcmp(argv[0], "--data") == 0)
		return argc > 1 ? 2 : 1;
	return 0;
}

/* Puts what stands before the command behind it, so that there is one place to read flags. */
static char **reorder(int argc, char **argv, int n_before)
{
	char **out = calloc((size_t)argc + 1, sizeof(*out));

	if (!out)
		return NULL;
	out[0] = argv[n_before];
	memcpy(out + 1, argv, (size_t)n_before * sizeof(*out));
	memcpy(out + 1 + n_before, argv + n_before + 1,
	       (size_t)(argc - n_before - 1) * sizeof(*out));
	return out;
}

static const char *as_command(const char *word)
{
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return "help";
	if (strcmp(word, "--version") == 0)
		return "version";
	return word;
}

/* --help anywhere among the flags; -h only alone, because a word of a message may be "-h". */
static bool wants_help(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "-h") == 0)
		return true;
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	if (command->run != cmd_help && wants_help(argc, argv))
		return help_about(command);
	return command->run(argc, argv);
}

static int no_command(int argc, char **argv)
{
	char *help[] = { NULL };

	if (argc > 0 && strcmp(argv[argc - 1], "--data") == 0) {
		fprintf(stderr, "--data needs a value\n");
		return EXIT_USAGE;
	}
	cmd_help(0, help);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const struct command *command;
	int n_before = 0, n, r;
	char **words;

	argc--;
	argv++;
	while (n_before < argc && (n = global_flag(argc - n_before, argv + n_before)) > 0)
		n_before += n;
	if (n_before >= argc)
		return no_command(argc, argv);
	command = command_find(as_command(argv[n_before]));
	if (!command)
		return command_unknown(argv[n_before]);
	words = reorder(argc, argv, n_before);
	if (!words)
		return EXIT_REFUSED;
	r = run_command(command, argc, words);
	free(words);
	return r;
}
