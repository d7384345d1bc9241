#include "cli/top_frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/def.h"
#include "cli/object.h"
#include "cli/rates.h"
#include "cli/savings.h"
#include "cli/table.h"
#include "cli/topic_cells.h"

#define RATES_MAX 3

/* One of the three lists: whose counters become which rates, and what is told beside them. */
struct kind {
	const char *list, *key;
	const char *counters[RATES_MAX];
	const char *names[RATES_MAX]; /* in JSON */
	bool is_bytes[RATES_MAX];
	const char *const *heads;
	void (*add_rest)(struct table *t, const json_t *row);
	const char *const *rest; /* fields that JSON has too */
	const char *left_out;
};

struct top_row {
	const json_t *row;
	double rates[RATES_MAX];
};

struct top_rows {
	size_t n;
	struct top_row *v;
	double sums[RATES_MAX];
};

void top_sample_deinit(struct top_sample *s)
{
	json_decref(s->status);
	json_decref(s->peers);
	json_decref(s->consumers);
	*s = (struct top_sample){ 0 };
}

/* ---- the three kinds ---- */

static void add_peer_rest(struct table *t, const json_t *peer)
{
	const json_t *total = json_object_get(json_object_get(peer, "score"), "total");
	char text[32] = "";

	table_add_duration_us(t, object_number(peer, "rtt_us"));
	if (json_is_number(total))
		snprintf(text, sizeof(text), "%.1f", json_number_value(total));
	table_add(t, text);
	table_add(t, object_text(peer, "address"));
}

static void add_topic_rest(struct table *t, const json_t *topic)
{
	topic_add_health(t, topic);
	topic_add_last(t, topic);
	table_add_number(t, object_number(topic, "consumers"));
	table_add_number(t, object_number(topic, "mesh"));
}

static void add_consumer_rest(struct table *t, const json_t *consumer)
{
	const json_t *lag = json_object_get(consumer, "lag");
	int64_t since_ms = object_number(lag, "since_ms");

	table_add_number(t, object_number(lag, "messages"));
	table_add_duration_us(t, since_ms > 0 ? since_ms * 1000 : -1);
	table_add_bytes(t, object_number(consumer, "bytes_held"));
	table_add_number(t, object_number(consumer, "missed"));
}

static const char *const peer_heads[] = {
	"PEER", "IN/S", "OUT/S", "RTT", "SCORE", "ADDRESS", NULL
};
static const char *const peer_rest[] = { "rtt_us", "address", NULL };
static const char *const topic_heads[] = { "TOPIC",        "IN/S",   "OUT/S",
					   "DUPLICATES/S", "HEALTH", "LAST",
					   "CONSUMERS",    "MESH",   NULL };
static const char *const topic_rest[] = { "health", "consumers", "mesh", "last_message_ms", NULL };
static const char *const consumer_heads[] = { "CONSUMER",    "DELIVERED/S", "OUT/S",
					      "PUBLISHED/S", "LAG",         "SINCE",
					      "HELD",        "MISSED",      NULL };
static const char *const consumer_rest[] = { "lag", "bytes_held", "missed", NULL };

static const struct kind peers = {
	.list = "peers",
	.key = "peer_id",
	.counters = { "bytes_in", "bytes_out" },
	.names = { "bytes_in_per_s", "bytes_out_per_s" },
	.is_bytes = { true, true },
	.heads = peer_heads,
	.add_rest = add_peer_rest,
	.rest = peer_rest,
	.left_out = "peers_left_out",
};

static const struct kind topics = {
	.list = "topics",
	.key = "topic",
	.counters = { "received", "published", "duplicates" },
	.names = { "received_per_s", "published_per_s", "duplicates_per_s" },
	.heads = topic_heads,
	.add_rest = add_topic_rest,
	.rest = topic_rest,
	.left_out = "topics_left_out",
};

static const struct kind consumers = {
	.list = "consumers",
	.key = "id",
	.counters = { "delivered", "bytes_out", "published" },
	.names = { "delivered_per_s", "bytes_out_per_s", "published_per_s" },
	.is_bytes = { false, true, false },
	.heads = consumer_heads,
	.add_rest = add_consumer_rest,
	.rest = consumer_rest,
	.left_out = "consumers_left_out",
};

/* ---- rows ---- */

static double activity(const struct top_row *r)
{
	double sum = 0;

	for (size_t i = 0; i < RATES_MAX; i++)
		sum += r->rates[i] > 0 ? r->rates[i] : 0;
	return sum;
}

static int busiest_first(const void *a, const void *b)
{
	double x = activity(a), y = activity(b);

	return x < y ? 1 : x > y ? -1 : 0;
}

static bool is_shown(const struct kind *k, const json_t *row)
{
	/* The connection that asks. */
	if (k == &consumers && strncmp(object_text(row, "id"), "peerline-top-", 13) == 0)
		return false;
	/* Who is not connected has no rates. */
	return k != &peers || strcmp(object_text(row, "state"), "connected") == 0;
}

