#include <stdio.h>

#include "base/limits.h"
#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/duration.h"
#include "cli/input.h"
#include "cli/print.h"

/* Asks once, prints the answer. */

static int ask(struct client *c, const char *subject, struct bytes payload, uint64_t timeout_ms,
	       bool as_json)
{
	struct client_message m;
	int r = client_request(c, subject, payload, timeout_ms, &m);

	if (r == CLIENT_E_TIMEOUT) {
		fprintf(stderr, "no answer within %llu ms; --timeout changes how long is waited\n",
			(unsigned long long)timeout_ms);
		return EXIT_REFUSED;
	}
	if (r != 0)
		return attach_failed(c, r);
	if (as_json) {
		print_json(&m);
	} else {
		fwrite(m.payload.p, 1, m.payload.n, stdout);
		putchar('\n');
	}
	return EXIT_FINE;
}

static int open_and_ask(const struct args *args, struct bytes payload, uint64_t timeout_ms,
			bool as_json)
{
	struct client *c;
	int r = attach_open(args->data, "req", &c);

	if (r != 0)
		return r;
	r = ask(c, args->words[0], payload, timeout_ms, as_json);
	client_close(c);
	return r;
}

int cmd_req(int argc, char **argv)
{
	bool as_json = false;
	const char *timeout = "5s";
	const struct args_option options[] = {
		{ "json", ARGS_FLAG, &as_json },
		{ "timeout", ARGS_TEXT, &timeout },
	};
	struct bytes payload;
	struct args args;
	struct buf input;
	uint64_t ms;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 1, 2);
	if (r != 0)
		return r;
	if (!duration_parse(timeout, &ms)) {
		fprintf(stderr, "--timeout takes a time such as 5s or 2m, not \"%s\"\n", timeout);
		return EXIT_USAGE;
	}
	buf_init(&input, LIMIT_DOOR_PAYLOAD);
	r = input_message(&args, &input, &payload);
	if (r == 0)
		r = open_and_ask(&args, payload, ms, as_json);
	buf_deinit(&input);
	return r;
}
