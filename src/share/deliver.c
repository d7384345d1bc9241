#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/door_missed.h"
#include "wire/nats_headers.h"
#include "wire/wr.h"

#define GAP_LINE_MAX 64
/* Verb, blanks, two sizes and line ends around the tokens of a message's line. */
#define LINE_EXTRA (8 + 2 * (1 + NATS_DIGITS_MAX) + 4)

/* How one message looks to one subscription. */
struct copy {
	struct bytes subject;
	struct bytes header;    /* empty for a consumer that does not know headers */
	char gap[GAP_LINE_MAX]; /* a header line more; empty: none */
	size_t n_gap;
	size_t n_line; /* at most */
};

static struct bytes subject_seen(const struct sub *s, const struct letter *l)
{
	return s->view ? s->pattern : l->subject;
}

static void lay_out(struct sub *s, const struct letter *l, const struct hole *h, struct copy *ret)
{
	int n;

	ret->subject = subject_seen(s, l);
	ret->header = s->consumer->options.headers ? l->header : BYTES(NULL, 0);
	ret->n_gap = 0;
	ret->n_line = LINE_EXTRA + ret->subject.n + s->sid.n + l->reply.n;
	if (!h || !h->view || !s->consumer->options.headers)
		return;
	n = snprintf(ret->gap, sizeof(ret->gap), "Pl-Gap: %llu-%llu\r\n",
		     (unsigned long long)h->from, (unsigned long long)h->to);
	ret->n_gap = (size_t)n;
}

static size_t copy_size(const struct letter *l, const struct copy *copy)
{
	return copy->n_line + copy->header.n + copy->n_gap + l->payload.n + 2;
}

/* ---- writing ---- */

static void write_word(struct wr *w, struct bytes word)
{
	wr_bytes(w, word);
	wr_u8(w, ' ');
}

static void write_size(struct wr *w, size_t v)
{
	char digits[NATS_DECIMAL_MAX];

	wr_bytes(w, BYTES(digits, nats_decimal(v, digits)));
}

static void write_line(struct wr *w, const struct sub *s, const struct letter *l,
		       const struct copy *copy)
{
	size_t n_header = copy->header.n + copy->n_gap;

	wr_text(w, n_header > 0 ? "HMSG " : "MSG ");
	write_word(w, copy->subject);
	write_word(w, s->sid);
	if (l->reply.n > 0)
		write_word(w, l->reply);
	if (n_header > 0) {
		write_size(w, n_header);
		wr_u8(w, ' ');
	}
	write_size(w, n_header + l->payload.n);
	wr_text(w, "\r\n");
}

/* The header with its further line before the end. */
static void write_header(struct wr *w, const struct copy *copy)
{
	if (copy->n_gap == 0) {
		wr_bytes(w, copy->header);
		return;
	}
	wr_bytes(w, nats_headers_without_end(copy->header));
	wr_bytes(w, BYTES(copy->gap, copy->n_gap));
	nats_headers_end(w);
}

/* `n` bytes of memory as a buffer that cannot grow. It is filled in where it is: a struct that is
 * built and then copied is read wider than it was written, and such a read waits until the payload
 * of the copy before is out of the processor's store buffer: a quarter of a delivery. */
static void room_init(struct buf *ret, uint8_t *mem, size_t n)
{
	*ret = (struct buf){ .mem = mem, .cap = n, .max = n };
}

/* Header and payload. */
static size_t body_size(const struct letter *l)
{
	return l->header.n + l->payload.n;
}

/* ---- one frame for several ---- */

/* Does the message look the same to both, gaps aside? */
static bool look_alike(const struct sub *a, const struct sub *b, const struct letter *l)
{
	return a->consumer->options.headers == b->consumer->options.headers &&
	       bytes_equal(a->sid, b->sid) &&
	       (a->view == b->view || bytes_equal(subject_seen(a, l), subject_seen(b, l)));
}

