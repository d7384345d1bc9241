#ifndef PL_LOOP_LOOP_UV_H
#define PL_LOOP_LOOP_UV_H

/* The real loop, on libuv and c-ares (names, TXT records). See loop.h for the contract. */

#include "loop/loop.h"

_nodiscard_ int loop_uv_new(struct loop **ret);

#endif
