#ifndef PL_CLI_DURATION_H
#define PL_CLI_DURATION_H

/* Times as people write them: a number and a unit, 90s, 15m, 24h, 7d or 2w. */

#include <stdbool.h>
#include <stdint.h>

#define DURATION_MS_MAX (UINT64_C(3650) * 86400 * 1000) /* ten years */

/* False: it is none, it is nothing, or it is more than ten years. */
bool duration_parse(const char *text, uint64_t *ret_ms);

#endif
