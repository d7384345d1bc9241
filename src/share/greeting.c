#include "share/greeting.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json.h"
#include "wire/nats_line.h"

/* NATS clients judge what a server can do by its version; the suffix is ours. */
#define NATS_VERSION "2.10.0-peerline."

struct greeting_options greeting_defaults(void)
{
	return (struct greeting_options){ .verbose = true, .pedantic = true, .echo = true };
}

/* ---- values: absent and null leave `io` alone; another type is refused ---- */

static int read_flag(const json_t *object, const char *key, bool *io)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_boolean(value))
		return -EBADMSG;
	*io = json_is_true(value);
	return 0;
}

static int read_integer(const json_t *object, const char *key, int64_t *io)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_integer(value))
		return -EBADMSG;
	*io = json_integer_value(value);
	return 0;
}

/* A text that does not fit leaves `out` empty and says so. */
static int read_text(const json_t *object, const char *key, char *out, size_t n_out,
		     bool *ret_too_long)
{
	const json_t *value = json_object_get(object, key);
	size_t n;

	*ret_too_long = false;
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return -EBADMSG;
	n = json_string_length(value);
	*ret_too_long = n >= n_out;
	if (*ret_too_long)
		n = 0;
	memcpy(out, json_string_value(value), n);
	out[n] = 0;
	return 0;
}

static int read_object(const json_t *object, struct greeting_options *io, char *token,
		       size_t n_token)
{
	static const char *const texts_ignored[] = { "user", "pass" };
	struct {
		const char *key;
		bool *flag;
	} flags[] = {
		{ "verbose", &io->verbose },
		{ "pedantic", &io->pedantic },
		{ "echo", &io->echo },
		{ "headers", &io->headers },
		{ "no_responders", &io->no_responders },
	};
	bool too_long;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(flags); i++)
		r = read_flag(object, flags[i].key, flags[i].flag);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts_ignored); i++) {
		const json_t *value = json_object_get(object, texts_ignored[i]);

		if (value && !json_is_null(value) && !json_is_string(value))
			r = -EBADMSG;
	}
	if (r == 0)
		r = read_integer(object, "protocol", &io->protocol);
	if (r == 0)
		r = read_text(object, "name", io->name, sizeof(io->name), &io->name_too_long);
	if (r == 0)
		r = read_text(object, "lang", io->lang, sizeof(io->lang), &too_long);
	if (r == 0)
		r = read_text(object, "version", io->version, sizeof(io->version), &too_long);
	if (r == 0)
		r = read_text(object, "auth_token", token, n_token, &too_long);
	return r;
}

int greeting_read_connect(struct bytes json, struct greeting_options *io, char *ret_token,
			  size_t n_token)
{
	struct greeting_options options = *io;
	json_error_t error;
	json_t *object;
	int r;

	ret_token[0] = 0;
	/* The library's parser recurses: depth is bounded before it sees the text. */
	if (json.n > LIMIT_DOOR_CONTROL_LINE || json_check(json) < 0)
		return -EBADMSG;
	object = json_loadb((const char *)json.p, json.n, 0, &error);
	if (!object)
		return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
	r = json_is_object(object) ? read_object(object, &options, ret_token, n_token) : -EBADMSG;
	json_decref(object);
	if (r == 0)
		*io = options;
	return r;
}

/* ---- INFO ---- */

static json_t *info_object(const struct greeting_info *info)
{
	char version[64];
	json_t *o;

	snprintf(version, sizeof(version), NATS_VERSION "%s", info->version);
	o = json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:b, s:i, s:I}", "server_id", info->server_id,
		      "server_name", info->server_name, "version", version, "proto", 1, "host",
		      info->host, "port", (int)info->port, "headers", 1, "max_payload",
		      LIMIT_DOOR_PAYLOAD, "client_id", (json_int_t)info->client_id);
	if (!o)
		return NULL;
	if ((info->auth_required && json_object_set_new(o, "auth_required", json_true()) < 0) ||
	    (info->lame_duck && json_object_set_new(o, "ldm", json_true()) < 0)) {
		json_decref(o);
		return NULL;
	}
	return o;
}

int greeting_write_info(const struct greeting_info *info, struct buf *out)
{
	struct nats_op op = { .verb = NATS_INFO };
	json_t *object = info_object(info);
	char *text;
	int r;

	if (!object)
		return -ENOMEM;
	text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(object);
	if (!text)
		return -ENOMEM;
	op.text = bytes_of_text(text);
	r = nats_op_encode(&op, out);
	free(text);
	return r;
}
