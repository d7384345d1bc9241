#include "cli/attach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/object.h"
#include "node/file.h"

#define RUN_JSON_MAX (64 * 1024)
#define API_TIMEOUT_MS 10000

int attach_data_dir(const char *data, char ret[CONFIG_PATH_MAX])
{
	const char *env = getenv("PEERLINE_DATA");
	struct config *config = config_new();
	struct config_error e = { "no data directory" };
	int r = config ? 0 : -ENOMEM;

	if (r == 0 && data)
		r = config_set(config, "data", data, CONFIG_FLAG, &e);
	else if (r == 0 && env && env[0])
		r = config_set(config, "data", env, CONFIG_ENV, &e);
	if (r == 0)
		r = config_data_dir(config, ret);
	config_free(config);
	if (r == 0)
		return 0;
	fprintf(stderr, "%s\n", e.text);
	return EXIT_USAGE;
}

/* ---- run.json ---- */

static int no_node(const char *data)
{
	fprintf(stderr, "no node runs on %s; start one with: peerline run --data %s\n", data, data);
	return EXIT_NO_NODE;
}

static void copy_text(const json_t *o, const char *key, char *out, size_t n_out)
{
	const char *text = json_string_value(json_object_get(o, key));

	snprintf(out, n_out, "%s", text ? text : "");
}

static int read_run_json(const char *path, struct attach_place *place)
{
	struct buf content;
	json_t *o = NULL;
	int r;

	buf_init(&content, RUN_JSON_MAX);
	r = file_read(path, &content);
	if (r == 0)
		o = json_loadb((const char *)buf_data(&content).p, buf_len(&content), 0, NULL);
	buf_deinit(&content);
	if (r < 0)
		return r;
	if (!json_is_object(o)) {
		json_decref(o);
		return -EBADMSG;
	}
	copy_text(o, "door", place->door, sizeof(place->door));
	copy_text(o, "socket", place->socket, sizeof(place->socket));
	copy_text(o, "token_file", place->token_file, sizeof(place->token_file));
	place->pid = json_integer_value(json_object_get(o, "pid"));
	json_decref(o);
	return 0;
}

int attach_find(const char *data, struct attach_place *ret)
{
	char path[CONFIG_PATH_MAX + 16];
	int r;

	*ret = (struct attach_place){ 0 };
	r = attach_data_dir(data, ret->data);
	if (r != 0)
		return r;
	snprintf(path, sizeof(path), "%s/run.json", ret->data);
	r = read_run_json(path, ret);
	if (r == -ENOENT || r == -ENOTDIR)
		return no_node(ret->data);
	if (r < 0) {
		fprintf(stderr, "%s cannot be read: %s%s\n", path, strerror(-r),
			r == -EACCES ? "; only the user that the node runs as may" : "");
		return r == -EACCES ? EXIT_REFUSED : EXIT_NO_NODE;
	}
	return 0;
}

int attach_token(const struct attach_place *place, char ret[ATTACH_TOKEN_MAX])
{
	struct buf content;
	size_t n;
	int r;

	buf_init(&content, ATTACH_TOKEN_MAX - 1);
	r = file_read(place->token_file, &content);
	n = buf_len(&content);
	if (r == 0 && n > 0) {
		memcpy(ret, buf_data(&content).p, n);
		while (n > 0 && (ret[n - 1] == '\n' || ret[n - 1] == '\r' || ret[n - 1] == ' '))
			n--;
	}
	ret[n] = 0;
	buf_deinit(&content);
	if (r < 0) {
		fprintf(stderr, "the token in %s cannot be read: %s\n", place->token_file,
			strerror(-r));
		return EXIT_REFUSED;
	}
	return 0;
}

/* ---- the connection ---- */

static int open_tcp(const struct attach_place *place, struct client_config *config,
		    struct client **ret, int *ret_error)
{
	char token[ATTACH_TOKEN_MAX];
	int r;

	r = attach_token(place, token);
	if (r != 0)
		return r;
	config->address = place->door;
	config->token = token;
	*ret_error = client_open(config, ret);
	config->token = NULL;
	return 0;
}

void attach_name(const char *what, char ret[ATTACH_NAME_MAX])
{
	snprintf(ret, ATTACH_NAME_MAX, "peerline-%s-%ld", what, (long)getpid());
}

int attach_open(const char *data, const char *what, struct client **ret)
{
	char name[ATTACH_NAME_MAX];

	attach_name(what, name);
	return attach_open_as(data, name, ret);
}

