#ifndef PL_NET_MULTISTREAM_H
#define PL_NET_MULTISTREAM_H

/*
 * Agreeing on a protocol by multistream-select 1.0, either side, without I/O: for security on a
 * bare connection, for the muxer, and for every stream. One machine is one negotiation.
 *
 *     mss_init_dialer() + mss_start(), or mss_init_listener(); then mss_input() with what arrives,
 *     sending what it writes, until it answers something else than 0; mss_deinit()
 *
 * A dialer proposes in order; each `na` brings the next. A lazy dialer is one with a single
 * proposal whose owner does not wait: the bytes are the same, application data follows them at
 * once, and the answer is read when it comes. A listener never needs to know: whatever stands
 * behind the agreed line stays in the input and belongs to the application.
 *
 * Bounds: a line is at most LIMIT_MSS_LINE, a negotiation at most LIMIT_MSS_TRIES proposals. Held
 * memory is what arrived of one unfinished line.
 */

#include "base/buf.h"
#include "base/def.h"

struct mss {
	bool dialer, has_header, has_refused;
	uint8_t n_tries;
	const char *const *proposals; /* dialer: the current one, and the rest up to NULL */
	bool (*serves)(void *user, struct bytes protocol); /* listener */
	void *user;
	struct bytes protocol;
	struct buf
		line; /* the unfinished line; where the agreed one is kept if it came in pieces */
};

enum {
	MSS_AGREED = 1,  /* see mss_protocol(); what is left of the input is the application's */
	MSS_REFUSED = 2, /* dialer: none of ours is spoken there */
	/*
	 * Listener: nothing was served, and what follows our `na` is no proposal (a lazy dialer's
	 * data) or one too many. No violation: end after what was written has been sent.
	 */
	MSS_UNSERVED = 3,
	MSS_BAD = 4, /* not multistream, or an answer to nothing we proposed */
};

/* `protocols`: NULL-terminated, at least one, at most LIMIT_MSS_TRIES; borrowed for life. */
void mss_init_dialer(struct mss *m, const char *const *protocols);
/* Header and first proposal, in one flight. -ENOBUFS, -ENOMEM. */
_nodiscard_ int mss_start(struct mss *m, struct buf *out);

/* Says nothing before the other side's header came: an unknown connection hears nothing from us. */
void mss_init_listener(struct mss *m, bool (*serves)(void *user, struct bytes protocol),
		       void *user);

/*
 * Takes whole lines off the front of `io` and keeps an unfinished one; answers are appended to
 * `out`. 0: more is needed, and `io` is empty. MSS_*: the negotiation is over; not to be called
 * again. -ENOBUFS (`out` is full), -ENOMEM: likewise over.
 */
_nodiscard_ int mss_input(struct mss *m, struct bytes *io, struct buf *out);

/* After MSS_AGREED: a dialer's own literal; a listener's is borrowed from the last input or from
 * the machine, until it is deinitialised. */
struct bytes mss_protocol(const struct mss *m);

void mss_deinit(struct mss *m);

#endif
