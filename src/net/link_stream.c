#include "net/link_priv.h"

#include <stdlib.h>

#include "wire/wr.h"

/* A stream's life before its protocol is agreed, and until what was written before that has gone to
 * yamux; not kept longer. */
struct negotiation {
	struct mss mss;
	bool agreed;
	bool lazy;            /* its user does not wait for the answer */
	struct mono deadline; /* MONO_NEVER until the next tick stamps it */
	struct buf pending;   /* written by the user, to leave after the agreement */
	const char *lazy_proposals[2];
};

struct stream {
	struct link *link;
	struct yamux_stream *ys;      /* NULL: dead */
	const struct stream_ops *ops; /* NULL: inbound, not accepted yet */
	void *user;
	struct negotiation *negotiation;
	struct list node; /* in link->negotiating or link->dead */
	bool outbound;
	bool is_closed;      /* by the user */
	bool is_forgotten;   /* while its negotiation goes on */
	bool wants_writable; /* `pending` was full */
};

/* For streams whose users have gone. */
static const struct stream_ops nobody;

static size_t total_of(const struct bytes *v, size_t n_v)
{
	size_t total = 0;

	for (size_t i = 0; i < n_v; i++)
		total += v[i].n;
	return total;
}

static bool stream_is_negotiating(const struct stream *s)
{
	return s->negotiation && !s->negotiation->agreed;
}

/* What its user writes does not go to yamux yet. */
static bool stream_waits(const struct stream *s)
{
	return s->negotiation && !s->negotiation->lazy;
}

/* ---- life ---- */

static struct stream *stream_new(struct link *l, bool outbound)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct negotiation *n = calloc(1, sizeof(*n));

	if (!s || !n) {
		free(s);
		free(n);
		return NULL;
	}
	buf_init(&n->pending, LIMIT_STREAM_PENDING);
	n->deadline = MONO_NEVER;
	s->link = l;
	s->outbound = outbound;
	s->negotiation = n;
	list_init(&s->node);
	return s;
}

static struct negotiation *negotiation_free(struct negotiation *n)
{
	if (!n)
		return NULL;
	mss_deinit(&n->mss);
	buf_deinit(&n->pending);
	free(n);
	return NULL;
}

static void stream_end_negotiation(struct stream *s)
{
	if (!s->negotiation)
		return;
	list_remove(&s->node);
	s->link->n_pending -= buf_len(&s->negotiation->pending);
	charge_give(&s->link->charge, BUDGET_SEND, buf_len(&s->negotiation->pending));
	s->negotiation = negotiation_free(s->negotiation);
	link_say_goodbye(s->link);
}

/* Out of all lists now; freed when no callback can be looking at it. */
static void stream_die(struct stream *s)
{
	stream_end_negotiation(s);
	s->ys = NULL;
	if (s->link->depth > 0)
		list_add_tail(&s->link->dead, &s->node);
	else
		free(s);
}

void link_streams_reap(struct link *l)
{
	list_for_each_safe (it, &l->dead) {
		list_remove(it);
		free(list_entry(it, struct stream, node));
	}
}

/* The end that its user hears of. */
static void stream_end(struct stream *s, enum stream_end end, uint32_t code)
{
	if (s->ops && s->ops->on_closed)
		s->ops->on_closed(s->user, s, end, code);
	stream_die(s);
}

static void stream_fail(struct stream *s, enum stream_end end)
{
	struct yamux_stream *ys = s->ys;

	yamux_stream_reset(ys, 0);
	stream_end(s, end, 0);
}

/* Our answer leaves, then our FIN; what comes is drained. */
static void stream_end_gently(struct stream *s)
{
	yamux_stream_close(s->ys);
	yamux_stream_forget(s->ys);
	stream_die(s);
}

/* ---- negotiation ---- */

static void stream_start_negotiation(struct stream *s)
{
	struct link *l = s->link;

	list_add_tail(&l->negotiating, &s->node);
	l->has_unstamped = true;
}

