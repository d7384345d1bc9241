#ifndef PL_CLIENT_REQUESTS_H
#define PL_CLIENT_REQUESTS_H

/*
 * Requests that wait for their answers, each with a ticket that no other ever has, and a deadline.
 * All of them end: requests_answer(), or requests_over() says how.
 */

#include "base/def.h"
#include "base/list.h"
#include "base/map.h"
#include "base/time.h"

enum request_end {
	REQUEST_TIMED_OUT,
	REQUEST_LOST, /* the connection was */
};

struct requests {
	struct map by_ticket;
	struct list waiting, over;
	uint64_t last_ticket;
	struct mono deadline; /* of the earliest, or earlier */
};

void requests_init(struct requests *t, uint64_t seed);
void requests_deinit(struct requests *t);

/* -ENOSPC: LIMIT_CLIENT_REQUESTS. -ENOMEM. */
_nodiscard_ int requests_add(struct requests *t, struct mono deadline, uint64_t *ret_ticket);
/* Ends it; false: it had ended. */
bool requests_answer(struct requests *t, uint64_t ticket);
bool requests_is_waiting(const struct requests *t, uint64_t ticket);
/* The connection was lost: all that wait are over. */
void requests_lose(struct requests *t);
/* One that is over without an answer, `only` it unless 0; false: none. */
bool requests_over(struct requests *t, struct mono now, uint64_t only, uint64_t *ret_ticket,
		   enum request_end *ret_end);
/* When requests_over() may have something new; at once while something is left. */
struct mono requests_deadline(const struct requests *t);

#endif