/* The message as `s` is to see it, or would if it knew headers. */
static int make_frame(struct sub *s, struct letter *l)
{
	struct frame *f = &l->frame;
	struct copy copy;
	struct buf room;
	struct wr w = wr_to(&room);
	uint8_t *mem;
	int r;

	if (f->owner)
		return 0;
	lay_out(s, l, NULL, &copy);
	copy.header = l->header;
	r = frame_begin(&s->consumer->door->frames, copy_size(l, &copy),
			body_size(l) > FRAME_COMMON_MAX, f, &mem);
	if (r < 0)
		return r;
	room_init(&room, mem, copy_size(l, &copy));
	write_line(&w, s, l, &copy);
	f->n_line = buf_len(&room);
	wr_bytes(&w, l->header);
	f->n_header = l->header.n;
	wr_bytes(&w, l->payload);
	wr_text(&w, "\r\n");
	ASSERT(wr_finish(&w) == 0); /* copy_size() is enough */
	frame_end(&s->consumer->door->frames, f, buf_len(&room));
	l->looks_like = s;
	return 0;
}

/* Can `s` be given the frame from its byte `skip` on? */
static bool can_share(const struct sub *s, const struct letter *l, size_t skip)
{
	return outbox_can_share(&s->consumer->out, l->frame.owner, l->frame.n - skip,
				s->consumer->reserve);
}

static bool fits_whole(const struct sub *s, const struct letter *l, const struct copy *copy)
{
	return copy->n_gap == 0 && copy->header.n == l->header.n &&
	       (s == l->looks_like || look_alike(s, l->looks_like, l));
}

/* Line, and header where the frame's does not serve, are copied; the rest is shared. */
static int put_rest(struct sub *s, struct letter *l, const struct copy *copy)
{
	struct outbox *o = &s->consumer->out;
	bool own_header = copy->n_gap > 0 || copy->header.n != l->header.n;
	size_t n_copy = copy->n_line + (own_header ? copy->header.n + copy->n_gap : 0);
	size_t skip = l->frame.n_line + (own_header ? l->frame.n_header : 0);
	struct buf room;
	struct wr w = wr_to(&room);
	uint8_t *mem;
	int r;

	r = outbox_begin(o, n_copy, &mem);
	if (r < 0)
		return r;
	room_init(&room, mem, n_copy);
	write_line(&w, s, l, copy);
	if (own_header)
		write_header(&w, copy);
	r = wr_finish(&w);
	if (r < 0)
		return r;
	outbox_end(o, buf_len(&room));
	r = outbox_share(o, l->frame.owner, BYTES(l->frame.p + skip, l->frame.n - skip));
	if (r < 0)
		outbox_take_back(o, buf_len(&room));
	return r;
}

static int put_copied(struct sub *s, const struct letter *l, const struct copy *copy)
{
	struct outbox *o = &s->consumer->out;
	size_t n = copy_size(l, copy);
	struct buf room;
	struct wr w = wr_to(&room);
	uint8_t *mem;
	int r;

	r = outbox_begin(o, n, &mem);
	if (r < 0)
		return r;
	room_init(&room, mem, n);
	write_line(&w, s, l, copy);
	write_header(&w, copy);
	wr_bytes(&w, l->payload);
	wr_text(&w, "\r\n");
	r = wr_finish(&w);
	if (r == 0)
		outbox_end(o, buf_len(&room));
	return r;
}

/* A frame is worth while where several see the same, or where there is much to be copied. */
static bool wants_frame(const struct letter *l)
{
	return l->alike || body_size(l) > FRAME_COMMON_MAX ||
	       (l->n_hits > 1 && body_size(l) >= LIMIT_DOOR_SHARED_MIN);
}