static int stream_send_text(struct stream *s, struct buf *text)
{
	struct bytes v = buf_data(text);

	return v.n > 0 ? yamux_stream_write(s->ys, &v, 1) : 0;
}

/*
 * What was written before the agreement. When the link is full it waits on, and yamux's on_writable
 * brings us back.
 */
static void stream_flush_pending(struct stream *s)
{
	struct bytes v = buf_data(&s->negotiation->pending);
	int r = v.n > 0 ? yamux_stream_write(s->ys, &v, 1) : 0;

	if (r == -EAGAIN)
		return;
	stream_end_negotiation(s);
	if (r == -ENOMEM)
		link_end(s->link, LINK_NO_MEMORY);
	if (s->is_closed)
		yamux_stream_close(s->ys);
	if (s->is_forgotten) {
		yamux_stream_forget(s->ys);
		stream_die(s);
	}
	link_wants_output(s->link);
}

static void stream_on_data(struct stream *s, struct bytes b)
{
	if (b.n > 0 && s->ops->on_data)
		s->ops->on_data(s->user, s, b);
}

static void stream_tell_writable(struct stream *s)
{
	s->wants_writable = false;
	if (s->ops && s->ops->on_writable)
		s->ops->on_writable(s->user, s);
}

static void stream_on_agreed_outbound(struct stream *s, struct bytes rest)
{
	struct bytes protocol = mss_protocol(&s->negotiation->mss);

	s->negotiation->agreed = true;
	list_remove(&s->node);
	stream_flush_pending(s);
	if (s->ys && s->ops->on_open)
		s->ops->on_open(s->user, s, protocol);
	if (s->ys && s->wants_writable && !s->negotiation)
		stream_tell_writable(s);
	if (s->ys)
		stream_on_data(s, rest);
}

static void stream_on_agreed_inbound(struct stream *s, struct bytes rest)
{
	struct link *l = s->link;
	/* Kept until the owner has seen the name. */
	struct negotiation *n = TAKE_PTR(s->negotiation);

	list_remove(&s->node);
	l->counts.streams_in++;
	l->config->ops->on_stream(l->config->user, l, s, mss_protocol(&n->mss));
	negotiation_free(n);
	if (s->ys && !s->ops)
		stream_reset(s, 0);
	if (s->ys)
		stream_on_data(s, rest);
}

static void stream_on_negotiation(struct stream *s, struct bytes b)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	int r;

	buf_init(&text, LIMIT_MSS_ANSWERS);
	r = mss_input(&s->negotiation->mss, &b, &text);
	if (stream_send_text(s, &text) < 0) {
		stream_fail(s, STREAM_RESET);
		return;
	}
	switch (r) {
	case 0:
		return;
	case MSS_AGREED:
		if (s->outbound)
			stream_on_agreed_outbound(s, b);
		else
			stream_on_agreed_inbound(s, b);
		return;
	case MSS_UNSERVED:
		stream_end_gently(s);
		return;
	default:
		stream_fail(s, STREAM_REFUSED);
	}
}

/* ---- what yamux reports ---- */

static void on_stream(void *user, struct yamux_stream *ys)
{
	struct link *l = user;
	struct stream *s = stream_new(l, false);

	if (!s) {
		yamux_stream_reset(ys, 0);
		return;
	}
	s->ys = ys;
	yamux_stream_set_user(ys, s);
	mss_init_listener(&s->negotiation->mss, l->config->serves, l->config->user);
	stream_start_negotiation(s);
}

static void on_data(void *user, struct yamux_stream *ys __attribute__((unused)), struct bytes b)
{
	struct stream *s = user;

	if (stream_is_negotiating(s))
		stream_on_negotiation(s, b);
	else
		stream_on_data(s, b);
}

