#ifndef PL_SHARE_TOPIC_SUBJECT_H
#define PL_SHARE_TOPIC_SUBJECT_H

/*
 * Topic names as subjects. "teranode/bitcoin/1.0.0/mainnet-block" is `topic.` and that name: three
 * tokens more. A byte that no subject can carry (blanks, controls), an empty token and a token that
 * would be a wildcard are written %XX, `%` itself too; whoever writes %XX where it was not needed
 * means the same topic.
 */

#include "base/buf.h"
#include "base/def.h"

#define TOPIC_SUBJECT_PREFIX "topic."

bool topic_subject_is(struct bytes subject);
/* The topic's one canonical subject. -ENOBUFS, -ENOMEM. */
_nodiscard_ int topic_subject_encode(struct bytes topic, struct buf *out);
/*
 * The topic that a subject without wildcards names; `prefix` goes before a name that has no `/`.
 * -EINVAL: no topic of at most LIMIT_GOSSIP_TOPIC_NAME bytes, a wildcard, a broken %XX; `out` is
 * then of no use. -ENOMEM.
 */
_nodiscard_ int topic_subject_decode(struct bytes subject, const char *prefix, struct buf *out);

#endif
