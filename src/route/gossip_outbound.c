#include <string.h>

#include "route/streams_priv.h"

#define REOPEN_MS_MIN 1000
#define FULL_BYTES ((uint64_t)LIMIT_STALL_RATE * LIMIT_GOSSIP_FULL_MS / 1000)
#define FULL_CHECK_MS 1000

/* Tries again after a while that doubles, and that starts anew when the stream had lasted. */
static void reopen_later(struct session *s)
{
	struct mono now = streams_now(s->gs);

	if (mono_since_ms(s->opened_at, now) >= LIMIT_GOSSIP_REOPEN_MS)
		s->reopen_ms = 0;
	s->reopen_ms = size_max(REOPEN_MS_MIN, size_min(2 * s->reopen_ms, LIMIT_GOSSIP_REOPEN_MS));
	loop_timer_set(s->gs->config.loop, &s->reopen, mono_add_ms(now, s->reopen_ms));
}

static void on_reopen(struct timer *t)
{
	outbound_update(container_of(t, struct session, reopen));
}

/* By whose ids an implementation calls messages if nobody told it otherwise. */
static enum gossip_id_kind words_of(const char *agent)
{
	if (strcasestr(agent, "js-libp2p"))
		return GOSSIP_ID_JS;
	return strcasestr(agent, "rust-libp2p") ? GOSSIP_ID_RUST : GOSSIP_ID_GO;
}

/* Long ones for who is known to take them. And in words that it knows, maybe. */
void outbound_update_rpc_max(struct session *s)
{
	bool is_big;
	struct peer_info info;

	peer_get_info(s->peer, &info);
	is_big = info.peerline_version || s->sent_big ||
		 (info.agent && info.agent[0] && !strcasestr(info.agent, "rust"));
	if (info.agent && !info.peerline_version)
		gossip_peer_set_words(s->gossip, words_of(info.agent));
	gossip_peer_set_rpc_max(s->gossip, is_big && !s->takes_no_big ? LIMIT_GOSSIP_RPC
								      : LIMIT_GOSSIP_RPC_UNKNOWN);
}

static void on_big_refused(struct session *s)
{
	if (mono_is_never(s->big_at) ||
	    mono_since_ms(s->big_at, streams_now(s->gs)) > LIMIT_GOSSIP_BIG_MS)
		return;
	s->takes_no_big = true;
	outbound_update_rpc_max(s);
}

static void on_out_open(void *user, struct stream *stream, struct bytes protocol)
{
	struct session *s = user;

	(void)stream;
	gossip_peer_set_protocol(s->gossip, protocol);
}

/* There is no stream of ours any more, so nobody whose reading is watched. */
static struct stream *take_out(struct session *s)
{
	loop_timer_stop(s->gs->config.loop, &s->full);
	return TAKE_PTR(s->out);
}

static void on_out_closed(void *user, struct stream *stream, enum stream_end end, uint32_t code)
{
	struct session *s = user;

	(void)stream;
	(void)code;
	(void)take_out(s);
	switch (end) {
	case STREAM_DONE:
	case STREAM_RESET:
		on_big_refused(s);
		reopen_later(s);
		break;
	case STREAM_TIMEOUT:
		reopen_later(s);
		break;
	case STREAM_REFUSED:
		/* It does not speak gossipsub after all, until it says or shows otherwise. */
		session_free(s);
		break;
	case STREAM_LINK_DOWN:
		/* on_primary or on_peer_down follows. */
		break;
	}
}

/* It had nothing to say there: it reads no more, and may not say so again with a reset. */
static void on_out_eof(void *user, struct stream *stream)
{
	stream_reset(stream, 0);
	on_out_closed(user, stream, STREAM_DONE, 0);
}

/* Nobody answers on our stream, and who talks there is not listened to: no on_data. */
static const struct stream_ops out_ops = {
	.on_open = on_out_open,
	.on_eof = on_out_eof,
	.on_closed = on_out_closed,
};

static void open_out(struct session *s, struct link *l)
{
	struct gossip_streams *gs = s->gs;
	int r;

	r = link_open_stream(l, gossip_protocols, &out_ops, s, &s->out);
	if (r == -ESHUTDOWN)
		return; /* on_primary follows */
	if (r < 0) {
		s->out = NULL;
		reopen_later(s);
		return;
	}
	gs->counts.opened++;
	s->opened_at = streams_now(gs);
	s->big_at = MONO_NEVER;
	s->n_written = LIMIT_MSS_ANSWERS; /* what link wrote to agree on the protocol, and more */
	gossip_peer_resend(gs->engine, s->gossip);
	/* The old one may have ended with messages in it, or may be on a link that is silent. */
	if (s->n_opened++ > 0)
		gossip_peer_remind(s->gossip);
}

