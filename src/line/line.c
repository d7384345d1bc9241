#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "client/address.h"
#include "client/dial.h"
#include "line/line_priv.h"
#include "node/embed.h"
#include "wire/json.h"

#define EMBEDDED "embedded:"
#define ERROR_MAX 1024

enum line_state {
	LINE_STARTING,
	LINE_RUNNING,
	LINE_ENDED, /* `result` is what pl_node_run() said */
};

struct pl_line {
	atomic_size_t n_refs;
	char *address; /* NULL: embedded; what follows is only used then */

	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t changed;
	enum line_state state;
	int result;
	struct pl_node *node; /* NULL: closed, or never begun */
	char error[ERROR_MAX];
};

/* ---- life ---- */

void line_ref(struct pl_line *line)
{
	atomic_fetch_add(&line->n_refs, 1);
}

void line_unref(struct pl_line *line)
{
	if (atomic_fetch_sub(&line->n_refs, 1) > 1)
		return;
	(void)pthread_cond_destroy(&line->changed);
	(void)pthread_mutex_destroy(&line->lock);
	free(line->address);
	free(line);
}

static struct pl_line *line_new(void)
{
	struct pl_line *line = calloc(1, sizeof(*line));

	if (!line)
		return NULL;
	atomic_init(&line->n_refs, 1);
	/* Neither can fail with default attributes. */
	(void)pthread_mutex_init(&line->lock, NULL);
	(void)pthread_cond_init(&line->changed, NULL);
	return line;
}

const char *line_address(const struct pl_line *line)
{
	return line->address;
}

const char *pl_line_error(const struct pl_line *line)
{
	return line ? line->error : "";
}

/* ---- the node's thread ---- */

static void set_state(struct pl_line *line, enum line_state state, int result)
{
	(void)pthread_mutex_lock(&line->lock);
	line->state = state;
	line->result = result;
	(void)pthread_cond_broadcast(&line->changed);
	(void)pthread_mutex_unlock(&line->lock);
}

/* {"text": "..."} of an error. Only until the node is ready: afterwards nobody may read it. */
static void keep_error(struct pl_line *line, const char *json)
{
	struct bytes key, value;
	struct json_members m;
	struct buf text;

	if (json_check(bytes_of_text(json)) < 0 || json_members_open(&m, bytes_of_text(json)) < 0)
		return;
	buf_init(&text, ERROR_MAX - 1);
	while (json_members_next(&m, &key, &value)) {
		if (!json_key_is(key, "text") || json_text_read(value, &text) == -ENOMEM)
			continue;
		if (buf_len(&text) > 0)
			memcpy(line->error, buf_data(&text).p, buf_len(&text));
		line->error[buf_len(&text)] = 0;
		break;
	}
	buf_deinit(&text);
}

/* On the opener's thread while it waits for pl_node_new(), then on the node's while it waits for
 * the state to change. */
static void on_event(void *user, enum pl_level level, const char *event, const char *json)
{
	struct pl_line *line = user;

	if (line->state == LINE_STARTING && level == PL_LEVEL_ERROR)
		keep_error(line, json);
	if (strcmp(event, "ready") == 0)
		set_state(line, LINE_RUNNING, 0);
}

static void *run(void *user)
{
	struct pl_line *line = user;

	set_state(line, LINE_ENDED, pl_node_run(line->node));
	return NULL;
}

/* Signals are the program's: none of them is to interrupt a thread it does not know. */
static int start_thread(struct pl_line *line)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&line->thread, NULL, run, line);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	line->has_thread = error == 0;
	return -error;
}

static int wait_until_ready(struct pl_line *line)
{
	int r;

	(void)pthread_mutex_lock(&line->lock);
	while (line->state == LINE_STARTING)
		(void)pthread_cond_wait(&line->changed, &line->lock);
	r = line->state == LINE_RUNNING ? 0 : line->result < 0 ? line->result : -ESHUTDOWN;
	(void)pthread_mutex_unlock(&line->lock);
	return r;
}

static void stop(struct pl_line *line)
{
	struct pl_node *node = line->node;

	if (line->has_thread) {
		pl_node_stop(node);
		(void)pthread_join(line->thread, NULL);
		line->has_thread = false;
	}
	(void)pthread_mutex_lock(&line->lock);
	line->node = NULL; /* nobody else has it: it was used under the lock only */
	(void)pthread_mutex_unlock(&line->lock);
	pl_node_free(node);
}

/* ---- opening ---- */

static int open_embedded(struct pl_line *line, const char *data, const struct pl_setting *given,
			 size_t n_given)
{
	struct pl_setting *all;
	int r;

	if (n_given > LIMIT_LINE_SETTINGS)
		return -EINVAL;
	all = calloc(n_given + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	if (n_given > 0)
		memcpy(all, given, n_given * sizeof(*all));
	if (data[0])
		all[n_given++] = (struct pl_setting){ "data", data };
	r = pl_node_new(all, n_given, on_event, line, &line->node);
	free(all);
	if (r == 0)
		r = start_thread(line);
	if (r == 0)
		r = wait_until_ready(line);
	if (r < 0)
		stop(line);
	return r;
}

static int open_attached(struct pl_line *line, const char *address)
{
	struct address at;
	int r = address_parse(address, &at);

	if (r < 0) {
		snprintf(line->error, sizeof(line->error),
			 "\"%.200s\" is no address: unix:/path, nats://[token@]ip:port or "
			 "embedded:[/data/directory]",
			 address);
		return r;
	}
	line->address = strdup(address);
	return line->address ? 0 : -ENOMEM;
}

int pl_line_open(const char *address, const struct pl_setting *given, size_t n_given,
		 struct pl_line **ret)
{
	size_t n = strlen(EMBEDDED);
	struct pl_line *line = line_new();
	int r;

	*ret = line;
	if (!line)
		return -ENOMEM;
	address = address ? address : "";
	if (strncmp(address, EMBEDDED, n) == 0)
		r = open_embedded(line, address + n, given, n_given);
	else
		r = open_attached(line, address);
	if (r < 0 && !line->error[0])
		snprintf(line->error, sizeof(line->error), "%s", pl_strerror(r));
	if (r == -ENOMEM) {
		line_unref(line);
		*ret = NULL;
	}
	return r;
}

void pl_line_close(struct pl_line *line)
{
	if (!line)
		return;
	stop(line);
	line_unref(line);
}

/* ---- what its consumers need ---- */

int line_connect(void *user, int *ret_fd)
{
	struct pl_line *line = user;
	int fds[2], r;

	r = dial_pair(fds);
	if (r < 0)
		return r;
	(void)pthread_mutex_lock(&line->lock);
	if (line->node) {
		r = embed_attach(line->node, fds[1]);
	} else {
		close(fds[1]);
		r = -ESHUTDOWN;
	}
	(void)pthread_mutex_unlock(&line->lock);
	if (r < 0)
		close(fds[0]);
	else
		*ret_fd = fds[0];
	return r;
}
