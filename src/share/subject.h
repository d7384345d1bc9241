#ifndef PL_SHARE_SUBJECT_H
#define PL_SHARE_SUBJECT_H

/*
 * NATS subjects: tokens between dots; `*` stands for one token, `>` for all that follow, each only
 * as a whole token.
 */

#include "base/def.h"

/* No empty token, no blank, within LIMIT_SUBJECT; with `pattern`, `>` only last. */
bool subject_is_valid(struct bytes subject, bool pattern);
bool subject_has_wildcard(struct bytes subject);
bool subject_matches(struct bytes pattern, struct bytes subject);

#endif
