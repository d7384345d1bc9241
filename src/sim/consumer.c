#include "sim/consumer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "sim/sim_state.h"

#define INPUT_MAX (16 * MIB)
#define MESSAGES_MAX (1024 * 1024)
#define SUBJECT_ROOM 2048

struct sim_consumer {
	struct list link; /* sim.consumers */
	struct sim *sim;
	struct loop *loop;
	struct sock *sock; /* NULL: closed */
	struct buf in;
	bool is_ready;
	uint64_t n_subs;
	char error[256];
	struct sim_message *messages;
	size_t n_messages, messages_cap;
};

static void *must(void *p)
{
	ASSERT(p);
	return p;
}

static void say(struct sim_consumer *c, struct bytes b)
{
	if (c->sock && sock_write(c->sock, &b, 1) < 0)
		c->is_ready = false; /* on_error follows */
}

static void say_text(struct sim_consumer *c, const char *text)
{
	say(c, bytes_of_text(text));
}

/* ---- what the door says ---- */

static struct bytes keep(struct bytes b)
{
	uint8_t *p = must(malloc(b.n + 1));

	if (b.n > 0)
		memcpy(p, b.p, b.n);
	p[b.n] = '\0';
	return BYTES(p, b.n);
}

static void note_message(struct sim_consumer *c, const char *subject, struct bytes headers,
			 struct bytes data)
{
	struct sim_message *m;

	ASSERT(c->n_messages < MESSAGES_MAX);
	if (c->n_messages == c->messages_cap) {
		c->messages_cap = size_max(64, 2 * c->messages_cap);
		c->messages = must(realloc(c->messages, c->messages_cap * sizeof(*m)));
	}
	m = &c->messages[c->n_messages++];
	m->at = world_now(c->sim->world);
	m->subject = keep(bytes_of_text(subject));
	m->headers = keep(headers);
	m->data = keep(data);
	world_note(c->sim->world, (const char *)m->subject.p);
}

/*
 * MSG subject sid [reply] total, HMSG subject sid [reply] headers total: the numbers stand at the
 * end. Returns the bytes used, line included; 0: not all is there.
 */
static size_t take_message(struct sim_consumer *c, char *line, size_t n_line, struct bytes all)
{
	bool has_headers = line[0] == 'H';
	char *words[6], *save = NULL;
	size_t n_words = 0, n_headers = 0, total;

	for (char *w = strtok_r(line, " ", &save); w && n_words < ARRAY_SIZE(words);
	     w = strtok_r(NULL, " ", &save))
		words[n_words++] = w;
	ASSERT(n_words >= (has_headers ? 5u : 4u));
	total = strtoul(words[n_words - 1], NULL, 10);
	if (has_headers)
		n_headers = strtoul(words[n_words - 2], NULL, 10);
	ASSERT(n_headers <= total && total <= INPUT_MAX / 2);
	if (all.n < n_line + total + 2)
		return 0;
	note_message(c, words[1], BYTES(all.p + n_line, n_headers),
		     BYTES(all.p + n_line + n_headers, total - n_headers));
	return n_line + total + 2;
}

/* One line, and for a message what follows it. Returns the bytes used; 0: not all is there. */
static size_t take_line(struct sim_consumer *c, struct bytes all)
{
	const uint8_t *end = all.n ? memmem(all.p, all.n, "\r\n", 2) : NULL;
	char line[SUBJECT_ROOM];
	size_t n;

	if (!end)
		return 0;
	n = (size_t)(end - all.p);
	snprintf(line, sizeof(line), "%.*s", (int)size_min(n, sizeof(line) - 1),
		 (const char *)all.p);
	if (strncmp(line, "MSG ", 4) == 0 || strncmp(line, "HMSG ", 5) == 0)
		return take_message(c, line, n + 2, all);
	if (strcmp(line, "PING") == 0)
		say_text(c, "PONG\r\n");
	else if (strcmp(line, "PONG") == 0)
		c->is_ready = true;
	else if (strncmp(line, "-ERR ", 5) == 0)
		snprintf(c->error, sizeof(c->error), "%.250s", line + 5);
	return n + 2;
}

