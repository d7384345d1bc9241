#include "route/gossip_streams.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/list.h"

#define REOPEN_MS_MIN 1000
#define STALL_BYTES ((uint64_t)LIMIT_STALL_RATE * LIMIT_STALL_MS / 1000)
#define FULL_BYTES ((uint64_t)LIMIT_STALL_RATE * LIMIT_GOSSIP_FULL_MS / 1000)

/* Best first. NULL-terminated, as links want it. */
static const char *const PROTOCOLS[] = { "/meshsub/1.2.0", "/meshsub/1.1.0", "/meshsub/1.0.0",
					 NULL };
#define N_PROTOCOLS (ARRAY_SIZE(PROTOCOLS) - 1)

struct session;

/* A stream of the peer's. */
struct inbound {
	struct session *session;
	struct stream *stream; /* NULL: this place is free */
	uint64_t number;       /* grows with every stream: the smaller the older */
	struct gossip_reader reader;
	uint64_t n_received;
	struct charge *charge; /* of its link ... */
	size_t charged;        /* ... for what has come of an RPC */
	/* While an RPC is unfinished: is the rest of it coming? */
	struct timer stall;
	struct mono window_at;    /* MONO_NEVER: nobody waits, the timer is not set */
	uint64_t window_received; /* n_received then */
};

/* One peer that speaks gossipsub. */
struct session {
	struct list in_sessions;
	struct gossip_streams *gs;
	struct peer *peer;
	struct gossip_peer *gossip;
	struct stream *out; /* NULL: none; then what is sent is lost until it is opened again */
	struct mono opened_at;
	uint64_t n_opened;
	struct timer reopen;
	uint64_t reopen_ms; /* the wait before the latest attempt */
	/* While messages are dropped because `out` is full: does the peer still take any? */
	uint64_t n_written;    /* to `out` */
	struct mono full_at;   /* when it had taken ... */
	uint64_t full_n_taken; /* ... so much; MONO_NEVER: nothing was dropped yet */
	struct mono big_at;    /* a long RPC was written; MONO_NEVER: none was */
	bool takes_no_big;     /* it has shown so */
	bool sent_big;
	struct inbound inbound[LIMIT_GOSSIP_INBOUND];
};

/* A batch of signatures at the loop's workers. */
struct check_job {
	struct job job;
	struct gossip_streams *gs; /* NULL: gone */
	struct gossip_batch *batch;
	struct list in_jobs;
};

struct gossip_streams {
	struct gossip_streams_config config;
	struct gossip *engine;
	struct pool_protocol protocols[N_PROTOCOLS];
	struct timer heartbeat;
	struct list sessions;
	struct list jobs;
	uint64_t n_inbound; /* ever */
	struct gossip_streams_counts counts;
};

static struct mono now_of(const struct gossip_streams *gs)
{
	return loop_now(gs->config.loop);
}

/* After everything that may have changed the engine's deadline. */
static void update_timer(struct gossip_streams *gs)
{
	struct mono at = gossip_deadline(gs->engine);

	if (at.ns != gs->heartbeat.at.ns || !timer_is_set(&gs->heartbeat))
		loop_timer_set(gs->config.loop, &gs->heartbeat, at);
}

/* ---- the outbound stream ---- */

static void session_update(struct session *s);
static void session_free(struct session *s);

/* Tries again after a while that doubles, and that starts anew when the stream had lasted. */
static void reopen_later(struct session *s)
{
	struct mono now = now_of(s->gs);

	if (mono_since_ms(s->opened_at, now) >= LIMIT_GOSSIP_REOPEN_MS)
		s->reopen_ms = 0;
	s->reopen_ms = size_max(REOPEN_MS_MIN, size_min(2 * s->reopen_ms, LIMIT_GOSSIP_REOPEN_MS));
	loop_timer_set(s->gs->config.loop, &s->reopen, mono_add_ms(now, s->reopen_ms));
}

static void on_reopen(struct timer *t)
{
	session_update(container_of(t, struct session, reopen));
}

/* Long ones for who is known to take them. */
static void update_rpc_max(struct session *s)
{
	bool is_big;
	struct peer_info info;

	peer_get_info(s->peer, &info);
	is_big = info.peerline_version || s->sent_big ||
		 (info.agent && info.agent[0] && !strcasestr(info.agent, "rust"));
	gossip_peer_set_rpc_max(s->gossip, is_big && !s->takes_no_big ? LIMIT_GOSSIP_RPC
								      : LIMIT_GOSSIP_RPC_UNKNOWN);
}

