#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "loop/loop_uv.h"
#include "node/config_reload.h"
#include "node/consumers_file.h"
#include "node/datadir.h"
#include "node/embed.h"
#include "node/file.h"
#include "node/handoff.h"
#include "node/node.h"
#include "node/numbers_file.h"
#include "node/reload.h"
#include "node/rules_file.h"
#include "peerline/peerline.h"
#include "share/numbers.h"

/* The public node: a real loop, a data directory, and the node between them. */

/* Looks so often whether much memory lies idle. */
#define TRIM_MS 10000
#define TRIM_IDLE ((size_t)8 << 20)

/* Told before the node stands, kept until it does. */
#define EARLY_WARNINGS_MAX 8
#define EARLY_WARNING_TEXT 512

struct pl_node {
	struct config *config;
	struct loop *loop;
	struct datadir *datadir;
	struct node *node;
	struct buf peer_cache, numbers; /* until the node has started */
	struct rules_file *rules_file;
	struct timer trim;
	atomic_bool stop_wanted, reload_wanted;
	struct handoff handoff; /* consumers inside the process, on their way to the door */
	pl_event_fn on_event;
	void *user;
	size_t n_early;
	char early[EARLY_WARNINGS_MAX][EARLY_WARNING_TEXT];
};

const char *pl_version(void)
{
	return PL_VERSION;
}

/* Without jansson's help, so that "no memory" can be told as well. */
static void tell(struct pl_node *n, enum pl_level level, const char *event, const char *text)
{
	char json[2200], *out = json;
	char *end = json + sizeof(json) - 8;

	if (!n->on_event)
		return;
	out += sprintf(out, "{\"text\":\"");
	for (const char *p = text; *p && out < end; p++) {
		if (*p == '"' || *p == '\\')
			*out++ = '\\';
		*out++ = (unsigned char)*p < ' ' ? ' ' : *p;
	}
	strcpy(out, "\"}");
	n->on_event(n->user, level, event, json);
}

static void on_warning(void *user, const char *text)
{
	struct pl_node *n = user;

	tell(n, PL_LEVEL_WARN, "warning", text);
	if (n->n_early < EARLY_WARNINGS_MAX)
		snprintf(n->early[n->n_early++], sizeof(n->early[0]), "%s", text);
}

static int read_config(struct pl_node *n, struct config_error *e)
{
	int r = config_read_own_file(n->config, e);

	return r < 0 ? r : config_finish(n->config, on_warning, n, e);
}

static void on_node_event(void *user, enum log_level level, const char *event, const char *json)
{
	struct pl_node *n = user;

	if (n->on_event && level <= n->config->log)
		n->on_event(n->user, (enum pl_level)level, event, json);
}

static void on_node_stopped(void *user)
{
	struct pl_node *n = user;

	loop_stop(n->loop);
}

static void on_rules_saved(void *user, int error)
{
	struct pl_node *n = user;

	/* The loop's end may outlast the node. */
	if (n->node)
		node_peer_rules_saved(n->node, error);
}

static int save_peer_rules(void *user, struct bytes content)
{
	struct pl_node *n = user;

	return rules_file_save(n->rules_file, n->loop, content, on_rules_saved, n);
}

static int on_reload(void *user, struct node_reload *io, struct config_error *e)
{
	struct rights_table *table;
	struct pl_node *n = user;
	struct config *fresh;
	int r;

	r = config_reread(n->config, NULL, NULL, &fresh, e);
	if (r < 0)
		return r;
	r = consumers_file_load(fresh, n->datadir->token, &table, e);
	if (r == 0) {
		for (size_t i = 0; i < SETTINGS; i++) {
			bool differs = config_differs(n->config, fresh, i);

			io->changed[i] = differs && setting_is_live(i);
			io->waits[i] = differs && !setting_is_live(i);
			if (io->changed[i])
				config_take(n->config, fresh, i);
		}
		n->config->consumers_is_used = table != NULL;
		io->consumers = table ? n->config->consumers : "";
		node_apply(n->node, table, io);
	}
	config_free(fresh);
	return r;
}

