#include "peer/ping.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define PING_PROTOCOL "/ipfs/ping/1.0.0"
#define PING_SIZE 32

/* ---- answering ---- */

static void echo(void *user, struct stream *s, struct bytes b)
{
	(void)user;
	/* Who sends pings and does not read the answers loses the stream. */
	if (stream_queued(s) > LIMIT_PING_QUEUED || stream_write(s, &b, 1) < 0)
		stream_reset(s, 0);
}

static void echo_eof(void *user, struct stream *s)
{
	(void)user;
	stream_close(s);
}

static const struct stream_ops echo_ops = { .on_data = echo, .on_eof = echo_eof };

static void on_stream(void *user, struct peer *p, struct link *l, struct stream *s)
{
	(void)user;
	(void)p;
	(void)l;
	stream_accept(s, &echo_ops, NULL);
}

static const struct pool_protocol ping_protocol = { .name = PING_PROTOCOL, .on_stream = on_stream };

int ping_serve(struct pool *pool)
{
	return pool_serve(pool, &ping_protocol);
}

/* ---- asking ---- */

struct ping_run {
	struct loop *loop;
	struct random random;
	struct stream *s; /* NULL: between two, or over */
	struct timer timer;
	struct ping_request request;
	uint8_t sent[PING_SIZE];
	size_t n_echoed; /* of `sent` */
	struct mono sent_at;
	size_t n;
	uint64_t rtt_ns[];
};

static const char *const ping_protocols[] = { PING_PROTOCOL, NULL };
static const struct stream_ops ping_ops;

/* The run is gone after it. */
static void finish(struct ping_run *run, int error)
{
	struct stream *s = TAKE_PTR(run->s);

	loop_timer_stop(run->loop, &run->timer);
	if (s && error == 0)
		stream_forget(s);
	else if (s)
		stream_reset(s, 0);
	run->request.done(run->request.user, error, run->rtt_ns, run->n);
	free(run);
}

static void on_late(struct timer *t)
{
	finish(container_of(t, struct ping_run, timer), -ETIMEDOUT);
}

/* The time for one answer begins. */
static void expect(struct ping_run *run)
{
	run->sent_at = loop_now(run->loop);
	loop_timer_set(run->loop, &run->timer, mono_add_ms(run->sent_at, LIMIT_PING_TIMEOUT_MS));
}

static int send_ping(struct ping_run *run)
{
	struct bytes b = BYTES(run->sent, PING_SIZE);

	random_fill(&run->random, run->sent, PING_SIZE);
	run->n_echoed = 0;
	expect(run);
	return stream_write(run->s, &b, 1);
}

static void next_round(struct ping_run *run)
{
	struct link *l = stream_link(run->s);
	int r;

	if (run->n == run->request.count) {
		finish(run, 0);
		return;
	}
	if (run->request.fresh_streams) {
		stream_forget(TAKE_PTR(run->s));
		expect(run);
		r = link_open_stream(l, ping_protocols, &ping_ops, run, &run->s);
	} else {
		r = send_ping(run);
	}
	if (r < 0)
		finish(run, -ECONNRESET);
}

static void on_open(void *user, struct stream *s, struct bytes protocol)
{
	struct ping_run *run = user;

	(void)s;
	(void)protocol;
	if (send_ping(run) < 0)
		finish(run, -ECONNRESET);
}

static void on_data(void *user, struct stream *s, struct bytes b)
{
	struct ping_run *run = user;

	(void)s;
	if (b.n > PING_SIZE - run->n_echoed || memcmp(run->sent + run->n_echoed, b.p, b.n) != 0) {
		finish(run, -EPROTO);
		return;
	}
	run->n_echoed += b.n;
	if (run->n_echoed < PING_SIZE)
		return;
	run->rtt_ns[run->n++] = mono_since_ns(run->sent_at, loop_now(run->loop));
	next_round(run);
}

static void on_eof(void *user, struct stream *s)
{
	(void)s;
	finish(user, -ECONNRESET);
}

static void on_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	struct ping_run *run = user;
	int error = -ECONNRESET;

	(void)s;
	(void)code;
	if (end == STREAM_REFUSED)
		error = -EPROTONOSUPPORT;
	else if (end == STREAM_TIMEOUT)
		error = -ETIMEDOUT;
	run->s = NULL;
	finish(run, error);
}

static const struct stream_ops ping_ops = {
	.on_open = on_open,
	.on_data = on_data,
	.on_eof = on_eof,
	.on_closed = on_closed,
};

int ping_start(struct loop *loop, const struct random *random, struct peer *p,
	       const struct ping_request *request)
{
	struct link *l = peer_primary(p);
	struct ping_run *run;
	int r;

	if (!l)
		return -ENOTCONN;
	if (request->count == 0 || request->count > PING_COUNT_MAX)
		return -EINVAL;
	run = calloc(1, sizeof(*run) + request->count * sizeof(run->rtt_ns[0]));
	if (!run)
		return -ENOMEM;
	run->loop = loop;
	run->random = *random;
	run->request = *request;
	run->timer.fire = on_late;
	r = link_open_stream(l, ping_protocols, &ping_ops, run, &run->s);
	if (r < 0) {
		free(run);
		return r == -ENOMEM ? r : -ENOTCONN;
	}
	expect(run);
	return 0;
}
