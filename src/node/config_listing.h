#ifndef PL_NODE_CONFIG_LISTING_H
#define PL_NODE_CONFIG_LISTING_H

/* Every setting with its value and where that came from, as JSON: the answer of CONFIG and what
 * `peerline config` shows (docs/control.md). */

#include <jansson.h>

#include "node/config.h"

/* After config_finish(). NULL: no memory. */
json_t *config_listing(const struct config *c);

#endif
