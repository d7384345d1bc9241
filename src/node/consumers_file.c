#include "node/consumers_file.h"

#include <ctype.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/keys.h"
#include "node/api.h"
#include "node/file.h"
#include "node/nearest.h"
#include "node/private_file.h"

/* One entry, while it is being read. */
struct reader {
	const struct config *config;
	const char *path, *owner_token;
	struct rights_table *table;
	const char *name; /* of the entry; NULL: none yet */
	struct rights *rights;
	struct config_error *error;
};

_printf_(2, 3) static int refuse(const struct reader *rd, const char *format, ...)
{
	size_t n = sizeof(rd->error->text), used;
	va_list args;

	used = (size_t)snprintf(rd->error->text, n, "PEERLINE_CONSUMERS: %.300s: ", rd->path);
	if (rd->name)
		used += (size_t)snprintf(rd->error->text + used, n - used,
					 "\"%.128s\": ", rd->name);
	va_start(args, format);
	vsnprintf(rd->error->text + used, n - used, format, args);
	va_end(args);
	return -EINVAL;
}

/* ---- values ---- */

static int read_number(const struct reader *rd, const char *key, const json_t *value, uint64_t min,
		       uint64_t max, uint64_t *ret)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) < min || (uint64_t)json_integer_value(value) > max)
		return refuse(rd, "\"%s\": give a whole number from %llu to %llu", key,
			      (unsigned long long)min, (unsigned long long)max);
	*ret = (uint64_t)json_integer_value(value);
	return 0;
}

static const char *what_is_wrong(int outcome)
{
	switch (outcome) {
	case RIGHTS_E_SERVE:
		return "methods stand in \"serve\", without \"serve.\" before them";
	case RIGHTS_E_API:
		return "verbs stand in \"api\", without \"$PL.API.\" before them";
	default:
		return "it is not valid there (no blanks, no empty tokens, `>` only at the end; "
		       "methods and verbs are names without wildcards)";
	}
}

/* A right to ask what nobody answers is a slip of the pen. */
static int check_verb(const struct reader *rd, const char *verb)
{
	const char *known[API_VERBS_MAX], *near;
	size_t n = api_verb_names(known), i;
	char capitals[32];

	for (i = 0; i < n; i++)
		if (strcmp(known[i], verb) == 0)
			return 0;
	for (i = 0; verb[i] && i < sizeof(capitals) - 1; i++)
		capitals[i] = (char)toupper((unsigned char)verb[i]);
	capitals[i] = '\0';
	near = nearest_word(capitals, known, n);
	return near ? refuse(rd, "\"api\": \"%.100s\" is no verb; did you mean \"%s\"?", verb, near)
		    : refuse(rd, "\"api\": \"%.100s\" is no verb; docs/control.md lists them",
			     verb);
}

static int allow(const struct reader *rd, const char *key, enum rights_kind kind,
		 const json_t *value)
{
	int r;

	if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
		return refuse(rd, "\"%s\": give a list of texts", key);
	r = rights_allow(rd->table, rd->rights, kind, json_string_value(value));
	if (r == -ENOSPC)
		return refuse(rd, "\"%s\": at most %d", key, LIMIT_RIGHTS_PATTERNS);
	if (r > 0)
		return refuse(rd, "\"%s\": \"%.200s\": %s", key, json_string_value(value),
			      what_is_wrong(r));
	if (r == 0 && kind == RIGHTS_API)
		r = check_verb(rd, json_string_value(value));
	return r;
}

static int read_list(const struct reader *rd, const char *key, enum rights_kind kind,
		     const json_t *value)
{
	int r = 0;

	if (!json_is_array(value))
		return refuse(rd, "\"%s\": give a list of texts", key);
	for (size_t i = 0; i < json_array_size(value) && r == 0; i++)
		r = allow(rd, key, kind, json_array_get(value, i));
	return r;
}

static int read_subscribe(struct reader *rd, const json_t *value)
{
	return read_list(rd, "subscribe", RIGHTS_SUBSCRIBE, value);
}

static int read_publish(struct reader *rd, const json_t *value)
{
	return read_list(rd, "publish", RIGHTS_PUBLISH, value);
}

static int read_serve(struct reader *rd, const json_t *value)
{
	return read_list(rd, "serve", RIGHTS_SERVE, value);
}

static int read_api(struct reader *rd, const json_t *value)
{
	return read_list(rd, "api", RIGHTS_API, value);
}

static int unknown_key(const struct reader *rd, const char *key, const char *const *known, size_t n)
{
	const char *near = nearest_word(key, known, n);

	return near ? refuse(rd, "\"%.100s\" is not known; did you mean \"%s\"?", key, near)
		    : refuse(rd, "\"%.100s\" is not known; docs/consumers.md lists the keys", key);
}

