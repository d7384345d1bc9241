/*
 * The generator of the door rows, for any NATS server: one publisher and raw readers on TCP
 * loopback, in one thread. The publisher writes frames that were built before, the readers count
 * bytes and look at none. Their counts bound what is on its way, so that nobody is slow who is not
 * meant to be: `lost` is what the readers should have had and had not.
 *
 *     fanout HOST:PORT TOKEN PID READERS[:own] FROZEN SIZE SECONDS
 *         As fast as it goes: deliveries and publications per second, and the server's processor
 *         time per delivery. FROZEN readers more are subscribed and never read.
 *         With :own no two readers have the same sid.
 *     paced HOST:PORT TOKEN PID READERS FROZEN SIZE SECONDS RATE
 *         RATE messages per second: the time each took to each reader, and the worst gap between
 * two deliveries at one of them; gap_net_us without what the kernel is to blame for. request
 * HOST:PORT TOKEN PID SIZE SECONDS IN_FLIGHT Requests and their replies, each reply subject another
 * one. floor READERS SIZE SECONDS One thread that writes ready frames, 64 KiB a write, to the same
 * readers: a server without anything to do but write.
 *
 * TOKEN may be empty. PID is the server's. One JSON line on standard output.
 */

#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "bench/door_client.h"
#include "bench/figures.h"
#include "bench/gaps.h"

#define SUBJECT "bench.door"
#define SERVICE "bench.service"
#define INBOX_FORMAT "_INBOX.d1PQ7rLfWcZ0kRtXgU3b2N.%08u"
#define N_INBOX 38 /* bytes of such a subject */
#define N_DIGITS 8
#define WRITE_BYTES (64 * 1024)
#define WINDOW_BYTES (1024 * 1024) /* on its way to one reader; a consumer may hold 8 MiB */
#define READERS_MAX 256
#define WARM_UP_S 0.3
#define PACED_WARM_UP_S 0.1 /* after the other one */
#define STUCK_S 2           /* nothing comes for so long: what is missing is lost */

struct load {
	struct door_client publisher, readers[READERS_MAX];
	size_t n_readers, n_payload;
	bool own_sids;
	int epoll;
	uint8_t *frames; /* of the publisher, whole ones */
	size_t frame, n_frames;
	size_t at; /* in `frames`: where the next write begins */
	uint64_t n_written;
	uint64_t window; /* messages */
	double *sent_at; /* paced: by message, from number `first` on */
	uint64_t first;
	struct gaps *gaps; /* NULL: not of interest */
	double heard_at[READERS_MAX];
	double *latency_us;
	size_t n_latencies, latencies_max;
};

static double now_s(void)
{
	return (double)exact_now().ns / 1e9;
}

static void watch(struct load *l, struct door_client *c, uint32_t events, int how)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (epoll_ctl(l->epoll, how, c->fd, &e) < 0)
		give_up("epoll_ctl");
}

static uint64_t slowest(const struct load *l)
{
	uint64_t n = UINT64_MAX;

	for (size_t i = 0; i < l->n_readers; i++)
		if (door_client_messages(&l->readers[i]) < n)
			n = door_client_messages(&l->readers[i]);
	return n;
}

static uint64_t deliveries(const struct load *l)
{
	uint64_t n = 0;

	for (size_t i = 0; i < l->n_readers; i++)
		n += door_client_messages(&l->readers[i]);
	return n;
}

static uint64_t published(const struct load *l)
{
	return l->n_written / l->frame;
}

static void build_frames(struct load *l)
{
	char head[256];
	size_t n_head =
		(size_t)snprintf(head, sizeof(head), "PUB " SUBJECT " %zu\r\n", l->n_payload);

	l->frame = n_head + l->n_payload + 2;
	l->n_frames = WRITE_BYTES / l->frame + 1;
	l->frames = must_alloc(l->n_frames, l->frame);
	for (size_t i = 0; i < l->n_frames; i++) {
		uint8_t *at = l->frames + i * l->frame;

		memcpy(at, head, n_head);
		memset(at + n_head, 'x', l->n_payload);
		memcpy(at + n_head + l->n_payload, "\r\n", 2);
	}
}

static void subscribe_all(struct load *l, const char *address, const char *token, size_t n_frozen)
{
	struct door_client frozen;

	for (size_t i = 0; i < l->n_readers; i++) {
		struct door_client *c = &l->readers[i];

		door_client_open(c, address, token);
		door_client_subscribe(c, SUBJECT, l->own_sids ? 1 + i : 1, 0, l->n_payload);
		door_client_go(c);
		watch(l, c, EPOLLIN, EPOLL_CTL_ADD);
	}
	for (size_t i = 0; i < n_frozen; i++) {
		door_client_open(&frozen, address, token);
		door_client_subscribe(&frozen, SUBJECT, 1, 0, l->n_payload);
	}
	door_client_open(&l->publisher, address, token);
	door_client_go(&l->publisher);
	watch(l, &l->publisher, EPOLLIN, EPOLL_CTL_ADD);
}

