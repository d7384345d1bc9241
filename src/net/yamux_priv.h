#ifndef PL_NET_YAMUX_PRIV_H
#define PL_NET_YAMUX_PRIV_H

/*
 * What the files of the session share. yamux.c reads frames, yamux_output.c writes them,
 * yamux_stream.c is the life of a stream, yamux_window.c the credit we give.
 *
 * Nothing that must be said is queued as a frame: what a stream owes (SYN, ACK, credit, FIN) and
 * what the session owes (pongs, go-away) is kept as state and written when there is room. So a peer
 * that asks and never reads cannot make anything grow. The one exception, resets of streams that we
 * no longer hold, has a maximum, and passing it ends the session.
 */

#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "net/send_queue.h"
#include "net/yamux.h"
#include "wire/yamux_header.h"

#define YAMUX_WINDOW_INITIAL (256 * KIB)

struct yamux_stream {
	struct map_node node; /* by id */
	struct list all;      /* of y->all, oldest first */
	struct list
		ready; /* on y->ready or y->ready_low while it has data or a FIN that may leave */
	struct list control; /* on y->control while it owes SYN, ACK or credit */
	struct list event;   /* on y->waiting (for room) or y->due (on_writable or on_end) */
	struct yamux *y;
	void *user;
	struct send_queue queue;
	struct mono window_since; /* when the peer got its last credit */
	uint32_t id;
	uint32_t send_window; /* what the peer lets us send */
	uint32_t recv_window; /* what the peer may still send */
	uint32_t recv_max;    /* what recv_window is filled up to */
	uint32_t want;        /* room the refused write asked for */

	bool syn_due : 1, ack_due : 1, credit_due : 1; /* owed to the peer */
	bool unacked : 1;                              /* ours, not yet acknowledged */
	bool closing : 1, fin_sent : 1;                /* our side */
	bool fin_received : 1;
	bool hold : 1;
	bool low : 1;
	bool forgotten : 1; /* has no user any more */
	bool ended : 1;     /* on_end(DONE) is due */
	bool dying : 1;     /* on_end is running */
};

struct yamux {
	const struct yamux_ops *ops;
	void *user;
	struct map streams;
	struct list all, ready, ready_low, control, waiting, due;
	struct charge *charge; /* who pays; NULL: nobody */
	size_t queued;         /* bytes in all streams */
	size_t n_unacked;      /* streams we opened */
	size_t window_more;    /* sum of recv_max beyond the initial windows */
	uint32_t next_id;
	int failed; /* YAMUX_E_* or -ENOMEM: nothing but go-away leaves, nothing is read */

	bool dialer : 1;
	bool closed : 1;
	bool starved : 1; /* one of `waiting` waits for memory */
	bool go_away_due : 1, going : 1, peer_going : 1, linger : 1;
	bool ping_due : 1, ping_out : 1;

	/* The frame being read. */
	uint8_t header[YAMUX_HEADER_SIZE];
	uint8_t header_n;
	bool frame_fin;
	uint32_t frame_left;         /* payload still to come */
	struct yamux_stream *stream; /* whose frame it is; NULL: what comes is drained */

	uint32_t go_away_code;
	uint32_t ping_value;
	uint64_t rtt_ns;
	struct mono now, ping_sent_at;
	size_t n_pongs;
	uint32_t pongs[LIMIT_YAMUX_PONGS];
	struct buf resets; /* whole frames */
};

/* ---- yamux.c ---- */

/* Ends the session: what is answered is `error` from now on. The first one stays. */
void yamux_fail(struct yamux *y, int error);

/* ---- yamux_stream.c ---- */

_nodiscard_ int yamux_stream_new(struct yamux *y, uint32_t id, struct yamux_stream **ret);
/* Takes it out of everything; the user is not told. */
void yamux_stream_free(struct yamux_stream *s);
/* The same after the user was told, where there is one. */
void yamux_stream_end(struct yamux_stream *s, enum yamux_end end, uint32_t code);
/* NULL: no such stream. */
struct yamux_stream *yamux_stream_find(const struct yamux *y, uint32_t id);
/* Puts the stream on or off the list of those that have something to send. */
void yamux_stream_update(struct yamux_stream *s);
/* The stream owes the peer something: it joins the control list. */
void yamux_stream_owes(struct yamux_stream *s);
void yamux_stream_acked(struct yamux_stream *s);
/* Both sides have closed: on_end becomes due; the stream is freed where nobody wants to know. */
void yamux_stream_finish(struct yamux_stream *s);
/* `n` bytes of a stream have left its queue. */
void yamux_dequeued(struct yamux *y, size_t n);
/* Streams that asked for room and can have it become due. */
void yamux_wake_waiting(struct yamux *y);
/* A place for one stream more, if need be by resetting one that only waits for the peer's FIN. */
bool yamux_make_place(struct yamux *y);
/* RST for a stream that is not, or no longer, held here. */
void yamux_queue_reset(struct yamux *y, uint32_t id, uint32_t code);

/* ---- yamux_window.c ---- */

/* Has the stream used up so much that the peer should get credit? Then it is owed. */
void yamux_window_update(struct yamux_stream *s);
/* What to give it now; counted as given. 0: nothing. */
uint32_t yamux_window_take(struct yamux_stream *s);
void yamux_window_give_back(struct yamux_stream *s);

#endif
