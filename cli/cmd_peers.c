#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/table.h"

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

/* -1: null or absent. */
static int64_t number_of(const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* What it is doing, in a word or three. */
static void add_state(struct table *t, const json_t *peer)
{
	int64_t next_ms = number_of(peer, "next_dial_ms");
	char text[64];

	if (strcmp(text_of(peer, "state"), "waiting") == 0 && next_ms >= 0) {
		snprintf(text, sizeof(text), "dials in %s", table_duration_us(next_ms * 1000));
		table_add(t, text);
		return;
	}
	table_add(t, text_of(peer, "state"));
}

static void add_peer(struct table *t, const json_t *peer, bool wide)
{
	int64_t up_ms = number_of(peer, "up_ms");

	table_add(t, text_of(peer, "peer_id"));
	add_state(t, peer);
	table_add(t, text_of(peer, "direction"));
	table_add(t, text_of(peer, "address"));
	table_add_duration_us(t, up_ms < 0 ? -1 : up_ms * 1000);
	table_add_duration_us(t, number_of(peer, "rtt_us"));
	if (!wide)
		return;
	table_add_bytes(t, number_of(peer, "bytes_in"));
	table_add_bytes(t, number_of(peer, "bytes_out"));
	table_add(t, text_of(peer, "agent"));
	table_add(t, text_of(peer, "last_error"));
}

static void print_peers(const json_t *list, bool wide)
{
	static const char *const narrow_heads[] = { "PEER", "STATE", "DIRECTION", "ADDRESS",
						    "UP",   "RTT",   NULL };
	static const char *const wide_heads[] = { "PEER",  "STATE",      "DIRECTION", "ADDRESS",
						  "UP",    "RTT",        "IN",        "OUT",
						  "AGENT", "LAST ERROR", NULL };
	struct table t;

	if (json_array_size(list) == 0) {
		printf("No peers; name some with --bootstrap-peers, or let them dial what "
		       "peerline status shows\n");
		return;
	}
	table_init(&t, wide ? wide_heads : narrow_heads);
	for (size_t i = 0; i < json_array_size(list); i++)
		add_peer(&t, json_array_get(list, i), wide);
	table_print(&t, "");
	table_deinit(&t);
}

int cmd_peers(int argc, char **argv)
{
	bool as_json = false, wide = false;
	const struct args_option options[] = {
		{ "json", ARGS_FLAG, &as_json },
		{ "wide", ARGS_FLAG, &wide },
	};
	struct args args;
	json_t *answer;
	char *json;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 0, 0);
	if (r == 0)
		r = attach_ask(args.data, "PEERS", &json);
	if (r != 0)
		return r;
	answer = json_loads(json, 0, NULL);
	if (as_json)
		printf("%s\n", json);
	else
		print_peers(json_object_get(answer, "peers"), wide);
	json_decref(answer);
	free(json);
	return EXIT_FINE;
}
