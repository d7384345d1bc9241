#ifndef PL_SHARE_FRAMES_H
#define PL_SHARE_FRAMES_H

/*
 * Messages as they go to several consumers, written once: line, header, payload, CR LF. Small ones
 * stand one behind the other in common blocks, so that whoever gets all of them is written long
 * runs; a large one has memory of its own.
 *
 *     frames_init(); frame_begin() -> fill -> frame_end(); outbox_share()...; frame_deinit();
 * frames_deinit()
 */

#include "base/shared_bytes.h"

#define FRAME_COMMON_MAX 8192 /* header and payload; what is longer has memory of its own */

struct frames {
	struct shared_pool *pool; /* borrowed */
	struct shared_bytes *block;
	size_t used;
};

struct frame {
	struct shared_bytes *owner; /* NULL: there is none */
	const uint8_t *p;
	size_t n_line, n_header, n; /* `n`: all of it */
};

void frames_init(struct frames *f, struct shared_pool *pool);
void frames_deinit(struct frames *f);

/* Where a frame of at most `n` bytes may be put: `ret->p`. -ENOMEM. */
_nodiscard_ int frame_begin(struct frames *f, size_t n, bool alone, struct frame *ret,
			    uint8_t **ret_room);
/* It has `n` bytes. */
void frame_end(struct frames *f, struct frame *frame, size_t n);
/* Takes one that was not begun. */
void frame_deinit(struct frame *frame);

#endif
