#ifndef PL_CLI_PRINT_H
#define PL_CLI_PRINT_H

/* A message, one line each: for people, and as JSON. */

#include "client/client.h"

/* `[#1] subject author payload`; what is not printable is shown as \xNN. A gap goes to standard
 * error. */
void print_plain(uint64_t n, const struct client_message *m);
/* {"subject", "reply", "headers": {…}, "data" or "data_base64"}; a header that comes twice is a
 * list. */
void print_json(const struct client_message *m);

#endif
