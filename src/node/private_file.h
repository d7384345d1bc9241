#ifndef PL_NODE_PRIVATE_FILE_H
#define PL_NODE_PRIVATE_FILE_H

/* Files that hold a secret: they are used only when nobody else can have read or replaced them. */

#include "node/config.h"

/* 0; -ENOENT; -EBADMSG: not a file; -EPERM: somebody else's; -EACCES: others can read it. Whatever
 * it is, it is left alone, and the text says what would help; `otherwise` is the alternative. */
_nodiscard_ int private_file_check(const char *path, const char *otherwise,
				   struct config_error *ret_error);

#endif
