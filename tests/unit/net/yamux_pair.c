/*
 * Two engines joined by a lossless pipe that splits as it likes, doing what chance says, under a
 * model: every byte arrives once and in order, FIN after the last one, and an observer on the wire
 * that keeps its own books finds no byte beyond the credit given for it.
 */

#include "yamux_end.h"

#include "base/random.h"

#define N_IDS 4096

struct pair;

/* What the observer knows of one direction of one stream. */
struct book {
	uint64_t credit, sent;
};

struct side {
	struct end *e;
	struct side *other;
	struct buf wire; /* on its way to the other side */
	struct book books[N_IDS];
	uint64_t written[N_IDS], read[N_IDS];
	bool fin_written[N_IDS], eof_read[N_IDS], reset[N_IDS];
	size_t observed; /* bytes of `wire` the observer has gone through */
};

struct pair {
	struct side a, b;
	struct random_seeded g;
	struct random r;
};

static struct pair *now_running;

static struct side *side_of(struct end *e)
{
	return now_running->a.e == e ? &now_running->a : &now_running->b;
}

static uint8_t pattern(uint32_t id, uint64_t i)
{
	return (uint8_t)(id * 7 + i * 131 + (i >> 9));
}

static void check_data(struct end *e, struct seen *v)
{
	struct side *side = side_of(e);
	struct bytes b = buf_data(&v->data);

	for (size_t i = 0; i < b.n; i++)
		assert_int_equal(b.p[i], pattern(v->id, side->read[v->id]++));
	assert_true(side->read[v->id] <= side->other->written[v->id]);
	buf_clear(&v->data);
	if (random_below(&now_running->r, 50) == 0)
		yamux_stream_hold(v->s, true);
}

static void check_eof(struct end *e, struct seen *v)
{
	struct side *side = side_of(e);

	assert_true(side->other->fin_written[v->id]);
	assert_int_equal(side->read[v->id], side->other->written[v->id]);
	side->eof_read[v->id] = true;
}

static void check_end(struct end *e, struct seen *v)
{
	(void)e;
	assert_int_equal(v->n_end, 0);
}

static void side_init(struct side *s, struct side *other, bool dialer)
{
	s->e = end_new(dialer);
	s->other = other;
	s->e->data_hook = check_data;
	s->e->eof_hook = check_eof;
	s->e->end_hook = check_end;
	buf_init(&s->wire, 256 * MIB);
	for (size_t i = 0; i < N_IDS; i++)
		s->books[i].credit = 256 * KIB;
}

static struct pair *pair_new(uint64_t seed)
{
	struct pair *p = calloc(1, sizeof(*p));

	random_seeded_init(&p->g, seed);
	p->r = random_seeded_source(&p->g);
	side_init(&p->a, &p->b, true);
	side_init(&p->b, &p->a, false);
	now_running = p;
	return p;
}

static void pair_free(struct pair *p)
{
	buf_deinit(&p->a.wire);
	buf_deinit(&p->b.wire);
	end_free(p->a.e);
	end_free(p->b.e);
	free(p);
}

static void observe(struct side *s)
{
	struct bytes b = buf_data(&s->wire);

	while (s->observed < b.n) {
		struct yamux_header h;

		assert_true(b.n - s->observed >= YAMUX_HEADER_SIZE);
		assert_int_equal(
			yamux_header_decode(BYTES(b.p + s->observed, YAMUX_HEADER_SIZE), &h), 0);
		s->observed += YAMUX_HEADER_SIZE;
		if (h.type == YAMUX_DATA) {
			assert_true(h.length > 0 && h.length <= LIMIT_YAMUX_FRAME);
			s->observed += h.length;
			s->books[h.stream_id].sent += h.length;
			/* Credit counts when it leaves its giver: at least as strict as the law. */
			assert_true(s->books[h.stream_id].sent <= s->books[h.stream_id].credit);
		} else if (h.type == YAMUX_WINDOW_UPDATE && !(h.flags & YAMUX_RST)) {
			s->other->books[h.stream_id].credit += h.length;
			assert_true(s->other->books[h.stream_id].credit -
					    s->other->books[h.stream_id].sent <=
				    LIMIT_YAMUX_WINDOW);
		}
	}
}

static void send_some(struct pair *p, struct side *s)
{
	yamux_output(s->e->y, &s->wire, 1 + random_below(&p->r, 100000));
	observe(s);
	if (random_below(&p->r, 2))
		yamux_events(s->e->y);
}

