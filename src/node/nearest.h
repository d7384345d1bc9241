#ifndef PL_NODE_NEAREST_H
#define PL_NODE_NEAREST_H

/* "Did you mean": the known word that takes the fewest edits to reach. */

#include "base/def.h"

/* Insertions, deletions and substitutions from a to b; words beyond 63 characters count as far
 * away. */
size_t edit_distance(const char *a, const char *b);
/* NULL when nothing is near (more than a third of the word would change). */
const char *nearest_word(const char *word, const char *const *known, size_t n);

#endif