/* ---- publishing ---- */

/* Writes up to message number `end`; false when the kernel takes no more. */
static bool publish_until(struct load *l, uint64_t end)
{
	uint64_t n_end = end * l->frame;

	while (l->n_written < n_end) {
		size_t n = size_min(l->n_frames * l->frame - l->at, n_end - l->n_written);
		size_t taken = door_client_write(&l->publisher, l->frames + l->at, n);

		l->n_written += taken;
		l->at = (l->at + taken) % (l->n_frames * l->frame);
		if (taken < n)
			return false;
	}
	return true;
}

static void on_messages(struct load *l, const struct door_client *c, uint64_t from, uint64_t to)
{
	double now = now_s();

	if (l->gaps && to > from)
		gaps_heard(l->gaps, &l->heard_at[c - l->readers], now);
	for (uint64_t i = from < l->first ? l->first : from;
	     i < to && l->n_latencies < l->latencies_max; i++)
		l->latency_us[l->n_latencies++] = (now - l->sent_at[i - l->first]) * 1e6;
}

/* Waits for what the sockets say, and reads each that has something once; true when something came
 * or went. */
static bool turn(struct load *l, double timeout_s)
{
	struct epoll_event events[READERS_MAX + 1];
	struct timespec t = { .tv_sec = (time_t)timeout_s,
			      .tv_nsec = (long)((timeout_s - (double)(time_t)timeout_s) * 1e9) };
	int n;

	if (l->gaps)
		gaps_look(l->gaps, now_s());
	n = epoll_pwait2(l->epoll, events, READERS_MAX + 1, &t, NULL);
	for (int i = 0; i < n; i++) {
		struct door_client *c = events[i].data.ptr;
		uint64_t before = c->frame ? door_client_messages(c) : 0;

		if (!(events[i].events & ~(uint32_t)EPOLLOUT) || !door_client_read(c))
			continue;
		if (l->sent_at && c->frame)
			on_messages(l, c, before, door_client_messages(c));
	}
	return n > 0;
}

/* Until every reader has what was published, or nothing comes any more. */
static uint64_t drain(struct load *l)
{
	uint64_t expected = published(l) * l->n_readers;

	while (deliveries(l) < expected && turn(l, STUCK_S))
		;
	return deliveries(l) < expected ? expected - deliveries(l) : 0;
}

/* As fast as the slowest reader allows, until `end`. */
static void publish_for(struct load *l, double seconds)
{
	double end = now_s() + seconds;

	while (now_s() < end) {
		uint64_t limit = slowest(l) + l->window;
		bool taken = publish_until(l, limit);

		watch(l, &l->publisher, EPOLLIN | (taken ? 0 : EPOLLOUT), EPOLL_CTL_MOD);
		(void)turn(l, 0.1);
	}
}

static void cmd_fanout(struct load *l, long pid, double seconds)
{
	double began, cpu, own;
	uint64_t n_published, n_delivered, lost;

	publish_for(l, WARM_UP_S);
	began = now_s();
	cpu = cpu_of(pid);
	own = own_cpu();
	n_published = published(l);
	n_delivered = deliveries(l);
	publish_for(l, seconds);
	seconds = now_s() - began;
	n_delivered = deliveries(l) - n_delivered;
	n_published = published(l) - n_published;
	cpu = cpu_of(pid) - cpu;
	own = own_cpu() - own;
	lost = drain(l);
	printf("{\"deliveries_per_second\":%.0f,\"published_per_second\":%.0f,\"cpu_us\":%.4f,"
	       "\"server_cpu\":%.2f,\"load_cpu\":%.2f,\"lost\":%" PRIu64 "}\n",
	       (double)n_delivered / seconds, (double)n_published / seconds,
	       n_delivered ? cpu * 1e6 / (double)n_delivered : 0, cpu / seconds, own / seconds,
	       lost);
}

/* ---- paced ---- */

static void publish_paced(struct load *l, double rate, uint64_t n)
{
	double began = now_s();
	uint64_t next = published(l);
	uint64_t base = next;

	while (next < base + n) {
		double now = now_s();
		uint64_t due = base + (uint64_t)((now - began) * rate);

		if (due > base + n)
			due = base + n;
		for (; next < due; next++)
			l->sent_at[next - l->first] = began + (double)(next - base) / rate;
		(void)publish_until(l, next);
		(void)turn(l, began + (double)(next + 1 - base) / rate > now
				      ? began + (double)(next + 1 - base) / rate - now
				      : 0);
	}
}