static void deliver_some(struct pair *p, struct side *s)
{
	struct bytes b = buf_data(&s->wire);
	size_t most = random_below(&p->r, 4) == 0 ? 30 : 200000;
	size_t n = random_below(&p->r, size_min(b.n, most) + 1);

	s->other->e->now = mono_add_ns(s->other->e->now, random_below(&p->r, 2 * NS_PER_MS));
	assert_int_equal(yamux_input(s->other->e->y, BYTES(b.p, n), s->other->e->now), 0);
	buf_consume(&s->wire, n);
	s->observed -= n;
}

static void write_some(struct pair *p, struct side *s, struct seen *v)
{
	static uint8_t text[300000];
	size_t n = random_below(&p->r, random_below(&p->r, 10) == 0 ? sizeof(text) : 2000);
	int r;

	for (size_t i = 0; i < n; i++)
		text[i] = pattern(v->id, s->written[v->id] + i);
	r = end_write(v, BYTES(text, n));
	assert_true(r == 0 || r == (s->fin_written[v->id] ? -EPIPE : -EAGAIN));
	if (r == 0)
		s->written[v->id] += n;
}

static void open_one(struct side *s)
{
	struct yamux_stream *stream;
	int r;

	if (yamux_n_streams(s->e->y) > 20)
		return;
	r = yamux_open(s->e->y, NULL, &stream);
	assert_int_equal(r, 0);
	end_see(s->e, stream);
}

static struct seen *any_stream(struct pair *p, struct side *s)
{
	size_t n = size_min(s->e->n_seen, END_STREAMS);
	struct seen *v = &s->e->seen[random_below(&p->r, n ? n : 1)];

	return v->s ? v : NULL;
}

static void reset_one(struct side *s, struct seen *v)
{
	s->reset[v->id] = s->other->reset[v->id] = true;
	yamux_stream_reset(v->s, 1);
	v->s = NULL;
}

static void do_something(struct pair *p, struct side *s)
{
	struct seen *v = any_stream(p, s);
	uint64_t what = random_below(&p->r, 1000);

	if (what < 20)
		open_one(s);
	else if (what < 25)
		yamux_ping(s->e->y, s->e->now);
	else if (!v)
		return;
	else if (what < 40) {
		s->fin_written[v->id] = true;
		yamux_stream_close(v->s);
	} else if (what < 43)
		reset_one(s, v);
	else if (what < 200)
		yamux_stream_hold(v->s, false);
	else
		write_some(p, s, v);
}

static void release_all(struct side *s)
{
	for (size_t i = 0; i < size_min(s->e->n_seen, END_STREAMS); i++)
		if (s->e->seen[i].s)
			yamux_stream_hold(s->e->seen[i].s, false);
}

static void close_all(struct side *s)
{
	for (size_t i = 0; i < size_min(s->e->n_seen, END_STREAMS); i++) {
		if (!s->e->seen[i].s)
			continue;
		s->fin_written[s->e->seen[i].id] = true;
		yamux_stream_close(s->e->seen[i].s);
	}
}

static void drain(struct pair *p)
{
	for (int quiet = 0; quiet < 500;) {
		release_all(&p->a);
		release_all(&p->b);
		close_all(&p->a);
		close_all(&p->b);
		send_some(p, &p->a);
		send_some(p, &p->b);
		deliver_some(p, &p->a);
		deliver_some(p, &p->b);
		yamux_events(p->a.e->y);
		yamux_events(p->b.e->y);
		quiet = buf_len(&p->a.wire) + buf_len(&p->b.wire) == 0 ? quiet + 1 : 0;
	}
}

static void check_all_arrived(struct side *s)
{
	for (uint32_t id = 0; id < N_IDS; id++) {
		if (s->reset[id])
			continue;
		assert_int_equal(s->read[id], s->other->written[id]);
		assert_int_equal(s->eof_read[id], s->other->fin_written[id]);
	}
	assert_int_equal(yamux_n_streams(s->e->y), 0);
	assert_int_equal(yamux_queued(s->e->y), 0);
}

TEST(every_byte_arrives_in_order_within_its_window_whatever_chance_does)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct pair *p = pair_new(seed);

		for (int step = 0; step < 4000; step++) {
			struct side *s = random_below(&p->r, 2) ? &p->a : &p->b;

			switch (random_below(&p->r, 3)) {
			case 0:
				send_some(p, s);
				break;
			case 1:
				deliver_some(p, s);
				break;
			case 2:
				do_something(p, s);
				break;
			}
		}
		drain(p);
		check_all_arrived(&p->a);
		check_all_arrived(&p->b);
		pair_free(p);
	}
}

TESTS(RUN(every_byte_arrives_in_order_within_its_window_whatever_chance_does))