static int put(struct sub *s, struct letter *l, const struct copy *copy)
{
	struct outbox *o = &s->consumer->out;

	if (wants_frame(l) && make_frame(s, l) == 0) {
		if (fits_whole(s, l, copy) && can_share(s, l, 0))
			return outbox_share(o, l->frame.owner, BYTES(l->frame.p, l->frame.n));
		if (body_size(l) >= LIMIT_DOOR_SHARED_MIN && can_share(s, l, l->frame.n_line))
			return put_rest(s, l, copy);
	}
	return body_size(l) > FRAME_COMMON_MAX ? -ENOBUFS : put_copied(s, l, copy);
}

/* ---- one subscription ---- */

static void delivered(struct sub *s, const struct letter *l, struct hole *h)
{
	s->consumer->delivered++;
	s->n_delivered++;
	s->consumer->n_accounts -= s->account.n_peers;
	account_count(&s->account, l->via, l->payload.n);
	s->consumer->n_accounts += s->account.n_peers;
	mark_add(s, l, h ? h->from : l->seq);
	if (h)
		hole_close(h);
	if (s->max > 0 && s->n_delivered >= s->max)
		sub_kill(s);
}

/* It did not fit. A hole that cannot be written down would be silent: the connection ends instead,
 * which nobody overlooks. */
static void missed(struct sub *s, const struct letter *l)
{
	int r = hole_dig(s, l);

	if (s->consumer->slow == DOOR_SLOW_DISCONNECT)
		consumer_drop(s->consumer);
	else if (r < 0)
		consumer_close(s->consumer, NULL);
}

static bool has_room(struct sub *s, const struct letter *l, const struct copy *copy)
{
	const struct consumer *c = s->consumer;

	/* The marks are held for it, too: of small messages they are the greater part. */
	return outbox_has_room(&c->out, copy_size(l, copy) + unsent_bytes(&c->unsent), c->reserve);
}

static void deliver_to(struct sub *s, struct letter *l)
{
	struct consumer *c = s->consumer;
	bool was_empty = outbox_is_empty(&c->out);
	struct hole *h = hole_find(s, l->view);
	struct copy copy;
	int r;

	lay_out(s, l, h, &copy);
	if (!has_room(s, l, &copy)) {
		missed(s, l);
		return;
	}
	r = mark_reserve(s);
	if (r == 0)
		r = put(s, l, &copy);
	if (r < 0) {
		missed(s, l);
		return;
	}
	consumer_queued(c, was_empty);
	if (l->question)
		question_asked(l->question, c);
	if (s->serves && l->reply.n > 0)
		reply_ring_add(&c->replies, &c->door->config.random, l->reply);
	delivered(s, l, h);
}

/* A question goes to those who asked for questions: whoever listens to everything would be taken
 * for a validator that never answers. */
static bool may_judge(const struct sub *s, const struct question *q)
{
	return s->validates && q->n_asked < LIMIT_DOOR_VALIDATORS;
}

static bool wants(const struct sub *s, const struct letter *l)
{
	if (l->question && !may_judge(s, l->question))
		return false;
	if (s->is_wide && !s->consumer->rights->is_owner && rights_subject_is_guarded(l->subject))
		return false;
	return !s->dead && consumer_is_open(s->consumer) &&
	       (s->consumer != l->from || s->consumer->options.echo);
}

/* ---- queue groups ---- */

static struct sub *hit(struct door *d, size_t i)
{
	return container_of(d->subjects.hits[i], struct sub, entry);
}

static int by_queue(const void *a, const void *b)
{
	struct subjects_entry *const *x = a, *const *y = b;
	struct bytes p = container_of(*x, struct sub, entry)->queue;
	struct bytes q = container_of(*y, struct sub, entry)->queue;
	int r = memcmp(p.p, q.p, size_min(p.n, q.n));

	return r != 0 ? r : (p.n > q.n) - (p.n < q.n);
}

/* Where the group of hit `first` ends: members stand together. */
static size_t group_end(struct door *d, size_t first, size_t n)
{
	size_t end = first + 1;

	while (end < n && bytes_equal(hit(d, first)->queue, hit(d, end)->queue))
		end++;
	return end;
}

