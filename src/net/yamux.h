#ifndef PL_NET_YAMUX_H
#define PL_NET_YAMUX_H

/*
 * Yamux, a whole session without I/O (libp2p specs, yamux): decrypted bytes and `now` in, plain
 * bytes out.
 *
 * Bounds: LIMIT_YAMUX_STREAMS open streams (more are reset, not fatal); queued per stream
 * LIMIT_STREAM_SEND and in all LIMIT_LINK_SEND; receive windows start at 256 KiB and double while
 * half of one is used up within four round trips (of at least a millisecond), up to
 * LIMIT_YAMUX_WINDOW, all together up to LIMIT_YAMUX_WINDOW_LINK beyond the initial ones.
 *
 * Callbacks run inside yamux_input(), yamux_events() and yamux_close() only. They may call anything
 * here but yamux_input(), yamux_events() and yamux_free(). After on_end, yamux_stream_reset() or
 * yamux_stream_forget() the stream pointer is dead to its user.
 *
 * What it holds is charged to whom yamux_charge_to() names, and refused where that has no room:
 * data that is to be queued, streams that the peer opens, larger windows. Room may come back by
 * what other sessions give back, of which this one hears nothing: so a driver that finds
 * yamux_is_starved() calls yamux_retry() now and then.
 *
 * yamux_output() calls nobody, but what it sends can make a stream writable again or end it. So a
 * driver that has flushed asks yamux_has_events() and calls yamux_events() in its next turn;
 * yamux_input() does so by itself.
 */

#include "base/budget.h"
#include "base/buf.h"
#include "base/def.h"
#include "base/time.h"

struct yamux;
struct yamux_stream;

enum yamux_end {
	YAMUX_END_DONE,    /* both sides closed */
	YAMUX_END_RESET,   /* the other side reset it; code as sent, 0 if none */
	YAMUX_END_SESSION, /* the session ended under it */
};

struct yamux_ops {
	/* The other side opened a stream. Set its user with yamux_stream_set_user(), or reset it.
	 */
	void (*on_stream)(void *user, struct yamux_stream *s);
	/* `b` is borrowed. Its credit returns at once, unless yamux_stream_hold() is on. */
	void (*on_data)(void *stream_user, struct yamux_stream *s, struct bytes b);
	void (*on_eof)(void *stream_user, struct yamux_stream *s);
	/* Room again after yamux_stream_write() had answered -EAGAIN. */
	void (*on_writable)(void *stream_user, struct yamux_stream *s);
	/* Last call for this stream. Not called for streams their user reset or forgot. */
	void (*on_end)(void *stream_user, struct yamux_stream *s, enum yamux_end end,
		       uint32_t code);
	void (*on_pong)(void *user, uint64_t rtt_ns);
	/* The other side will open no more streams and take none: the session is ending. */
	void (*on_go_away)(void *user, uint32_t code);
};

/* Protocol errors: what yamux_input() may answer. The session is over; send what yamux_output()
 * still has and close. */
enum {
	YAMUX_E_VERSION = 1,
	YAMUX_E_TYPE,
	YAMUX_E_FLAGS,
	YAMUX_E_STREAM_ID, /* SYN for a known id, of the wrong parity, or session id on a stream
			      frame */
	YAMUX_E_WINDOW,    /* more data than we gave credit for, or credit beyond 2^32 */
	YAMUX_E_FRAME,     /* a data frame beyond LIMIT_YAMUX_FRAME_IN */
	YAMUX_E_FLOOD,     /* LIMIT_YAMUX_RESETS waiting: it opens streams and does not read */
};

#define YAMUX_GO_AWAY_NORMAL 0
#define YAMUX_GO_AWAY_PROTOCOL 1
#define YAMUX_GO_AWAY_INTERNAL 2

