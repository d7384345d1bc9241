#include <stdio.h>
#include <time.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/rates.h"
#include "cli/table.h"
#include "cli/topic_cells.h"

#define SAMPLE_S 1

static void add_ratio(struct table *t, const json_t *value)
{
	char text[32] = "";

	if (json_is_number(value))
		snprintf(text, sizeof(text), "%.2f", json_number_value(value));
	table_add(t, text);
}

static void add_topic(struct table *t, const json_t *topic, bool wide)
{
	table_add(t, object_text(topic, "topic"));
	topic_add_health(t, topic);
	topic_add_last(t, topic);
	topic_add_ms(t, topic, "pace_ms");
	table_add_number(t, object_number(topic, "consumers"));
	table_add_number(t, object_number(topic, "mesh"));
	table_add_number(t, object_number(topic, "peers"));
	table_add_number(t, object_number(topic, "received"));
	table_add_number(t, object_number(topic, "published"));
	if (!wide)
		return;
	table_add_number(t, object_number(topic, "duplicates"));
	add_ratio(t, json_object_get(topic, "duplicate_ratio"));
	topic_add_ms(t, topic, "silent_after_ms");
	table_add_number(t, object_number(topic, "direct"));
	add_ratio(t, json_object_get(topic, "score_median"));
}

static void add_rates(struct table *t, const struct rates *r, const json_t *topic)
{
	rates_add(t, rates_of(r, topic, "received"));
	rates_add(t, rates_of(r, topic, "published"));
	rates_add(t, rates_of(r, topic, "duplicates"));
}

enum form {
	FORM_NARROW,
	FORM_WIDE,
	FORM_RATES,
};

static void print_topics(const struct rates *r, enum form form)
{
	static const char *const heads[][15] = {
		[FORM_NARROW] = { "TOPIC", "HEALTH", "LAST", "PACE", "CONSUMERS", "MESH", "PEERS",
				  "RECEIVED", "PUBLISHED", NULL },
		[FORM_WIDE] = { "TOPIC", "HEALTH", "LAST", "PACE", "CONSUMERS", "MESH", "PEERS",
				"RECEIVED", "PUBLISHED", "DUPLICATES", "RATIO", "SILENT AFTER",
				"DIRECT", "SCORE", NULL },
		[FORM_RATES] = { "TOPIC", "HEALTH", "LAST", "PACE", "CONSUMERS", "MESH", "PEERS",
				 "RECEIVED", "PUBLISHED", "IN/S", "OUT/S", "DUPLICATES/S", NULL },
	};
	const json_t *list = json_object_get(r->now, r->list);
	int64_t left_out = object_number(r->now, "topics_left_out");
	struct table t;

	if (json_array_size(list) == 0) {
		printf("No topics; the first consumer of one joins it: peerline sub NAME\n");
		return;
	}
	table_init(&t, heads[form]);
	for (size_t i = 0; i < json_array_size(list); i++) {
		add_topic(&t, json_array_get(list, i), form == FORM_WIDE);
		if (form == FORM_RATES)
			add_rates(&t, r, json_array_get(list, i));
	}
	table_print(&t, "");
	table_deinit(&t);
	if (left_out > 0)
		printf("and %lld more\n", (long long)left_out);
}

static void wait_for_sample(void)
{
	struct timespec second = { .tv_sec = SAMPLE_S };

	nanosleep(&second, NULL);
}

int cmd_topics(int argc, char **argv)
{
	bool as_json = false, wide = false, with_rates = false;
	const struct args_option options[] = {
		{ "json", ARGS_FLAG, &as_json },
		{ "wide", ARGS_FLAG, &wide },
		{ "rates", ARGS_FLAG, &with_rates },
	};
	json_t *before = NULL, *now = NULL;
	struct args args;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 0, 0);
	if (r == 0 && with_rates && !as_json)
		r = attach_ask(args.data, "TOPICS", NULL, &before);
	if (before)
		wait_for_sample();
	if (r == 0)
		r = attach_ask(args.data, "TOPICS", NULL, &now);
	if (r == 0 && as_json) {
		r = object_print(now);
	} else if (r == 0) {
		struct rates rates = { before, now, "topics", "topic" };

		print_topics(&rates, before ? FORM_RATES : wide ? FORM_WIDE : FORM_NARROW);
		json_decref(now);
	}
	json_decref(before);
	return r;
}