static int read_rate(struct reader *rd, const json_t *value)
{
	static const char *const keys[] = { "messages", "bytes" };
	uint64_t *to[] = { &rd->rights->messages_rate, &rd->rights->bytes_rate };
	const char *key;
	json_t *v;

	if (!json_is_object(value))
		return refuse(rd, "\"rate\": give {\"messages\": N, \"bytes\": N}, each a second");
	/* The library's iteration takes no const; nothing is changed. */
	json_object_foreach((json_t *)(uintptr_t)value, key, v)
	{
		bool is_bytes = strcmp(key, keys[1]) == 0;
		int r;

		if (!is_bytes && strcmp(key, keys[0]) != 0)
			return unknown_key(rd, key, keys, ARRAY_SIZE(keys));
		r = read_number(rd, key, v, 1, LIMIT_RATE_MAX, to[is_bytes]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_bytes(struct reader *rd, const json_t *value)
{
	uint64_t n = 0;
	int r = read_number(rd, "consumer_bytes", value, 65536, UINT64_C(1) << 40, &n);

	if (r == 0)
		rd->rights->consumer_bytes = (size_t)n;
	return r;
}

static int read_subscriptions(struct reader *rd, const json_t *value)
{
	uint64_t n = 0;
	int r = read_number(rd, "subscriptions", value, 1, LIMIT_DOOR_SUBSCRIPTIONS, &n);

	if (r == 0)
		rd->rights->subscriptions = (size_t)n;
	return r;
}

static int read_connections(struct reader *rd, const json_t *value)
{
	uint64_t n = 0;
	int r = read_number(rd, "connections", value, 1, LIMIT_DOOR_CONSUMERS, &n);

	if (r == 0)
		rd->rights->connections = (size_t)n;
	return r;
}

static int read_slow(struct reader *rd, const json_t *value)
{
	const char *word = json_is_string(value) ? json_string_value(value) : "";

	if (strcmp(word, "gap") != 0 && strcmp(word, "disconnect") != 0)
		return refuse(rd, "\"slow\": give \"gap\" or \"disconnect\"");
	rd->rights->slow = strcmp(word, "gap") == 0 ? DOOR_SLOW_GAP : DOOR_SLOW_DISCONNECT;
	return 0;
}

static int skip_token(struct reader *rd, const json_t *value)
{
	(void)rd;
	(void)value;
	return 0; /* it was read first */
}

static const struct {
	const char *key;
	int (*read)(struct reader *rd, const json_t *value);
} keys[] = {
	{ "token_file", skip_token },
	{ "subscribe", read_subscribe },
	{ "publish", read_publish },
	{ "serve", read_serve },
	{ "api", read_api },
	{ "rate", read_rate },
	{ "consumer_bytes", read_bytes },
	{ "subscriptions", read_subscriptions },
	{ "connections", read_connections },
	{ "slow", read_slow },
};

/* ---- tokens ---- */

static int token_path(const struct reader *rd, const char *name, char out[PATH_MAX])
{
	char copy[PATH_MAX];
	int n;

	if (name[0] == '/') {
		n = snprintf(out, PATH_MAX, "%s", name);
	} else {
		snprintf(copy, sizeof(copy), "%s", rd->path);
		n = snprintf(out, PATH_MAX, "%s/%s", dirname(copy), name);
	}
	return n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int read_token(const struct reader *rd, const char *name, char out[RIGHTS_TOKEN_MAX])
{
	_cleanup_(secret_buf_deinit) struct buf content;
	char path[PATH_MAX];
	struct config_error why;
	struct bytes text;
	int r;

	buf_init(&content, RIGHTS_TOKEN_MAX + 1);
	r = token_path(rd, name, path);
	if (r < 0)
		return refuse(rd, "\"token_file\": the path is too long");
	r = private_file_check(path, "write a new token into another file", &why);
	if (r == -ENOENT) {
		(void)refuse(rd,
			     "\"token_file\": %.300s does not exist; make it with: (umask 077; "
			     "openssl rand -hex 16 > FILE)",
			     path);
		return -EINVAL;
	}
	if (r < 0) {
		(void)refuse(rd, "\"token_file\": %.500s", why.text);
		return r;
	}
	r = file_read(path, &content);
	if (r < 0)
		return refuse(rd, "\"token_file\": %.300s cannot be read: %s", path, strerror(-r));
	text = buf_data(&content);
	if (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	if (text.n == 0 || text.n >= RIGHTS_TOKEN_MAX || memchr(text.p, 0, text.n))
		return refuse(rd, "\"token_file\": %.300s does not hold a token", path);
	memcpy(out, text.p, text.n);
	out[text.n] = 0;
	return 0;
}

static int explain_entry(const struct reader *rd, int outcome)
{
	switch (outcome) {
	case RIGHTS_E_NAME:
		return refuse(rd,
			      "a name has 1 to %d printable characters without blanks, quotes, "
			      "\\ and #, and is not \"owner\"",
			      LIMIT_CONSUMER_ID);
	case RIGHTS_E_TOKEN:
		return refuse(rd,
			      "\"token_file\": a token has 16 to %d printable characters "
			      "without blanks",
			      RIGHTS_TOKEN_MAX - 1);
	case RIGHTS_E_TOKEN_TAKEN:
		return refuse(rd, "\"token_file\": another entry has the same token");
	case -ENOSPC:
		return refuse(rd, "more than %d entries", LIMIT_CREDENTIALS);
	}
	return outcome;
}

static int add_entry(struct reader *rd, const json_t *entry)
{
	const char *file = json_string_value(json_object_get(entry, "token_file"));
	char token[RIGHTS_TOKEN_MAX] = { 0 };
	int r;

	if (!file || !file[0])
		return refuse(rd, "\"token_file\" is missing: the file that holds its token");
	r = read_token(rd, file, token);
	if (r == 0 && strcmp(token, rd->owner_token) == 0)
		r = refuse(rd, "\"token_file\": that is the owner's own token, which may do "
			       "everything");
	if (r == 0)
		r = explain_entry(rd, rights_table_add(rd->table, rd->name, token, &rd->rights));
	secret_wipe(token, sizeof(token));
	return r;
}

/* ---- entries ---- */

static int read_key(struct reader *rd, const char *key, const json_t *value)
{
	const char *known[ARRAY_SIZE(keys)];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		known[i] = keys[i].key;
		if (strcmp(keys[i].key, key) == 0)
			return keys[i].read(rd, value);
	}
	return unknown_key(rd, key, known, ARRAY_SIZE(keys));
}

static int read_entry(struct reader *rd, json_t *entry)
{
	const char *key;
	json_t *value;
	int r;

	if (!json_is_object(entry))
		return refuse(rd, "give an object: {\"token_file\": ...}");
	r = add_entry(rd, entry);
	if (r < 0)
		return r;
	rd->rights->consumer_bytes = (size_t)rd->config->consumer_bytes;
	rd->rights->slow = rd->config->slow_consumer;
	if (!json_object_get(entry, "subscribe"))
		r = rights_allow(rd->table, rd->rights, RIGHTS_SUBSCRIBE, ">");
	json_object_foreach(entry, key, value)
	{
		if (r == 0)
			r = read_key(rd, key, value);
	}
	return r;
}

static int read_entries(struct reader *rd, struct bytes text)
{
	json_t *object, *entry;
	json_error_t why;
	const char *name;
	int r = 0;

	/* The library bounds the depth to which it recurses itself, and says where a mistake is;
	 * who wrote the file is no stranger. */
	object = json_loadb(text.n > 0 ? (const char *)text.p : "", text.n, JSON_REJECT_DUPLICATES,
			    &why);
	if (!json_is_object(object)) {
		r = object ? refuse(rd, "the file must hold one object: {\"name\": {...}}")
			   : refuse(rd, "line %d, column %d: %s", why.line, why.column, why.text);
		json_decref(object);
		return r;
	}
	json_object_foreach(object, name, entry)
	{
		rd->name = name;
		if (r == 0)
			r = read_entry(rd, entry);
	}
	json_decref(object);
	return r;
}

/* Whoever can write it can give rights. */
static int check_file(const struct reader *rd)
{
	struct stat st;

	if (stat(rd->path, &st) < 0)
		return errno == ENOENT ? -ENOENT
				       : refuse(rd, "cannot be looked at: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(rd, "it is not a file");
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		(void)refuse(rd, "it belongs to another user (uid %u)", (unsigned int)st.st_uid);
		return -EPERM;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		(void)refuse(rd, "others can write it (mode %04o); chmod go-w",
			     st.st_mode & 07777U);
		return -EACCES;
	}
	return 0;
}

int consumers_file_read(const struct config *c, const char *owner_token, struct rights_table **ret,
			struct config_error *ret_error)
{
	struct reader rd = {
		.config = c,
		.path = c->consumers,
		.owner_token = owner_token,
		.error = ret_error,
	};
	_cleanup_(buf_deinit) struct buf content;
	int r;

	ret_error->text[0] = 0;
	buf_init(&content, LIMIT_CONSUMERS_FILE);
	r = check_file(&rd);
	if (r < 0)
		return r;
	r = file_read(rd.path, &content);
	if (r < 0)
		return refuse(&rd, "cannot be read: %s", strerror(-r));
	rd.table = rights_table_new(c->topic_prefix);
	if (!rd.table)
		return -ENOMEM;
	r = read_entries(&rd, buf_data(&content));
	if (r < 0) {
		rights_table_free(rd.table);
		return r;
	}
	*ret = rd.table;
	return 0;
}

int consumers_file_load(const struct config *c, const char *owner_token, struct rights_table **ret,
			struct config_error *ret_error)
{
	int r = consumers_file_read(c, owner_token, ret, ret_error);

	if (r != -ENOENT)
		return r;
	*ret = NULL;
	if (c->consumers_is_default)
		return 0;
	snprintf(ret_error->text, sizeof(ret_error->text),
		 "PEERLINE_CONSUMERS: %.500s does not exist", c->consumers);
	return r;
}
