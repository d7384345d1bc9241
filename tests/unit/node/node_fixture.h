#ifndef PL_TESTS_UNIT_NODE_NODE_FIXTURE_H
#define PL_TESTS_UNIT_NODE_NODE_FIXTURE_H

/*
 * One or two whole nodes on the virtual loop, and a consumer of the first that asks it things:
 *
 *     struct fixture f; fixture_init(&f, 1); json_t *o = ask(&f, "STATUS", "{}"); ...
 *     fixture_deinit(&f)
 */

#include <stdio.h>

#include "test.h"

#include "base/limits.h"
#include "node/node_priv.h"
#include "sim/consumer.h"
#include "sim/sim.h"

struct fixture {
	struct sim *sim;
	struct sim_node *a, *b; /* b dials nobody, and nobody dials it by itself */
	struct sim_consumer *asker;
	size_t n_asked;
};

static inline bool asker_is_ready(void *user)
{
	return sim_consumer_is_ready(user);
}

static inline struct sim_consumer *consumer(struct fixture *f, struct sim_node *n, const char *name)
{
	struct sim_consumer *c = sim_consumer_new(n, name);

	assert_true(world_run_until(sim_world(f->sim), asker_is_ready, c, 5000));
	return c;
}

static inline void subscribe(struct fixture *f, struct sim_consumer *c, const char *subject)
{
	sim_consumer_sub(c, subject);
	assert_true(world_run_until(sim_world(f->sim), asker_is_ready, c, 5000));
}

static inline void fixture_start(struct fixture *f)
{
	sim_node_start(f->a);
	if (f->b)
		sim_node_start(f->b);
	f->asker = consumer(f, f->a, "asker");
	subscribe(f, f->asker, "answer.*");
}

static inline void fixture_make(struct fixture *f, size_t n_nodes)
{
	*f = (struct fixture){ .sim = sim_new(1) };
	f->a = sim_node_new(f->sim, "10.0.0.1");
	f->b = n_nodes > 1 ? sim_node_new(f->sim, "10.0.0.2") : NULL;
}

static inline void fixture_init(struct fixture *f, size_t n_nodes)
{
	fixture_make(f, n_nodes);
	fixture_start(f);
}

static inline void fixture_deinit(struct fixture *f)
{
	sim_consumer_free(f->asker);
	sim_free(f->sim);
}

static inline struct node *node_of(struct sim_node *n)
{
	return sim_node_node(n);
}

struct wanted {
	struct fixture *f;
	char subject[32];
	const struct sim_message *found;
};

static inline bool has_answer(void *user)
{
	struct wanted *w = user;

	for (size_t i = 0; i < sim_consumer_n_messages(w->f->asker) && !w->found; i++) {
		const struct sim_message *m = sim_consumer_message(w->f->asker, i);

		if (bytes_equal(m->subject, bytes_of_text(w->subject)))
			w->found = m;
	}
	return w->found != NULL;
}

/* The answer to `$PL.API.<verb>`; the caller's. */
static inline json_t *ask(struct fixture *f, const char *verb, const char *body)
{
	struct wanted w = { .f = f };
	char subject[128];
	json_t *o;

	snprintf(subject, sizeof(subject), "$PL.API.%s", verb);
	snprintf(w.subject, sizeof(w.subject), "answer.%zu", ++f->n_asked);
	sim_consumer_ask(f->asker, subject, w.subject, bytes_of_text(body));
	assert_true(world_run_until(sim_world(f->sim), has_answer, &w, 60000));
	o = json_loadb((const char *)w.found->data.p, w.found->data.n, 0, NULL);
	assert_true(json_is_object(o));
	return o;
}

static inline const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static inline json_int_t number_of(const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static inline void assert_refused(struct fixture *f, const char *verb, const char *body,
				  const char *code, const char *says)
{
	json_t *o = ask(f, verb, body);
	const json_t *error = json_object_get(o, "error");

	assert_string_equal(text_of(error, "code"), code);
	if (!strstr(text_of(error, "text"), says))
		fail_msg("\"%s\" does not say \"%s\"", text_of(error, "text"), says);
	json_decref(o);
}

static inline char *read_docs(void)
{
	const char *root = getenv("PEERLINE_SOURCE");
	char path[1024];
	char *text = calloc(1, 65536);
	FILE *file;

	assert_non_null(root);
	snprintf(path, sizeof(path), "%s/docs/control.md", root);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

/* Each key stands in docs/control.md as `key`. */
static inline void assert_documented(json_t *object)
{
	char *docs = read_docs();
	json_t *value;
	const char *key;

	json_object_foreach(object, key, value)
	{
		char word[128];

		snprintf(word, sizeof(word), "`%s`", key);
		if (!strstr(docs, word))
			fail_msg("docs/control.md lacks %s", word);
	}
	free(docs);
}

/* `{"<key>":"<peer id or address of n>"<more>}` */
static inline const char *body_about(const char *key, struct sim_node *n, const char *more)
{
	static char body[512];
	char id[PEER_ID_TEXT_MAX];

	peer_id_text(sim_node_id(n), id);
	if (strcmp(key, "peer_id") == 0)
		snprintf(body, sizeof(body), "{\"peer_id\":\"%s\"%s}", id, more);
	else
		snprintf(body, sizeof(body), "{\"%s\":\"/ip4/%s/tcp/%d/p2p/%s\"%s}", key,
			 sim_node_ip(n), SIM_PORT, id, more);
	return body;
}

/* a dials b. */
static inline void fixture_connect(struct fixture *f)
{
	json_t *o = ask(f, "CONNECT", body_about("address", f->b, ""));

	assert_null(json_object_get(o, "error"));
	json_decref(o);
	world_run_for(sim_world(f->sim), 1000);
}

/* The fields of the i-th event of this name that `n` told; the caller's. */
static inline json_t *event(struct sim_node *n, const char *name, size_t i)
{
	const struct sim_event *e = sim_node_event(n, name, i);
	json_t *o;

	assert_non_null(e);
	o = json_loads(e->json, 0, NULL);
	assert_true(json_is_object(o));
	return o;
}

#endif
