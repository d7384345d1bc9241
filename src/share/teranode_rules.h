#ifndef PL_SHARE_TERANODE_RULES_H
#define PL_SHARE_TERANODE_RULES_H

/*
 * What may be signed and sent on Teranode's topics `teranode/bitcoin/<version>/<net>-<kind>`. All
 * consumers share the node's key and so its reputation, and Teranode's nodes ban for a day whom
 * they catch at what they call spam or a violation: a message that could offend them is refused to
 * the consumer that wants to publish it, with the reason.
 *
 *     teranode_rules_new(); teranode_rules_refuse() before each publication; teranode_rules_free()
 *
 * It stands at the door, not in gossip, because it judges consumers: the engine knows no payloads,
 * and what others publish is theirs to answer for.
 *
 * In this order: the envelope and its size, the payload, its author (we), its fields, how often its
 * hash was announced, and the topic's rate. Each bound is far inside what Teranode tolerates.
 */

#include "base/def.h"
#include "base/random.h"
#include "base/time.h"
#include "wire/peer_id.h"

struct teranode_rules;

/* `us` is who signs. -ENOMEM. */
_nodiscard_ int teranode_rules_new(const struct peer_id *us, const struct random *random,
				   struct teranode_rules **ret);
/* Takes NULL. */
struct teranode_rules *teranode_rules_free(struct teranode_rules *r);

/* NULL: `data` may be published on this topic now, and is counted. Else why not, in words that also
 * name the setting; borrowed until the next call. */
const char *teranode_rules_refuse(struct teranode_rules *r, struct bytes topic, struct bytes data,
				  struct mono now);

#endif
