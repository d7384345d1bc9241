#ifndef PL_LINE_LINE_PRIV_H
#define PL_LINE_LINE_PRIV_H

/*
 * The public library (peerline/consumer.h) between its files: line.c, where the node is;
 * consumer.c, a place at its door; outcome.c, results as texts. A line lives until it is closed and
 * its last consumer is, too.
 */

#include "base/def.h"
#include "peerline/consumer.h"

/* Thread: any, all of them. */
void line_ref(struct pl_line *line);
void line_unref(struct pl_line *line);
/* What client/address.h reads; NULL: embedded. */
const char *line_address(const struct pl_line *line);
/* For client_config.connect of an embedded line: a socket whose other end is at the door. */
_nodiscard_ int line_connect(void *line, int *ret_fd);

#endif
