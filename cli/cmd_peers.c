#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/table.h"

/* What it is doing, in a word or three. */
static void add_state(struct table *t, const json_t *peer)
{
	int64_t next_ms = object_number(peer, "next_dial_ms");
	char text[64];

	if (json_is_object(json_object_get(peer, "banned"))) {
		table_add(t, "banned");
		return;
	}
	if (strcmp(object_text(peer, "state"), "waiting") == 0 && next_ms >= 0) {
		snprintf(text, sizeof(text), "dials in %s", table_duration_us(next_ms * 1000));
		table_add(t, text);
		return;
	}
	table_add(t, object_text(peer, "state"));
}

/* Nobody without gossip has one. */
static void add_score(struct table *t, const json_t *peer)
{
	const json_t *total = json_object_get(json_object_get(peer, "score"), "total");
	char text[32] = "";

	if (json_is_number(total))
		snprintf(text, sizeof(text), "%.1f", json_number_value(total));
	table_add(t, text);
}

static void add_peer(struct table *t, const json_t *peer, bool wide)
{
	int64_t up_ms = object_number(peer, "up_ms");

	table_add(t, object_text(peer, "peer_id"));
	add_state(t, peer);
	table_add(t, object_text(peer, "direction"));
	table_add(t, object_text(peer, "address"));
	table_add_duration_us(t, up_ms < 0 ? -1 : up_ms * 1000);
	table_add_duration_us(t, object_number(peer, "rtt_us"));
	if (!wide)
		return;
	table_add_bytes(t, object_number(peer, "bytes_in"));
	table_add_bytes(t, object_number(peer, "bytes_out"));
	add_score(t, peer);
	table_add(t, object_text(peer, "agent"));
	table_add(t, object_text(peer, "last_error"));
}

static void print_peers(const json_t *list, bool wide)
{
	static const char *const narrow_heads[] = { "PEER", "STATE", "DIRECTION", "ADDRESS",
						    "UP",   "RTT",   NULL };
	static const char *const wide_heads[] = { "PEER",  "STATE", "DIRECTION",  "ADDRESS",
						  "UP",    "RTT",   "IN",         "OUT",
						  "SCORE", "AGENT", "LAST ERROR", NULL };
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
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 0, 0);
	if (r == 0)
		r = attach_ask(args.data, "PEERS", NULL, &answer);
	if (r != 0)
		return r;
	if (as_json)
		return object_print(answer);
	print_peers(json_object_get(answer, "peers"), wide);
	json_decref(answer);
	return EXIT_FINE;
}
