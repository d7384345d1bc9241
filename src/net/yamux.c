/* The session: its life, and the frames that come in. */

#include "net/yamux_priv.h"

#include <stdlib.h>
#include <string.h>

int yamux_new(bool dialer, const struct yamux_ops *ops, void *user, struct yamux **ret)
{
	struct yamux *y = calloc(1, sizeof(*y));

	if (!y)
		return -ENOMEM;
	y->ops = ops;
	y->user = user;
	y->dialer = dialer;
	y->next_id = dialer ? 1 : 2;
	y->ping_sent_at = MONO_NEVER;
	/* The address is no secret, but not known from outside either, and look-ups give the same
	 * whatever the seed is. */
	map_init(&y->streams, (uintptr_t)y, LIMIT_YAMUX_STREAMS);
	list_init(&y->all);
	list_init(&y->ready);
	list_init(&y->ready_low);
	list_init(&y->control);
	list_init(&y->waiting);
	list_init(&y->due);
	buf_init(&y->resets, LIMIT_YAMUX_RESETS * YAMUX_HEADER_SIZE);
	*ret = y;
	return 0;
}

void yamux_charge_to(struct yamux *y, struct charge *charge)
{
	y->charge = charge;
}

struct yamux *yamux_free(struct yamux *y)
{
	if (!y)
		return NULL;
	y->closed = true;
	while (!list_is_empty(&y->all))
		yamux_stream_free(list_entry(list_first(&y->all), struct yamux_stream, all));
	map_deinit(&y->streams);
	buf_deinit(&y->resets);
	free(y);
	return NULL;
}

void yamux_fail(struct yamux *y, int error)
{
	if (y->failed)
		return;
	y->failed = error;
	y->go_away_due = true;
	y->go_away_code = error > 0 ? YAMUX_GO_AWAY_PROTOCOL : YAMUX_GO_AWAY_INTERNAL;
}

void yamux_go_away(struct yamux *y, uint32_t code)
{
	if (y->going || y->failed || y->closed)
		return;
	y->going = y->go_away_due = true;
	y->go_away_code = code;
}

void yamux_linger(struct yamux *y, bool on)
{
	y->linger = on;
}

bool yamux_has_gone(const struct yamux *y)
{
	return y->going && !y->go_away_due;
}

void yamux_close(struct yamux *y)
{
	y->closed = true;
	while (!list_is_empty(&y->all))
		yamux_stream_end(list_entry(list_first(&y->all), struct yamux_stream, all),
				 YAMUX_END_SESSION, 0);
}

size_t yamux_queued(const struct yamux *y)
{
	return y->queued;
}

size_t yamux_n_streams(const struct yamux *y)
{
	return y->streams.n;
}

/* ---- round trips ---- */

void yamux_ping(struct yamux *y, struct mono now)
{
	if (y->ping_out)
		return;
	y->ping_out = y->ping_due = true;
	y->ping_value++;
	y->ping_sent_at = now;
}

struct mono yamux_ping_sent_at(const struct yamux *y)
{
	return y->ping_sent_at;
}

uint64_t yamux_rtt_ns(const struct yamux *y)
{
	return y->rtt_ns;
}

static void on_pong(struct yamux *y, uint32_t value)
{
	uint64_t rtt;

	if (!y->ping_out || y->ping_due || value != y->ping_value)
		return;
	rtt = mono_since_ns(y->ping_sent_at, y->now);
	y->rtt_ns = rtt > 0 ? rtt : 1;
	y->ping_out = false;
	y->ping_sent_at = MONO_NEVER;
	if (y->ops->on_pong)
		y->ops->on_pong(y->user, y->rtt_ns);
}

static void on_ping(struct yamux *y, const struct yamux_header *h)
{
	if (h->flags & YAMUX_SYN) {
		if (y->n_pongs < LIMIT_YAMUX_PONGS)
			y->pongs[y->n_pongs++] = h->length;
	} else if (h->flags & YAMUX_ACK) {
		on_pong(y, h->length);
	} else {
		yamux_fail(y, YAMUX_E_FLAGS);
	}
}

static void on_go_away(struct yamux *y, uint32_t code)
{
	if (y->peer_going)
		return;
	y->peer_going = true;
	if (y->ops->on_go_away)
		y->ops->on_go_away(y->user, code);
}

/* ---- frames of streams; y->stream is the one they are for, and NULL as soon as it is gone ---- */

static void on_syn(struct yamux *y, uint32_t id)
{
	struct yamux_stream *s;
	int r;

	if ((id % 2 == 1) == y->dialer || yamux_stream_find(y, id)) {
		yamux_fail(y, YAMUX_E_STREAM_ID);
		return;
	}
	if (!yamux_make_place(y) || charge_room(y->charge) < LIMIT_STREAM_COST) {
		yamux_queue_reset(y, id, 0);
		return;
	}
	r = yamux_stream_new(y, id, &s);
	if (r < 0) {
		yamux_fail(y, r);
		return;
	}
	s->ack_due = true;
	yamux_stream_owes(s);
	y->stream = s;
	y->ops->on_stream(y->user, s);
}