static void on_read(void *user, struct bytes b)
{
	struct sim_consumer *c = user;
	size_t n;
	int r;

	if (b.n == 0) {
		sock_close(TAKE_PTR(c->sock), false);
		return;
	}
	r = buf_append(&c->in, b.p, b.n);
	ASSERT(r == 0);
	while (c->sock && (n = take_line(c, buf_data(&c->in))) > 0)
		buf_consume(&c->in, n);
}

static void on_connect(void *user __attribute__((unused)))
{
}

static void on_error(void *user, int error __attribute__((unused)))
{
	struct sim_consumer *c = user;

	sock_close(TAKE_PTR(c->sock), false);
}

static const struct sock_ops consumer_ops = {
	.on_connect = on_connect,
	.on_read = on_read,
	.on_error = on_error,
};

/* ---- life ---- */

struct sim_consumer *sim_consumer_new(struct sim_node *n, const char *name)
{
	struct sim_consumer *c = must(calloc(1, sizeof(*c)));
	struct addr door = node_door_addr(sim_node_node(n));
	char text[512];
	int r;

	c->sim = sim_node_sim(n);
	c->loop = sim_node_loop(n);
	buf_init(&c->in, INPUT_MAX);
	list_add_tail(&c->sim->consumers, &c->link);
	r = loop_connect_tcp(c->loop, &door, &consumer_ops, c, &c->sock);
	ASSERT(r == 0);
	snprintf(text, sizeof(text),
		 "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,"
		 "\"no_responders\":true,\"lang\":\"sim\",\"version\":\"1\",\"protocol\":1,"
		 "\"name\":\"%s\",\"auth_token\":\"%s\"}\r\nPING\r\n",
		 name, SIM_TOKEN);
	say_text(c, text);
	return c;
}

struct sim_consumer *sim_consumer_free(struct sim_consumer *c)
{
	if (!c)
		return NULL;
	sock_close(c->sock, false);
	list_remove(&c->link);
	for (size_t i = 0; i < c->n_messages; i++) {
		free((void *)(uintptr_t)c->messages[i].subject.p);
		free((void *)(uintptr_t)c->messages[i].headers.p);
		free((void *)(uintptr_t)c->messages[i].data.p);
	}
	free(c->messages);
	buf_deinit(&c->in);
	free(c);
	return NULL;
}

void sim_consumers_drop(struct sim *sim, const struct loop *loop)
{
	list_for_each (it, &sim->consumers) {
		struct sim_consumer *c = list_entry(it, struct sim_consumer, link);

		if (c->loop == loop)
			sock_close(TAKE_PTR(c->sock), false);
	}
}

/* ---- what it does ---- */

void sim_consumer_sub(struct sim_consumer *c, const char *subject)
{
	char line[SUBJECT_ROOM];

	snprintf(line, sizeof(line), "SUB %s %llu\r\nPING\r\n", subject,
		 (unsigned long long)++c->n_subs);
	c->is_ready = false;
	say_text(c, line);
}

void sim_consumer_pub(struct sim_consumer *c, const char *subject, struct bytes data)
{
	char line[SUBJECT_ROOM];

	snprintf(line, sizeof(line), "PUB %s %zu\r\n", subject, data.n);
	say_text(c, line);
	say(c, data);
	say_text(c, "\r\n");
}

void sim_consumer_ask(struct sim_consumer *c, const char *subject, const char *reply,
		      struct bytes data)
{
	char both[SUBJECT_ROOM];

	snprintf(both, sizeof(both), "%s %s", subject, reply);
	sim_consumer_pub(c, both, data);
}

void sim_consumer_freeze(struct sim_consumer *c, bool frozen)
{
	if (c->sock)
		sock_pause(c->sock, frozen);
}

bool sim_consumer_is_ready(const struct sim_consumer *c)
{
	return c->is_ready;
}

bool sim_consumer_is_closed(const struct sim_consumer *c)
{
	return !c->sock;
}

const char *sim_consumer_error(const struct sim_consumer *c)
{
	return c->error;
}

size_t sim_consumer_n_messages(const struct sim_consumer *c)
{
	return c->n_messages;
}

const struct sim_message *sim_consumer_message(const struct sim_consumer *c, size_t i)
{
	ASSERT(i < c->n_messages);
	return &c->messages[i];
}
