#ifndef PL_LOOP_LOOP_UV_H
#define PL_LOOP_LOOP_UV_H

/* The real loop, on libuv and c-ares (names, TXT records). See loop.h for the contract. */

#include "loop/loop.h"

_nodiscard_ int loop_uv_new(struct loop **ret);
/*
 * A connected Unix stream socket that was made elsewhere in the process, as if a listener had
 * accepted it: sock_start() it before anything else is done. It must not block. The descriptor is
 * taken in any case. -ENOMEM.
 */
_nodiscard_ int loop_uv_adopt(struct loop *l, int fd, struct sock **ret);

#endif
