#include "base/buf.h"
#include "base/limits.h"
#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/input.h"

static int publish(const char *data, const char *subject, struct bytes payload)
{
	struct client *c;
	int r;

	r = attach_open(data, "pub", &c);
	if (r != 0)
		return r;
	r = client_publish(c, subject, payload);
	if (r == 0)
		r = client_flush(c, ATTACH_TIMEOUT_MS);
	r = r == 0 ? EXIT_FINE : attach_failed(c, r);
	client_close(c);
	return r;
}

int cmd_pub(int argc, char **argv)
{
	bool literal = false;
	const struct args_option options[] = { { "subject", ARGS_FLAG, &literal } };
	char subject[LIMIT_SUBJECT + 1];
	struct bytes payload;
	struct args args;
	struct buf input;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 1, 2);
	if (r != 0)
		return r;
	if (attach_subject(args.words[0], literal, subject, sizeof(subject)) < 0)
		return attach_failed(NULL, -EINVAL);
	buf_init(&input, LIMIT_DOOR_PAYLOAD);
	r = input_message(&args, &input, &payload);
	if (r == 0)
		r = publish(args.data, subject, payload);
	buf_deinit(&input);
	return r;
}
