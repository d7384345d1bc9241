#ifndef PL_SHARE_AWAY_H
#define PL_SHARE_AWAY_H

/*
 * Who ended and may come back. When a consumer with an id ends, the door notes, for each view of a
 * topic it was reading, the first number it was not handed; when the last member of a queue group
 * ends, the same for the group. For LIMIT_DOOR_AWAY_MS the topic stays joined and numbered. Whoever
 * comes back with the same id (or into the group) and subscribes again is told what it missed: by
 * Pl-Gap on its first message, and by a GAP event at once.
 *
 *     away_leave() when a consumer ends, away_return() per subscription, away_tick(); away_free()
 */

#include "share/door_state.h"

struct away_view {
	struct list link;
	struct view *view;
	uint64_t left_by;   /* the consumer's number */
	uint64_t from;      /* the first number it was not handed */
	uint64_t told_from; /* the first that no event has told */
	/* Of the view, before told_from; numbers behind it that were told already, or handed to
	 * others, count as pauses. */
	uint64_t bytes_at, pauses_at;
	bool keeps;   /* the topic stays joined for it */
	bool restart; /* the node was away, too */
	bool taken;   /* it is back, and was told up to `to`; its further subscriptions may ask */
	uint64_t to;
};

struct away {
	struct map_node by_who;
	struct list link; /* on door.away, who ended first is first */
	struct mono until;
	struct list views;
	size_t n_views;
	char by[LIMIT_CONSUMER_ID + 1]; /* whose token who ended last had; "": it is not counted */
	size_t n_who;
	uint8_t who[]; /* AWAY_CONSUMER credentials NUL id, or AWAY_GROUP queue */
};

#define AWAY_CONSUMER 'c'
#define AWAY_GROUP 'q'

/* It ends: before its subscriptions are killed and its marks forgotten. */
void away_leave(struct consumer *c);
/* It is in the index. */
void away_return(struct sub *s);
void away_tick(struct door *d, struct mono now);
struct mono away_deadline(const struct door *d);
void away_free(struct door *d);

/* Finds or makes room for `who`, and for a view of it. NULL: no memory, or no room. Those of one
 * `by` take no more than a share, and make room among themselves then. */
struct away *away_of(struct door *d, struct bytes who, const char *by, struct mono until);
struct away_view *away_add(struct door *d, struct away *a, struct view *v);
/* It stays joined. */
void away_keep(struct away_view *r);

#endif
