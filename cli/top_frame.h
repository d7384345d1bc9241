#ifndef PL_CLI_TOP_FRAME_H
#define PL_CLI_TOP_FRAME_H

/* What `peerline top` shows: rates from two samples of the node, the busiest first. */

#include <jansson.h>
#include <stdio.h>

/* Answers to STATUS, PEERS and CONSUMERS that were asked for together. */
struct top_sample {
	json_t *status, *peers, *consumers;
};

void top_sample_deinit(struct top_sample *s);

/* `before` may be empty: then there are no rates yet. At most `rows_max` rows of each kind; those
 * that are left out are counted. */
void top_frame_write(const struct top_sample *before, const struct top_sample *now, size_t rows_max,
		     FILE *out);
/* The same for programs, whole; a rate that is not known is null. NULL: no memory. */
json_t *top_frame_json(const struct top_sample *before, const struct top_sample *now);

#endif
