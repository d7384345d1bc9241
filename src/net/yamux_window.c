/*
 * The credit we give. A stream's window starts at 256 KiB; credit goes back when half of it is used
 * up, and when that took less than four round trips the window doubles: it was the window that held
 * the sender up. No window grows while memory is short.
 */

#include "net/yamux_priv.h"

/* On a fast network a round trip is shorter than one turn of a busy loop, and it is the turns that
 * the window must bridge. */
#define RTT_MIN_NS NS_PER_MS

/* What came and was consumed, but is not credited yet. */
static uint32_t used(const struct yamux_stream *s)
{
	const struct yamux *y = s->y;
	uint32_t under_way = y->stream == s ? y->frame_left : 0;

	return s->recv_max - s->recv_window - under_way;
}

void yamux_window_update(struct yamux_stream *s)
{
	if (s->hold || s->fin_received || s->credit_due || used(s) < s->recv_max / 2)
		return;
	s->credit_due = true;
	yamux_stream_owes(s);
}

static bool used_fast(const struct yamux_stream *s)
{
	const struct yamux *y = s->y;
	uint64_t rtt = y->rtt_ns > RTT_MIN_NS ? y->rtt_ns : RTT_MIN_NS;

	return y->rtt_ns > 0 && mono_since_ns(s->window_since, y->now) / 4 < rtt;
}

static void grow(struct yamux_stream *s)
{
	struct yamux *y = s->y;
	size_t more = size_min(s->recv_max, LIMIT_YAMUX_WINDOW - s->recv_max);

	more = size_min(more, LIMIT_YAMUX_WINDOW_LINK - y->window_more);
	s->recv_max += (uint32_t)more;
	y->window_more += more;
}

uint32_t yamux_window_take(struct yamux_stream *s)
{
	uint32_t credit;

	s->credit_due = false;
	if (s->hold || s->fin_received)
		return 0;
	if (used_fast(s) && !charge_is_short(s->y->charge))
		grow(s);
	credit = used(s);
	s->recv_window += credit;
	s->window_since = s->y->now;
	return credit;
}

void yamux_window_give_back(struct yamux_stream *s)
{
	s->y->window_more -= s->recv_max - YAMUX_WINDOW_INITIAL;
	s->recv_max = YAMUX_WINDOW_INITIAL;
}