static void on_big_refused(struct session *s)
{
	if (mono_is_never(s->big_at) ||
	    mono_since_ms(s->big_at, now_of(s->gs)) > LIMIT_GOSSIP_BIG_MS)
		return;
	s->takes_no_big = true;
	update_rpc_max(s);
}

static void on_out_open(void *user, struct stream *stream, struct bytes protocol)
{
	struct session *s = user;

	(void)stream;
	gossip_peer_set_protocol(s->gossip, protocol);
}

static void on_out_closed(void *user, struct stream *stream, enum stream_end end, uint32_t code)
{
	struct session *s = user;

	(void)stream;
	(void)code;
	s->out = NULL;
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

	r = link_open_stream(l, PROTOCOLS, &out_ops, s, &s->out);
	if (r == -ESHUTDOWN)
		return; /* on_primary follows */
	if (r < 0) {
		s->out = NULL;
		reopen_later(s);
		return;
	}
	gs->counts.opened++;
	s->opened_at = now_of(gs);
	s->full_at = s->big_at = MONO_NEVER;
	s->n_written = LIMIT_MSS_ANSWERS; /* what link wrote to agree on the protocol, and more */
	gossip_peer_resend(gs->engine, s->gossip);
	/* The old one may have ended with messages in it, or may be on a link that is silent. */
	if (s->n_opened++ > 0)
		gossip_peer_remind(s->gossip);
}

/* What is queued still goes out on the old link, and nothing new. */
static void leave_out(struct session *s)
{
	struct stream *out = TAKE_PTR(s->out);

	stream_close(out);
	stream_forget(out);
}

static void session_update(struct session *s)
{
	struct link *l = peer_primary(s->peer);
	struct peer_info info;

	peer_get_info(s->peer, &info);
	gossip_peer_set_address(s->gs->engine, s->gossip, &info.remote);
	update_rpc_max(s);
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
	if (v.n > LIMIT_GOSSIP_RPC_UNKNOWN)
		s->big_at = now_of(s->gs);
	return 0;
}

/* Pings are answered by whoever runs, also by who has stopped to read: it keeps its place in the
 * mesh, and others would have used it. */
static void on_dropped(struct session *s)
{
	uint64_t n_taken = s->n_written - stream_queued(s->out);
	struct mono now = now_of(s->gs);

	if (mono_is_never(s->full_at) || n_taken - s->full_n_taken >= FULL_BYTES) {
		s->full_at = now;
		s->full_n_taken = n_taken;
	} else if (mono_since_ms(s->full_at, now) >= LIMIT_GOSSIP_FULL_MS) {
		s->full_at = MONO_NEVER;
		s->gs->counts.stalled++;
		net_link_abort(stream_link(s->out), LINK_STALLED);
	}
}

static int on_send(void *user, void *peer_user, struct shared_bytes *frame, bool may_drop)
{
	struct gossip_streams *gs = user;
	struct session *s = peer_user;
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
		gs->counts.reset_full++;
		stream_reset(s->out, 0);
		s->out = NULL;
		reopen_later(s);
	}
	return 0;
}

/* ---- inbound streams ---- */

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
	struct mono since, now = now_of(gs);
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
	r = gossip_input(gs->engine, s->gossip, &in->reader, b, now_of(gs));
	/* Who sends long ones takes them. */
	if (!s->sent_big && gossip_peer_rpc_longest(s->gossip) > LIMIT_GOSSIP_RPC_UNKNOWN) {
		s->sent_big = true;
		update_rpc_max(s);
	}
	update_timer(gs);
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

static void inbound_accept(struct session *s, struct stream *stream)
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

/* ---- sessions ---- */

static bool is_direct(const struct gossip_streams *gs, const struct peer_id *id)
{
	for (size_t i = 0; i < gs->config.n_direct; i++)
		if (peer_id_equal(&gs->config.direct[i], id))
			return true;
	return false;
}

static int session_new(struct gossip_streams *gs, struct peer *p, struct session **ret)
{
	const struct link *l = peer_primary(p);
	struct session *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->gs = gs;
	s->peer = p;
	s->reopen.fire = on_reopen;
	r = gossip_peer_add(gs->engine, peer_id_of(p), BYTES(NULL, 0), l && link_is_dialer(l), s,
			    &s->gossip);
	if (r < 0) {
		free(s);
		return r;
	}
	s->big_at = MONO_NEVER;
	gossip_peer_set_direct(gs->engine, s->gossip, is_direct(gs, peer_id_of(p)));
	gossip_peer_charge_to(s->gossip, peer_account(p));
	list_add_tail(&gs->sessions, &s->in_sessions);
	gs->counts.n_peers++;
	peer_set_route_user(p, s);
	*ret = s;
	return 0;
}

