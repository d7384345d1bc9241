#ifndef PL_CLI_TOPIC_CELLS_H
#define PL_CLI_TOPIC_CELLS_H

/* Cells about a topic, the same in every table that shows topics. */

#include "cli/table.h"

/* "no mesh" for no_mesh; what is not known stands as it is. */
void topic_add_health(struct table *t, const json_t *topic);
/* How long ago its last message came. */
void topic_add_last(struct table *t, const json_t *topic);
/* A number of milliseconds of it as a duration; null is "-". */
void topic_add_ms(struct table *t, const json_t *topic, const char *key);

#endif
