#ifndef PL_NODE_JSON_VALUES_H
#define PL_NODE_JSON_VALUES_H

/* Our values as JSON, for answers and events. Each answers NULL when there is no memory; jansson's
 * setters take NULL and leave the field out. */

#include "base/addr.h"
#include "share/json_text.h"
#include "wire/multiaddr.h"
#include "wire/peer_id.h"

json_t *json_number(uint64_t v);
/* Null for NULL. */
json_t *json_text_or_null(const char *text);
json_t *json_peer_id(const struct peer_id *id);
json_t *json_multiaddr(const struct multiaddr *m);
/* As a multiaddr, /ip4/…/tcp/…; null for ADDR_NONE. */
json_t *json_addr(const struct addr *a);

#endif
