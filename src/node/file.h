#ifndef PL_NODE_FILE_H
#define PL_NODE_FILE_H

/* Small files, whole: read with a maximum, written so that a crash leaves the old or the new one.
 */

#include "base/buf.h"
#include "base/def.h"

/* Appends the content to `out`. -ENOENT, -EACCES, -EFBIG (more than the buffer's maximum), ... */
_nodiscard_ int file_read(const char *path, struct buf *out);
/* Temporary file beside it, fsync, rename, fsync of the directory. Mode as given, whatever the
 * umask. */
_nodiscard_ int file_write_atomic(const char *path, struct bytes content, unsigned int mode);

#endif
