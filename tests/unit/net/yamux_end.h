#ifndef PL_TESTS_UNIT_NET_YAMUX_END_H
#define PL_TESTS_UNIT_NET_YAMUX_END_H

/*
 * One end of a Yamux session for tests: it remembers what its engine reported, is fed with frames
 * written by hand, and takes its output apart frame by frame.
 */

#include "test.h"

#include "base/buf.h"
#include "base/limits.h"
#include "net/yamux.h"
#include "wire/yamux_header.h"

#define END_STREAMS 2048

/* What a stream's user saw. */
struct seen {
	struct yamux_stream *s; /* NULL once it ended */
	uint32_t id;
	struct buf data;
	size_t n_data, n_writable, n_eof, n_end;
	enum yamux_end end;
	uint32_t code;
};

struct end {
	struct yamux *y;
	struct buf out;
	struct mono now;
	struct seen seen[END_STREAMS];
	size_t n_seen, n_pongs, n_go_aways;
	uint64_t rtt;
	uint32_t go_away_code;
	bool keep;   /* collect the data, not only count it */
	bool refuse; /* reset what the other side opens */
	void (*data_hook)(struct end *e, struct seen *v);
	void (*eof_hook)(struct end *e, struct seen *v);
	void (*end_hook)(struct end *e, struct seen *v);
	void (*writable_hook)(struct end *e, struct seen *v);
};

/* The engine gives stream users back as they are; the end is found through the one under test. */
static struct end *end_of(struct yamux_stream *s);

static inline struct seen *end_see(struct end *e, struct yamux_stream *s)
{
	struct seen *v = &e->seen[e->n_seen++ % END_STREAMS];

	buf_deinit(&v->data);
	*v = (struct seen){ .s = s, .id = yamux_stream_id(s) };
	buf_init(&v->data, 64 * MIB);
	yamux_stream_set_user(s, v);
	return v;
}

static struct end *end_active[2];

static struct end *end_of(struct yamux_stream *s)
{
	struct seen *v = yamux_stream_user(s);

	for (size_t i = 0; i < ARRAY_SIZE(end_active); i++)
		if (end_active[i] && v >= end_active[i]->seen &&
		    v < end_active[i]->seen + END_STREAMS)
			return end_active[i];
	fail_msg("a stream of no end");
	return NULL;
}

static inline void end_on_stream(void *user, struct yamux_stream *s)
{
	struct end *e = user;

	if (e->refuse) {
		e->n_seen++;
		yamux_stream_reset(s, 7);
		return;
	}
	end_see(e, s);
}

static inline void end_on_data(void *user, struct yamux_stream *s, struct bytes b)
{
	struct seen *v = user;
	struct end *e = end_of(s);

	assert_ptr_equal(v->s, s);
	assert_true(b.n > 0);
	assert_int_equal(v->n_eof, 0);
	v->n_data += b.n;
	if (e->keep)
		assert_int_equal(buf_append(&v->data, b.p, b.n), 0);
	if (e->data_hook)
		e->data_hook(e, v);
}

static inline void end_on_eof(void *user, struct yamux_stream *s)
{
	struct seen *v = user;
	struct end *e = end_of(s);

	v->n_eof++;
	if (e->eof_hook)
		e->eof_hook(e, v);
}

static inline void end_on_writable(void *user, struct yamux_stream *s)
{
	struct seen *v = user;
	struct end *e = end_of(s);

	v->n_writable++;
	if (e->writable_hook)
		e->writable_hook(e, v);
}

static inline void end_on_end(void *user, struct yamux_stream *s, enum yamux_end end, uint32_t code)
{
	struct seen *v = user;
	struct end *e = end_of(s);

	assert_ptr_equal(v->s, s);
	if (e->end_hook)
		e->end_hook(e, v);
	v->s = NULL;
	v->end = end;
	v->code = code;
	v->n_end++;
}

static inline void end_on_pong(void *user, uint64_t rtt_ns)
{
	struct end *e = user;

	e->n_pongs++;
	e->rtt = rtt_ns;
}

static inline void end_on_go_away(void *user, uint32_t code)
{
	struct end *e = user;

	e->n_go_aways++;
	e->go_away_code = code;
}

static const struct yamux_ops end_ops = {
	.on_stream = end_on_stream,
	.on_data = end_on_data,
	.on_eof = end_on_eof,
	.on_writable = end_on_writable,
	.on_end = end_on_end,
	.on_pong = end_on_pong,
	.on_go_away = end_on_go_away,
};

