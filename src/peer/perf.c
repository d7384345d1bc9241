#include "peer/perf.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "peer/peer.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define PERF_PROTOCOL "/perf/1.0.0"
#define PERF_HEADER 8
#define PERF_PIECE ((uint64_t)64 * KIB)

static const uint8_t zeroes[PERF_PIECE];

/* Writes zeroes until `*left` are written or the stream takes no more; on_writable follows then.
 * Negative: the stream takes nothing any more. */
static int pour(struct stream *s, uint64_t *left)
{
	while (*left > 0) {
		struct bytes b = BYTES(zeroes, *left < PERF_PIECE ? *left : PERF_PIECE);
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

struct perf_answer {
	struct peer *peer;
	struct stream *s;
	struct timer timer;
	uint8_t header[PERF_HEADER];
	size_t n_header;
	uint64_t received, wanted, left;
	uint64_t noticed; /* progress when the timer last looked */
};

static struct perf_answer *answer_free(struct perf_answer *a)
{
	loop_timer_stop(a->peer->pool->loop, &a->timer);
	a->peer->n_perf--;
	a->peer->pool->n_perf--;
	free(a);
	return NULL;
}

static void give_up(struct perf_answer *a, struct stream *s)
{
	stream_reset(s, 0);
	answer_free(a);
}

static uint64_t answer_progress(const struct perf_answer *a)
{
	return a->n_header + a->received + (a->wanted - a->left) - stream_queued(a->s);
}

static void watch_answer(struct perf_answer *a)
{
	struct loop *loop = a->peer->pool->loop;

	a->noticed = answer_progress(a);
	loop_timer_set(loop, &a->timer, mono_add_ms(loop_now(loop), LIMIT_STALL_MS));
}

static void on_answer_timer(struct timer *t)
{
	struct perf_answer *a = container_of(t, struct perf_answer, timer);

	if (answer_progress(a) == a->noticed)
		give_up(a, a->s);
	else
		watch_answer(a);
}

static void answer_data(void *user, struct stream *s, struct bytes b)
{
	struct perf_answer *a = user;
	size_t n = size_min(PERF_HEADER - a->n_header, b.n);

	memcpy(a->header + a->n_header, b.p, n);
	a->n_header += n;
	a->received += b.n - n;
	if (a->received > LIMIT_PERF_BYTES)
		give_up(a, s);
}

static void answer_pour(void *user, struct stream *s)
{
	struct perf_answer *a = user;

	if (pour(s, &a->left) < 0)
		give_up(a, s);
}

static void answer_eof(void *user, struct stream *s)
{
	struct perf_answer *a = user;
	struct rd r = rd_of(BYTES(a->header, a->n_header));

	a->wanted = a->left = rd_be64(&r);
	if (rd_finish(&r) < 0 || a->left > LIMIT_PERF_BYTES)
		give_up(a, s);
	else
		answer_pour(a, s);
}

static void answer_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	(void)s;
	(void)end;
	(void)code;
	answer_free(user);
}

static const struct stream_ops answer_ops = {
	.on_data = answer_data,
	.on_eof = answer_eof,
	.on_writable = answer_pour,
	.on_closed = answer_closed,
};

static void on_stream(void *user, struct peer *p, struct link *l, struct stream *s)
{
	bool is_free = p->n_perf < LIMIT_PERF_PER_PEER && p->pool->n_perf < LIMIT_PERF;
	struct perf_answer *a = is_free ? calloc(1, sizeof(*a)) : NULL;

	(void)user;
	(void)l;
	if (!a) {
		stream_reset(s, 0);
		return;
	}
	p->n_perf++;
	p->pool->n_perf++;
	*a = (struct perf_answer){ .peer = p, .s = s, .timer = { .fire = on_answer_timer } };
	stream_accept(s, &answer_ops, a);
	stream_set_low(s, true);
	watch_answer(a);
}

static const struct pool_protocol perf_protocol = { .name = PERF_PROTOCOL, .on_stream = on_stream };

int perf_serve(struct pool *pool)
{
	return pool_serve(pool, &perf_protocol);
}

/* ---- asking ---- */

struct perf_run {
	struct loop *loop;
	struct stream *s; /* NULL: over */
	struct timer timer;
	uint64_t upload, download;
	uint64_t left, received;
	uint64_t noticed; /* progress when the timer last looked */
	bool opened, answered;
	struct mono opened_at, answered_at;
	perf_fn done;
	void *user;
};

/* The run is gone after it. */
static void finish(struct perf_run *run, int error)
{
	struct stream *s = TAKE_PTR(run->s);
	struct mono now = loop_now(run->loop);
	struct perf_result result = {
		.uploaded = run->upload - run->left,
		.downloaded = run->received,
	};

	if (run->answered) {
		result.upload_ns = mono_since_ns(run->opened_at, run->answered_at);
		result.download_ns = mono_since_ns(run->answered_at, now);
	}
	loop_timer_stop(run->loop, &run->timer);
	if (s && error == 0)
		stream_forget(s);
	else if (s)
		stream_reset(s, 0);
	run->done(run->user, error, &result);
	free(run);
}

static uint64_t progress(const struct perf_run *run)
{
	uint64_t queued = run->s ? stream_queued(run->s) : 0;

	return run->opened + (run->upload - run->left) - queued + run->received;
}

static void watch(struct perf_run *run)
{
	run->noticed = progress(run);
	loop_timer_set(run->loop, &run->timer, mono_add_ms(loop_now(run->loop), LIMIT_STALL_MS));
}

static void on_watch(struct timer *t)
{
	struct perf_run *run = container_of(t, struct perf_run, timer);

	if (progress(run) == run->noticed)
		finish(run, -ETIMEDOUT);
	else
		watch(run);
}

static void on_writable(void *user, struct stream *s)
{
	struct perf_run *run = user;

	if (run->opened && pour(s, &run->left) < 0)
		finish(run, -ECONNRESET);
}

static void on_open(void *user, struct stream *s, struct bytes protocol)
{
	struct perf_run *run = user;

	(void)protocol;
	run->opened = true;
	run->opened_at = loop_now(run->loop);
	on_writable(run, s);
}

static void on_answer(struct perf_run *run)
{
	if (run->answered)
		return;
	run->answered = true;
	run->answered_at = loop_now(run->loop);
}

static void on_data(void *user, struct stream *s, struct bytes b)
{
	struct perf_run *run = user;

	(void)s;
	on_answer(run);
	run->received += b.n;
	if (run->received > run->download)
		finish(run, -EPROTO);
}

static void on_eof(void *user, struct stream *s)
{
	struct perf_run *run = user;

	(void)s;
	on_answer(run);
	finish(run, run->left == 0 && run->received == run->download ? 0 : -ECONNRESET);
}

static void on_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	struct perf_run *run = user;
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

static const struct stream_ops perf_ops = {
	.on_open = on_open,
	.on_data = on_data,
	.on_eof = on_eof,
	.on_writable = on_writable,
	.on_closed = on_closed,
};

/* The size wanted waits in the stream until its protocol is agreed. */
static int ask(struct perf_run *run)
{
	_cleanup_(buf_deinit) struct buf b;
	struct wr w = wr_to(&b);
	struct bytes v;
	int r;

	buf_init(&b, PERF_HEADER);
	wr_be64(&w, run->download);
	r = wr_finish(&w);
	v = buf_data(&b);
	return r < 0 ? r : stream_write(run->s, &v, 1);
}

static int start(struct perf_run *run, struct link *l)
{
	static const char *const protocols[] = { PERF_PROTOCOL, NULL };
	int r = link_open_stream(l, protocols, &perf_ops, run, &run->s);

	if (r < 0)
		return r;
	stream_set_low(run->s, true);
	r = ask(run);
	if (r < 0) {
		stream_reset(run->s, 0);
		return r;
	}
	watch(run);
	return 0;
}

int perf_start(struct loop *loop, struct peer *p, uint64_t upload, uint64_t download, perf_fn done,
	       void *user)
{
	struct link *l = peer_primary(p);
	struct perf_run *run;
	int r;

	if (upload > LIMIT_PERF_BYTES || download > LIMIT_PERF_BYTES)
		return -EINVAL;
	if (!l)
		return -ENOTCONN;
	run = calloc(1, sizeof(*run));
	if (!run)
		return -ENOMEM;
	run->loop = loop;
	run->timer.fire = on_watch;
	run->upload = run->left = upload;
	run->download = download;
	run->done = done;
	run->user = user;
	r = start(run, l);
	if (r < 0) {
		free(run);
		return r == -ENOMEM ? r : -ENOTCONN;
	}
	return 0;
}
