#include <stdio.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/table.h"

/* The files read again, while the node runs. */

static void print_names(const char *label, const json_t *list)
{
	size_t n = json_array_size(list);

	printf("%s", label);
	for (size_t i = 0; i < n; i++)
		printf(" %s", table_safe(json_string_value(json_array_get(list, i))));
	printf("%s\n", n == 0 ? " nothing" : "");
}

static void print_count(int64_t n, const char *one, const char *many)
{
	if (n > 0)
		printf("%lld %s\n", (long long)n, n == 1 ? one : many);
}

static void print_reloaded(const json_t *answer)
{
	const char *file = object_text(answer, "consumers_file");
	const json_t *waits = json_object_get(answer, "needs_restart");
	int64_t n = object_number(answer, "credentials");

	print_names("changed:", json_object_get(answer, "changed"));
	if (json_array_size(waits) > 0)
		print_names("needs a restart:", waits);
	if (file[0])
		printf("%s: %lld consumer%s with a token of %s own\n", table_safe(file),
		       (long long)n, n == 1 ? "" : "s", n == 1 ? "its" : "their");
	print_count(object_number(answer, "disconnected"),
		    "consumer was disconnected: its token is gone",
		    "consumers were disconnected: their tokens are gone");
	print_count(object_number(answer, "subscriptions_ended"),
		    "subscription ended: it is not allowed any more",
		    "subscriptions ended: they are not allowed any more");
}

int cmd_reload(int argc, char **argv)
{
	bool as_json = false;
	const struct args_option options[] = { { "json", ARGS_FLAG, &as_json } };
	json_t *answer = NULL;
	struct args args;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 0, 0);
	if (r == 0)
		r = attach_ask(args.data, "RELOAD", NULL, &answer);
	if (r != 0)
		return r;
	if (as_json)
		return object_print(answer);
	print_reloaded(answer);
	json_decref(answer);
	return EXIT_FINE;
}
