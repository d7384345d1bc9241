#ifndef PL_SHARE_GREETING_H
#define PL_SHARE_GREETING_H

/* What door and consumer tell each other first, as JSON: INFO from us, CONNECT from them. */

#include "base/buf.h"
#include "base/def.h"
#include "base/limits.h"

#define GREETING_WORD_MAX 32

/* What CONNECT may say. Before it, and for keys it leaves out, NATS's defaults hold. */
struct greeting_options {
	bool verbose, pedantic, echo, headers, no_responders;
	int64_t protocol;
	char name[LIMIT_CONSUMER_ID + 1];
	bool name_too_long;
	char lang[GREETING_WORD_MAX], version[GREETING_WORD_MAX]; /* the client library's; empty if
								     too long */
};

struct greeting_options greeting_defaults(void);

/*
 * Lays what the JSON says over `io`; keys we do not know are ignored. `ret_token` becomes the
 * token, NUL-terminated, empty when there is none; it has room for `n_token` bytes, and a longer
 * one is no token of ours. -EBADMSG: not JSON, nested too deeply, or a value of the wrong type.
 * -ENOMEM. `io` is left alone on any error.
 */
_nodiscard_ int greeting_read_connect(struct bytes json, struct greeting_options *io,
				      char *ret_token, size_t n_token);

struct greeting_info {
	const char *server_id, *server_name, *version, *host;
	uint16_t port;
	uint64_t client_id;
	bool auth_required, lame_duck;
};

/* The whole INFO line, appended to `out`. -ENOMEM, -ENOBUFS. */
_nodiscard_ int greeting_write_info(const struct greeting_info *info, struct buf *out);

#endif
