#ifndef PL_NODE_PORT_HOLDER_H
#define PL_NODE_PORT_HOLDER_H

/* Who has the port we wanted? Read from /proc, for the error message; another user's processes stay
 * hidden. */

#include "base/addr.h"
#include "base/def.h"

#define PORT_HOLDER_MAX 96

/* "nats-server, pid 4711"; false when nobody is found or may be seen. */
bool port_holder(uint16_t port, char out[PORT_HOLDER_MAX]);

#endif