/* Is the last of `n` equals the one? Every one is, equally often. */
static bool draw(uint64_t *io, uint64_t n)
{
	*io = *io * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (*io >> 33) % n == 0;
}

/* Who answers, has least waiting, and has room; of equals anyone. NULL: nobody has room. */
static struct sub *choose(struct door *d, size_t first, size_t n, const struct letter *l)
{
	uint64_t lot = n > 1 ? random_u64(&d->config.random) : 0;
	struct sub *best = NULL;
	uint64_t n_equal = 0;

	for (size_t i = first; i < first + n; i++) {
		struct sub *s = hit(d, i);
		int order = best ? turn_compare(s->consumer, best->consumer) : -1;
		struct copy copy;

		if (!wants(s, l) || order > 0)
			continue;
		lay_out(s, l, hole_find(s, l->view), &copy);
		if (!has_room(s, l, &copy))
			continue;
		n_equal = order < 0 ? 1 : n_equal + 1;
		if (draw(&lot, n_equal))
			best = s;
	}
	return best;
}

static void deliver_turn(struct sub *s, struct letter *l)
{
	struct consumer *c = s->consumer;

	deliver_to(s, l);
	turn_took(c, l->payload.n);
}

/* One member gets it; where none has room, one of them missed it. */
static void deliver_to_group(struct door *d, size_t first, size_t n, struct letter *l)
{
	struct sub *s = choose(d, first, n, l);

	if (s)
		deliver_turn(s, l);
	else
		deliver_to(hit(d, first + (size_t)random_below(&d->config.random, n)), l);
}

/* The first `n` hits, all in groups; returns how many groups. A consumer may be in thousands. */
static size_t deliver_to_groups(struct door *d, size_t n, struct letter *l)
{
	size_t n_groups = 0;

	if (n > 1)
		qsort(d->subjects.hits, n, sizeof(struct subjects_entry *), by_queue);
	for (size_t first = 0; first < n; n_groups++) {
		size_t end = group_end(d, first, n);

		deliver_to_group(d, first, end - first, l);
		first = end;
	}
	return n_groups;
}

size_t deliver(struct door *d, struct letter *l)
{
	size_t n_reached = 0, n_queued = 0;

	ASSERT(!d->delivering);
	d->delivering = true;
	subjects_match(&d->subjects, l->subject);
	l->n_hits = d->subjects.n_hits;
	d->work += (d->subjects.n_steps + d->subjects.n_hits) / LOOKED_AT_PER_WORK;
	l->alike = l->n_hits > 1 && look_alike(hit(d, 0), hit(d, 1), l);
	for (size_t i = 0; i < d->subjects.n_hits; i++) {
		struct sub *s = hit(d, i);

		if (!wants(s, l))
			continue;
		if (s->queue.n > 0) {
			d->subjects.hits[n_queued++] = &s->entry;
			continue;
		}
		deliver_to(s, l);
		n_reached++;
	}
	n_reached += deliver_to_groups(d, n_queued, l);
	d->work += n_reached + n_reached * l->payload.n / BYTES_PER_WORK;
	frame_deinit(&l->frame);
	d->delivering = false;
	return n_reached;
}

bool deliver_in_group(struct door *d, struct letter *l, struct bytes queue)
{
	struct sub *s;
	size_t n = 0;

	ASSERT(!d->delivering);
	d->delivering = true;
	subjects_match(&d->subjects, l->subject);
	for (size_t i = 0; i < d->subjects.n_hits; i++)
		if (bytes_equal(hit(d, i)->queue, queue))
			d->subjects.hits[n++] = d->subjects.hits[i];
	l->n_hits = n;
	s = n > 0 ? choose(d, 0, n, l) : NULL;
	if (s)
		deliver_turn(s, l);
	frame_deinit(&l->frame);
	d->delivering = false;
	return s != NULL;
}
