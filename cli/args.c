#include "cli/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "node/nearest.h"

#define OPTIONS_MAX 16

static int unknown_flag(const char *command, const char *flag, const struct args_option *options,
			size_t n)
{
	const char *names[OPTIONS_MAX], *near;

	for (size_t i = 0; i < n; i++)
		names[i] = options[i].name;
	near = nearest_word(flag, names, n);
	fprintf(stderr, "peerline %s has no flag --%s; ", command, flag);
	if (near) {
		fprintf(stderr, "did you mean --%s?\n", near);
		return EXIT_USAGE;
	}
	fprintf(stderr, "it has");
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, " --%s", names[i]);
	fprintf(stderr, "\n");
	return EXIT_USAGE;
}

static int read_number(const char *name, const char *value, uint64_t *ret)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || v == 0) {
		fprintf(stderr, "--%s takes a number from 1 on, not \"%s\"\n", name, value);
		return EXIT_USAGE;
	}
	*ret = v;
	return 0;
}

static int set_option(const struct args_option *o, const char *value)
{
	if (o->kind != ARGS_FLAG && !value) {
		fprintf(stderr, "--%s needs a value\n", o->name);
		return EXIT_USAGE;
	}
	switch (o->kind) {
	case ARGS_FLAG:
		if (value) {
			fprintf(stderr, "--%s takes no value\n", o->name);
			return EXIT_USAGE;
		}
		*(bool *)o->to = true;
		return 0;
	case ARGS_TEXT:
		*(const char **)o->to = value;
		return 0;
	case ARGS_NUMBER:
		return read_number(o->name, value, o->to);
	}
	return EXIT_USAGE;
}

static const struct args_option *find_option(const struct args_option *options, size_t n,
					     const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

/* A flag at argv[*io]; moves on over its value. */
static int read_flag(int argc, char **argv, int *io, const struct args_option *options, size_t n)
{
	const char *flag = argv[*io] + 2, *equals = strchr(flag, '='), *value = NULL;
	const struct args_option *o;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)(equals ? equals - flag : 63), flag);
	o = find_option(options, n, name);
	if (!o)
		return unknown_flag(argv[0], name, options, n);
	if (equals)
		value = equals + 1;
	else if (o->kind != ARGS_FLAG && *io + 1 < argc)
		value = argv[++*io];
	return set_option(o, value);
}

static int read_word(const char *command, const char *word, struct args *args)
{
	if (args->n_words == ARGS_WORDS_MAX) {
		fprintf(stderr, "peerline %s: \"%s\" is one word too many\n", command, word);
		return EXIT_USAGE;
	}
	args->words[args->n_words++] = word;
	return 0;
}

int args_read(int argc, char **argv, const struct args_option *options, size_t n_options,
	      struct args *ret)
{
	struct args_option all[OPTIONS_MAX];
	bool flags = true;
	int r = 0;

	ASSERT(n_options < OPTIONS_MAX);
	*ret = (struct args){ 0 };
	if (n_options > 0)
		memcpy(all, options, n_options * sizeof(*options));
	all[n_options] = (struct args_option){ "data", ARGS_TEXT, &ret->data };
	for (int i = 1; i < argc && r == 0; i++) {
		if (flags && strcmp(argv[i], "--") == 0)
			flags = false;
		else if (flags && strncmp(argv[i], "--", 2) == 0)
			r = read_flag(argc, argv, &i, all, n_options + 1);
		else
			r = read_word(argv[0], argv[i], ret);
	}
	return r;
}

int args_expect(const char *command, const struct args *args, size_t min, size_t max)
{
	const struct command *c = command_find(command);

	if (args->n_words >= min && args->n_words <= max)
		return 0;
	if (args->n_words > max)
		fprintf(stderr, "peerline %s: \"%s\" is one word too many\n", command,
			args->words[max]);
	fprintf(stderr, "usage: peerline %s %s\n", command, c ? c->synopsis : "");
	return EXIT_USAGE;
}
