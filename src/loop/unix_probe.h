#ifndef PL_LOOP_UNIX_PROBE_H
#define PL_LOOP_UNIX_PROBE_H

/* Before a stale Unix socket is removed: does anybody still listen on it? */

#include "base/def.h"

/* One blocking look; connecting to a Unix socket does not wait for the other side. */
bool unix_socket_answers(const char *path);

#endif
