#ifndef PL_SHARE_AUTHORS_H
#define PL_SHARE_AUTHORS_H

/*
 * Who wrote messages that no reader of payloads could use. As on the network itself, an author
 * whose envelopes were malformed LIMIT_AUTHOR_STRIKES times is skipped. The network never forgives;
 * here all is forgotten when LIMIT_AUTHOR_FORGET_MS have passed without a fault.
 *
 *     authors_init(); authors_is_skipped() before a message is opened, authors_malformed() and
 * authors_mismatched() when it was no good; authors_deinit()
 *
 * When LIMIT_AUTHORS are known, whose last fault lies furthest back is forgotten.
 */

#include "base/list.h"
#include "base/map.h"
#include "base/time.h"
#include "wire/peer_id.h"

struct authors {
	struct map by_id;
	struct list oldest_first;
	uint64_t n_skipped; /* how often one began to be skipped */
};

struct author_info {
	const struct peer_id *id;
	uint64_t n_malformed, n_mismatched;
	uint64_t skipped_ms; /* so much longer; 0: is heard */
};

void authors_init(struct authors *a, uint64_t seed);
void authors_deinit(struct authors *a);

bool authors_is_skipped(struct authors *a, const struct peer_id *id, struct mono now);
/* True: from now on it is skipped. `seqno` is the message's: the same one, which anybody may have
 * sent round again, is no further fault. */
bool authors_malformed(struct authors *a, const struct peer_id *id, uint64_t seqno,
		       struct mono now);
/* It named another author than itself; that is counted only. */
void authors_mismatched(struct authors *a, const struct peer_id *id, struct mono now);

/* Whose last fault lies furthest back comes first. */
void authors_each(const struct authors *a, struct mono now,
		  void (*each)(void *user, const struct author_info *info), void *user);

#endif
