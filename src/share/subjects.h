#ifndef PL_SHARE_SUBJECTS_H
#define PL_SHARE_SUBJECTS_H

/*
 * Who wants which subject. Patterns without wildcards stand in a hash table, the others in a tree
 * of tokens, so that a message is matched in steps of its own length, not of the number of
 * subscriptions: unless these are made to branch at every token. Whoever looks up pays for the
 * steps.
 *
 *     subjects_init(); subjects_add(); subjects_match(); subjects_remove(); subjects_deinit()
 */

#include "base/def.h"
#include "base/list.h"
#include "base/map.h"

struct subjects_node;

/* Embedded in a subscription; zeroed while it is in no index. */
struct subjects_entry {
	struct list link;
	struct subjects_node *node; /* NULL: not in */
};

struct subjects {
	struct map exact;    /* by subject */
	struct map branches; /* tree nodes, by their parent and token */
	struct subjects_node *root;
	size_t n_entries, n_wild;
	struct subjects_entry **hits; /* room for every entry, so that matching cannot fail */
	size_t n_hits, hits_max;
	size_t n_steps; /* of the tree, that the last look-up took */
};

/* What a pattern costs in bytes, beyond the subscription itself. */
size_t subjects_cost(struct bytes pattern);

_nodiscard_ int subjects_init(struct subjects *s, uint64_t seed, size_t n_max);
/* Every entry must have been removed. */
void subjects_deinit(struct subjects *s);

/* `pattern` is valid and is copied. -ENOMEM, -ENOSPC. */
_nodiscard_ int subjects_add(struct subjects *s, struct subjects_entry *e, struct bytes pattern);
/* Safe on an entry that is not in. */
void subjects_remove(struct subjects *s, struct subjects_entry *e);

/* Fills s->hits with the entries that want this subject, each once; good until the index changes or
 * is asked again. A subject that is not valid is wanted by nobody. */
void subjects_match(struct subjects *s, struct bytes subject);

#endif