static void on_eof(void *user, struct yamux_stream *ys __attribute__((unused)))
{
	struct stream *s = user;

	if (!stream_is_negotiating(s)) {
		if (s->ops->on_eof)
			s->ops->on_eof(s->user, s);
		return;
	}
	/* What was asked has been answered: a FIN behind a whole proposal finds no negotiation any
	 * more. */
	if (s->outbound)
		stream_fail(s, STREAM_REFUSED);
	else
		stream_end_gently(s);
}

static void on_writable(void *user, struct yamux_stream *ys __attribute__((unused)))
{
	struct stream *s = user;

	if (s->negotiation && s->negotiation->agreed)
		stream_flush_pending(s);
	if (s->ys && !stream_waits(s))
		stream_tell_writable(s);
}

static void on_end(void *user, struct yamux_stream *ys __attribute__((unused)), enum yamux_end end,
		   uint32_t code)
{
	struct stream *s = user;

	switch (end) {
	case YAMUX_END_DONE:
		stream_end(s, stream_is_negotiating(s) ? STREAM_REFUSED : STREAM_DONE, 0);
		break;
	case YAMUX_END_RESET:
		stream_end(s, STREAM_RESET, code);
		break;
	case YAMUX_END_SESSION:
		stream_end(s, STREAM_LINK_DOWN, 0);
		break;
	}
}

static void on_pong(void *user, uint64_t rtt_ns)
{
	struct link *l = user;

	l->config->ops->on_rtt(l->config->user, l, rtt_ns);
}

static void on_go_away(void *user, uint32_t code __attribute__((unused)))
{
	link_on_going(user);
}

const struct yamux_ops link_yamux_ops = {
	.on_stream = on_stream,
	.on_data = on_data,
	.on_eof = on_eof,
	.on_writable = on_writable,
	.on_end = on_end,
	.on_pong = on_pong,
	.on_go_away = on_go_away,
};

/* ---- time ---- */

static struct stream *first_negotiating(const struct link *l)
{
	return list_is_empty(&l->negotiating)
		       ? NULL
		       : list_entry(l->negotiating.next, struct stream, node);
}

struct mono link_streams_deadline(const struct link *l)
{
	struct stream *first = first_negotiating(l);

	if (l->has_unstamped)
		return (struct mono){ 0 };
	return first ? first->negotiation->deadline : MONO_NEVER;
}

static void stamp(struct link *l)
{
	struct mono at = mono_add_ms(l->now, LIMIT_STREAM_NEGOTIATE_MS);

	/* The unstamped ones are the youngest. */
	for (struct list *it = l->negotiating.prev; it != &l->negotiating; it = it->prev) {
		struct negotiation *n = list_entry(it, struct stream, node)->negotiation;

		if (!mono_is_never(n->deadline))
			break;
		n->deadline = at;
	}
	l->has_unstamped = false;
}

void link_streams_tick(struct link *l)
{
	struct stream *s;

	if (l->has_unstamped)
		stamp(l);
	while ((s = first_negotiating(l)) && mono_reached(s->negotiation->deadline, l->now))
		stream_fail(s, STREAM_TIMEOUT);
}

/* ---- opening ---- */

static int stream_open(struct link *l, struct stream *s)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	int r;

	if (l->state != LINK_STATE_UP || link_is_going(l))
		return -ESHUTDOWN;
	buf_init(&text, LIMIT_MSS_ANSWERS);
	r = mss_start(&s->negotiation->mss, &text);
	if (r < 0)
		return r;
	r = yamux_open(l->yamux, s, &s->ys);
	if (r < 0)
		return r;
	r = stream_send_text(s, &text);
	if (r < 0) {
		yamux_stream_reset(s->ys, 0);
		return r;
	}
	stream_start_negotiation(s);
	l->counts.streams_out++;
	link_wants_output(l);
	return 0;
}

static int open_negotiated(struct link *l, struct stream *s, const struct stream_ops *ops,
			   void *user, struct stream **ret)
{
	int r;

	s->ops = ops;
	s->user = user;
	r = stream_open(l, s);
	if (r < 0) {
		stream_die(s);
		return r;
	}
	*ret = s;
	return 0;
}

