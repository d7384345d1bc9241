#ifndef PL_SHARE_DOOR_MISSED_H
#define PL_SHARE_DOOR_MISSED_H

/* What waits for consumers, and what they miss: the part of door_priv.h that the files lag.c,
 * marks.c and holes.c write. */

#include "share/door_priv.h"

/* ---- lag.c ---- */

/* Something was put on its queue, which was empty before or not. */
void consumer_queued(struct consumer *c, bool was_empty);
/* Something left. */
void lag_progress(struct consumer *c);
struct door_lag lag_of(const struct consumer *c);
void lag_tick(struct consumer *c, struct mono now);
struct mono lag_deadline(const struct consumer *c);

/* ---- marks.c ---- */

/* Before a message of this subscription is queued; -ENOMEM. Then after it. */
_nodiscard_ int mark_reserve(struct sub *s);
void mark_add(struct sub *s, const struct letter *l, uint64_t from);
/* Forgets what was sent; everything. */
void marks_sent(struct consumer *c);
void marks_forget(struct consumer *c);
/* It ends, and messages of it were given to others: from the first of these on nothing leaves any
 * more but its last words. */
void marks_cut(struct consumer *c);

/* ---- give_back.c ---- */

/* It ends; what could be given to another is marked so. */
void groups_give_back(struct consumer *c);

/* ---- holes.c ---- */

/* The open hole of this subscription for this view (NULL: for local subjects), or NULL. */
struct hole *hole_find(struct sub *s, const struct view *view);
/* One message more was missed. -ENOSPC, -ENOMEM: it could not be written down. */
_nodiscard_ int hole_dig(struct sub *s, const struct letter *l);
/* A message that was in the queue of a connection that ends; the latest first. */
void hole_dig_unsent(struct sub *s, const struct mark *m);
/* The next message of this view says that these are missing; what the event says is told apart: at
 * once, as `like` has it. -ENOSPC. */
_nodiscard_ int hole_open(struct sub *s, struct view *view, uint64_t from, uint64_t to);
void hole_tell_away(struct sub *s, const struct hole *like);
/* The next message got through: door_settle() tells. */
void hole_close(struct hole *h);
void hole_tell(struct hole *h);

#endif
