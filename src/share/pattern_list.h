#ifndef PL_SHARE_PATTERN_LIST_H
#define PL_SHARE_PATTERN_LIST_H

/*
 * Patterns that together say which subjects are allowed.
 *
 *     struct pattern_list l = { 0 }; pattern_list_add() per pattern; pattern_list_covers();
 * pattern_list_deinit()
 *
 * A pattern is covered when every subject that it can match is matched by one of the list, not
 * necessarily all by the same: `a.*` and `a.*.>` together cover `a.>`. The answer is exact.
 */

#include "base/def.h"

struct pattern_list {
	struct bytes *v; /* each on the heap */
	size_t n;
	size_t n_tokens; /* of the longest */
};

void pattern_list_deinit(struct pattern_list *l);
/* `pattern` is valid and is copied; one that is in is not added again. -ENOSPC:
 * LIMIT_RIGHTS_PATTERNS. -ENOMEM. */
_nodiscard_ int pattern_list_add(struct pattern_list *l, struct bytes pattern);
/*
 * Is `inner`, a valid pattern or subject, covered? With `named` only those count whose first token
 * is no wildcard.
 */
bool pattern_list_covers(const struct pattern_list *l, struct bytes inner, bool named);

#endif
