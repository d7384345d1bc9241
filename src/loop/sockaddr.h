#ifndef PL_LOOP_SOCKADDR_H
#define PL_LOOP_SOCKADDR_H

/* struct addr to and from what the kernel wants. */

#include <sys/socket.h>

#include "base/addr.h"

/* The length; 0 when `a` has no family. */
socklen_t sockaddr_of_addr(const struct addr *a, struct sockaddr_storage *ret);
/* Family ADDR_NONE for everything that is not IP. */
struct addr addr_of_sockaddr(const struct sockaddr *sa);

#endif
