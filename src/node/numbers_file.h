#ifndef PL_NODE_NUMBERS_FILE_H
#define PL_NODE_NUMBERS_FILE_H

/*
 * door.numbers in the data directory: what the door must know again after an orderly restart
 * (share/numbers.h). It is good for one start: what is taken is renamed to door.numbers.used, so
 * that a crash is never taken for a restart, and a file that is damaged lies there to be looked at.
 */

#include "base/buf.h"
#include "base/def.h"

/* Appends the content. -ENOENT: there is none; others: it is not used. */
_nodiscard_ int numbers_file_take(const char *data, struct buf *out);
_nodiscard_ int numbers_file_save(const char *data, struct bytes content);

#endif
