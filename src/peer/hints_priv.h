#ifndef PL_PEER_HINTS_PRIV_H
#define PL_PEER_HINTS_PRIV_H

/* What the files of hints share: hints.c has life, news and dials, hints_ask.c questions. */

#include "peer/dialled_hosts.h"
#include "peer/hint_book.h"
#include "peer/hints.h"

struct hints {
	struct hints_config config;
	struct hint_book book;
	struct dialled_hosts hosts;
	struct addr_requests *requests;
	struct timer dial_timer, ask_timer;
	bool is_armed; /* both run */
	uint64_t n_dialled, n_connected;
	/* The hint that is being tried. */
	bool is_trying;
	struct peer_id trying;
	size_t next;                    /* of its addresses */
	bool told_by_user, public_only; /* the address that is being dialled */
};

extern const struct addr_requests_ops hints_request_ops;

/* Is more wanted than we have? */
bool hints_are_wanted(const struct hints *h);
/* Is this hint's peer neither connected nor kept connected by others? */
bool hint_is_open(void *hints, const struct hint *hint);
/* What a peer told of another, from where it is itself. */
void hints_add_told(struct hints *h, struct peer *via, struct hint_news *news);
void hints_ask_round(struct hints *h);

#endif
