#ifndef PL_CLI_ATTACH_H
#define PL_CLI_ATTACH_H

/*
 * From a data directory to the node that runs on it: run.json says where its door is. Every failure
 * is a sentence on standard error and an exit code.
 */

#include <jansson.h>

#include "base/def.h"
#include "client/client.h"
#include "node/config.h"

#define ATTACH_TOKEN_MAX 256
#define ATTACH_TIMEOUT_MS 5000
#define ATTACH_NAME_MAX 64

struct attach_place {
	char data[CONFIG_PATH_MAX];
	char door[128]; /* nats://host:port */
	char socket[CONFIG_PATH_MAX];
	char token_file[CONFIG_PATH_MAX];
	int64_t pid;
};

/* `data` is the flag's value or NULL: then PEERLINE_DATA, then the default. */
_nodiscard_ int attach_data_dir(const char *data, char ret[CONFIG_PATH_MAX]);
/* EXIT_NO_NODE when none runs there. */
_nodiscard_ int attach_find(const char *data, struct attach_place *ret);
/* EXIT_REFUSED when it cannot be read. */
_nodiscard_ int attach_token(const struct attach_place *place, char ret[ATTACH_TOKEN_MAX]);
/* By the Unix socket, else by TCP with the token. `what` becomes part of the consumer's id. */
_nodiscard_ int attach_open(const char *data, const char *what, struct client **ret);
/* A consumer id for a command that was given none. */
void attach_name(const char *what, char ret[ATTACH_NAME_MAX]);
/* Likewise under this consumer id. */
_nodiscard_ int attach_open_as(const char *data, const char *name, struct client **ret);
/* Likewise, and it comes back when the node is restarted, however long that takes. */
_nodiscard_ int attach_stay(const char *data, const char *name, struct client **ret);
/* false: the connection was lost, or is back, and that was said on standard error, where programs
 * that read what we print are told it too. */
_nodiscard_ bool attach_is_message(const struct client_message *m);

/* One request of $PL.API; the answer is the caller's. `body` is taken; NULL: none. */
_nodiscard_ int attach_ask(const char *data, const char *verb, json_t *body, json_t **ret);
/* Likewise on a connection that stays. */
_nodiscard_ int attach_ask_on(struct client *c, const char *verb, json_t *body, json_t **ret);

/* A word of the command line as a subject: a name with a slash is a topic's. -1: too long. */
_nodiscard_ int attach_subject(const char *word, bool literal, char *out, size_t n_out);

/* What `r` (a negative errno or CLIENT_E_*) of a client call means, as a sentence on standard
 * error; returns the exit code. */
int attach_failed(const struct client *c, int r);

#endif
