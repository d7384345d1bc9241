/*
 * The common generator of the gossip rows: one sender and one or more receivers in one process and
 * one thread, each a peer of its own on a link of its own to the relay that is measured. Nothing of
 * a relay is in it: RPCs are made and read by hand, messages are signed before the clock starts.
 *
 *     windows ADDR PID SIZE RECEIVERS SECONDS W,W,... [HOST:PORT TOKEN]
 *         For each window W: so many messages are on their way at any time; messages per second
 *         that reached every receiver. A window that loses one has no rate; the second one that
 *         does ends the sweep.
 *     paced ADDR PID SIZE RATE SECONDS [HOST:PORT TOKEN]
 *         RATE messages per second; the time each took, and the relay's processor time for it.
 *     verify SIZE SECONDS
 *         Ed25519 verifications by libsodium of so many bytes, per second of one core's time.
 *
 * PID is the relay's. HOST:PORT is a peerline's door: there a consumer takes every message, as the
 * other relays' local subscribers do. One JSON line on standard output; ends with it.
 */

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "bench/door_drain.h"
#include "bench/figures.h"
#include "bench/gossip_batch.h"
#include "bench/gossip_end.h"
#include "loop/loop_uv.h"

#define TOPIC "bench/gossip"
#define TICK_MS 100
#define LOST_MS 1000 /* no delivery for so long: what is missing is lost */
#define MEETING_MS 30000
#define WARM_UP 1000 /* messages */
#define WARM_UP_WINDOW 8
#define LOSSY_MAX 2 /* windows in which something was lost; wider ones would lose more */
#define BATCH_MIN 200
#define BATCH_MAX 60000

struct load;

/* A command's next step, once a batch is over. */
typedef void (*batch_done_fn)(struct load *l, bool lost);

struct load {
	struct loop *loop;
	struct multiaddr relay;
	long relay_pid;
	size_t size, n_receivers;
	double seconds;
	struct gossip_end *ends; /* the sender, then the receivers */
	size_t n_ready;
	struct gossip_authors authors;
	struct gossip_batch *batch;
	size_t window;     /* 0: paced */
	double per_second; /* paced */
	struct mono began_at, progress_at;
	double relay_cpu, own_cpu; /* seconds, when the batch began */
	struct timer tick, alone;
	batch_done_fn done;
	/* windows */
	const char *windows;
	double rate, best, best_cpu_us, best_own_cpu;
	size_t best_window;
	bool has_results;
	size_t n_lossy; /* windows */
	struct door_drain door;
};

/* ---- processor time ---- */

static long threads_of(long pid)
{
	char path[64], line[256];
	long n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Threads: %ld", &n) == 1)
			break;
	if (f)
		fclose(f);
	return n;
}

/* ---- batches ---- */

static void batch_end(struct load *l, bool lost)
{
	batch_done_fn done = l->done;

	l->done = NULL;
	loop_timer_stop(l->loop, &l->tick);
	if (done)
		done(l, lost);
}

static bool send_next(struct load *l)
{
	struct gossip_batch *b = l->batch;

	if (!gossip_end_send(&l->ends[0], b->frames[b->n_sent]))
		return false;
	gossip_batch_sent(b);
	return true;
}

static size_t n_due(const struct load *l)
{
	const struct gossip_batch *b = l->batch;
	size_t n = l->window > 0 ? b->n_done + l->window
				 : (size_t)(seconds_since(l->began_at) * l->per_second);

	return size_min(n, b->n);
}

static void fill(struct load *l)
{
	size_t n = n_due(l);

	while (l->batch->n_sent < n && send_next(l))
		;
}

/*
 * The loop's timers count whole milliseconds, and would make pairs of what is to come singly: a
 * thread that does nothing else wakes the loop when a message is due.
 */
static void *pace(void *arg)
{
	struct load *l = arg;
	size_t n = l->batch->n;

	for (size_t i = 1; i <= n; i++) {
		uint64_t due = l->began_at.ns + (uint64_t)((double)i * 1e9 / l->per_second);
		struct timespec at = { .tv_sec = (time_t)(due / NS_PER_S),
				       .tv_nsec = (long)(due % NS_PER_S) };

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
			;
		loop_wake(l->loop);
	}
	return NULL;
}

static void on_wake(void *user)
{
	struct load *l = user;

	if (l->done && l->window == 0)
		fill(l);
}

static void pace_start(struct load *l)
{
	pthread_t thread;

	l->loop->on_wake = on_wake;
	l->loop->on_wake_user = l;
	if (pthread_create(&thread, NULL, pace, l) != 0 || pthread_detach(thread) != 0)
		give_up("no thread");
}

static void on_tick(struct timer *t)
{
	struct load *l = container_of(t, struct load, tick);

	if (mono_since_ms(l->progress_at, exact_now()) >= LOST_MS)
		batch_end(l, true);
	else
		loop_timer_set(l->loop, t, mono_add_ms(loop_now(l->loop), TICK_MS));
}

