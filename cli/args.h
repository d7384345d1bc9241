#ifndef PL_CLI_ARGS_H
#define PL_CLI_ARGS_H

/* A command's flags and words. Every command takes --data. */

#include "base/def.h"

enum args_kind {
	ARGS_FLAG,   /* bool */
	ARGS_TEXT,   /* const char *: borrowed from argv */
	ARGS_NUMBER, /* uint64_t, at least 1 */
};

struct args_option {
	const char *name; /* "json" */
	enum args_kind kind;
	void *to; /* left alone when the flag is not given */
};

#define ARGS_WORDS_MAX 8

struct args {
	const char *data; /* NULL: not given */
	size_t n_words;
	const char *words[ARGS_WORDS_MAX];
};

/*
 * Reads argv[1..]; `--` ends the flags, `-` alone is a word. 0, or EXIT_USAGE after a sentence on
 * standard error.
 */
_nodiscard_ int args_read(int argc, char **argv, const struct args_option *options,
			  size_t n_options, struct args *ret);
/* EXIT_USAGE and a sentence, unless there are so many words. */
_nodiscard_ int args_expect(const char *command, const struct args *args, size_t min, size_t max);

#endif