/* What is queued still goes out on the old link, and nothing new. */
static void leave_out(struct session *s)
{
	struct stream *out = take_out(s);

	stream_close(out);
	stream_forget(out);
}

void outbound_update(struct session *s)
{
	struct link *l = peer_primary(s->peer);
	struct peer_info info;

	peer_get_info(s->peer, &info);
	gossip_peer_set_address(s->gs->engine, s->gossip, &info.remote);
	outbound_update_rpc_max(s);
	if (s->out && stream_link(s->out) == l)
		return;
	loop_timer_stop(s->gs->config.loop, &s->reopen);
	if (s->out)
		leave_out(s);
	if (l)
		open_out(s, l);
}

static size_t room_for(const struct session *s, bool may_drop)
{
	size_t queued = stream_queued(s->out);
	/* One message of any size fits into an empty queue. */
	size_t max = may_drop && queued > 0 ? LIMIT_GOSSIP_SEND - LIMIT_GOSSIP_SEND_RESERVE
					    : LIMIT_GOSSIP_SEND;

	return queued < max ? max - queued : 0;
}

static int write_frame(struct session *s, const struct shared_bytes *frame, bool may_drop)
{
	struct bytes v = shared_bytes_data(frame);

	int r = v.n > room_for(s, may_drop) ? -EAGAIN : stream_write(s->out, &v, 1);

	if (r < 0)
		return r;
	s->n_written += v.n;
	list_remove(&s->in_unflushed);
	list_add_tail(&s->gs->unflushed, &s->in_unflushed);
	if (v.n > LIMIT_GOSSIP_RPC_UNKNOWN)
		s->big_at = streams_now(s->gs);
	return 0;
}

static uint64_t n_taken(const struct session *s)
{
	return s->n_written - stream_queued(s->out);
}

/* Pings are answered by whoever runs, also by who has stopped to read: it keeps its place in the
 * mesh, and others would have used it. */
static void watch(struct session *s)
{
	s->full_at = streams_now(s->gs);
	s->full_n_taken = n_taken(s);
}

static void watch_on(struct session *s)
{
	struct loop *loop = s->gs->config.loop;

	loop_timer_set(loop, &s->full, mono_add_ms(loop_now(loop), FULL_CHECK_MS));
}

static void on_full(struct timer *t)
{
	struct session *s = container_of(t, struct session, full);

	if (stream_queued(s->out) < FULL_BYTES)
		return;
	if (n_taken(s) - s->full_n_taken >= FULL_BYTES)
		watch(s);
	if (mono_since_ms(s->full_at, streams_now(s->gs)) < LIMIT_GOSSIP_FULL_MS) {
		watch_on(s);
		return;
	}
	s->gs->counts.stalled++;
	net_link_abort(stream_link(s->out), LINK_STALLED);
}

/* From here on it is watched until it has caught up, whether or not there is more to drop. */
static void on_dropped(struct session *s)
{
	if (timer_is_set(&s->full))
		return;
	watch(s);
	watch_on(s);
}

int outbound_send(struct session *s, const struct shared_bytes *frame, bool may_drop)
{
	int r = s->out ? write_frame(s, frame, may_drop) : -EPIPE;

	if (r == 0)
		return 0;
	if (may_drop) {
		if (r == -EAGAIN)
			on_dropped(s);
		return -EAGAIN;
	}
	/* What must not be lost is said again on the next stream: there is one coming when the link
	 * is closing, and one has to come when this one is full. */
	if (s->out && r != -EPIPE) {
		s->gs->counts.reset_full++;
		stream_reset(take_out(s), 0);
		reopen_later(s);
	}
	return 0;
}

void outbound_flush(struct gossip_streams *gs)
{
	list_for_each_safe (at, &gs->unflushed) {
		struct session *s = list_entry(at, struct session, in_unflushed);

		list_remove(&s->in_unflushed);
		if (s->out && s != gs->reading)
			net_link_flush(stream_link(s->out));
	}
}

void outbound_init(struct session *s)
{
	list_init(&s->in_unflushed);
	s->reopen.fire = on_reopen;
	s->full.fire = on_full;
	s->big_at = MONO_NEVER;
}

void outbound_deinit(struct session *s)
{
	if (s->out)
		stream_reset(take_out(s), 0);
	list_remove(&s->in_unflushed);
	loop_timer_stop(s->gs->config.loop, &s->reopen);
}