static void session_free(struct session *s)
{
	struct gossip_streams *gs = s->gs;

	gossip_peer_remove(gs->engine, s->gossip);
	if (s->out)
		stream_reset(s->out, 0);
	for (size_t i = 0; i < LIMIT_GOSSIP_INBOUND; i++)
		inbound_reset(&s->inbound[i]);
	loop_timer_stop(gs->config.loop, &s->reopen);
	peer_set_route_user(s->peer, NULL);
	list_remove(&s->in_sessions);
	gs->counts.n_peers--;
	free(s);
}

/* The session of a peer that speaks gossipsub; NULL: no memory. */
static struct session *session_get(struct gossip_streams *gs, struct peer *p)
{
	struct session *s = peer_route_user(p);

	if (!s && session_new(gs, p, &s) < 0)
		return NULL;
	return s;
}

static void on_stream(void *user, struct peer *p, struct link *l, struct stream *stream)
{
	struct session *s = session_get(user, p);

	(void)l;
	if (!s) {
		stream_reset(stream, 0);
		return;
	}
	inbound_accept(s, stream);
	session_update(s);
}

/* ---- what the pool reports ---- */

static bool speaks_gossip(const struct peer *p)
{
	for (size_t i = 0; i < N_PROTOCOLS; i++)
		if (peer_serves(p, PROTOCOLS[i]))
			return true;
	return false;
}

static void update_peer(struct gossip_streams *gs, struct peer *p)
{
	struct session *s = peer_route_user(p);

	if (!s && speaks_gossip(p))
		s = session_get(gs, p);
	if (s)
		session_update(s);
}

void gossip_streams_on_primary(struct gossip_streams *gs, struct peer *p, struct link *l)
{
	(void)l;
	update_peer(gs, p);
}

void gossip_streams_on_identified(struct gossip_streams *gs, struct peer *p)
{
	update_peer(gs, p);
}

void gossip_streams_on_peer_down(struct gossip_streams *gs, struct peer *p)
{
	struct session *s = peer_route_user(p);

	(void)gs;
	if (s)
		session_free(s);
}

/* ---- the engine's side ---- */

static void on_heartbeat(struct timer *t)
{
	struct gossip_streams *gs = container_of(t, struct gossip_streams, heartbeat);

	gossip_tick(gs->engine, now_of(gs));
	update_timer(gs);
}

static void check_work(struct job *j)
{
	gossip_batch_check(container_of(j, struct check_job, job)->batch);
}

static void check_done(struct job *j)
{
	struct check_job *cj = container_of(j, struct check_job, job);
	struct gossip_streams *gs = cj->gs;

	list_remove(&cj->in_jobs);
	gossip_batch_done(cj->batch, gs ? now_of(gs) : (struct mono){ 0 });
	free(cj);
	if (gs)
		update_timer(gs);
}

static int on_verify(void *user, struct gossip_batch *batch)
{
	struct gossip_streams *gs = user;
	struct check_job *cj = calloc(1, sizeof(*cj));
	int r;

	if (!cj)
		return -ENOMEM;
	cj->job.work = check_work;
	cj->job.done = check_done;
	cj->gs = gs;
	cj->batch = batch;
	list_init(&cj->in_jobs);
	r = loop_submit(gs->config.loop, &cj->job);
	if (r < 0) {
		free(cj);
		return r;
	}
	list_add_tail(&gs->jobs, &cj->in_jobs);
	return 0;
}

static void on_topic_params(void *user, struct bytes topic, struct gossip_topic_params *io)
{
	const struct gossip_streams *gs = user;

	if (gs->config.ops->topic_params)
		gs->config.ops->topic_params(gs->config.user, topic, io);
}

static bool on_validate(void *user, const struct gossip_delivery *d, uint64_t ticket)
{
	const struct gossip_streams *gs = user;

	return gs->config.ops->on_validate &&
	       gs->config.ops->on_validate(gs->config.user, d, ticket);
}

static void on_message(void *user, const struct gossip_delivery *d)
{
	const struct gossip_streams *gs = user;

	if (gs->config.ops->on_message)
		gs->config.ops->on_message(gs->config.user, d);
}

static void on_topic_peer(void *user, struct bytes topic, const struct peer_id *peer, bool joined)
{
	const struct gossip_streams *gs = user;

	if (gs->config.ops->on_topic_peer)
		gs->config.ops->on_topic_peer(gs->config.user, topic, peer, joined);
}

static void on_mesh(void *user, struct bytes topic, const struct peer_id *peer, bool grafted)
{
	const struct gossip_streams *gs = user;

	if (gs->config.ops->on_mesh)
		gs->config.ops->on_mesh(gs->config.user, topic, peer, grafted);
}