static const struct node_ops node_ops = {
	.on_event = on_node_event,
	.reload = on_reload,
	.on_stopped = on_node_stopped,
	.save_peer_rules = save_peer_rules,
};

static void on_wake(void *user)
{
	struct pl_node *n = user;
	struct sock *sock;
	int fd;

	while ((fd = handoff_take(&n->handoff)) >= 0)
		if (loop_uv_adopt(n->loop, fd, &sock) == 0)
			node_adopt(n->node, sock);
	if (atomic_exchange(&n->reload_wanted, false))
		json_decref(node_reload(n->node));
	if (atomic_load(&n->stop_wanted))
		node_stop(n->node);
}

/* A file that is not there yet, or cannot be read, is no reason to have no node. */
static void read_peer_cache(struct pl_node *n)
{
	const char *path = n->config->import_peer_cache;
	char text[EARLY_WARNING_TEXT];
	int r;

	if (!path[0])
		return;
	r = file_read(path, &n->peer_cache);
	if (r == 0 && buf_data(&n->peer_cache).n > 0)
		return;
	snprintf(text, sizeof(text), "PEERLINE_IMPORT_PEER_CACHE: %.300s is not used: %s", path,
		 r == 0 ? "it is empty" : strerror(-r));
	on_warning(n, text);
	buf_clear(&n->peer_cache);
}

static void read_numbers(struct pl_node *n)
{
	char text[EARLY_WARNING_TEXT];
	int r = numbers_file_take(n->config->data, &n->numbers);

	if (r == 0 || r == -ENOENT)
		return;
	snprintf(text, sizeof(text), "door.numbers is not used: %s; topics begin a new epoch",
		 strerror(-r));
	on_warning(n, text);
}

static void save_numbers(struct pl_node *n)
{
	struct buf content;
	int r;

	buf_init(&content, NUMBERS_BYTES_MAX);
	r = node_save_numbers(n->node, &content);
	if (r == 0)
		r = numbers_file_save(n->config->data, buf_data(&content));
	buf_deinit(&content);
	if (r < 0)
		tell(n, PL_LEVEL_WARN, "warning",
		     "door.numbers cannot be written: topics will begin a new epoch");
}

static int open_node(struct pl_node *n, struct config_error *e)
{
	struct node_config config = { .random = crypto_random(), .unix_socket = true };
	int r;

	r = loop_uv_new(&n->loop);
	if (r < 0)
		return r;
	r = datadir_open(n->config->data, &config.random, loop_wall(n->loop), &n->datadir, e);
	if (r < 0)
		return r;
	read_peer_cache(n);
	config.peer_cache = buf_data(&n->peer_cache);
	read_numbers(n);
	config.numbers = buf_data(&n->numbers);
	r = rules_file_open(n->config->data, loop_wall(n->loop), on_warning, n, &n->rules_file);
	if (r < 0)
		return r;
	config.peer_rules = rules_file_content(n->rules_file);
	config.loop = n->loop;
	config.config = n->config;
	config.key = n->datadir->key;
	config.token = n->datadir->token;
	config.incarnation = n->datadir->incarnation;
	config.seqno_last = n->datadir->seqno_last;
	config.ops = &node_ops;
	config.user = n;
	r = consumers_file_load(n->config, n->datadir->token, &config.rights, e);
	n->config->consumers_is_used = r == 0 && config.rights;
	if (r == 0)
		r = node_new(&config, &n->node);
	if (r < 0)
		rights_table_free(config.rights);
	key_pair_wipe(&config.key);
	n->loop->on_wake = on_wake;
	n->loop->on_wake_user = n;
	for (size_t i = 0; i < n->n_early && r == 0; i++)
		node_remember_warning(n->node, n->early[i]);
	return r;
}

