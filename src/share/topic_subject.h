#ifndef PL_SHARE_TOPIC_SUBJECT_H
#define PL_SHARE_TOPIC_SUBJECT_H

/*
 * Topic names as subjects: how a topic is to be seen, and its name. With `topic.` before it
 * "teranode/bitcoin/1.0.0/mainnet-block" is three tokens more. A byte that no subject can carry
 * (blanks, controls), an empty token and a token that would be a wildcard are written %XX, `%`
 * itself too; whoever writes %XX where it was not needed means the same topic.
 */

#include "base/buf.h"
#include "base/def.h"

enum topic_view {
	TOPIC_RAW,      /* `topic.`: its messages as they travel */
	TOPIC_PAYLOAD,  /* `payload.`: what their envelopes hold */
	TOPIC_VALIDATE, /* `validate.`: its messages before they are accepted */
	TOPIC_VIEWS,
};

/* `ret` may be NULL. */
bool topic_subject_is(struct bytes subject, enum topic_view *ret);
/* Appends the topic's one canonical subject in this view. -ENOBUFS, -ENOMEM. */
_nodiscard_ int topic_subject_encode(struct bytes topic, enum topic_view view, struct buf *out);
/*
 * The topic that a subject without wildcards names; `prefix` goes before a name that has no `/`.
 * -EINVAL: no topic of at most LIMIT_GOSSIP_TOPIC_NAME bytes, a wildcard, a broken %XX; `out` is
 * then of no use. -ENOMEM.
 */
_nodiscard_ int topic_subject_decode(struct bytes subject, const char *prefix, struct buf *out);

#endif