static void on_topic_health(void *user, const struct gossip_topic_info *info)
{
	const struct gossip_streams *gs = user;

	if (gs->config.ops->on_topic_health)
		gs->config.ops->on_topic_health(gs->config.user, info);
}

static void on_px(void *user, const struct peer_id *via, const struct peer_id *peer,
		  struct bytes signed_record)
{
	const struct gossip_streams *gs = user;

	if (gs->config.ops->on_px)
		gs->config.ops->on_px(gs->config.user, via, peer, signed_record);
}

static bool signed_record(void *user, void *peer_user, struct bytes *ret)
{
	const struct session *s = peer_user;

	(void)user;
	*ret = peer_signed_record(s->peer);
	return ret->n > 0;
}

static const struct gossip_ops engine_ops = {
	.send = on_send,
	.verify = on_verify,
	.topic_params = on_topic_params,
	.on_validate = on_validate,
	.on_message = on_message,
	.on_topic_peer = on_topic_peer,
	.on_mesh = on_mesh,
	.on_topic_health = on_topic_health,
	.on_px = on_px,
	.signed_record = signed_record,
};

/* ---- life ---- */

static int make_engine(struct gossip_streams *gs)
{
	const struct gossip_streams_config *c = &gs->config;
	struct gossip_config config = {
		.key = c->key,
		.id = c->id,
		.random = c->random,
		.params = c->params,
		.seqno_last = c->seqno_last,
		.ops = &engine_ops,
		.user = gs,
	};

	config.params.n_checkers = loop_workers(c->loop);
	return gossip_new(&config, now_of(gs), &gs->engine);
}

static int serve(struct gossip_streams *gs)
{
	int r = 0;

	for (size_t i = 0; i < N_PROTOCOLS && r == 0; i++) {
		gs->protocols[i] = (struct pool_protocol){
			.name = PROTOCOLS[i],
			.on_stream = on_stream,
			.user = gs,
		};
		r = pool_serve(gs->config.pool, &gs->protocols[i]);
	}
	return r;
}

int gossip_streams_new(const struct gossip_streams_config *config, struct gossip_streams **ret)
{
	struct gossip_streams *gs = calloc(1, sizeof(*gs));
	int r;

	if (!gs)
		return -ENOMEM;
	gs->config = *config;
	gs->heartbeat.fire = on_heartbeat;
	list_init(&gs->sessions);
	list_init(&gs->jobs);
	r = make_engine(gs);
	if (r == 0)
		r = serve(gs);
	if (r < 0) {
		gossip_free(gs->engine);
		free(gs);
		return r;
	}
	update_timer(gs);
	*ret = gs;
	return 0;
}

struct gossip_streams *gossip_streams_free(struct gossip_streams *gs)
{
	static const struct gossip_ops silent = { 0 };

	if (!gs)
		return NULL;
	gs->config.ops = &silent;
	list_for_each_safe (it, &gs->sessions)
		session_free(list_entry(it, struct session, in_sessions));
	loop_timer_stop(gs->config.loop, &gs->heartbeat);
	/* Jobs are done also when the loop ends; they only free what they hold. */
	list_for_each_safe (at, &gs->jobs) {
		list_entry(at, struct check_job, in_jobs)->gs = NULL;
		list_remove(at);
	}
	gossip_free(gs->engine);
	free(gs);
	return NULL;
}

/* ---- pass-through ---- */

int gossip_streams_join(struct gossip_streams *gs, struct bytes topic)
{
	return gossip_join(gs->engine, topic, now_of(gs));
}

void gossip_streams_leave(struct gossip_streams *gs, struct bytes topic)
{
	gossip_leave(gs->engine, topic, now_of(gs));
}

int gossip_streams_publish(struct gossip_streams *gs, struct bytes topic, struct bytes data,
			   struct gossip_id *ret_id)
{
	return gossip_publish(gs->engine, topic, data, now_of(gs), ret_id);
}

void gossip_streams_verdict(struct gossip_streams *gs, uint64_t ticket, enum gossip_verdict verdict)
{
	gossip_verdict(gs->engine, ticket, verdict, now_of(gs));
	update_timer(gs);
}

void gossip_streams_set_app_score(struct gossip_streams *gs, const struct peer_id *id, double value)
{
	gossip_set_app_score(gs->engine, id, value);
}

const struct gossip *gossip_streams_engine(const struct gossip_streams *gs)
{
	return gs->engine;
}

struct gossip_streams_counts gossip_streams_counts(const struct gossip_streams *gs)
{
	return gs->counts;
}
