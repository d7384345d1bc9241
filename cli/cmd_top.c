#include <stdio.h>
#include <stdlib.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/screen.h"
#include "cli/top_frame.h"
#include "cli/until_signal.h"

#define EVERY_MS 1000
/* Of a frame: what stands around the rows of three tables. */
#define ROWS_AROUND 14

static int take_sample(struct client *c, struct top_sample *ret)
{
	int r = attach_ask_on(c, "STATUS", NULL, &ret->status);

	if (r == 0)
		r = attach_ask_on(c, "PEERS", NULL, &ret->peers);
	if (r == 0)
		r = attach_ask_on(c, "CONSUMERS", NULL, &ret->consumers);
	return r;
}

static void draw(const struct top_sample *before, const struct top_sample *now)
{
	size_t rows = screen_rows(), n;
	char *text = NULL;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return;
	rows = rows > ROWS_AROUND + 3 ? (rows - ROWS_AROUND) / 3 : 1;
	top_frame_write(before, now, rows, out);
	if (fclose(out) == 0)
		screen_draw(text);
	free(text);
}

static int watch(struct client *c)
{
	struct top_sample before = { 0 }, now = { 0 };
	bool goes_on = true;
	int r = 0;

	while (goes_on) {
		r = take_sample(c, &now);
		if (r != 0)
			break;
		draw(&before, &now);
		top_sample_deinit(&before);
		before = now;
		now = (struct top_sample){ 0 };
		goes_on = screen_wait(EVERY_MS);
	}
	top_sample_deinit(&before);
	top_sample_deinit(&now);
	return r;
}

static int print_block(const struct top_sample *before, const struct top_sample *now, bool as_json,
		       bool is_first)
{
	int r = EXIT_FINE;

	if (as_json) {
		r = object_print(top_frame_json(before, now));
	} else {
		if (!is_first)
			printf("\n");
		top_frame_write(before, now, SIZE_MAX, stdout);
	}
	fflush(stdout);
	return r;
}

static int print_blocks(struct client *c, uint64_t count, bool as_json)
{
	struct top_sample before = { 0 }, now = { 0 };
	int r = take_sample(c, &before);

	for (uint64_t n = 0; r == 0 && (count == 0 || n < count); n++) {
		(void)screen_wait(EVERY_MS);
		r = take_sample(c, &now);
		if (r == 0)
			r = print_block(&before, &now, as_json, n == 0);
		top_sample_deinit(&before);
		before = now;
		now = (struct top_sample){ 0 };
	}
	top_sample_deinit(&before);
	return r;
}

int cmd_top(int argc, char **argv)
{
	bool as_json = false, once = false;
	uint64_t count = 0;
	const struct args_option options[] = {
		{ "json", ARGS_FLAG, &as_json },
		{ "once", ARGS_FLAG, &once },
		{ "count", ARGS_NUMBER, &count },
	};
	struct args args;
	struct client *c;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 0, 0);
	if (r == 0)
		r = attach_open(args.data, "top", &c);
	if (r != 0)
		return r;
	if (!as_json && !once && count == 0 && screen_open()) {
		r = watch(c);
		screen_close();
		/* What was said of it has gone with the screen. */
		if (r != 0)
			fprintf(stderr, "the node has ended, or does not answer any more\n");
	} else {
		until_signal();
		r = print_blocks(c, once ? 1 : count, as_json);
	}
	client_close(c);
	return r;
}
