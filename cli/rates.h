#ifndef PL_CLI_RATES_H
#define PL_CLI_RATES_H

/*
 * Rates: what a counter grew by between two answers of the node, per second of the node's own clock
 * (`uptime_ms`), so that no delay on the way to us makes a number that never was.
 */

#include <jansson.h>
#include <stdint.h>

#include "cli/table.h"

struct rates {
	const json_t *before, *now; /* answers to the same verb, borrowed; `before` may be NULL */
	const char *list;           /* "topics": where their rows are */
	const char *key;            /* "topic": what is the same in both */
};

/* Per second; -1 where it cannot be told: a row that is new, a counter that went back because what
 * it counted began anew, or no time between the two. */
double rates_of(const struct rates *r, const json_t *row, const char *counter);

/* "-", "0", "0.4", "12". */
void rates_add(struct table *t, double rate);
/* "-", "3.4 KiB". */
void rates_add_bytes(struct table *t, double rate);

#endif
