#ifndef PL_PEER_HINTS_H
#define PL_PEER_HINTS_H

/*
 * Peers we heard of, and the slow dialler that tries them. Hints come from gossip's peer exchange,
 * from other peers' answers to "where is this peer?", from authors of messages (who are somewhere),
 * and from a file the user named; they are kept in a book (peer/hint_book.h) and believed nothing.
 *
 * While something is wanted from the network and fewer peers than LIMIT_HINT_TARGET, or half of
 * MAX_PEERS, are connected, one hint is tried about every LIMIT_HINT_DIAL_MS: its addresses in
 * turn, bound to the peer's id, each hint and each stranger's host once in LIMIT_HINT_AGAIN_MS. Who
 * is connected by it is no managed peer. For peers of which only the id is known, connected peers
 * are asked every LIMIT_ADDR_ROUND_MS. Others' questions are answered from what we know.
 *
 *     hints_new() after pool_new(), before the first link; hints_add_...(), hints_saw_author();
 * hints_free() before pool_free()
 *
 * Rules of the design kept here (9): a private, loopback, link-local or multicast address that came
 * from a peer at a public address is neither kept nor dialled, also where it is found behind a
 * name; never ourselves; one dial at a time.
 */

#include "peer/addr_request.h"
#include "peer/pool.h"

struct hints;

struct hints_ops {
	/* Is there anything to be connected for? Asked before each dial and round. */
	bool (*is_wanted)(void *user);
	/* The outcome of one address; `reason` and `text` (a sentence) where it did not connect.
	 * NULL is allowed. */
	void (*on_dialled)(void *user, const struct peer_id *id, const char *address,
			   bool is_connected, enum link_reason reason, const char *text);
};

struct hints_config {
	struct loop *loop;
	struct pool *pool;
	struct peer_id id; /* ours */
	struct random random;
	bool dial; /* false: hints are kept and told, nothing is dialled and nobody asked */
	size_t peers_max;
	const struct hints_ops *ops; /* borrowed for life */
	void *user;
};

struct hints_counts {
	size_t n;                    /* hints, now */
	uint64_t dialled, connected; /* hints tried; of these, with success */
	uint64_t refused;            /* told by who had told enough */
	struct addr_requests_counts requests;
};

/* -ENOMEM, -ENOSPC (protocols of the pool). */
_nodiscard_ int hints_new(const struct hints_config *config, struct hints **ret);
/* Takes NULL. */
struct hints *hints_free(struct hints *h);

/* `via` says that `peer` exists and, where `signed_record` is not empty, where: an envelope as in
 * peer/signed_record.h, which is checked. One that is bad is worth nothing at all. */
void hints_add_px(struct hints *h, const struct peer_id *via, const struct peer_id *peer,
		  struct bytes signed_record);
/* The user names these: private addresses are as good as any. */
void hints_add_named(struct hints *h, const struct peer_id *peer, const struct multiaddr *addresses,
		     size_t n);
/* A message of `author` came by way of `via`. Cheap: two look-ups for an author that is known. */
void hints_saw_author(struct hints *h, const struct peer_id *via, const struct peer_id *author);

struct hints_counts hints_counts(const struct hints *h);

#endif
