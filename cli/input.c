#include "cli/input.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cli/cli.h"

static int read_input(struct buf *out)
{
	char piece[16384];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), stdin)) > 0) {
		if (buf_append(out, piece, n) < 0) {
			fprintf(stderr, "a message is at most %d bytes\n", LIMIT_DOOR_PAYLOAD);
			return EXIT_USAGE;
		}
	}
	return 0;
}

int input_message(const struct args *args, struct buf *input, struct bytes *ret)
{
	int r;

	if (args->n_words > 1 && strcmp(args->words[1], "-") != 0) {
		*ret = bytes_of_text(args->words[1]);
		return 0;
	}
	r = read_input(input);
	*ret = buf_data(input);
	return r;
}
