#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/args.h"
#include "cli/attach.h"
#include "cli/bench_clients.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/rates.h"
#include "cli/table.h"

/* How fast the door of the running node is, from here: `bench pub`, `fanout`, `req`. */

#define SECONDS_MAX 3600

struct plan {
	struct bench bench;
	const char *pattern;
	uint64_t n_subscribers, n_publishers, n_requesters;
	bool as_json;
	size_t n;
	struct bench_client *clients; /* those who listen come first */
};

static const char *role_text(enum bench_role role)
{
	switch (role) {
	case BENCH_SUBSCRIBER:
		return "subscriber";
	case BENCH_RESPONDER:
		return "responder";
	case BENCH_PUBLISHER:
		return "publisher";
	case BENCH_REQUESTER:
		return "requester";
	}
	return "?";
}

/* ---- who takes part ---- */

static int add_clients(struct plan *p, enum bench_role role, uint64_t n)
{
	int r = 0;

	for (uint64_t i = 0; i < n && r == 0; i++) {
		r = bench_open(&p->bench, role, p->n, &p->clients[p->n]);
		p->n++;
	}
	return r;
}

static int open_all(struct plan *p)
{
	int r;

	if (strcmp(p->pattern, "req") == 0) {
		r = add_clients(p, BENCH_RESPONDER, 1);
		return r == 0 ? add_clients(p, BENCH_REQUESTER, p->n_requesters) : r;
	}
	r = 0;
	if (strcmp(p->pattern, "fanout") == 0)
		r = add_clients(p, BENCH_SUBSCRIBER, p->n_subscribers);
	return r == 0 ? add_clients(p, BENCH_PUBLISHER, p->n_publishers) : r;
}

/* ---- what came of it ---- */

static double per_second(uint64_t n, uint64_t ns)
{
	return ns > 0 ? (double)n * 1e9 / (double)ns : 0;
}

static uint64_t missed_of(const struct plan *p, const struct bench_client *c)
{
	uint64_t n = atomic_load(&p->bench.n_published);

	return c->role == BENCH_SUBSCRIBER && n > c->n ? n - c->n : 0;
}

/* What is asked for: deliveries, answers, or, where nobody listens, publications. */
static bool is_result(const struct plan *p, const struct bench_client *c)
{
	if (strcmp(p->pattern, "fanout") == 0)
		return c->role == BENCH_SUBSCRIBER;
	return c->role == BENCH_PUBLISHER || c->role == BENCH_REQUESTER;
}

struct result {
	uint64_t n, missed;
	double per_s;
	struct latencies took;
};

static void sum_up(const struct plan *p, struct result *ret)
{
	uint64_t longest_ns = 0;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < p->n; i++) {
		const struct bench_client *c = &p->clients[i];

		if (!is_result(p, c))
			continue;
		ret->n += c->n;
		ret->missed += missed_of(p, c);
		longest_ns = c->active_ns > longest_ns ? c->active_ns : longest_ns;
		latencies_merge(&ret->took, &c->took);
	}
	ret->per_s = per_second(ret->n, longest_ns);
}

static const double percents[] = { 50, 90, 99 };

static void add_latencies(struct table *t, const struct latencies *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(percents); i++)
		table_add_duration_us(
			t, l->n > 0 ? (int64_t)(latencies_percentile(l, percents[i]) / 1000) : -1);
}

static void print_result(const struct plan *p, const struct result *all)
{
	static const char *const heads[] = { "CLIENT",  "MESSAGES", "MESSAGES/S",
					     "BYTES/S", "MISSED",   "P50",
					     "P90",     "P99",      NULL };
	struct table t;

	table_init(&t, heads);
	for (size_t i = 0; i < p->n; i++) {
		const struct bench_client *c = &p->clients[i];
		double rate = per_second(c->n, c->active_ns);

		table_add(&t, role_text(c->role));
		table_add_number(&t, (int64_t)c->n);
		rates_add(&t, rate);
		rates_add_bytes(&t, rate * (double)p->bench.size);
		table_add_number(&t, (int64_t)missed_of(p, c));
		add_latencies(&t, &c->took);
	}
	table_add(&t, "together");
	table_add_number(&t, (int64_t)all->n);
	rates_add(&t, all->per_s);
	rates_add_bytes(&t, all->per_s * (double)p->bench.size);
	table_add_number(&t, (int64_t)all->missed);
	add_latencies(&t, &all->took);
	table_print(&t, "");
	table_deinit(&t);
}

static void put_latencies(json_t *o, const struct latencies *l)
{
	static const char *const keys[] = { "p50_us", "p90_us", "p99_us" };

	for (size_t i = 0; i < ARRAY_SIZE(percents); i++)
		(void)json_object_set_new(
			o, keys[i],
			l->n > 0 ? json_real((double)latencies_percentile(l, percents[i]) / 1000)
				 : json_null());
}