/* Finds or makes the stream and obeys RST. False: the session has failed. */
static bool begin_stream_frame(struct yamux *y, const struct yamux_header *h)
{
	y->stream = NULL;
	if (h->stream_id == 0)
		yamux_fail(y, YAMUX_E_STREAM_ID);
	else if (h->flags & YAMUX_SYN)
		on_syn(y, h->stream_id);
	else
		y->stream = yamux_stream_find(y, h->stream_id);

	if (y->stream)
		yamux_stream_acked(y->stream);
	/* On a window update the length of a reset is its code, not credit. */
	if (y->stream && (h->flags & YAMUX_RST))
		yamux_stream_end(y->stream, YAMUX_END_RESET,
				 h->type == YAMUX_WINDOW_UPDATE ? h->length : 0);
	return !y->failed;
}

static void on_fin(struct yamux *y)
{
	struct yamux_stream *s = y->stream;

	if (s->fin_received)
		return;
	s->fin_received = true;
	if (!s->forgotten && y->ops->on_eof)
		y->ops->on_eof(s->user, s);
	if (y->stream && s->fin_sent && !s->ended)
		yamux_stream_end(s, YAMUX_END_DONE, 0);
}

static void end_stream_frame(struct yamux *y, bool fin)
{
	if (y->stream && fin)
		on_fin(y);
	y->stream = NULL;
}

static void on_data_frame(struct yamux *y, const struct yamux_header *h)
{
	if (h->length > LIMIT_YAMUX_FRAME_IN) {
		yamux_fail(y, YAMUX_E_FRAME);
		return;
	}
	if (!begin_stream_frame(y, h))
		return;
	/* What follows a FIN is drained like what belongs to nobody. */
	if (y->stream && y->stream->fin_received)
		y->stream = NULL;
	if (y->stream && h->length > y->stream->recv_window) {
		yamux_fail(y, YAMUX_E_WINDOW);
		return;
	}
	if (y->stream)
		y->stream->recv_window -= h->length;
	y->frame_left = h->length;
	y->frame_fin = h->flags & YAMUX_FIN;
	if (h->length == 0)
		end_stream_frame(y, y->frame_fin);
}

static void on_window_update(struct yamux *y, const struct yamux_header *h)
{
	struct yamux_stream *s;

	if (!begin_stream_frame(y, h))
		return;
	s = y->stream;
	if (s && h->length > UINT32_MAX - s->send_window) {
		yamux_fail(y, YAMUX_E_WINDOW);
		return;
	}
	if (s) {
		s->send_window += h->length;
		yamux_stream_update(s);
	}
	end_stream_frame(y, h->flags & YAMUX_FIN);
}

/* ---- bytes ---- */

static const int header_errors[] = {
	[YAMUX_HEADER_E_VERSION] = YAMUX_E_VERSION,
	[YAMUX_HEADER_E_TYPE] = YAMUX_E_TYPE,
	[YAMUX_HEADER_E_FLAGS] = YAMUX_E_FLAGS,
};

static void on_header(struct yamux *y, struct bytes b)
{
	struct yamux_header h;
	int r = yamux_header_decode(b, &h);

	if (r != 0) {
		yamux_fail(y, r < 0 ? r : header_errors[r]);
		return;
	}
	switch (h.type) {
	case YAMUX_DATA:
		on_data_frame(y, &h);
		break;
	case YAMUX_WINDOW_UPDATE:
		on_window_update(y, &h);
		break;
	case YAMUX_PING:
		on_ping(y, &h);
		break;
	case YAMUX_GO_AWAY:
		on_go_away(y, h.length);
		break;
	}
}

/* Answers how much of `b` it took, as read_payload() does. */
static size_t read_header(struct yamux *y, struct bytes b)
{
	size_t n = size_min(YAMUX_HEADER_SIZE - y->header_n, b.n);

	if (n == YAMUX_HEADER_SIZE) {
		on_header(y, BYTES(b.p, n));
		return n;
	}
	memcpy(y->header + y->header_n, b.p, n);
	y->header_n += (uint8_t)n;
	if (y->header_n == YAMUX_HEADER_SIZE) {
		y->header_n = 0;
		on_header(y, BYTES(y->header, YAMUX_HEADER_SIZE));
	}
	return n;
}

static size_t read_payload(struct yamux *y, struct bytes b)
{
	size_t n = size_min(y->frame_left, b.n);

	y->frame_left -= (uint32_t)n;
	if (y->stream && !y->stream->forgotten && y->ops->on_data)
		y->ops->on_data(y->stream->user, y->stream, BYTES(b.p, n));
	if (y->stream)
		yamux_window_update(y->stream);
	if (y->frame_left == 0)
		end_stream_frame(y, y->frame_fin);
	return n;
}

int yamux_input(struct yamux *y, struct bytes b, struct mono now)
{
	y->now = now;
	while (b.n > 0 && !y->failed && !y->closed) {
		size_t n = y->frame_left > 0 ? read_payload(y, b) : read_header(y, b);

		b = BYTES(b.p + n, b.n - n);
	}
	if (!y->failed && !y->closed)
		yamux_events(y);
	return y->failed;
}