/* `window` 0: paced. */
static void batch_begin(struct load *l, size_t n, size_t window, batch_done_fn done)
{
	l->batch = gossip_batch_free(l->batch);
	l->batch = gossip_batch_sign(&l->authors, n, l->n_receivers);
	l->window = window;
	l->done = done;
	l->relay_cpu = cpu_of(l->relay_pid);
	l->own_cpu = own_cpu();
	l->began_at = exact_now();
	l->progress_at = exact_now();
	loop_timer_set(l->loop, &l->tick, mono_add_ms(l->began_at, TICK_MS));
	if (window > 0)
		fill(l);
	else
		pace_start(l);
}

static double batch_seconds(const struct load *l)
{
	return (double)mono_since_ns(l->began_at, l->batch->last_at) / 1e9;
}

static double batch_cpu_us(const struct load *l)
{
	return (cpu_of(l->relay_pid) - l->relay_cpu) * 1e6 / (double)l->batch->n;
}

/* ---- the ends ---- */

static void on_message(void *user, struct gossip_end *e, const struct gossip_message *m)
{
	struct load *l = user;

	if (!l->done || e->number == 0)
		return;
	if (!gossip_batch_delivered(l->batch, &l->authors, m, e->number - 1))
		return;
	l->progress_at = exact_now();
	if (l->batch->n_done == l->batch->n)
		batch_end(l, false);
	else if (l->window > 0)
		fill(l);
}

static void on_writable(void *user, struct gossip_end *e)
{
	struct load *l = user;

	if (l->done && e->number == 0)
		fill(l);
}

/* ---- the way to the first figure ---- */

static void meet(struct load *l);
static void measure(struct load *l);

static void on_warm(struct load *l, bool lost)
{
	if (lost)
		give_up("messages are lost before it has begun");
	l->rate = (double)l->batch->n / batch_seconds(l);
	measure(l);
}

static void on_met(struct load *l, bool lost)
{
	if (lost)
		meet(l);
	else
		batch_begin(l, WARM_UP, WARM_UP_WINDOW, on_warm);
}

static void on_alone(struct timer *t)
{
	(void)t;
	give_up("the relay does not answer as a gossip peer");
}

/* One message at a time, until one has reached all of them: then the meshes stand. */
static void meet(struct load *l)
{
	if (mono_since_ms(l->began_at, exact_now()) > MEETING_MS)
		give_up("the relay does not relay");
	batch_begin(l, 1, 1, on_met);
}

static void on_ready(void *user, struct gossip_end *e)
{
	struct load *l = user;

	(void)e;
	if (++l->n_ready < l->n_receivers + 1)
		return;
	loop_timer_stop(l->loop, &l->alone);
	meet(l);
}

static const struct gossip_end_ops end_ops = {
	.on_ready = on_ready,
	.on_message = on_message,
	.on_writable = on_writable,
};

static void finish(struct load *l)
{
	for (size_t i = 0; i <= l->n_receivers; i++)
		if (l->ends[i].n_pruned > 0)
			give_up("the relay pruned an end");
	fflush(stdout);
	loop_stop(l->loop);
}

/* ---- windows ---- */

static void windows_next(struct load *l);

static void windows_end(struct load *l)
{
	printf("],\"best\":%.0f,\"best_window\":%zu,\"cpu_us\":%.1f,\"load_cpu\":%.2f,"
	       "\"threads\":%ld,\"door_bytes\":%" PRIu64 "}\n",
	       l->best, l->best_window, l->best_cpu_us, l->best_own_cpu, threads_of(l->relay_pid),
	       l->door.n_bytes);
	finish(l);
}

static void on_window(struct load *l, bool lost)
{
	const struct gossip_batch *b = l->batch;
	bool is_good = !lost && b->n_duplicates == 0;
	double seconds = batch_seconds(l), rate = is_good ? (double)b->n / seconds : 0;

	printf("%s{\"window\":%zu,\"rate\":%.0f,\"lost\":%zu,\"duplicates\":%" PRIu64 "}",
	       l->has_results ? "," : "", l->window, rate, b->n_sent - b->n_done, b->n_duplicates);
	l->has_results = true;
	if (rate > l->best) {
		l->best = rate;
		l->best_window = l->window;
		l->best_cpu_us = batch_cpu_us(l);
		l->best_own_cpu = (own_cpu() - l->own_cpu) / seconds;
	}
	l->n_lossy += !is_good;
	if (is_good)
		l->rate = rate;
	if (l->n_lossy < LOSSY_MAX)
		windows_next(l);
	else
		windows_end(l);
}

static void windows_next(struct load *l)
{
	char *rest;
	size_t window = strtoul(l->windows, &rest, 10);
	size_t n = (size_t)(l->rate * l->seconds);

	if (window == 0) {
		windows_end(l);
		return;
	}
	l->windows = *rest ? rest + 1 : rest;
	batch_begin(l, size_max(BATCH_MIN, size_min(n, BATCH_MAX)), window, on_window);
}