/* A server that a frozen reader brings to a stand has none. */
static void tell_latencies(const struct load *l)
{
	if (l->n_latencies == 0) {
		printf("{\"p50_us\":null,\"p99_us\":null,\"max_us\":null");
		return;
	}
	printf("{\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f",
	       quantile(l->latency_us, l->n_latencies, 0.5),
	       quantile(l->latency_us, l->n_latencies, 0.99),
	       quantile(l->latency_us, l->n_latencies, 1));
}

static void cmd_paced(struct load *l, long pid, double seconds, double rate)
{
	uint64_t n = (uint64_t)(rate * seconds), n_warm = (uint64_t)(rate * PACED_WARM_UP_S), lost;
	struct gaps gaps;
	double cpu;

	publish_for(l, WARM_UP_S); /* whoever is frozen has all that is kept for it */
	(void)drain(l);
	l->first = published(l);
	l->sent_at = must_alloc(n + n_warm + 1, sizeof(double));
	l->latencies_max = (n + n_warm) * l->n_readers;
	l->latency_us = must_alloc(l->latencies_max, sizeof(double));
	publish_paced(l, rate, n_warm);
	(void)drain(l);
	l->n_latencies = 0;
	gaps_init(&gaps, pid);
	l->gaps = &gaps;
	cpu = cpu_of(pid);
	publish_paced(l, rate, n);
	cpu = cpu_of(pid) - cpu;
	lost = drain(l);
	tell_latencies(l);
	l->gaps = NULL;
	printf(",\"gap_us\":%.1f,\"gap_net_us\":%.1f,\"cpu_us\":%.4f,\"lost\":%" PRIu64 "}\n",
	       gaps.worst * 1e6, gaps.worst_net * 1e6, cpu * 1e6 / (double)(n * l->n_readers),
	       lost);
	gaps_deinit(&gaps);
}

/* ---- requests ---- */

/* One end of a conversation: each frame is the last one with another number in it. */
struct talker {
	struct door_client client;
	char frame[4096];
	size_t n_frame, digits_at;
	uint8_t *out;
	size_t n_out, out_at;
	uint64_t n_said;
};

static void talker_open(struct talker *t, const char *address, const char *token,
			const char *subject, size_t n_reply, size_t n_payload)
{
	door_client_open(&t->client, address, token);
	door_client_subscribe(&t->client, subject, 1, n_reply, n_payload);
	door_client_go(&t->client);
}

static void talker_frame(struct talker *t, const char *before, const char *inbox, size_t n_payload,
			 size_t n_most)
{
	size_t n = (size_t)snprintf(t->frame, sizeof(t->frame), "%s%s %zu\r\n", before, inbox,
				    n_payload);

	if (n + n_payload + 2 > sizeof(t->frame))
		give_up("a request is at most 3 KiB");
	memset(t->frame + n, 'x', n_payload);
	memcpy(t->frame + n + n_payload, "\r\n", 2);
	t->n_frame = n + n_payload + 2;
	t->digits_at = strlen(before) + N_INBOX - N_DIGITS;
	t->out = must_alloc(n_most, t->n_frame);
}

/* Up to number `end`, as far as the kernel takes them; the rest stays. */
static void talk_until(struct talker *t, uint64_t end)
{
	while (t->n_said < end) {
		char digits[16];

		snprintf(digits, sizeof(digits), "%08u", (unsigned int)(t->n_said % 100000000));
		memcpy(t->frame + t->digits_at, digits, N_DIGITS);
		memcpy(t->out + t->n_out, t->frame, t->n_frame);
		t->n_out += t->n_frame;
		t->n_said++;
	}
	t->out_at += door_client_write(&t->client, t->out + t->out_at, t->n_out - t->out_at);
	if (t->out_at == t->n_out)
		t->out_at = t->n_out = 0;
	else
		give_up("a request did not fit into an empty socket");
}

static void talk_for(struct load *l, struct talker *asks, struct talker *answers, uint64_t window,
		     double seconds)
{
	double end = now_s() + seconds;

	while (now_s() < end) {
		uint64_t done = door_client_messages(&asks->client);
		uint64_t heard = door_client_messages(&answers->client);

		if (asks->n_said < done + window)
			talk_until(asks, done + window);
		if (answers->n_said < heard)
			talk_until(answers, heard);
		if (!turn(l, STUCK_S))
			give_up("requests are lost");
	}
}