int link_open_stream(struct link *l, const char *const *protocols, const struct stream_ops *ops,
		     void *user, struct stream **ret)
{
	struct stream *s = stream_new(l, true);

	if (!s)
		return -ENOMEM;
	mss_init_dialer(&s->negotiation->mss, protocols);
	return open_negotiated(l, s, ops, user, ret);
}

int link_open_stream_lazy(struct link *l, const char *protocol, const struct stream_ops *ops,
			  void *user, struct stream **ret)
{
	struct stream *s = stream_new(l, true);

	if (!s)
		return -ENOMEM;
	s->negotiation->lazy = true;
	s->negotiation->lazy_proposals[0] = protocol;
	mss_init_dialer(&s->negotiation->mss, s->negotiation->lazy_proposals);
	return open_negotiated(l, s, ops, user, ret);
}

/* ---- the user's side ---- */

void stream_accept(struct stream *s, const struct stream_ops *ops, void *user)
{
	s->ops = ops;
	s->user = user;
}

struct link *stream_link(const struct stream *s)
{
	return s->link;
}

static size_t room_in_memory(const struct link *l)
{
	size_t room = charge_room(&l->charge);

	return link_queued(l) == 0 ? size_max(room, charge_room_alone(&l->charge)) : room;
}

static int stream_write_pending(struct stream *s, const struct bytes *v, size_t n_v, size_t total)
{
	struct buf *pending = &s->negotiation->pending;
	struct wr w = wr_to(pending);
	uint8_t *at;
	int r;

	if (total == 0)
		return 0;
	if ((buf_len(pending) > 0 && total > buf_room(pending)) ||
	    link_queued(s->link) + total > LIMIT_LINK_SEND || total > room_in_memory(s->link)) {
		s->wants_writable = true;
		return -EAGAIN;
	}
	r = buf_reserve(pending, total, &at);
	if (r < 0)
		return r == -ENOBUFS ? -EMSGSIZE : r;
	for (size_t i = 0; i < n_v; i++)
		wr_bytes(&w, v[i]);
	s->link->n_pending += total;
	charge_take(&s->link->charge, BUDGET_SEND, total);
	return wr_finish(&w); /* there was room for all of it */
}

int stream_write(struct stream *s, const struct bytes *v, size_t n_v)
{
	struct link *l = s->link;
	int r;

	if (l->closing || s->is_closed)
		return -EPIPE;
	if (stream_waits(s))
		return stream_write_pending(s, v, n_v, total_of(v, n_v));
	r = yamux_stream_write(s->ys, v, n_v);
	if (r == 0)
		link_wants_output(l);
	return r;
}

size_t stream_queued(const struct stream *s)
{
	return yamux_stream_queued(s->ys) +
	       (s->negotiation ? buf_len(&s->negotiation->pending) : 0);
}

void stream_close(struct stream *s)
{
	if (s->is_closed)
		return;
	s->is_closed = true;
	if (stream_waits(s))
		return;
	yamux_stream_close(s->ys);
	link_wants_output(s->link);
}

void stream_reset(struct stream *s, uint32_t code)
{
	struct link *l = s->link;

	yamux_stream_reset(s->ys, code);
	stream_die(s);
	link_wants_output(l);
}

void stream_forget(struct stream *s)
{
	struct link *l = s->link;

	if (stream_waits(s) && s->outbound) {
		/* What was written is still to leave, when it may. */
		s->is_forgotten = s->is_closed = true;
		s->ops = &nobody;
		s->user = NULL;
		return;
	}
	yamux_stream_forget(s->ys);
	stream_die(s);
	link_wants_output(l);
}

void stream_hold(struct stream *s, bool hold)
{
	yamux_stream_hold(s->ys, hold);
	link_wants_output(s->link);
}

void stream_set_low(struct stream *s, bool low)
{
	yamux_stream_set_low(s->ys, low);
}
