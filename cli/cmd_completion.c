#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/completion.h"
#include "cli/object.h"
#include "cli/savings.h"
#include "cli/table.h"

/* What the running node can name behind a command. */
static const struct {
	const char *command, *verb, *list, *key;
} sources[] = {
	{ "peer", "PEERS", "peers", "peer_id" },
	{ "sub", "TOPICS", "topics", "topic" },
	{ "pub", "TOPICS", "topics", "topic" },
	{ "consumers", "STATUS", "consumers", "id" },
};

static void print_names(const json_t *list, const char *key)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = object_text(json_array_get(list, i), key);

		/* One that a shell would take for several helps nobody. */
		if (name[0] && !savings_is_command(name) &&
		    !strpbrk(name, " \t'\"\\$`*?(){}[]<>|;&"))
			printf("%s\n", table_safe(name));
	}
}

static int print_words(const char *data, const char *command)
{
	json_t *answer;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		if (strcmp(sources[i].command, command) != 0)
			continue;
		r = attach_ask(data, sources[i].verb, NULL, &answer);
		if (r != 0)
			return r;
		print_names(json_object_get(answer, sources[i].list), sources[i].key);
		json_decref(answer);
	}
	return EXIT_FINE;
}

int cmd_completion(int argc, char **argv)
{
	struct args args;
	int r;

	r = args_read(argc, argv, NULL, 0, &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 1, 2);
	if (r != 0)
		return r;
	if (strcmp(args.words[0], "words") == 0 && args.n_words == 2)
		return print_words(args.data, args.words[1]);
	if (strcmp(args.words[0], "bash") == 0 && args.n_words == 1)
		completion_bash(stdout);
	else if (strcmp(args.words[0], "zsh") == 0 && args.n_words == 1)
		completion_zsh(stdout);
	else
		r = args_expect(argv[0], &args, ARGS_WORDS_MAX + 1, ARGS_WORDS_MAX + 1);
	return r;
}
