#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/savings.h"
#include "cli/table.h"

/* What waits for it, and for how long nothing of that has left: "12 (3 s)". */
static void add_lag(struct table *t, const json_t *consumer)
{
	const json_t *lag = json_object_get(consumer, "lag");
	int64_t n = object_number(lag, "messages"), since_ms = object_number(lag, "since_ms");
	char text[64] = "";

	if (n == 0)
		snprintf(text, sizeof(text), "0");
	else if (n > 0)
		snprintf(text, sizeof(text), "%lld (%s)", (long long)n,
			 table_duration_us(since_ms < 0 ? -1 : since_ms * 1000));
	table_add(t, text);
}

static void add_client(struct table *t, const json_t *consumer)
{
	char text[160];

	snprintf(text, sizeof(text), "%s %s", object_text(consumer, "lang"),
		 object_text(consumer, "client_version"));
	table_add(t, text[0] == ' ' ? "" : text);
}

static void add_consumer(struct table *t, const json_t *c, bool wide)
{
	int64_t up_ms = object_number(c, "up_ms"), throttled_ms = object_number(c, "throttled_ms");

	table_add(t, object_text(c, "id"));
	table_add(t, object_text(c, "via"));
	table_add_duration_us(t, up_ms < 0 ? -1 : up_ms * 1000);
	table_add_number(t, object_number(c, "subscriptions"));
	add_lag(t, c);
	table_add_number(t, object_number(c, "delivered"));
	table_add_number(t, object_number(c, "published"));
	table_add_number(t, object_number(c, "missed"));
	if (!wide)
		return;
	table_add_number(t, object_number(c, "gaps"));
	table_add(t, object_text(c, "slow"));
	table_add_duration_us(t, throttled_ms > 0 ? throttled_ms * 1000 : -1);
	table_add_bytes(t, object_number(c, "bytes_held"));
	table_add_bytes(t, object_number(c, "bytes_max"));
	table_add_bytes(t, object_number(c, "bytes_in"));
	table_add_bytes(t, object_number(c, "bytes_out"));
	table_add(t, object_text(c, "credentials"));
	add_client(t, c);
}

/* The connection that asked is not worth telling. */
static bool is_ourselves(const json_t *consumer)
{
	return strncmp(object_text(consumer, "id"), "peerline-cli-", 13) == 0;
}

static void print_consumers(const json_t *answer, bool wide)
{
	static const char *const narrow_heads[] = { "CONSUMER",      "VIA",    "UP",
						    "SUBSCRIPTIONS", "LAG",    "DELIVERED",
						    "PUBLISHED",     "MISSED", NULL };
	static const char *const wide_heads[] = {
		"CONSUMER",  "VIA",    "UP",   "SUBSCRIPTIONS", "LAG",       "DELIVERED",
		"PUBLISHED", "MISSED", "GAPS", "SLOW",          "THROTTLED", "HELD",
		"MAX",       "IN",     "OUT",  "RIGHTS",        "CLIENT",    NULL
	};
	const json_t *list = json_object_get(answer, "consumers");
	int64_t left_out = object_number(answer, "consumers_left_out");
	size_t n = 0;
	struct table t;

	table_init(&t, wide ? wide_heads : narrow_heads);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *c = json_array_get(list, i);

		if (is_ourselves(c))
			continue;
		add_consumer(&t, c, wide);
		n++;
	}
	if (n > 0)
		table_print(&t, "");
	else
		printf("No consumers; attach one with: peerline sub NAME, or any NATS client "
		       "(peerline url)\n");
	table_deinit(&t);
	if (left_out > 0)
		printf("and %lld more\n", (long long)left_out);
}

/* ---- one of them ---- */

static void print_by_topic(const json_t *list)
{
	static const char *const heads[] = { "SUBJECT", "QUEUE",  "DELIVERED",
					     "BYTES",   "MISSED", NULL };
	struct table t;

	if (json_array_size(list) == 0) {
		printf("\nNone of its subscriptions got anything\n");
		return;
	}
	printf("\n");
	table_init(&t, heads);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		table_add(&t, object_text(row, "subject"));
		table_add(&t, object_text(row, "queue"));
		table_add_number(&t, object_number(row, "delivered"));
		table_add_bytes(&t, object_number(row, "bytes"));
		table_add_number(&t, object_number(row, "missed"));
	}
	table_print(&t, "");
	table_deinit(&t);
}

static size_t add_peers_of(struct table *t, const json_t *row)
{
	const json_t *list = json_object_get(row, "by_peer");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *peer = json_array_get(list, i);

		table_add(t, object_text(row, "subject"));
		table_add(t, object_text(peer, "peer_id"));
		table_add_number(t, object_number(peer, "messages"));
		table_add_bytes(t, object_number(peer, "bytes"));
	}
	return json_array_size(list);
}

static void print_by_peer(const json_t *list)
{
	static const char *const heads[] = { "SUBJECT", "PEER", "MESSAGES", "BYTES", NULL };
	size_t n = 0;
	struct table t;

	table_init(&t, heads);
	for (size_t i = 0; i < json_array_size(list); i++)
		n += add_peers_of(&t, json_array_get(list, i));
	if (n > 0) {
		printf("\n");
		table_print(&t, "");
	}
	table_deinit(&t);
}

static void print_consumer(const json_t *consumer)
{
	static const char *const heads[] = { "CONSUMER",      "VIA",    "UP",
					     "SUBSCRIPTIONS", "LAG",    "DELIVERED",
					     "PUBLISHED",     "MISSED", NULL };
	const json_t *by_topic = json_object_get(consumer, "by_topic");
	struct table t;

	table_init(&t, heads);
	add_consumer(&t, consumer, false);
	table_print(&t, "");
	table_deinit(&t);
	print_by_topic(by_topic);
	print_by_peer(by_topic);
}

static int show_one(json_t *answer, const char *id, bool as_json)
{
	json_t *list = json_object_get(answer, "consumers");

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *c = json_array_get(list, i);

		if (strcmp(object_text(c, "id"), id) != 0)
			continue;
		if (as_json)
			return object_print(json_incref(c));
		print_consumer(c);
		return EXIT_FINE;
	}
	fprintf(stderr, "no consumer is called \"%s\"; peerline consumers lists them\n",
		table_safe(id));
	return EXIT_REFUSED;
}

int cmd_consumers(int argc, char **argv)
{
	bool as_json = false, wide = false;
	const struct args_option options[] = {
		{ "json", ARGS_FLAG, &as_json },
		{ "wide", ARGS_FLAG, &wide },
	};
	struct args args;
	json_t *answer;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 0, 1);
	if (r == 0)
		r = attach_ask(args.data, "CONSUMERS", NULL, &answer);
	if (r != 0)
		return r;
	if (args.n_words == 1)
		r = show_one(answer, args.words[0], as_json);
	else if (as_json)
		return object_print(answer);
	else
		print_consumers(answer, wide);
	json_decref(answer);
	return r;
}
