#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/object.h"

/* What a node that was killed left behind is no place to connect to. */
static int expect_node(const char *data)
{
	struct client *c;
	int r = attach_open(data, "cli", &c);

	client_close(c);
	return r;
}

int cmd_url(int argc, char **argv)
{
	bool as_json = false, token_only = false;
	const struct args_option options[] = {
		{ "json", ARGS_FLAG, &as_json },
		{ "token", ARGS_FLAG, &token_only },
	};
	char token[ATTACH_TOKEN_MAX], url[512];
	const char *scheme = "nats://";
	struct attach_place place;
	struct args args;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 0, 0);
	if (r == 0)
		r = expect_node(args.data);
	if (r == 0)
		r = attach_find(args.data, &place);
	if (r == 0)
		r = attach_token(&place, token);
	if (r != 0)
		return r;
	if (strncmp(place.door, scheme, strlen(scheme)) != 0) {
		fprintf(stderr, "the node on %s has no door for NATS clients\n", place.data);
		return EXIT_REFUSED;
	}
	snprintf(url, sizeof(url), "%s%s@%s", scheme, token, place.door + strlen(scheme));
	if (as_json)
		return object_print(json_pack("{s:s, s:s}", "url", url, "token", token));
	printf("%s\n", token_only ? token : url);
	return EXIT_FINE;
}
