#ifndef PL_SHARE_JSON_TEXT_H
#define PL_SHARE_JSON_TEXT_H

/* Text of strangers as JSON. Names of topics, subjects and paths are bytes, a JSON text is UTF-8:
 * where they are not, each byte beyond ASCII is shown as `?`. */

#include <jansson.h>

#include "base/def.h"

/* NULL: no memory. */
json_t *json_text(struct bytes b);

#endif
