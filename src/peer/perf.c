#include "peer/perf.h"

#include <stdlib.h>

#include "base/limits.h"
#include "wire/rd.h"

#define PERF "/perf/1.0.0"
#define PERF_HEADER 8
#define PERF_CHUNK (64 * KIB)

static const uint8_t zeroes[PERF_CHUNK];

/* Writes until `*left` is gone or the stream is full; then on_writable goes on. */
static int pump(struct stream *s, uint64_t *left)
{
	while (*left > 0) {
		struct bytes b = BYTES(zeroes, *left < PERF_CHUNK ? (size_t)*left : PERF_CHUNK);
		int r = stream_write(s, &b, 1);

		if (r == -EAGAIN)
			return 0;
		if (r < 0)
			return r;
		*left -= b.n;
	}
	stream_close(s);
	return 0;
}

/* ---- answering ---- */

struct perf_server {
	uint8_t header[PERF_HEADER];
	size_t n_header;
	uint64_t left; /* to send */
	bool sending;
};

static void serve_data(void *user, struct stream *s, struct bytes b)
{
	struct perf_server *p = user;

	(void)s;
	for (size_t i = 0; p->n_header < PERF_HEADER && i < b.n; i++)
		p->header[p->n_header++] = b.p[i];
}

static void serve_refuse(struct perf_server *p, struct stream *s)
{
	stream_reset(s, 0);
	free(p);
}

static void serve_writable(void *user, struct stream *s)
{
	struct perf_server *p = user;

	if (p->sending && pump(s, &p->left) < 0)
		serve_refuse(p, s);
}

static void serve_eof(void *user, struct stream *s)
{
	struct perf_server *p = user;
	struct rd r = rd_of(BYTES(p->header, p->n_header));

	p->left = rd_be64(&r);
	if (rd_finish(&r) < 0 || p->left > LIMIT_PERF_BYTES) {
		serve_refuse(p, s);
		return;
	}
	p->sending = true;
	serve_writable(p, s);
}

static void serve_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	(void)s;
	(void)end;
	(void)code;
	free(user);
}

static const struct stream_ops serve_ops = {
	.on_data = serve_data,
	.on_eof = serve_eof,
	.on_writable = serve_writable,
	.on_closed = serve_closed,
};

static void on_stream(void *user, struct peer *peer, struct link *l, struct stream *s)
{
	struct perf_server *p = calloc(1, sizeof(*p));

	(void)user;
	(void)peer;
	(void)l;
	if (p)
		stream_accept(s, &serve_ops, p);
	else
		stream_reset(s, 0);
}

static const struct pool_protocol perf_protocol = {
	.name = PERF,
	.on_stream = on_stream,
};

int perf_serve(struct pool *pool)
{
	return pool_serve(pool, &perf_protocol);
}

/* ---- asking ---- */

struct perf {
	struct loop *loop;
	uint64_t left; /* to upload */
	bool answered; /* the first byte, or the end, of the answer has come */
	struct mono began, answered_at;
	struct perf_result result;
	uint64_t wanted;
	perf_fn done;
	void *user;
};

static void perf_end(struct perf *p, struct stream *s, int error)
{
	if (s && error == 0)
		stream_forget(s);
	else if (s)
		stream_reset(s, 0);
	p->done(p->user, error, &p->result);
	free(p);
}

static void note_answer(struct perf *p)
{
	if (p->answered)
		return;
	p->answered = true;
	p->answered_at = loop_now(p->loop);
	p->result.upload_ns = mono_since_ns(p->began, p->answered_at);
}

static void ask_data(void *user, struct stream *s, struct bytes b)
{
	struct perf *p = user;

	note_answer(p);
	p->result.downloaded += b.n;
	if (p->result.downloaded > p->wanted)
		perf_end(p, s, -EPROTO);
}

static void ask_eof(void *user, struct stream *s)
{
	struct perf *p = user;
	bool whole = p->left == 0 && p->result.downloaded == p->wanted;

	note_answer(p);
	p->result.download_ns = mono_since_ns(p->answered_at, loop_now(p->loop));
	perf_end(p, s, whole ? 0 : -EPROTO);
}

static void ask_writable(void *user, struct stream *s)
{
	struct perf *p = user;

	if (p->left > 0 && pump(s, &p->left) < 0)
		perf_end(p, s, -ECONNRESET);
}

static void ask_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	(void)s;
	(void)code;
	perf_end(user, NULL, end == STREAM_REFUSED ? -EPROTONOSUPPORT : -ECONNRESET);
}

static void ask_open(void *user, struct stream *s, struct bytes protocol)
{
	struct perf *p = user;
	uint8_t header[PERF_HEADER];
	struct bytes b = BYTES(header, sizeof(header));

	(void)protocol;
	for (size_t i = 0; i < PERF_HEADER; i++)
		header[i] = (uint8_t)(p->wanted >> (8 * (PERF_HEADER - 1 - i)));
	p->began = loop_now(p->loop);
	if (stream_write(s, &b, 1) < 0 || pump(s, &p->left) < 0)
		perf_end(p, s, -ECONNRESET);
}

static const struct stream_ops ask_ops = {
	.on_open = ask_open,
	.on_data = ask_data,
	.on_eof = ask_eof,
	.on_writable = ask_writable,
	.on_closed = ask_closed,
};

int perf_start(struct loop *loop, struct peer *peer, uint64_t upload, uint64_t download,
	       perf_fn done, void *user)
{
	static const char *const protocols[] = { PERF, NULL };
	struct link *link = peer_primary(peer);
	struct stream *s;
	struct perf *p;
	int r;

	if (!link)
		return -ENOTCONN;
	if (upload > LIMIT_PERF_BYTES || download > LIMIT_PERF_BYTES)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	*p = (struct perf){
		.loop = loop,
		.left = upload,
		.wanted = download,
		.result.uploaded = upload,
		.began = loop_now(loop),
		.done = done,
		.user = user,
	};
	r = link_open_stream(link, protocols, &ask_ops, p, &s);
	if (r < 0)
		free(p);
	return r;
}
