/*
 * What leaves: the session's own frames, then what streams owe, then data, one frame of each ready
 * stream in turn (those of low priority when no other is ready), and the GoAway when all of that is
 * said: others end the session when they read it, whatever comes behind. A frame's memory is
 * reserved before anything changes, so that running out of it loses nothing.
 */

#include "net/yamux_priv.h"

/* A budget that is almost used up is not worth a frame of its own. */
#define PAYLOAD_MIN 512

/* Resets, pongs, ping and go-away, and one small frame of data. */
_Static_assert((LIMIT_YAMUX_RESETS + LIMIT_YAMUX_PONGS + 3) * YAMUX_HEADER_SIZE + PAYLOAD_MIN <=
		       YAMUX_OUTPUT_OVER,
	       "more than is told");

struct output {
	struct buf *out;
	size_t end;   /* buf_len(out) at which enough is written */
	bool no_room; /* the buffer or the memory is full */
};

static bool is_full(const struct output *o)
{
	return o->no_room || buf_len(o->out) >= o->end;
}

/* Room for a frame with `n` bytes of payload; NULL: none now. */
static uint8_t *frame_begin(struct output *o, const struct yamux_header *h, size_t n)
{
	struct wr w = wr_to(o->out);
	uint8_t *at;

	if (buf_reserve(o->out, YAMUX_HEADER_SIZE + n, &at) < 0) {
		o->no_room = true;
		return NULL;
	}
	/* Cannot fail: the room is there. */
	yamux_header_encode(h, &w);
	ASSERT(wr_finish(&w) == 0);
	return at + YAMUX_HEADER_SIZE;
}

static bool put(struct output *o, enum yamux_type type, uint16_t flags, uint32_t id,
		uint32_t length)
{
	struct yamux_header h = { .type = type, .flags = flags, .stream_id = id, .length = length };

	return frame_begin(o, &h, 0) != NULL;
}

static void put_pongs(struct yamux *y, struct output *o)
{
	size_t n = 0;

	while (n < y->n_pongs && !o->no_room)
		n += put(o, YAMUX_PING, YAMUX_ACK, 0, y->pongs[n]);
	y->n_pongs -= n;
	for (size_t i = 0; i < y->n_pongs; i++)
		y->pongs[i] = y->pongs[n + i];
}

static void put_session(struct yamux *y, struct output *o)
{
	put_pongs(y, o);
	if (y->ping_due && put(o, YAMUX_PING, YAMUX_SYN, 0, y->ping_value))
		y->ping_due = false;
	if (buf_len(&y->resets) > 0 && !o->no_room) {
		struct bytes b = buf_data(&y->resets);

		if (buf_append(o->out, b.p, b.n) == 0)
			buf_deinit(&y->resets);
		else
			o->no_room = true;
	}
}

/* SYN or ACK travel on a window update, which also carries credit that is due. */
static void put_control(struct yamux *y, struct output *o)
{
	while (!is_full(o) && !list_is_empty(&y->control)) {
		struct yamux_stream *s =
			list_entry(list_first(&y->control), struct yamux_stream, control);
		uint16_t flags = s->syn_due ? YAMUX_SYN : s->ack_due ? YAMUX_ACK : 0;
		struct yamux_header h = { .type = YAMUX_WINDOW_UPDATE,
					  .flags = flags,
					  .stream_id = s->id };
		uint8_t *at;

		if (buf_reserve(o->out, YAMUX_HEADER_SIZE, &at) < 0) {
			o->no_room = true;
			return;
		}
		list_remove(&s->control);
		s->syn_due = s->ack_due = false;
		if (s->credit_due)
			h.length = yamux_window_take(s);
		if (h.flags || h.length)
			(void)frame_begin(o, &h, 0);
	}
}

static void put_fin(struct yamux_stream *s, struct output *o)
{
	if (!put(o, YAMUX_WINDOW_UPDATE, YAMUX_FIN, s->id, 0))
		return;
	s->fin_sent = true;
	yamux_stream_update(s);
	if (s->fin_received)
		yamux_stream_finish(s);
}

static void put_data(struct yamux_stream *s, struct output *o)
{
	struct yamux *y = s->y;
	size_t left = o->end - buf_len(o->out);
	size_t n = left > YAMUX_HEADER_SIZE + PAYLOAD_MIN ? left - YAMUX_HEADER_SIZE : PAYLOAD_MIN;
	struct yamux_header h = { .type = YAMUX_DATA, .stream_id = s->id };
	uint8_t *at;

	n = size_min(size_min(n, LIMIT_YAMUX_FRAME), size_min(s->queue.n, s->send_window));
	h.length = (uint32_t)n;
	at = frame_begin(o, &h, n);
	if (!at)
		return;
	send_queue_take(&s->queue, at, n);
	buf_commit(o->out, n);
	s->send_window -= (uint32_t)n;
	yamux_dequeued(y, n);
	list_remove(&s->ready);
	yamux_stream_update(s);
}

static void put_go_away(struct yamux *y, struct output *o)
{
	if (y->go_away_due && put(o, YAMUX_GO_AWAY, 0, 0, y->go_away_code))
		y->go_away_due = false;
}

/* Whatever the session still says but its GoAway; what waits for the peer's credit is not meant. */
static bool has_frames(const struct yamux *y)
{
	return y->n_pongs > 0 || y->ping_due || buf_len(&y->resets) > 0 ||
	       !list_is_empty(&y->control) || !list_is_empty(&y->ready) ||
	       !list_is_empty(&y->ready_low);
}

/* The stream whose turn it is to send; NULL: none. */
static struct yamux_stream *next_ready(struct yamux *y)
{
	struct list *first = list_first(&y->ready);

	if (!first)
		first = list_first(&y->ready_low);
	return first ? list_entry(first, struct yamux_stream, ready) : NULL;
}

static bool waits_for_fin(const struct yamux *y)
{
	list_for_each (it, &y->all) {
		const struct yamux_stream *s = list_entry(it, struct yamux_stream, all);

		if (s->fin_sent && !s->fin_received)
			return true;
	}
	return false;
}

static bool go_away_is_next(const struct yamux *y)
{
	return y->go_away_due && (y->failed || (y->queued == 0 && !has_frames(y)));
}

bool yamux_is_lingering(const struct yamux *y)
{
	return go_away_is_next(y) && y->linger && !y->failed && waits_for_fin(y);
}

static bool go_away_may_leave(const struct yamux *y)
{
	return go_away_is_next(y) && !yamux_is_lingering(y);
}

bool yamux_output(struct yamux *y, struct buf *out, size_t max)
{
	size_t before = buf_len(out);
	struct output o = { .out = out, .end = before + size_max(max, 1) };
	struct yamux_stream *s;

	if (!y->failed) {
		put_session(y, &o);
		put_control(y, &o);
	}
	while (!y->failed && !is_full(&o) && (s = next_ready(y))) {
		if (s->queue.n > 0)
			put_data(s, &o);
		else
			put_fin(s, &o);
	}
	if (go_away_may_leave(y))
		put_go_away(y, &o);
	yamux_wake_waiting(y);
	return buf_len(out) > before;
}

bool yamux_has_output(const struct yamux *y)
{
	return (!y->failed && has_frames(y)) || go_away_may_leave(y);
}
