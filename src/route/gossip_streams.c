#include "route/gossip_streams.h"

#include <stdlib.h>

#include "route/streams_priv.h"

const char *const gossip_protocols[GOSSIP_PROTOCOLS + 1] = {
	"/meshsub/1.2.0",
	"/meshsub/1.1.0",
	"/meshsub/1.0.0",
	NULL,
};

void streams_update_timer(struct gossip_streams *gs)
{
	struct mono at = gossip_deadline(gs->engine);

	if (at.ns != gs->heartbeat.at.ns || !timer_is_set(&gs->heartbeat))
		loop_timer_set(gs->config.loop, &gs->heartbeat, at);
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
	outbound_init(s);
	r = gossip_peer_add(gs->engine, peer_id_of(p), BYTES(NULL, 0), l && link_is_dialer(l), s,
			    &s->gossip);
	if (r < 0) {
		free(s);
		return r;
	}
	gossip_peer_set_direct(gs->engine, s->gossip, is_direct(gs, peer_id_of(p)));
	gossip_peer_charge_to(s->gossip, peer_account(p));
	list_add_tail(&gs->sessions, &s->in_sessions);
	gs->counts.n_peers++;
	peer_set_route_user(p, s);
	*ret = s;
	return 0;
}

void session_free(struct session *s)
{
	struct gossip_streams *gs = s->gs;

	gossip_peer_remove(gs->engine, s->gossip);
	outbound_deinit(s);
	inbound_deinit(s);
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
	outbound_update(s);
}

/* ---- what the pool reports ---- */

static bool speaks_gossip(const struct peer *p)
{
	for (size_t i = 0; i < GOSSIP_PROTOCOLS; i++)
		if (peer_serves(p, gossip_protocols[i]))
			return true;
	return false;
}

static void update_peer(struct gossip_streams *gs, struct peer *p)
{
	struct session *s = peer_route_user(p);

	if (!s && speaks_gossip(p))
		s = session_get(gs, p);
	if (s)
		outbound_update(s);
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

	gossip_tick(gs->engine, streams_now(gs));
	streams_update_timer(gs);
}

static int on_send(void *user, void *peer_user, struct shared_bytes *frame, bool may_drop)
{
	(void)user;
	return outbound_send(peer_user, frame, may_drop);
}

static void on_flush(void *user)
{
	outbound_flush(user);
}

static int on_verify(void *user, struct gossip_batch *batch)
{
	return workers_verify(user, batch);
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
	.flush = on_flush,
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
	return gossip_new(&config, streams_now(gs), &gs->engine);
}

static int serve(struct gossip_streams *gs)
{
	int r = 0;

	for (size_t i = 0; i < GOSSIP_PROTOCOLS && r == 0; i++) {
		gs->protocols[i] = (struct pool_protocol){
			.name = gossip_protocols[i],
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
	list_init(&gs->unflushed);
	list_init(&gs->jobs);
	r = make_engine(gs);
	if (r == 0)
		r = serve(gs);
	if (r < 0) {
		gossip_free(gs->engine);
		free(gs);
		return r;
	}
	streams_update_timer(gs);
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
	workers_stop(gs);
	gossip_free(gs->engine);
	free(gs);
	return NULL;
}

/* ---- pass-through ---- */

int gossip_streams_join(struct gossip_streams *gs, struct bytes topic)
{
	return gossip_join(gs->engine, topic, streams_now(gs));
}

void gossip_streams_leave(struct gossip_streams *gs, struct bytes topic)
{
	gossip_leave(gs->engine, topic, streams_now(gs));
}

int gossip_streams_publish(struct gossip_streams *gs, struct bytes topic, struct bytes data,
			   struct gossip_id *ret_id)
{
	return gossip_publish(gs->engine, topic, data, streams_now(gs), ret_id);
}

void gossip_streams_verdict(struct gossip_streams *gs, uint64_t ticket, enum gossip_verdict verdict)
{
	gossip_verdict(gs->engine, ticket, verdict, streams_now(gs));
	streams_update_timer(gs);
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
