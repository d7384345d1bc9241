#ifndef PL_NODE_CONSUMERS_FILE_H
#define PL_NODE_CONSUMERS_FILE_H

/* The file that gives consumers tokens and rights of their own: JSON, as docs/consumers.md says. */

#include "node/config.h"
#include "share/rights.h"

/*
 * Reads c->consumers and the token files it names, relative to it; `c` is finished, and says what
 * holds for what is left out. `owner_token` may stand in none of them. What is wrong is a sentence
 * that names file, entry and key, and nothing is returned then. -ENOENT: there is no such file.
 * -EINVAL, -EACCES, -EPERM (others could have written or read one of them), -ENOMEM.
 */
_nodiscard_ int consumers_file_read(const struct config *c, const char *owner_token,
				    struct rights_table **ret, struct config_error *ret_error);

/* The same for a start or a reload: where nobody named the file and there is none, 0 with NULL. */
_nodiscard_ int consumers_file_load(const struct config *c, const char *owner_token,
				    struct rights_table **ret, struct config_error *ret_error);

#endif