int embed_new(struct config *config, pl_event_fn on_event, void *user, struct pl_node **ret)
{
	struct pl_node *n = calloc(1, sizeof(*n));
	struct config_error e = { "" };
	int r;

	if (!n) {
		config_free(config);
		return -ENOMEM;
	}
	n->on_event = on_event;
	n->user = user;
	n->config = config;
	handoff_init(&n->handoff);
	buf_init(&n->peer_cache, LIMIT_PEER_CACHE);
	buf_init(&n->numbers, NUMBERS_BYTES_MAX);
	r = crypto_start();
	if (r == 0)
		r = read_config(n, &e);
	if (r == 0)
		r = open_node(n, &e);
	if (r < 0) {
		tell(n, PL_LEVEL_ERROR, "error", e.text[0] ? e.text : strerror(-r));
		pl_node_free(n);
		return r;
	}
	*ret = n;
	return 0;
}

int pl_node_new(const struct pl_setting *given, size_t n_settings, pl_event_fn on_event, void *user,
		struct pl_node **ret)
{
	struct pl_node teller = { .on_event = on_event, .user = user };
	struct config *config = config_new();
	struct config_error e;
	int r = 0;

	if (!config)
		return -ENOMEM;
	for (size_t i = 0; i < n_settings && r == 0; i++)
		r = config_set(config, given[i].key, given[i].value, CONFIG_FLAG, &e);
	if (r == 0)
		return embed_new(config, on_event, user, ret);
	tell(&teller, PL_LEVEL_ERROR, "error", r == -ENOMEM ? strerror(ENOMEM) : e.text);
	config_free(config);
	return r;
}

static int start(struct pl_node *n, struct config_error *e)
{
	char token_file[CONFIG_PATH_MAX + 16];
	char *ready;
	int r;

	r = datadir_clear_socket(n->config->door_socket, e);
	if (r == 0)
		r = node_start(n->node, e);
	buf_deinit(&n->peer_cache);
	buf_deinit(&n->numbers);
	if (r < 0)
		return r;
	snprintf(token_file, sizeof(token_file), "%s/door.token", n->config->data);
	ready = node_ready_json(n->node, token_file);
	if (!ready)
		return -ENOMEM;
	r = datadir_publish(n->datadir, ready, e);
	if (r == 0 && n->on_event)
		n->on_event(n->user, PL_LEVEL_INFO, "ready", ready);
	free(ready);
	return r;
}

/* What queues held goes back to the allocator in pieces between small things that stay, and would
 * be the process's for ever: one hour of peers that do not read must not be felt for a month. */
static void on_trim(struct timer *t)
{
	struct pl_node *n = container_of(t, struct pl_node, trim);

	if (mallinfo2().fordblks > TRIM_IDLE)
		(void)malloc_trim(0);
	loop_timer_set(n->loop, t, mono_add_ms(loop_now(n->loop), TRIM_MS));
}

int pl_node_run(struct pl_node *n)
{
	struct config_error e = { "" };
	int r = start(n, &e);

	if (r < 0) {
		tell(n, PL_LEVEL_ERROR, "error", e.text[0] ? e.text : strerror(-r));
		return r;
	}
	n->trim.fire = on_trim;
	on_trim(&n->trim);
	r = loop_run(n->loop);
	loop_timer_stop(n->loop, &n->trim);
	handoff_close(&n->handoff);
	save_numbers(n);
	n->node = node_free(n->node);
	return r;
}

int embed_attach(struct pl_node *n, int fd)
{
	int r = handoff_put(&n->handoff, fd);

	if (r == 0)
		loop_wake(n->loop);
	return r;
}

void pl_node_reload(struct pl_node *n)
{
	atomic_store(&n->reload_wanted, true);
	loop_wake(n->loop);
}

void pl_node_stop(struct pl_node *n)
{
	atomic_store(&n->stop_wanted, true);
	loop_wake(n->loop);
}

void pl_node_free(struct pl_node *n)
{
	if (!n)
		return;
	handoff_deinit(&n->handoff);
	n->node = node_free(n->node);
	n->datadir = datadir_close(n->datadir);
	n->loop = loop_free(n->loop);
	n->rules_file = rules_file_close(n->rules_file);
	buf_deinit(&n->peer_cache);
	buf_deinit(&n->numbers);
	n->config = config_free(n->config);
	free(n);
}
