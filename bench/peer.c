/*
 * Our end of every benchmark row: pool, ping and perf on the real loop, as a node runs them. The
 * commands and the printed lines are those of bench/js and bench/go.
 *
 *     serve                       one line {"listen","pid"}, then serves until input closes
 *     perf-up ADDR BYTES RUNS     uploads, one stream per run on one link
 *     perf-down ADDR BYTES RUNS   downloads
 *     ping ADDR COUNT             round trips on one kept stream
 *     connect ADDR COUNT          dial + identify, then close, one after another
 *     links N ADDR                N links from N peer ids, held until input closes
 *     aead SECONDS                ChaCha20-Poly1305 over Noise-sized records, bytes per second
 */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "bench/figures.h"
#include "crypto/keys.h"
#include "crypto/noise.h"
#include "loop/loop_uv.h"
#include "peer/perf.h"
#include "peer/ping.h"
#include "peer/pool.h"
#include "wire/public_key.h"

#define MANY 100000
#define PARALLEL_DIALS 8
#define WARM_UP 1000 /* round trips before those that count */

struct bench;

/* One peer id with its pool. */
struct end {
	struct bench *bench;
	struct key_pair key;
	struct pool *pool;
	struct peer *peer;
	bool up;
};

struct bench {
	struct loop *loop;
	struct multiaddr address;
	struct end *ends;
	size_t n_ends, n_started, n_up;
	uint64_t bytes, rounds, round;
	bool upload;
	double *figures;
	struct mono began;
	void (*on_ready)(struct end *e); /* connected and identified */
};

/* ---- an end ---- */

static void on_identified(void *user, struct peer *p)
{
	struct end *e = user;

	if (e->up)
		return;
	e->up = true;
	e->peer = p;
	e->bench->n_up++;
	if (e->bench->on_ready)
		e->bench->on_ready(e);
}

static void on_peer_down(void *user, struct peer *p);

static const struct pool_ops pool_ops = {
	.on_identified = on_identified,
	.on_peer_down = on_peer_down,
};

static void end_open(struct bench *b, struct end *e)
{
	struct random random = crypto_random();
	struct pool_config config = {
		.loop = b->loop,
		.key = &e->key,
		.random = random,
		.version = "bench",
		.agent = "peerline/bench",
		.incarnation = 1,
		.peers_max = MANY,
		.half_open_max = MANY,
		.per_ip_max = MANY,
		.reconnect_ms = 1000,
		.ops = &pool_ops,
		.user = e,
	};

	e->bench = b;
	key_pair_generate(&random, &e->key);
	public_key_ed25519_peer_id(e->key.public, &config.id);
	if (pool_new(&config, &e->pool) < 0 || ping_serve(e->pool) < 0 || perf_serve(e->pool) < 0)
		give_up("no memory");
}

static void on_connected(void *user, struct peer *p, enum link_reason reason, const char *text)
{
	(void)user;
	(void)reason;
	if (!p)
		give_up(text ? text : "the dial failed");
}

static void end_connect(struct end *e)
{
	if (pool_connect(e->pool, &e->bench->address, on_connected, e) != 0)
		give_up("the address cannot be dialled");
}

static void done(struct bench *b)
{
	fflush(stdout);
	loop_stop(b->loop);
}

/* ---- perf ---- */

static void perf_next(struct end *e);

static void on_perf(void *user, int error, const struct perf_result *result)
{
	struct end *e = user;
	struct bench *b = e->bench;

	if (error < 0 || result->uploaded + result->downloaded != b->bytes)
		give_up("perf failed");
	b->figures[b->round++] = (double)b->bytes / seconds_since(b->began);
	perf_next(e);
}

static void perf_next(struct end *e)
{
	struct bench *b = e->bench;

	if (b->round < b->rounds) {
		b->began = exact_now();
		if (perf_start(b->loop, e->peer, b->upload ? b->bytes : 0, b->upload ? 0 : b->bytes,
			       on_perf, e) < 0)
			give_up("perf cannot start");
		return;
	}
	printf("{\"bytes\":%" PRIu64 ",\"bytes_per_second\":[", b->bytes);
	for (size_t i = 0; i < b->rounds; i++)
		printf("%s%.0f", i ? "," : "", b->figures[i]);
	printf("],\"median\":%.0f}\n", quantile(b->figures, b->rounds, 0.5));
	done(b);
}

