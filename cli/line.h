#ifndef PL_CLI_LINE_H
#define PL_CLI_LINE_H

/*
 * Lines of the log, written so that the node never waits for whoever reads them: a frozen reader
 * must not freeze the links of everybody else. Lines it does not take are lost whole, counted, and
 * told before the next one that it takes.
 */

#include <stddef.h>

struct line_log {
	int fd;
	void (*tell_lost)(struct line_log *log, size_t n); /* calls line_write() once */
	size_t n_lost;
	char *rest; /* of a line that was taken in part */
	size_t n_rest;
};

/* `line` ends in a newline. */
void line_write(struct line_log *log, const char *line, size_t n);

#endif