/* `dialer` has odd ids. `ops` is borrowed for life. */
_nodiscard_ int yamux_new(bool dialer, const struct yamux_ops *ops, void *user, struct yamux **ret);
struct yamux *yamux_free(struct yamux *y);
/* Before the first byte; borrowed for life. Without it nobody pays, and nothing is refused. */
void yamux_charge_to(struct yamux *y, struct charge *charge);
/* A write was refused for want of memory, and nothing of ours is queued that could leave first. */
bool yamux_is_starved(const struct yamux *y);
void yamux_retry(struct yamux *y);

/* Any split of the byte stream. Positive YAMUX_E_* (a GoAway is queued), -ENOMEM. */
_nodiscard_ int yamux_input(struct yamux *y, struct bytes b, struct mono now);
/* Appends frames to `out` until it has `max` bytes more, or nothing is left: control first, then
 * streams in turn. May pass `max` by YAMUX_OUTPUT_OVER: the session's own frames leave all at once.
 * Calls no callback; true when something was appended. */
#define YAMUX_OUTPUT_OVER (26 * KIB)
bool yamux_output(struct yamux *y, struct buf *out, size_t max);
bool yamux_has_output(const struct yamux *y);
/* on_writable and on_end calls that yamux_output() has made due. */
bool yamux_has_events(const struct yamux *y);
void yamux_events(struct yamux *y);
/* Bytes waiting in all streams. */
size_t yamux_queued(const struct yamux *y);
size_t yamux_n_streams(const struct yamux *y);

/* -EAGAIN: LIMIT_YAMUX_BACKLOG or LIMIT_YAMUX_STREAMS reached. -ESHUTDOWN after a GoAway either
 * way. -ENOMEM. */
_nodiscard_ int yamux_open(struct yamux *y, void *stream_user, struct yamux_stream **ret);
void yamux_stream_set_user(struct yamux_stream *s, void *user);
void *yamux_stream_user(const struct yamux_stream *s);
uint32_t yamux_stream_id(const struct yamux_stream *s);
/* Queues all or nothing. -EAGAIN: LIMIT_STREAM_SEND or LIMIT_LINK_SEND would be passed, on_writable
 * follows once there is room for as much (and for half a stream's queue). -EMSGSIZE: more than
 * LIMIT_STREAM_SEND, which can never fit. -EPIPE: closed. -ENOMEM. */
_nodiscard_ int yamux_stream_write(struct yamux_stream *s, const struct bytes *v, size_t n_v);
size_t yamux_stream_queued(const struct yamux_stream *s);
/* FIN after what is queued. Reading goes on. */
void yamux_stream_close(struct yamux_stream *s);
/* RST with a code (WindowUpdate|RST, go-yamux v5 reading); the stream is dead to its user at once.
 */
void yamux_stream_reset(struct yamux_stream *s, uint32_t code);
/* The user goes; the stream finishes by itself: what is queued is sent and closed, what comes is
 * drained. */
void yamux_stream_forget(struct yamux_stream *s);
/* While others have something to send, this one does not, and it is the first that memory is short
 * for. */
void yamux_stream_set_low(struct yamux_stream *s, bool low);
/* While on, received data gives no credit back: the other side stops when its window is used up. */
void yamux_stream_hold(struct yamux_stream *s, bool hold);

/* Round trip: one ping under way at a time, a second call does nothing. Answers come as on_pong. */
void yamux_ping(struct yamux *y, struct mono now);
/* The moment the oldest unanswered ping left; MONO_NEVER when there is none. */
struct mono yamux_ping_sent_at(const struct yamux *y);
uint64_t yamux_rtt_ns(const struct yamux *y); /* 0: not known */
/* Queues a GoAway, behind all that streams have queued and their FINs. Open streams live on, and
 * what the peer opens before it has read it is served. */
void yamux_go_away(struct yamux *y, uint32_t code);
/*
 * While on, a GoAway also waits for the other side's FIN on each stream that we closed: it has read
 * them to the end then. Lingering: it waits for nothing else any more.
 */
void yamux_linger(struct yamux *y, bool on);
bool yamux_is_lingering(const struct yamux *y);
/* It has left. */
bool yamux_has_gone(const struct yamux *y);
/* Ends every stream with YAMUX_END_SESSION. */
void yamux_close(struct yamux *y);

#endif