/* ---- ping ---- */

static void on_pinged(void *user, int error, const uint64_t *rtt_ns, size_t n)
{
	struct end *e = user;
	struct bench *b = e->bench;

	if (error < 0 || n != WARM_UP + b->rounds)
		give_up("ping failed");
	rtt_ns += WARM_UP;
	n -= WARM_UP;
	for (size_t i = 0; i < n; i++)
		b->figures[i] = (double)rtt_ns[i] / 1e3;
	printf("{\"how\":\"kept stream\",\"count\":%zu,\"median_us\":%.1f,\"p99_us\":%.1f}\n", n,
	       quantile(b->figures, n, 0.5), quantile(b->figures, n, 0.99));
	done(b);
}

static void ping_begin(struct end *e)
{
	struct random random = crypto_random();

	struct ping_request request = { .count = WARM_UP + e->bench->rounds,
					.done = on_pinged,
					.user = e };

	if (ping_start(e->bench->loop, &random, e->peer, &request) < 0)
		give_up("ping cannot start");
}

/* ---- connect ---- */

static void connect_ready(struct end *e)
{
	(void)pool_disconnect(e->pool, e->peer);
}

static void connect_again(struct end *e)
{
	struct bench *b = e->bench;
	double spent;

	e->up = false;
	if (++b->round < b->rounds) {
		end_connect(e);
		return;
	}
	spent = seconds_since(b->began);
	printf("{\"count\":%" PRIu64 ",\"seconds\":%.6f,\"connects_per_second\":%.1f}\n", b->rounds,
	       spent, (double)b->rounds / spent);
	done(b);
}

static void on_peer_down(void *user, struct peer *p)
{
	struct end *e = user;

	(void)p;
	if (e->bench->on_ready == connect_ready)
		connect_again(e);
}

/* ---- links ---- */

static void link_ready(struct end *e)
{
	struct bench *b = e->bench;

	if (b->n_started < b->n_ends)
		end_connect(&b->ends[b->n_started++]);
	if (b->n_up == b->n_ends) {
		printf("{\"links\":%zu}\n", b->n_up);
		fflush(stdout);
	}
}

/* ---- standard input ends the commands that hold ---- */

static void wait_for_input(struct job *j)
{
	char c;

	(void)j;
	while (read(0, &c, 1) > 0)
		;
}

static struct bench *holding;

static void input_closed(struct job *j)
{
	(void)j;
	loop_stop(holding->loop);
}

static void hold(struct bench *b)
{
	static struct job job = { .work = wait_for_input, .done = input_closed };

	holding = b;
	if (loop_submit(b->loop, &job) < 0)
		give_up("no worker");
}

/* ---- commands ---- */

static void run(struct bench *b)
{
	if (loop_run(b->loop) < 0)
		give_up("the loop failed");
}

static void open_ends(struct bench *b, size_t n)
{
	b->ends = calloc(n, sizeof(*b->ends));
	b->n_ends = n;
	for (size_t i = 0; i < n; i++)
		end_open(b, &b->ends[i]);
}

static void cmd_serve(struct bench *b)
{
	struct addr at = { .family = ADDR_IP4, .ip = { 127, 0, 0, 1 } };
	struct multiaddr bare, whole;
	char text[LIMIT_MULTIADDR_TEXT];
	struct peer_id id;

	open_ends(b, 1);
	if (pool_listen(b->ends[0].pool, &at) < 0)
		give_up("cannot listen");
	public_key_ed25519_peer_id(b->ends[0].key.public, &id);
	multiaddr_from_addr(&at, &bare);
	if (multiaddr_with_peer(&bare, &id, &whole) < 0)
		give_up("no address");
	printf("{\"listen\":\"%s\",\"pid\":%ld}\n", multiaddr_text(&whole, text), (long)getpid());
	fflush(stdout);
	hold(b);
	run(b);
}

