#include "route/streams_priv.h"

#define STALL_BYTES ((uint64_t)LIMIT_STALL_RATE * LIMIT_STALL_MS / 1000)

static void inbound_close(struct inbound *in)
{
	loop_timer_stop(in->session->gs->config.loop, &in->stall);
	charge_adjust(in->charge, BUDGET_RECEIVE, &in->charged, 0);
	gossip_reader_deinit(&in->reader);
	in->stream = NULL;
}

static void inbound_reset(struct inbound *in)
{
	if (!in->stream)
		return;
	stream_reset(in->stream, 0);
	inbound_close(in);
}

/* From now on the rest of an RPC that began at `since` is waited for, `n` bytes of it are here. */
static void watch_stall(struct inbound *in, struct mono since, uint64_t n)
{
	in->window_at = since;
	in->window_received = in->n_received - n;
	loop_timer_set(in->session->gs->config.loop, &in->stall,
		       mono_add_ms(since, LIMIT_STALL_MS));
}

static void on_stall(struct timer *t)
{
	struct inbound *in = container_of(t, struct inbound, stall);
	struct gossip_streams *gs = in->session->gs;
	struct mono since, now = streams_now(gs);
	size_t pending = gossip_reader_pending(&in->reader, &since);

	in->window_at = MONO_NEVER;
	if (pending == 0)
		return;
	if (mono_since_ms(since, now) < LIMIT_STALL_MS) {
		watch_stall(in, since, pending);
	} else if (in->n_received - in->window_received >= STALL_BYTES) {
		watch_stall(in, now, 0);
	} else {
		gs->counts.stalled++;
		net_link_abort(stream_link(in->stream), LINK_STALLED);
	}
}

/* What has come of an RPC is held for the peer. False: it has no right to so much. */
static bool charge_pending(struct inbound *in, size_t n)
{
	charge_adjust(in->charge, BUDGET_RECEIVE, &in->charged, n);
	return n <= LIMIT_BUDGET_SMALL || charge_room(in->charge) > 0;
}

static void on_in_data(void *user, struct stream *stream, struct bytes b)
{
	struct inbound *in = user;
	struct session *s = in->session;
	struct gossip_streams *gs = s->gs;
	struct mono since;
	size_t pending;
	int r;

	(void)stream;
	in->n_received += b.n;
	gs->reading = s;
	r = gossip_input(gs->engine, s->gossip, &in->reader, b, streams_now(gs));
	gs->reading = NULL;
	/* Who sends long ones takes them. */
	if (!s->sent_big && gossip_peer_rpc_longest(s->gossip) > LIMIT_GOSSIP_RPC_UNKNOWN) {
		s->sent_big = true;
		outbound_update_rpc_max(s);
	}
	streams_update_timer(gs);
	if (r != 0) {
		gs->counts.reset_malformed += r > 0;
		inbound_reset(in);
		return;
	}
	pending = gossip_reader_pending(&in->reader, &since);
	if (!charge_pending(in, pending)) {
		gs->counts.reset_over_budget++;
		inbound_reset(in);
		return;
	}
	if (pending > 0 && mono_is_never(in->window_at))
		watch_stall(in, since, pending);
}

static void on_in_eof(void *user, struct stream *stream)
{
	(void)user;
	stream_close(stream);
}

static void on_in_closed(void *user, struct stream *stream, enum stream_end end, uint32_t code)
{
	(void)stream;
	(void)end;
	(void)code;
	inbound_close(user);
}

static const struct stream_ops in_ops = {
	.on_data = on_in_data,
	.on_eof = on_in_eof,
	.on_closed = on_in_closed,
};

/* A free place, or the oldest. */
static struct inbound *inbound_place(struct session *s)
{
	struct inbound *oldest = &s->inbound[0];

	for (size_t i = 0; i < LIMIT_GOSSIP_INBOUND; i++) {
		if (!s->inbound[i].stream)
			return &s->inbound[i];
		if (s->inbound[i].number < oldest->number)
			oldest = &s->inbound[i];
	}
	inbound_reset(oldest);
	return oldest;
}

void inbound_accept(struct session *s, struct stream *stream)
{
	struct inbound *in = inbound_place(s);

	*in = (struct inbound){
		.session = s,
		.stream = stream,
		.charge = link_charge(stream_link(stream)),
		.number = ++s->gs->n_inbound,
		.stall = { .fire = on_stall },
		.window_at = MONO_NEVER,
	};
	gossip_reader_init(&in->reader);
	s->gs->counts.accepted++;
	stream_accept(stream, &in_ops, in);
	/*
	 * go forgets our topics when its own stream to us dies, opens a new one and does not ask: a
	 * new stream of theirs is answered with all of our subscriptions, which costs little.
	 */
	if (s->out)
		gossip_peer_resend(s->gs->engine, s->gossip);
}

void inbound_deinit(struct session *s)
{
	for (size_t i = 0; i < LIMIT_GOSSIP_INBOUND; i++)
		inbound_reset(&s->inbound[i]);
}
