#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/savings.h"
#include "cli/table.h"
#include "cli/topic_cells.h"

static void print_texts(const char *label, const json_t *list, const char *if_empty)
{
	size_t n = json_array_size(list);

	if (n == 0)
		printf("%-11s%s\n", label, if_empty);
	for (size_t i = 0; i < n; i++)
		printf("%-11s%s\n", i == 0 ? label : "",
		       table_safe(json_string_value(json_array_get(list, i))));
}

static void print_links(int64_t links, int64_t peers)
{
	if (links == 0)
		printf("%-11snone; name peers with --bootstrap-peers, or let them dial the above\n",
		       "links");
	else
		printf("%-11s%lld to %lld peer%s; see: peerline peers\n", "links", (long long)links,
		       (long long)peers, peers == 1 ? "" : "s");
}

static void print_savings(const json_t *status)
{
	struct savings savings = savings_of(status);
	char text[SAVINGS_TEXT_MAX];

	if (savings_text(&savings, text))
		printf("%-11s%s\n", "shared", text);
}

static void print_node(const json_t *status)
{
	const json_t *door = json_object_get(status, "door");
	const char *network = object_text(status, "network");

	printf("%-11s%s\n", "node", table_safe(object_text(status, "peer_id")));
	printf("%-11speerline %s, pid %lld, up %s\n", "",
	       table_safe(object_text(status, "version")), (long long)object_number(status, "pid"),
	       table_duration_us(object_number(status, "uptime_ms") * 1000));
	if (network[0])
		printf("%-11s%s\n", "network", table_safe(network));
	print_texts("listens", json_object_get(status, "listen"),
		    "for no peers (P2P_ENABLED is false)");
	printf("%-11s%s\n", "door", table_safe(object_text(door, "url")));
	if (object_text(door, "socket")[0])
		printf("%-11s%s\n", "", table_safe(object_text(door, "socket")));
	if (json_array_size(json_object_get(status, "listen")) > 0)
		print_links(object_number(status, "links"), object_number(status, "peers"));
	print_savings(status);
}

/* One rule for this list and for what sharing avoids. */
static bool is_command(const json_t *consumer)
{
	return savings_is_command(object_text(consumer, "id"));
}

static size_t count_programs(const json_t *list)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		n += !is_command(json_array_get(list, i));
	return n;
}

static void print_consumers(const json_t *list)
{
	static const char *const heads[] = { "CONSUMER", "VIA",       "SUBSCRIPTIONS",
					     "HELD",     "DELIVERED", "MISSED",
					     NULL };
	struct table t;

	printf("\n");
	if (count_programs(list) == 0) {
		printf("No consumers but command lines, if any (peerline consumers); attach one "
		       "with any\nNATS client (peerline url), or: peerline sub --name ID NAME\n");
		return;
	}
	table_init(&t, heads);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *c = json_array_get(list, i);

		if (is_command(c))
			continue;
		table_add(&t, object_text(c, "id"));
		table_add(&t, object_text(c, "via"));
		table_add_number(&t, object_number(c, "subscriptions"));
		table_add_bytes(&t, object_number(c, "bytes_held"));
		table_add_number(&t, object_number(c, "delivered"));
		table_add_number(&t, object_number(c, "missed"));
	}
	table_print(&t, "");
	table_deinit(&t);
}

static void print_topics(const json_t *list)
{
	static const char *const heads[] = { "TOPIC", "HEALTH",   "LAST",       "CONSUMERS", "MESH",
					     "PEERS", "RECEIVED", "DUPLICATES", "PUBLISHED", NULL };
	struct table t;

	if (json_array_size(list) == 0) {
		printf("\nNo topics; the first consumer of one joins it: peerline sub NAME\n");
		return;
	}
	printf("\n");
	table_init(&t, heads);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *topic = json_array_get(list, i);

		table_add(&t, object_text(topic, "topic"));
		topic_add_health(&t, topic);
		topic_add_last(&t, topic);
		table_add_number(&t, object_number(topic, "consumers"));
		table_add_number(&t, object_number(topic, "mesh"));
		table_add_number(&t, object_number(topic, "peers"));
		table_add_number(&t, object_number(topic, "received"));
		table_add_number(&t, object_number(topic, "duplicates"));
		table_add_number(&t, object_number(topic, "published"));
	}
	table_print(&t, "");
	table_deinit(&t);
}

static void print_status(const json_t *status)
{
	print_node(status);
	print_consumers(json_object_get(status, "consumers"));
	print_topics(json_object_get(status, "topics"));
	printf("\n");
	print_texts("problems", json_object_get(status, "problems"), "none");
	print_texts("warnings", json_object_get(status, "warnings"), "none");
}

int cmd_status(int argc, char **argv)
{
	bool as_json = false, degraded;
	const struct args_option options[] = { { "json", ARGS_FLAG, &as_json } };
	struct args args;
	json_t *status;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 0, 0);
	if (r == 0)
		r = attach_ask(args.data, "STATUS", NULL, &status);
	if (r != 0)
		return r;
	degraded = json_array_size(json_object_get(status, "problems")) > 0;
	if (as_json) {
		(void)json_object_set_new(status, "connections_avoided",
					  json_integer(savings_of(status).avoided));
		r = object_print(status);
	} else {
		print_status(status);
		json_decref(status);
	}
	return r == 0 && degraded ? EXIT_DEGRADED : r;
}
