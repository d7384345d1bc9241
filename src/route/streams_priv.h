#ifndef PL_ROUTE_STREAMS_PRIV_H
#define PL_ROUTE_STREAMS_PRIV_H

/*
 * Inside gossip over links. A session is what we have with one peer: its record in the engine, our
 * stream to it, and its streams to us.
 *
 *   gossip_streams.c    sessions; what pool and engine report; the public calls
 *   gossip_outbound.c   our stream to a peer
 *   gossip_inbound.c    a peer's streams to us
 *   gossip_workers.c    signatures checked by the loop's workers
 */

#include "base/limits.h"
#include "base/list.h"
#include "route/gossip_streams.h"

#define GOSSIP_PROTOCOLS 3
/* Best first. NULL-terminated, as links want it. */
extern const char *const gossip_protocols[GOSSIP_PROTOCOLS + 1];

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
	/* Since messages were dropped because `out` was full: does the peer still take any? */
	uint64_t n_written;       /* to `out` */
	struct list in_unflushed; /* written since the last flush */
	struct timer full;        /* set from the first drop until it has caught up */
	struct mono full_at;      /* when it had taken ... */
	uint64_t full_n_taken;    /* ... so much */
	struct mono big_at;       /* a long RPC was written; MONO_NEVER: none was */
	bool takes_no_big;        /* it has shown so */
	bool sent_big;
	struct inbound inbound[LIMIT_GOSSIP_INBOUND];
};

struct gossip_streams {
	struct gossip_streams_config config;
	struct gossip *engine;
	struct pool_protocol protocols[GOSSIP_PROTOCOLS];
	struct timer heartbeat;
	struct list sessions;
	struct list jobs;
	struct list unflushed;   /* sessions */
	struct session *reading; /* its data is being taken in: its links are flushed later */
	uint64_t n_inbound;      /* ever */
	struct gossip_streams_counts counts;
};

static inline struct mono streams_now(const struct gossip_streams *gs)
{
	return loop_now(gs->config.loop);
}

/* ---- gossip_streams.c ---- */

/* After everything that may have changed the engine's deadline. */
void streams_update_timer(struct gossip_streams *gs);
void session_free(struct session *s);

/* ---- gossip_outbound.c ---- */

void outbound_init(struct session *s);
void outbound_deinit(struct session *s);
/* There is a stream, on the primary link, or there will be one. */
void outbound_update(struct session *s);
/* How long an RPC the peer takes, as far as we know by now. */
void outbound_update_rpc_max(struct session *s);
/* As gossip_ops.send. */
_nodiscard_ int outbound_send(struct session *s, const struct shared_bytes *frame, bool may_drop);
/* As gossip_ops.flush. */
void outbound_flush(struct gossip_streams *gs);

/* ---- gossip_inbound.c ---- */

/* Takes the place of the oldest when there are LIMIT_GOSSIP_INBOUND. */
void inbound_accept(struct session *s, struct stream *stream);
void inbound_deinit(struct session *s);

/* ---- gossip_workers.c ---- */

/* As gossip_ops.verify. */
_nodiscard_ int workers_verify(struct gossip_streams *gs, struct gossip_batch *batch);
/* What is at work is on its own. */
void workers_stop(struct gossip_streams *gs);

#endif
