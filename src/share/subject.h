#ifndef PL_SHARE_SUBJECT_H
#define PL_SHARE_SUBJECT_H

/*
 * NATS subjects: tokens between dots; `*` stands for one token, `>` for all that follow, each only
 * as a whole token.
 */

#include <string.h>

#include "base/def.h"

/* No empty token, no blank, within LIMIT_SUBJECT and LIMIT_SUBJECT_TOKENS; with `pattern`, `>` only
 * last. */
bool subject_is_valid(struct bytes subject, bool pattern);
/* Over one of the two: it is no valid subject for that alone. Clients read a line into 4,096 bytes,
 * and subject, sid and reply share one. */
bool subject_is_too_long(struct bytes subject);
#define SUBJECT_TOO_LONG "longer than 1024 bytes or of more than 32 tokens"
bool subject_has_wildcard(struct bytes subject);
/* Both are valid. */
bool subject_matches(struct bytes pattern, struct bytes subject);
/* Every publication is asked several times; most are told from the first byte. */
static inline bool subject_starts_with(struct bytes subject, const char *prefix)
{
	size_t n = strlen(prefix);

	return n == 0 || (subject.n >= n && subject.p[0] == (uint8_t)prefix[0] &&
			  memcmp(subject.p, prefix, n) == 0);
}

/* Takes the first token, and its dot, off a valid subject. */
struct bytes subject_token(struct bytes *io);
/* Is the token this wildcard? */
bool subject_token_is(struct bytes token, char wildcard);

#endif
