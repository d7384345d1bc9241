#include "peer/ping.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define PING "/ipfs/ping/1.0.0"
#define PING_BYTES 32

/* ---- answering: whatever comes goes back, however it was cut ---- */

static void serve_data(void *user, struct stream *s, struct bytes b)
{
	(void)user;
	/* A peer that floods without reading fills its stream's queue and loses the stream. */
	if (stream_write(s, &b, 1) < 0)
		stream_reset(s, 0);
}

static void serve_eof(void *user, struct stream *s)
{
	(void)user;
	stream_close(s);
}

static const struct stream_ops serve_ops = {
	.on_data = serve_data,
	.on_eof = serve_eof,
};

static void on_stream(void *user, struct peer *p, struct link *l, struct stream *s)
{
	(void)user;
	(void)p;
	(void)l;
	stream_accept(s, &serve_ops, NULL);
}

static const struct pool_protocol ping_protocol = {
	.name = PING,
	.on_stream = on_stream,
};

int ping_serve(struct pool *pool)
{
	return pool_serve(pool, &ping_protocol);
}

/* ---- asking ---- */

struct ping {
	struct loop *loop;
	struct random random;
	struct link *link;
	struct stream *stream;
	bool fresh_streams;
	size_t n, n_wanted, n_got; /* rounds done, rounds wanted, bytes of this round's answer */
	struct mono sent_at;
	uint8_t sent[PING_BYTES];
	struct timer deadline;
	ping_fn done;
	void *user;
	uint64_t rtt_ns[];
};

static void ping_end(struct ping *p, int error)
{
	loop_timer_stop(p->loop, &p->deadline);
	if (p->stream && error == 0) {
		stream_close(p->stream);
		stream_forget(p->stream);
	} else if (p->stream) {
		stream_reset(p->stream, 0);
	}
	p->done(p->user, error, p->rtt_ns, p->n);
	free(p);
}

static void on_deadline(struct timer *t)
{
	ping_end(container_of(t, struct ping, deadline), -ETIMEDOUT);
}

static void ping_send(struct ping *p)
{
	struct bytes b = BYTES(p->sent, PING_BYTES);

	random_fill(&p->random, p->sent, PING_BYTES);
	p->n_got = 0;
	p->sent_at = loop_now(p->loop);
	loop_timer_set(p->loop, &p->deadline, mono_add_ms(p->sent_at, LIMIT_PING_TIMEOUT_MS));
	if (stream_write(p->stream, &b, 1) < 0)
		ping_end(p, -ECONNRESET);
}

static void on_open(void *user, struct stream *s, struct bytes protocol)
{
	(void)s;
	(void)protocol;
	ping_send(user);
}

static int ping_open(struct ping *p);

static void round_again(struct ping *p)
{
	int r;

	if (!p->fresh_streams) {
		ping_send(p);
		return;
	}
	stream_close(p->stream);
	stream_forget(p->stream);
	p->stream = NULL;
	r = ping_open(p);
	if (r < 0)
		ping_end(p, r);
}

static void round_done(struct ping *p)
{
	p->rtt_ns[p->n++] = mono_since_ns(p->sent_at, loop_now(p->loop));
	if (p->n == p->n_wanted)
		ping_end(p, 0);
	else
		round_again(p);
}

static void on_data(void *user, struct stream *s, struct bytes b)
{
	struct ping *p = user;

	(void)s;
	if (b.n > PING_BYTES - p->n_got || memcmp(p->sent + p->n_got, b.p, b.n) != 0) {
		ping_end(p, -EPROTO);
		return;
	}
	p->n_got += b.n;
	if (p->n_got == PING_BYTES)
		round_done(p);
}

static void on_eof(void *user, struct stream *s)
{
	(void)s;
	ping_end(user, -ECONNRESET);
}

static void on_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	struct ping *p = user;

	(void)s;
	(void)code;
	p->stream = NULL;
	ping_end(p, end == STREAM_REFUSED ? -EPROTONOSUPPORT : -ECONNRESET);
}

static const struct stream_ops ask_ops = {
	.on_open = on_open,
	.on_data = on_data,
	.on_eof = on_eof,
	.on_closed = on_closed,
};

static int ping_open(struct ping *p)
{
	static const char *const protocols[] = { PING, NULL };

	return link_open_stream(p->link, protocols, &ask_ops, p, &p->stream);
}

int ping_start(struct loop *loop, const struct random *random, struct peer *peer, size_t count,
	       bool fresh_streams, ping_fn done, void *user)
{
	struct link *link = peer_primary(peer);
	struct ping *p;
	int r;

	if (!link)
		return -ENOTCONN;
	if (count == 0 || count > PING_COUNT_MAX)
		return -EINVAL;
	p = calloc(1, sizeof(*p) + count * sizeof(p->rtt_ns[0]));
	if (!p)
		return -ENOMEM;
	p->loop = loop;
	p->random = *random;
	p->link = link;
	p->fresh_streams = fresh_streams;
	p->n_wanted = count;
	p->done = done;
	p->user = user;
	p->deadline.fire = on_deadline;
	r = ping_open(p);
	if (r < 0) {
		free(p);
		return r;
	}
	loop_timer_set(loop, &p->deadline, mono_add_ms(loop_now(loop), LIMIT_PING_TIMEOUT_MS));
	return 0;
}