static json_t *result_json(const struct plan *p, const struct result *all)
{
	json_t *list = json_array(),
	       *o = json_pack("{s:s, s:I, s:I, s:f, s:I}", "pattern", p->pattern, "size",
			      (json_int_t)p->bench.size, "messages", (json_int_t)all->n,
			      "messages_per_s", all->per_s, "missed", (json_int_t)all->missed);

	put_latencies(o, &all->took);
	for (size_t i = 0; i < p->n; i++) {
		const struct bench_client *c = &p->clients[i];
		json_t *one = json_pack("{s:s, s:I, s:f, s:I}", "role", role_text(c->role),
					"messages", (json_int_t)c->n, "messages_per_s",
					per_second(c->n, c->active_ns), "missed",
					(json_int_t)missed_of(p, c));

		put_latencies(one, &c->took);
		(void)json_array_append_new(list, one);
	}
	(void)json_object_set_new(o, "clients", list);
	return o;
}

/* The first client that could not go on speaks for all. */
static int check_clients(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->clients[i].error != 0)
			return attach_failed(p->clients[i].client, p->clients[i].error);
	return 0;
}

static int report(const struct plan *p)
{
	struct result *all = calloc(1, sizeof(*all));
	int r = EXIT_FINE;

	if (!all)
		return attach_failed(NULL, -ENOMEM);
	sum_up(p, all);
	if (p->as_json)
		r = object_print(result_json(p, all));
	else
		print_result(p, all);
	free(all);
	return r;
}

static int run(struct plan *p)
{
	int r = open_all(p);

	if (r != 0)
		return r;
	r = bench_run(&p->bench, p->clients, p->n);
	if (r < 0)
		return attach_failed(NULL, r);
	r = check_clients(p);
	return r == 0 ? report(p) : r;
}

/* ---- the words ---- */

static int check_range(const char *flag, uint64_t value, uint64_t min, uint64_t max)
{
	if (value >= min && value <= max)
		return 0;
	fprintf(stderr, "--%s: give a number from %llu to %llu\n", flag, (unsigned long long)min,
		(unsigned long long)max);
	return EXIT_USAGE;
}

static int check_plan(const struct plan *p)
{
	int r = check_range("size", p->bench.size, BENCH_SIZE_MIN, LIMIT_DOOR_PAYLOAD);

	if (r == 0)
		r = check_range("seconds", p->bench.seconds, 1, SECONDS_MAX);
	if (r == 0)
		r = check_range("rate", p->bench.rate, 0, 1000000);
	if (r == 0)
		r = check_range("subscribers", p->n_subscribers, 1, BENCH_CLIENTS_MAX / 2);
	if (r == 0)
		r = check_range("publishers", p->n_publishers, 1, BENCH_CLIENTS_MAX / 2);
	return r == 0 ? check_range("clients", p->n_requesters, 1, BENCH_CLIENTS_MAX - 1) : r;
}

static bool is_pattern(const char *word)
{
	return strcmp(word, "pub") == 0 || strcmp(word, "fanout") == 0 || strcmp(word, "req") == 0;
}

int cmd_bench(int argc, char **argv)
{
	struct plan p = { .bench = { .size = 128, .seconds = 5 },
			  .n_subscribers = 8,
			  .n_publishers = 1,
			  .n_requesters = 4 };
	const struct args_option options[] = {
		{ "json", ARGS_FLAG, &p.as_json },
		{ "size", ARGS_NUMBER, &p.bench.size },
		{ "seconds", ARGS_NUMBER, &p.bench.seconds },
		{ "count", ARGS_NUMBER, &p.bench.count },
		{ "rate", ARGS_NUMBER, &p.bench.rate },
		{ "subscribers", ARGS_NUMBER, &p.n_subscribers },
		{ "publishers", ARGS_NUMBER, &p.n_publishers },
		{ "clients", ARGS_NUMBER, &p.n_requesters },
	};
	struct args args;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 1, 1);
	if (r == 0 && !is_pattern(args.words[0]))
		r = args_expect(argv[0], &args, ARGS_WORDS_MAX + 1, ARGS_WORDS_MAX + 1);
	if (r == 0)
		r = check_plan(&p);
	if (r != 0)
		return r;
	p.pattern = args.words[0];
	p.bench.data = args.data;
	snprintf(p.bench.subject, sizeof(p.bench.subject), "peerline.bench.%ld", (long)getpid());
	p.clients = calloc(BENCH_CLIENTS_MAX, sizeof(*p.clients));
	if (!p.clients)
		return attach_failed(NULL, -ENOMEM);
	r = run(&p);
	for (size_t i = 0; i < p.n; i++)
		bench_close(&p.clients[i]);
	free(p.clients);
	return r;
}
