#ifndef PL_SHARE_NUMBERS_H
#define PL_SHARE_NUMBERS_H

/*
 * What the door must know again after an orderly restart: the numbers of topics, and who was
 * waited for. This is the file's format, big-endian, without I/O:
 *
 *     "peerline numbers 1\n"   wall clock, ns: 8
 *     topics: 2, of each       name: 2 + n; per view: epoch 8, number 8
 *     away: 2, of each         who: 2 + n; ms left: 4; views: 2, of each
 *                              topic: 2; view: 1; keeps: 1; from, told_from, bytes, pauses: 8 each
 *
 * Texts are borrowed from what was decoded. The struct is large: on the heap.
 */

#include "base/buf.h"
#include "base/def.h"
#include "base/limits.h"
#include "share/topic_subject.h"

struct numbers_topic {
	struct bytes name;
	uint64_t epoch[TOPIC_VIEWS], seq[TOPIC_VIEWS];
};

struct numbers_view {
	uint16_t topic;
	uint8_t view;
	bool keeps;
	uint64_t from, told_from; /* 1 <= from <= told_from <= seq + 1 */
	uint64_t bytes, pauses;   /* since told_from */
};

struct numbers_away {
	struct bytes who;
	uint32_t left_ms;
	uint16_t n_views; /* in `views`, behind those of who stands before */
};

struct numbers {
	int64_t saved_at_ns;
	size_t n_topics, n_away, n_views;
	struct numbers_topic topics[LIMIT_DOOR_TOPICS];
	struct numbers_away away[LIMIT_DOOR_AWAY];
	struct numbers_view views[LIMIT_DOOR_AWAY_VIEWS];
};

#define NUMBERS_WHO_MAX (2 + 2 * LIMIT_CONSUMER_ID + LIMIT_SUBJECT)
/* The longest that is written. */
#define NUMBERS_BYTES_MAX                                                                          \
	(64 + LIMIT_DOOR_TOPICS * (2 + LIMIT_GOSSIP_TOPIC_NAME + 16 * 3) +                         \
	 LIMIT_DOOR_AWAY * (8 + NUMBERS_WHO_MAX) + LIMIT_DOOR_AWAY_VIEWS * 36)
#define NUMBERS_SEQ_MAX (UINT64_C(1) << 62)

/* -ENOMEM, -ENOBUFS. */
_nodiscard_ int numbers_encode(const struct numbers *n, struct buf *out);
/* -EBADMSG: `ret` is then of no use. */
_nodiscard_ int numbers_decode(struct bytes in, struct numbers *ret);

#endif
