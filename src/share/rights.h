#ifndef PL_SHARE_RIGHTS_H
#define PL_SHARE_RIGHTS_H

/*
 * What a consumer may do. The owner may do everything; whoever shows a token of its own has the
 * rights that stand beside it in a table, which the node fills from the consumers file.
 *
 *     rights_table_new(); per entry rights_table_add(), rights_allow(), quotas; door_set_rights()
 *
 * The table is filled once and then never changed: another one takes its place. Consumers borrow
 * their rights from it.
 *
 * Patterns allow; there is none that forbids. A wildcard as the first token stands for no subject
 * that begins with `$`, `_`, `serve.` or `validate.`: these must be written out, so that `>` lets
 * nobody read or answer what is between others. Without any right everybody may subscribe to an
 * inbox, which is what begins with `_` and has no wildcard in its first two tokens.
 */

#include "base/def.h"
#include "base/limits.h"
#include "share/door.h"
#include "share/pattern_list.h"

#define RIGHTS_TOKEN_MAX 256 /* with a NUL */

struct rights {
	char name[LIMIT_CONSUMER_ID + 1]; /* of the credentials: "owner", or the entry's */
	bool is_owner;                    /* everything is allowed; the lists are empty */
	struct pattern_list subscribe, publish;
	struct pattern_list api; /* verbs */
	/* A second; 0: as much as it likes. What is beyond is not read until it is its turn. */
	uint64_t messages_rate, bytes_rate;
	size_t consumer_bytes, subscriptions; /* of each connection, at most */
	size_t connections;                   /* at once */
	enum door_slow slow;                  /* what happens when it does not read */
	uint8_t token[RIGHTS_TOKEN_MAX];      /* NULs behind it */
};

struct rights_table;

/* `topic_prefix` goes before topic names without `/`, as at the door. NULL: no memory. */
struct rights_table *rights_table_new(const char *topic_prefix);
/* Takes NULL; nobody borrows from it any more. */
struct rights_table *rights_table_free(struct rights_table *t);

enum {
	RIGHTS_E_NAME = 1,        /* not 1 to LIMIT_CONSUMER_ID printable characters without blanks,
				     quotes, '\\' and '#'; "owner" */
	RIGHTS_E_NAME_TAKEN = 2,  /* by another entry */
	RIGHTS_E_TOKEN = 3,       /* not 16 to 255 printable characters */
	RIGHTS_E_TOKEN_TAKEN = 4, /* by another entry */
	RIGHTS_E_SUBJECT = 5,     /* no valid subject or pattern */
	RIGHTS_E_SERVE = 6,       /* begins with `serve.`: methods have a list of their own, and
				     stand there without it */
	RIGHTS_E_API = 7,         /* begins with `$PL.API.`: the same of verbs */
};

/* An entry that may do nothing yet and has no quotas but the door's maxima. Outcomes, -ENOMEM,
 * -ENOSPC: LIMIT_CREDENTIALS. */
_nodiscard_ int rights_table_add(struct rights_table *t, const char *name, const char *token,
				 struct rights **ret);

enum rights_kind {
	RIGHTS_SUBSCRIBE,
	RIGHTS_PUBLISH,
	RIGHTS_SERVE, /* a method: to subscribe to `serve.<method>`, and to answer what comes */
	RIGHTS_API,   /* a verb */
};

/* Outcomes, -ENOMEM, -ENOSPC: LIMIT_RIGHTS_PATTERNS. */
_nodiscard_ int rights_allow(struct rights_table *t, struct rights *r, enum rights_kind kind,
			     const char *pattern);

size_t rights_table_count(const struct rights_table *t);
/* NULL: none. In constant time for all entries together. `t` may be NULL. */
const struct rights *rights_of_token(const struct rights_table *t,
				     const uint8_t token[RIGHTS_TOKEN_MAX]);
const struct rights *rights_of_name(const struct rights_table *t, const char *name);
bool rights_token_is(const struct rights *r, const uint8_t token[RIGHTS_TOKEN_MAX]);
/* Whoever has not shown a token. */
extern const struct rights rights_of_strangers;

/* `subject` is as the consumer wrote it; `topic_prefix` as above. */
bool rights_may_subscribe(const struct rights *r, struct bytes pattern, const char *topic_prefix);
bool rights_may_publish(const struct rights *r, struct bytes subject, const char *topic_prefix);
bool rights_may_ask(const struct rights *r, struct bytes verb);
/* Does what stands in its lists allow it? */
bool rights_list_covers(const struct rights *r, struct bytes pattern, const char *topic_prefix);
/* What everybody may subscribe to, as long as it is nobody else's. */
bool rights_is_inbox(struct bytes pattern);
/* A name that these credentials may take: the owner any, an entry its own, and that with '#' and
 * something behind it. */
bool rights_may_be(const struct rights *r, const char *id);
/* Does a wildcard as the first token of a pattern not stand for this subject? */
bool rights_subject_is_guarded(struct bytes subject);

#endif