/* ---- paced ---- */

static void on_paced(struct load *l, bool lost)
{
	const struct gossip_batch *b = l->batch;

	if (b->n_deliveries == 0)
		give_up("everything is lost");
	printf("{\"lost\":%zu,\"duplicates\":%" PRIu64 ",\"seconds\":%.2f,\"p50_us\":%.1f,"
	       "\"p99_us\":%.1f,\"max_us\":%.1f,\"cpu_us\":%.1f,\"load_cpu\":%.2f,\"threads\":%ld,"
	       "\"door_bytes\":%" PRIu64 "}\n",
	       b->n - b->n_done, b->n_duplicates, batch_seconds(l),
	       quantile(b->latency_us, b->n_deliveries, 0.5),
	       quantile(b->latency_us, b->n_deliveries, 0.99),
	       quantile(b->latency_us, b->n_deliveries, 1), batch_cpu_us(l),
	       (own_cpu() - l->own_cpu) / batch_seconds(l), threads_of(l->relay_pid),
	       l->door.n_bytes);
	(void)lost;
	finish(l);
}

static void measure(struct load *l)
{
	if (l->windows) {
		printf("{\"windows\":[");
		windows_next(l);
	} else {
		batch_begin(l, (size_t)(l->per_second * l->seconds), 0, on_paced);
	}
}

/* ---- verify ---- */

static void cmd_verify(size_t size, double for_seconds)
{
	struct random random = crypto_random();
	uint8_t *message = must_alloc(size, 1), signature[ED25519_SIGNATURE];
	struct key_pair key;
	double began;
	size_t n = 0;

	key_pair_generate(&random, &key);
	key_sign(&key, BYTES(message, size), signature);
	began = own_cpu();
	do {
		if (signature_verify(KEY_ED25519, BYTES(key.public, ED25519_PUBLIC),
				     BYTES(message, size),
				     BYTES(signature, ED25519_SIGNATURE)) != 0)
			give_up("a signature of ours does not verify");
		n++;
	} while (own_cpu() - began < for_seconds);
	printf("{\"per_second\":%.0f}\n", (double)n / (own_cpu() - began));
}

/* ---- commands ---- */

static void usage(void)
{
	fprintf(stderr,
		"usage: gossip_load windows ADDR PID SIZE RECEIVERS SECONDS W,W,... [DOOR TOKEN] | "
		"paced ADDR PID SIZE RATE SECONDS [DOOR TOKEN] | verify SIZE SECONDS\n");
	exit(1);
}

static void run(struct load *l)
{
	l->tick.fire = on_tick;
	gossip_authors_make(&l->authors, BYTES_LITERAL(TOPIC), l->size);
	l->ends = must_alloc(l->n_receivers + 1, sizeof(*l->ends));
	l->began_at = exact_now();
	l->alone.fire = on_alone;
	loop_timer_set(l->loop, &l->alone, mono_add_ms(l->began_at, MEETING_MS));
	for (size_t i = 0; i <= l->n_receivers; i++) {
		l->ends[i] = (struct gossip_end){
			.ops = &end_ops,
			.user = l,
			.number = i,
			.topic = BYTES_LITERAL(TOPIC),
		};
		gossip_end_open(&l->ends[i], l->loop, &l->relay);
	}
	if (loop_run(l->loop) < 0)
		give_up("the loop failed");
}

static void parse_relay(struct load *l, char **argv)
{
	if (multiaddr_parse(bytes_of_text(argv[2]), &l->relay) < 0)
		give_up("that is not a multiaddr");
	l->relay_pid = strtol(argv[3], NULL, 10);
	l->size = strtoul(argv[4], NULL, 10);
}

static void parse_door(struct load *l, char **rest)
{
	if (rest[0] && rest[1])
		door_drain_open(&l->door, l->loop, rest[0], rest[1], "topic." TOPIC);
}

int main(int argc, char **argv)
{
	struct load l = { 0 };
	const char *command = argc > 1 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	if (crypto_start() < 0 || loop_uv_new(&l.loop) < 0)
		give_up("cannot start");
	if (strcmp(command, "verify") == 0 && argc == 4) {
		cmd_verify(strtoul(argv[2], NULL, 10), strtod(argv[3], NULL));
	} else if (strcmp(command, "windows") == 0 && argc >= 8) {
		parse_relay(&l, argv);
		l.n_receivers = strtoul(argv[5], NULL, 10);
		l.seconds = strtod(argv[6], NULL);
		l.windows = argv[7];
		parse_door(&l, argv + 8);
		run(&l);
	} else if (strcmp(command, "paced") == 0 && argc >= 7) {
		parse_relay(&l, argv);
		l.n_receivers = 1;
		l.per_second = strtod(argv[5], NULL);
		l.seconds = strtod(argv[6], NULL);
		parse_door(&l, argv + 7);
		run(&l);
	} else {
		usage();
	}
	return 0;
}
