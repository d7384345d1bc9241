#ifndef PL_NET_LINK_PRIV_H
#define PL_NET_LINK_PRIV_H

/*
 * What the files of a link share:
 *
 *     link.c           life, input and output, deadlines
 *     link_handshake.c from the first byte to a verified peer and a muxer
 *     link_record.c    Noise records: taking them off the input, opening and sealing
 *     link_stream.c    streams: negotiation, and what users do with them
 */

#include "base/limits.h"
#include "base/list.h"
#include "crypto/noise.h"
#include "net/link.h"
#include "net/multistream.h"
#include "net/yamux.h"

enum link_state {
	LINK_STATE_SECURITY, /* multistream, in the clear */
	LINK_STATE_NOISE,    /* the three messages */
	LINK_STATE_MUXER, /* multistream inside Noise: the peer does not negotiate muxers early */
	LINK_STATE_UP,
	LINK_STATE_OVER,
};

/* What is needed until the link is up, and not kept longer. */
struct handshake {
	struct mss mss;
	struct noise noise;
	bool has_expected;
	struct peer_id expected;
	struct mono deadline; /* absolute: progress does not move it */
};

struct link {
	const struct link_config *config;
	enum link_state state;
	enum link_reason reason;
	bool dialer;
	bool going;        /* the other side has said all, or will soon have */
	bool closing;      /* nothing new is written; `reason` is set */
	bool end_of_input; /* the other side's FIN */
	bool is_mute;      /* sending failed in the middle: nothing after it would make sense */
	bool is_down;
	bool has_unstamped; /* streams whose negotiation has no deadline yet */
	uint64_t id;
	struct peer_id peer;
	uint8_t *peer_key; /* PublicKey protobuf */
	size_t n_peer_key;
	struct noise_extension *extension; /* NULL: foreign software */

	struct handshake *hs; /* NULL once up or over */
	struct noise_cipher *send, *receive;
	struct yamux *yamux;
	struct buf out; /* ready for the socket, older than anything yamux holds */

	struct buf
		in; /* a record that came in pieces; empty, and without memory, between records */
	bool in_is_whole; /* the record in `in` has been handed out and goes with the next one */
	struct mono record_since; /* when the first byte of an unfinished record came */
	struct buf plain;         /* decrypted record; holds memory within link_input() only */

	struct list negotiating; /* streams, oldest first */
	struct list dead;        /* streams whose users may still be on the call stack */
	unsigned depth;          /* callbacks may be running */
	size_t n_pending;        /* bytes held by streams that are not negotiated */
	struct charge charge;    /* for all of that ... */
	size_t in_charged;       /* ... `in` with so much */
	struct mono retry_at;    /* when a write that found memory short is tried again, or NEVER */

	struct mono now; /* of the latest input or tick */
	struct mono up_at;
	struct mono linger_until; /* the GoAway has waited long enough; MONO_NEVER: not stamped */
	struct link_counts counts;
	void *driver;
	void (*wants_output)(void *driver);
	void *user;
};

/* ---- link.c ---- */

void link_wants_output(struct link *l);
static inline bool link_is_over(const struct link *l)
{
	return l->state == LINK_STATE_OVER;
}

/* The other side ends the session, or has ended it. */
void link_on_going(struct link *l);
/* The GoAway of a link that is closing, once all that was written before is with yamux. */
void link_say_goodbye(struct link *l);

/* ---- link_handshake.c ---- */

_nodiscard_ int link_handshake_start(struct link *l, const struct peer_id *expected,
				     struct mono now);
void link_handshake_free(struct link *l);
/* Takes what belongs to the negotiation of security off the front of `io`. */
void link_on_security(struct link *l, struct bytes *io);
void link_on_noise_message(struct link *l, struct bytes message);
void link_on_muxer_text(struct link *l, struct bytes text);
/* Verified and muxed: tells the owner. `rest` is what arrived behind the negotiation. */
void link_on_muxed(struct link *l, struct bytes rest);
/* Decrypted bytes of a link that is up. */
void link_on_frames(struct link *l, struct bytes b);
/* Why a handshake that the other side ended came to nothing. */
enum link_reason link_handshake_end_reason(const struct link *l);

/* ---- link_record.c ---- */

#define RECORD_PREFIX 2
enum {
	RECORD_WHOLE = 1,
	RECORD_E_SIZE = 2, /* longer than allowed here */
};
/*
 * The next record of `io`, without its length. RECORD_WHOLE: borrowed from `io` or from the link,
 * until the next call. 0: it is not all there, `io` is empty. RECORD_E_SIZE, -ENOMEM.
 */
_nodiscard_ int link_record_take(struct link *l, struct bytes *io, size_t max, struct bytes *ret);
/* The plaintext of a record just taken, borrowed until the next one. False: the link has failed. */
bool link_record_open(struct link *l, struct bytes record, struct bytes *ret);
/*
 * A record of what is appended to `out` between the two calls, sealed where it stands; `start` is
 * where it began. At most LIMIT_NOISE_MESSAGE - NOISE_TAG bytes.
 */
_nodiscard_ int link_record_begin(struct buf *out);
_nodiscard_ int link_record_end(struct link *l, struct buf *out, size_t start);
_Static_assert(LIMIT_NOISE_RECORD + YAMUX_OUTPUT_OVER <= LIMIT_NOISE_MESSAGE - NOISE_TAG,
	       "what yamux puts out at once is one record");
/* The same of `plain`. -ENOBUFS, -ENOMEM: nothing was sealed. */
_nodiscard_ int link_record_seal(struct link *l, struct bytes plain, struct buf *out);
/* Gives back the memory that only an input under way needs. */
void link_record_release(struct link *l);
/* When an unfinished record must have come: H-04. */
struct mono link_record_deadline(const struct link *l);

/* ---- link_stream.c ---- */

extern const struct yamux_ops link_yamux_ops;

/* Gives deadlines to new negotiations and ends the late ones. */
void link_streams_tick(struct link *l);
struct mono link_streams_deadline(const struct link *l);
/* Frees streams that died while callbacks ran. */
void link_streams_reap(struct link *l);

#endif