static void rows_init(struct top_rows *rows, const struct kind *k, const json_t *before,
		      const json_t *now)
{
	const struct rates rates = { before, now, k->list, k->key };
	const json_t *list = json_object_get(now, k->list);

	*rows = (struct top_rows){ .v = calloc(json_array_size(list) + 1, sizeof(*rows->v)) };
	for (size_t i = 0; rows->v && i < json_array_size(list); i++) {
		struct top_row *r = &rows->v[rows->n];

		r->row = json_array_get(list, i);
		if (!is_shown(k, r->row))
			continue;
		for (size_t j = 0; j < RATES_MAX && k->counters[j]; j++) {
			r->rates[j] = rates_of(&rates, r->row, k->counters[j]);
			rows->sums[j] += r->rates[j] > 0 ? r->rates[j] : 0;
		}
		rows->n++;
	}
	if (rows->v)
		qsort(rows->v, rows->n, sizeof(*rows->v), busiest_first);
}

/* ---- for people ---- */

static void add_row(struct table *t, const struct kind *k, const struct top_row *r)
{
	table_add(t, object_text(r->row, k->key));
	for (size_t i = 0; i < RATES_MAX && k->counters[i]; i++) {
		if (k->is_bytes[i])
			rates_add_bytes(t, r->rates[i]);
		else
			rates_add(t, r->rates[i]);
	}
	k->add_rest(t, r->row);
}

static void write_kind(const struct kind *k, const struct top_rows *rows, size_t rows_max,
		       FILE *out)
{
	struct table t;

	if (rows->n == 0) {
		fprintf(out, "\nno %s\n", k->list);
		return;
	}
	fputc('\n', out);
	table_init(&t, k->heads);
	for (size_t i = 0; i < rows->n && i < rows_max; i++)
		add_row(&t, k, &rows->v[i]);
	table_write(&t, "", out);
	table_deinit(&t);
	if (rows->n > rows_max)
		fprintf(out, "and %zu more\n", rows->n - rows_max);
}

static void write_head(const json_t *status, const struct top_rows *p, const struct top_rows *c,
		       FILE *out)
{
	static const char *const heads[] = { "LINKS",       "IN/S",  "OUT/S", "CONSUMERS",
					     "DELIVERED/S", "OUT/S", NULL };
	struct savings savings = savings_of(status);
	char text[SAVINGS_TEXT_MAX];
	struct table t;

	fprintf(out, "peerline %s, up %s%s%s\n\n", table_safe(object_text(status, "peer_id")),
		table_duration_us(object_number(status, "uptime_ms") * 1000),
		savings_text(&savings, text) ? "; " : "", savings.avoided > 0 ? text : "");
	table_init(&t, heads);
	table_add_number(&t, object_number(status, "links"));
	rates_add_bytes(&t, p->sums[0]);
	rates_add_bytes(&t, p->sums[1]);
	table_add_number(&t, (int64_t)c->n);
	rates_add(&t, c->sums[0]);
	rates_add_bytes(&t, c->sums[1]);
	table_write(&t, "", out);
	table_deinit(&t);
}

void top_frame_write(const struct top_sample *before, const struct top_sample *now, size_t rows_max,
		     FILE *out)
{
	struct top_rows p, t, c;

	rows_init(&p, &peers, before->peers, now->peers);
	rows_init(&t, &topics, before->status, now->status);
	rows_init(&c, &consumers, before->consumers, now->consumers);
	write_head(now->status, &p, &c, out);
	write_kind(&consumers, &c, rows_max, out);
	write_kind(&topics, &t, rows_max, out);
	write_kind(&peers, &p, rows_max, out);
	free(p.v);
	free(t.v);
	free(c.v);
}

/* ---- for programs ---- */

static json_t *row_json(const struct kind *k, const struct top_row *r)
{
	json_t *o = json_object();

	(void)json_object_set(o, k->key, json_object_get(r->row, k->key));
	for (size_t i = 0; i < RATES_MAX && k->counters[i]; i++)
		(void)json_object_set_new(o, k->names[i],
					  r->rates[i] < 0 ? json_null() : json_real(r->rates[i]));
	for (size_t i = 0; k->rest[i]; i++)
		(void)json_object_set(o, k->rest[i], json_object_get(r->row, k->rest[i]));
	return o;
}

static void put_kind(json_t *frame, const struct kind *k, const json_t *before, const json_t *now)
{
	json_t *list = json_array(), *left_out = json_object_get(now, k->left_out);
	struct top_rows rows;

	rows_init(&rows, k, before, now);
	for (size_t i = 0; i < rows.n; i++)
		(void)json_array_append_new(list, row_json(k, &rows.v[i]));
	free(rows.v);
	(void)json_object_set_new(frame, k->list, list);
	if (left_out)
		(void)json_object_set(frame, k->left_out, left_out);
}

json_t *top_frame_json(const struct top_sample *before, const struct top_sample *now)
{
	json_t *frame = json_object();

	(void)json_object_set(frame, "uptime_ms", json_object_get(now->status, "uptime_ms"));
	(void)json_object_set(frame, "links", json_object_get(now->status, "links"));
	put_kind(frame, &consumers, before->consumers, now->consumers);
	put_kind(frame, &topics, before->status, now->status);
	put_kind(frame, &peers, before->peers, now->peers);
	return frame;
}