static void cmd_request(struct load *l, char **argv)
{
	const char *address = argv[2], *token = argv[3];
	long pid = strtol(argv[4], NULL, 10);
	size_t size = strtoul(argv[5], NULL, 10), window = strtoul(argv[7], NULL, 10);
	double seconds = strtod(argv[6], NULL), began, cpu;
	static struct talker asks, answers;
	char inbox[64], any[64];
	uint64_t n;

	snprintf(inbox, sizeof(inbox), INBOX_FORMAT, 0u);
	snprintf(any, sizeof(any), "%.*s*", N_INBOX - N_DIGITS, inbox);
	talker_open(&asks, address, token, any, 0, size);
	/* What comes names the subject, not the pattern. */
	asks.client.frame += N_DIGITS - 1;
	talker_open(&answers, address, token, SERVICE, N_INBOX, size);
	talker_frame(&asks, "PUB " SERVICE " ", inbox, size, window);
	talker_frame(&answers, "PUB ", inbox, size, window);
	watch(l, &asks.client, EPOLLIN, EPOLL_CTL_ADD);
	watch(l, &answers.client, EPOLLIN, EPOLL_CTL_ADD);
	talk_for(l, &asks, &answers, window, WARM_UP_S);
	began = now_s();
	cpu = cpu_of(pid);
	n = door_client_messages(&asks.client);
	talk_for(l, &asks, &answers, window, seconds);
	seconds = now_s() - began;
	n = door_client_messages(&asks.client) - n;
	cpu = cpu_of(pid) - cpu;
	printf("{\"per_second\":%.0f,\"cpu_us\":%.3f}\n", (double)n / seconds,
	       cpu * 1e6 / (double)n);
}

/* ---- the floor ---- */

struct floor_writer {
	struct load *l;
	int fds[READERS_MAX];
};

static void *write_floor(void *arg)
{
	struct floor_writer *w = arg;
	size_t n = w->l->n_frames * w->l->frame;

	for (;;)
		for (size_t i = 0; i < w->l->n_readers; i++)
			if (send(w->fds[i], w->l->frames, n, MSG_NOSIGNAL) < 0)
				return NULL;
}

static void connect_pair(int listener, struct door_client *c, int *ret_writer)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int on = 1;

	*c = (struct door_client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	if (getsockname(listener, (struct sockaddr *)&at, &len) < 0 ||
	    connect(c->fd, (struct sockaddr *)&at, len) < 0)
		give_up("loopback");
	*ret_writer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	(void)setsockopt(*ret_writer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void cmd_floor(struct load *l, double seconds)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static struct floor_writer w;
	pthread_t thread;
	uint64_t n;
	double began;

	if (bind(listener, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(listener, 16) < 0)
		give_up("no listener");
	w.l = l;
	for (size_t i = 0; i < l->n_readers; i++) {
		connect_pair(listener, &l->readers[i], &w.fds[i]);
		l->readers[i].frame = l->frame + 2; /* MSG and a sid of one byte */
		door_client_go(&l->readers[i]);
		watch(l, &l->readers[i], EPOLLIN, EPOLL_CTL_ADD);
	}
	if (pthread_create(&thread, NULL, write_floor, &w) != 0)
		give_up("no thread");
	for (began = now_s(); now_s() < began + WARM_UP_S;)
		(void)turn(l, 1);
	n = deliveries(l);
	for (began = now_s(); now_s() < began + seconds;)
		(void)turn(l, 1);
	printf("{\"deliveries_per_second\":%.0f}\n",
	       (double)(deliveries(l) - n) / (now_s() - began));
	fflush(stdout);
	_exit(0); /* the writer writes on */
}

/* ---- commands ---- */

static void usage(void)
{
	fprintf(stderr, "usage: door_load fanout|paced|request|floor ...: see bench/door_load.c\n");
	exit(1);
}

static void parse_readers(struct load *l, const char *readers, const char *size)
{
	char *rest;

	l->n_readers = strtoul(readers, &rest, 10);
	l->own_sids = strcmp(rest, ":own") == 0;
	l->n_payload = strtoul(size, NULL, 10);
	if (l->n_readers == 0 || l->n_readers > READERS_MAX)
		give_up("that many readers are not possible");
	build_frames(l);
	l->window = WINDOW_BYTES / l->frame + 1;
}

int main(int argc, char **argv)
{
	static struct load l;
	const char *command = argc > 1 ? argv[1] : "";
	bool paced = strcmp(command, "paced") == 0 && argc == 10;

	signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_TIMERSLACK, 1);
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (strcmp(command, "floor") == 0 && argc == 5) {
		parse_readers(&l, argv[2], argv[3]);
		cmd_floor(&l, strtod(argv[4], NULL));
	} else if (strcmp(command, "request") == 0 && argc == 8) {
		cmd_request(&l, argv);
	} else if (paced || (strcmp(command, "fanout") == 0 && argc == 9)) {
		parse_readers(&l, argv[5], argv[7]);
		subscribe_all(&l, argv[2], argv[3], strtoul(argv[6], NULL, 10));
		if (paced)
			cmd_paced(&l, strtol(argv[4], NULL, 10), strtod(argv[8], NULL),
				  strtod(argv[9], NULL));
		else
			cmd_fanout(&l, strtol(argv[4], NULL, 10), strtod(argv[8], NULL));
	} else {
		usage();
	}
	return 0;
}
