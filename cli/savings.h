#ifndef PL_CLI_SAVINGS_H
#define PL_CLI_SAVINGS_H

/*
 * What sharing saves: without us each consumer would hold every link itself, so all but one of the
 * consumers would have as many connections more. Our own command lines would not, and do not count.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define SAVINGS_TEXT_MAX 96

struct savings {
	int64_t consumers, links;
	int64_t avoided; /* connections */
};

/* From an answer to STATUS. */
struct savings savings_of(const json_t *status);
/* "3 consumers share 8 links: 16 connections avoided"; false: there is nothing to say. */
bool savings_text(const struct savings *s, char out[SAVINGS_TEXT_MAX]);
/* Is this the id of one of our commands' connections, peerline-sub-4711? */
bool savings_is_command(const char *id);

#endif