static void cmd_one(struct bench *b, void (*on_ready)(struct end *e))
{
	b->figures = calloc(b->rounds, sizeof(*b->figures));
	b->on_ready = on_ready;
	open_ends(b, 1);
	b->began = exact_now();
	end_connect(&b->ends[0]);
	run(b);
}

static void cmd_links(struct bench *b, size_t n)
{
	b->on_ready = link_ready;
	open_ends(b, n);
	for (; b->n_started < size_min(n, PARALLEL_DIALS); b->n_started++)
		end_connect(&b->ends[b->n_started]);
	hold(b);
	run(b);
}

/* One direction of a real handshake, so that the cipher is the one that links use. */
static void cmd_aead(double for_seconds)
{
	struct random random = crypto_random();
	struct noise a, b;
	struct noise_cipher *send, *unused[3];
	struct buf message, payload;
	static uint8_t record[LIMIT_NOISE_RECORD + NOISE_TAG];
	struct mono began;
	uint64_t total = 0;

	buf_init(&message, KIB);
	buf_init(&payload, KIB);
	noise_init(&a, true, &random);
	noise_init(&b, false, &random);
	for (int step = 0; step < 3; step++) {
		struct noise *from = step == 1 ? &b : &a, *to = step == 1 ? &a : &b;

		buf_clear(&message);
		if (noise_write(from, BYTES(NULL, 0), &message) != 0 ||
		    noise_read(to, buf_data(&message), &payload) != 0)
			give_up("the handshake failed");
	}
	if (noise_split(&a, &send, &unused[0]) != 0 || noise_split(&b, &unused[1], &unused[2]) != 0)
		give_up("no memory");
	began = exact_now();
	do {
		for (int i = 0; i < 64; i++) {
			if (noise_seal(send, BYTES(record, LIMIT_NOISE_RECORD), record) != 0)
				give_up("seal failed");
			total += LIMIT_NOISE_RECORD;
		}
	} while (seconds_since(began) < for_seconds);
	printf("{\"bytes_per_second\":%.0f}\n", (double)total / seconds_since(began));
}

static void usage(void)
{
	fprintf(stderr,
		"usage: bench_peer serve | perf-up ADDR BYTES RUNS | perf-down ADDR BYTES RUNS | "
		"ping ADDR COUNT | connect ADDR COUNT | links N ADDR | aead SECONDS\n");
	exit(1);
}

static void parse_address(struct bench *b, const char *text)
{
	if (multiaddr_parse(bytes_of_text(text), &b->address) < 0)
		give_up("that is not a multiaddr");
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	const char *command = argc > 1 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	if (crypto_start() < 0 || loop_uv_new(&b.loop) < 0)
		give_up("cannot start");
	if (strcmp(command, "serve") == 0) {
		cmd_serve(&b);
	} else if (strcmp(command, "aead") == 0 && argc == 3) {
		cmd_aead(strtod(argv[2], NULL));
	} else if (strncmp(command, "perf-", 5) == 0 && argc == 5) {
		parse_address(&b, argv[2]);
		b.bytes = strtoull(argv[3], NULL, 10);
		b.rounds = strtoull(argv[4], NULL, 10);
		b.upload = strcmp(command, "perf-up") == 0;
		cmd_one(&b, perf_next);
	} else if (strcmp(command, "ping") == 0 && argc == 4) {
		parse_address(&b, argv[2]);
		b.rounds = strtoull(argv[3], NULL, 10);
		cmd_one(&b, ping_begin);
	} else if (strcmp(command, "connect") == 0 && argc == 4) {
		parse_address(&b, argv[2]);
		b.rounds = strtoull(argv[3], NULL, 10);
		cmd_one(&b, connect_ready);
	} else if (strcmp(command, "links") == 0 && argc == 4) {
		parse_address(&b, argv[3]);
		cmd_links(&b, strtoull(argv[2], NULL, 10));
	} else {
		usage();
	}
	return 0;
}