static inline struct end *end_new(bool dialer)
{
	struct end *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	e->keep = true;
	e->now = (struct mono){ NS_PER_S };
	buf_init(&e->out, 256 * MIB);
	assert_int_equal(yamux_new(dialer, &end_ops, e, &e->y), 0);
	end_active[end_active[0] ? 1 : 0] = e;
	return e;
}

static inline void end_free(struct end *e)
{
	e->end_hook = NULL;
	yamux_close(e->y);
	yamux_free(e->y);
	buf_deinit(&e->out);
	for (size_t i = 0; i < END_STREAMS; i++)
		buf_deinit(&e->seen[i].data);
	for (size_t i = 0; i < ARRAY_SIZE(end_active); i++)
		if (end_active[i] == e)
			end_active[i] = NULL;
	free(e);
}

static inline struct seen *end_open(struct end *e)
{
	struct yamux_stream *s;

	assert_int_equal(yamux_open(e->y, NULL, &s), 0);
	return end_see(e, s);
}

static inline int end_write(struct seen *v, struct bytes b)
{
	return yamux_stream_write(v->s, &b, 1);
}

/* Feeds one header. */
static inline int end_feed(struct end *e, enum yamux_type type, uint16_t flags, uint32_t id,
			   uint32_t length)
{
	struct yamux_header h = { .type = type, .flags = flags, .stream_id = id, .length = length };
	struct buf b;
	struct wr w = wr_to(&b);
	int r;

	buf_init(&b, 64);
	yamux_header_encode(&h, &w);
	assert_int_equal(wr_finish(&w), 0);
	r = yamux_input(e->y, buf_data(&b), e->now);
	buf_deinit(&b);
	return r;
}

/* Feeds `n` bytes of zeroes, as payload. */
static inline int end_feed_zeroes(struct end *e, size_t n)
{
	static const uint8_t zeroes[64 * KIB];
	int r = 0;

	while (n > 0 && r == 0) {
		size_t k = size_min(n, sizeof(zeroes));

		r = yamux_input(e->y, BYTES(zeroes, k), e->now);
		n -= k;
	}
	return r;
}

static inline int end_feed_data(struct end *e, uint16_t flags, uint32_t id, size_t n)
{
	int r = end_feed(e, YAMUX_DATA, flags, id, (uint32_t)n);

	return r != 0 ? r : end_feed_zeroes(e, n);
}

static inline void end_flush(struct end *e)
{
	while (yamux_has_output(e->y))
		if (!yamux_output(e->y, &e->out, 1 * MIB))
			break;
}

/* The next frame of the output, its payload taken off too. */
static inline struct yamux_header end_next(struct end *e)
{
	struct yamux_header h = { 0 };
	struct bytes b;

	end_flush(e);
	b = buf_data(&e->out);
	if (b.n == 0)
		return (struct yamux_header){ .flags = 0xffff };
	assert_true(b.n >= YAMUX_HEADER_SIZE);
	assert_int_equal(yamux_header_decode(BYTES(b.p, YAMUX_HEADER_SIZE), &h), 0);
	buf_consume(&e->out, YAMUX_HEADER_SIZE + (h.type == YAMUX_DATA ? h.length : 0));
	return h;
}

#define assert_frame(e, t, f, i, l)                                                                \
	do {                                                                                       \
		struct yamux_header _h = end_next(e);                                              \
		assert_int_equal(_h.type, t);                                                      \
		assert_int_equal(_h.flags, f);                                                     \
		assert_int_equal(_h.stream_id, i);                                                 \
		assert_int_equal(_h.length, l);                                                    \
	} while (0)

#define assert_no_frame(e) assert_int_equal(end_next(e).flags, 0xffff)

/* Everything that waits on either side is carried over, until both are quiet. */
static inline void end_exchange(struct end *a, struct end *b)
{
	struct end *ends[2] = { a, b };
	bool moved = true;

	while (moved) {
		moved = false;
		for (size_t i = 0; i < 2; i++) {
			struct end *from = ends[i], *to = ends[1 - i];

			end_flush(from);
			yamux_events(from->y);
			if (buf_len(&from->out) == 0)
				continue;
			assert_int_equal(yamux_input(to->y, buf_data(&from->out), to->now), 0);
			buf_clear(&from->out);
			moved = true;
		}
	}
}

#endif