static int open_as(const char *data, struct client_config config, struct client **ret)
{
	struct attach_place place;
	int r, error;

	*ret = NULL;
	r = attach_find(data, &place);
	if (r != 0)
		return r;
	config.timeout_ms = ATTACH_TIMEOUT_MS;
	config.address = place.socket;
	error = place.socket[0] ? client_open(&config, ret) : -ENOENT;
	if (error < 0) {
		r = open_tcp(&place, &config, ret, &error);
		if (r != 0)
			return r;
	}
	if (error == 0)
		return 0;
	if (error == -ECONNREFUSED || error == -ENOENT)
		fprintf(stderr, "the node that %s/run.json names (pid %lld) is gone\n", place.data,
			(long long)place.pid);
	r = error == -ECONNREFUSED || error == -ENOENT ? no_node(place.data)
						       : attach_failed(*ret, error);
	*ret = client_close(*ret);
	return r;
}

int attach_open_as(const char *data, const char *name, struct client **ret)
{
	struct client_config config = { .name = name };

	return open_as(data, config, ret);
}

int attach_stay(const char *data, const char *name, struct client **ret)
{
	struct client_config config = { .name = name,
					.returns = true,
					.return_ms = CLIENT_FOREVER };

	return open_as(data, config, ret);
}

bool attach_is_message(const struct client_message *m)
{
	if (m->kind == CLIENT_LOST)
		fprintf(stderr, "the node is gone; waiting for it\n");
	else if (m->kind == CLIENT_BACK)
		fprintf(stderr, "the node is back%s\n",
			m->restarted ? ", restarted" : ": only the connection was lost");
	return m->kind == CLIENT_MESSAGE;
}

int attach_failed(const struct client *c, int r)
{
	switch (r) {
	case CLIENT_E_TIMEOUT:
		fprintf(stderr, "the node does not answer\n");
		return EXIT_NO_NODE;
	case CLIENT_E_CLOSED:
		fprintf(stderr, "the node closed the connection%s%s\n",
			client_error(c)[0] ? ": " : "", client_error(c));
		return EXIT_NO_NODE;
	case CLIENT_E_REFUSED:
		fprintf(stderr, "refused: %s\n", client_error(c));
		return EXIT_REFUSED;
	case CLIENT_E_NO_RESPONDERS:
		fprintf(stderr, "nobody serves this\n");
		return EXIT_REFUSED;
	case -EINVAL:
		fprintf(stderr, "a subject has no blanks and at most 1024 bytes\n");
		return EXIT_USAGE;
	case -EMSGSIZE:
		fprintf(stderr, "a message is at most 1048576 bytes\n");
		return EXIT_USAGE;
	}
	fprintf(stderr, "%s\n", strerror(-r));
	return EXIT_NO_NODE;
}

/* An answer that is {"error":{"code","text"}} is told as such. */
static int check_answer(const json_t *o)
{
	const json_t *error = json_object_get(o, "error");

	if (!json_is_object(o)) {
		fprintf(stderr, "the node's answer is not a JSON object\n");
		return EXIT_REFUSED;
	}
	if (!error)
		return 0;
	fprintf(stderr, "refused: %s (%s)\n", object_text(error, "text"),
		object_text(error, "code"));
	return EXIT_REFUSED;
}

static int read_answer(const struct client_message *m, json_t **ret)
{
	json_t *o = json_loadb((const char *)m->payload.p, m->payload.n, 0, NULL);
	int r = check_answer(o);

	if (r == 0)
		*ret = o;
	else
		json_decref(o);
	return r;
}

int attach_ask_on(struct client *c, const char *verb, json_t *body, json_t **ret)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct client_message m;
	char subject[64];
	int r;

	json_decref(body);
	snprintf(subject, sizeof(subject), "$PL.API.%s", verb);
	r = client_request(c, subject, bytes_of_text(text ? text : "{}"), API_TIMEOUT_MS, &m);
	free(text);
	return r == 0 ? read_answer(&m, ret) : attach_failed(c, r);
}

int attach_ask(const char *data, const char *verb, json_t *body, json_t **ret)
{
	struct client *c;
	int r;

	r = attach_open(data, "cli", &c);
	if (r != 0) {
		json_decref(body);
		return r;
	}
	r = attach_ask_on(c, verb, body, ret);
	client_close(c);
	return r;
}

/* Does it say in which of its views it means the topic? */
static bool names_a_view(const char *word)
{
	static const char *const views[] = { "topic.", "payload.", "validate." };

	for (size_t i = 0; i < ARRAY_SIZE(views); i++)
		if (strncmp(word, views[i], strlen(views[i])) == 0)
			return true;
	return false;
}

int attach_subject(const char *word, bool literal, char *out, size_t n_out)
{
	bool is_topic = !literal && strchr(word, '/') && !names_a_view(word);
	int n = snprintf(out, n_out, "%s%s", is_topic ? "topic." : "", word);

	return n > 0 && (size_t)n < n_out ? 0 : -1;
}
