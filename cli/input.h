#ifndef PL_CLI_INPUT_H
#define PL_CLI_INPUT_H

/* The message that a command line gives: the word behind the subject, or what comes on standard
 * input where there is none, or "-". */

#include "base/buf.h"
#include "cli/args.h"

/* `input` was made with buf_init() and LIMIT_DOOR_PAYLOAD; `ret` is borrowed from it or from
 * `args`. EXIT_USAGE after a sentence on standard error. */
_nodiscard_ int input_message(const struct args *args, struct buf *input, struct bytes *ret);

#endif
