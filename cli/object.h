#ifndef PL_CLI_OBJECT_H
#define PL_CLI_OBJECT_H

/* JSON objects at the command line: the node's answers, read with mercy, and our own --json. */

#include <jansson.h>
#include <stdint.h>

/* "" where there is no such text. Borrowed from `o`. */
const char *object_text(const json_t *o, const char *key);
/* -1 where there is no such number. */
int64_t object_number(const json_t *o, const char *key);
/* One line on standard output; takes `o`, NULL when it could not be made. EXIT_FINE or
 * EXIT_REFUSED. */
int object_print(json_t *o);

#endif
