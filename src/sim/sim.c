#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "sim/sim_state.h"
#include "wire/public_key.h"

#define SETTINGS_MAX 32
#define END_MS 30000 /* within which every node that was told to stop has stopped */

struct sim_node {
	struct list link; /* sim.nodes */
	struct sim *sim;
	char ip[SIM_IP_MAX];
	struct key_pair key;
	struct peer_id id;
	char *bootstrap; /* separated by commas */
	struct {
		char *key, *value;
	} settings[SETTINGS_MAX];
	size_t n_settings;
	struct sim_life *life; /* NULL: it does not run */
	struct loop *machine;  /* NULL: not known, or dead; else a host for the next life */
	struct sim_event *events;
	size_t n_events, events_cap;
	struct buf peer_rules; /* its disk, as far as it needs one */
};

static void *must(void *p)
{
	ASSERT(p);
	return p;
}

/* ---- the simulation ---- */

struct sim *sim_new(uint64_t seed)
{
	struct sim *sim = must(calloc(1, sizeof(*sim)));
	int r = crypto_start();

	if (r >= 0)
		r = world_new(seed, &sim->world);
	ASSERT(r == 0);
	list_init(&sim->nodes);
	list_init(&sim->lives);
	list_init(&sim->consumers);
	return sim;
}

struct world *sim_world(struct sim *sim)
{
	return sim->world;
}

static void life_free(struct sim_life *life)
{
	sim_consumers_drop(life->owner->sim, life->loop);
	node_free(life->node);
	loop_free(life->loop);
	config_free(life->config);
	list_remove(&life->link);
	if (life->owner->life == life)
		life->owner->life = NULL;
	free(life);
}

static void free_stopped(struct sim *sim)
{
	list_for_each_safe (it, &sim->lives) {
		struct sim_life *life = list_entry(it, struct sim_life, link);

		if (life->is_stopped)
			life_free(life);
	}
}

static bool all_stopped(void *user)
{
	struct sim *sim = user;

	list_for_each (it, &sim->lives) {
		if (!list_entry(it, struct sim_life, link)->is_stopped)
			return false;
	}
	return true;
}

static void node_record_free(struct sim_node *n)
{
	for (size_t i = 0; i < n->n_settings; i++) {
		free(n->settings[i].key);
		free(n->settings[i].value);
	}
	for (size_t i = 0; i < size_min(n->n_events, SIM_EVENTS_MAX); i++) {
		free((char *)(uintptr_t)n->events[i].name);
		free((char *)(uintptr_t)n->events[i].json);
	}
	free(n->events);
	free(n->bootstrap);
	buf_deinit(&n->peer_rules);
	key_pair_wipe(&n->key);
	free(n);
}

struct sim *sim_free(struct sim *sim)
{
	bool stopped;

	if (!sim)
		return NULL;
	list_for_each (it, &sim->lives)
		node_stop(list_entry(it, struct sim_life, link)->node);
	stopped = world_run_until(sim->world, all_stopped, sim, END_MS);
	ASSERT(stopped);
	free_stopped(sim);
	list_for_each_safe (it, &sim->nodes)
		node_record_free(list_entry(it, struct sim_node, link));
	world_free(sim->world);
	free(sim);
	return NULL;
}

/* ---- nodes ---- */

struct sim_node *sim_node_new(struct sim *sim, const char *ip)
{
	struct sim_node *n = must(calloc(1, sizeof(*n)));
	struct random random = world_random(sim->world);

	n->sim = sim;
	ASSERT(strlen(ip) < sizeof(n->ip));
	strcpy(n->ip, ip);
	key_pair_generate(&random, &n->key);
	public_key_ed25519_peer_id(n->key.public, &n->id);
	n->bootstrap = must(strdup(""));
	buf_init(&n->peer_rules, LIMIT_PEER_RULES);
	list_add_tail(&sim->nodes, &n->link);
	sim_node_set(n, "p2p_host", ip);
	sim_node_set(n, "door_host", "127.0.0.1");
	sim_node_set(n, "data", "/nonexistent");
	/* Who is linked to whom is the scenario's. */
	sim_node_set(n, "discover_peers", "false");
	return n;
}

void sim_node_set(struct sim_node *n, const char *key, const char *value)
{
	ASSERT(n->n_settings < SETTINGS_MAX);
	n->settings[n->n_settings].key = must(strdup(key));
	n->settings[n->n_settings].value = must(strdup(value));
	n->n_settings++;
}

void sim_node_knows(struct sim_node *n, const struct sim_node *peer)
{
	char id[PEER_ID_TEXT_MAX], *text;
	int r = asprintf(&text, "%s%s/%s/%s/tcp/%d/p2p/%s", n->bootstrap,
			 n->bootstrap[0] ? "," : "", strchr(peer->ip, ':') ? "ip6" : "ip4",
			 peer->ip, SIM_PORT, peer_id_text(&peer->id, id));

	ASSERT(r > 0);
	free(n->bootstrap);
	n->bootstrap = text;
}

static void set(struct config *c, const char *key, const char *value)
{
	struct config_error e;
	int r = config_set(c, key, value, CONFIG_FLAG, &e);

	ASSERT(r == 0);
}

static struct config *make_config(struct sim_node *n)
{
	struct config *c = must(config_new());
	char port[8];
	struct config_error e;
	int r;

	snprintf(port, sizeof(port), "%d", SIM_PORT);
	set(c, "p2p_port", port);
	/* Else what the network's name stands for, where it stands for something. */
	if (n->bootstrap[0])
		set(c, "bootstrap_peers", n->bootstrap);
	/* Scenarios use Teranode's topics for what Teranode would never say, nor so fast. */
	set(c, "teranode_rules", "false");
	for (size_t i = 0; i < n->n_settings; i++)
		set(c, n->settings[i].key, n->settings[i].value);
	r = config_finish(c, NULL, NULL, &e);
	ASSERT(r == 0);
	return c;
}

static void remember_event(struct sim_node *n, const char *name, const char *json)
{
	struct sim_event *e;

	if (n->n_events++ >= SIM_EVENTS_MAX)
		return;
	if (n->n_events > n->events_cap) {
		n->events_cap = size_max(64, 2 * n->events_cap);
		n->events = must(realloc(n->events, n->events_cap * sizeof(*n->events)));
	}
	e = &n->events[n->n_events - 1];
	e->at = world_now(n->sim->world);
	e->name = must(strdup(name));
	e->json = must(strdup(json));
}

static void on_event(void *user, enum log_level level __attribute__((unused)), const char *event,
		     const char *json)
{
	struct sim_life *life = user;
	struct world *w = life->owner->sim->world;

	if (life->is_dead)
		return;
	world_note(w, life->owner->ip);
	world_note(w, event);
	world_note(w, json);
	remember_event(life->owner, event, json);
}

static void on_stopped(void *user)
{
	struct sim_life *life = user;

	/* Freed from outside of the world: we are called by the node. */
	life->is_stopped = true;
	if (life->owner->life == life)
		life->owner->life = NULL;
}

static int save_peer_rules(void *user, struct bytes content)
{
	struct sim_life *life = user;
	int r;

	buf_clear(&life->owner->peer_rules);
	r = buf_append(&life->owner->peer_rules, content.p, content.n);
	if (r == 0)
		node_peer_rules_saved(life->node, 0);
	return r;
}

static const struct node_ops sim_node_ops = {
	.on_event = on_event,
	.on_stopped = on_stopped,
	.save_peer_rules = save_peer_rules,
};

static struct loop *new_host(struct sim_node *n)
{
	struct loop *l;
	int r = world_host(n->sim->world, n->ip, &l);

	ASSERT(r == 0);
	return l;
}

void sim_node_start(struct sim_node *n)
{
	struct sim_life *life = must(calloc(1, sizeof(*life)));
	struct config_error e = { "" };
	int r;

	ASSERT(!n->life);
	free_stopped(n->sim);
	life->owner = n;
	life->config = make_config(n);
	life->loop = n->machine ? TAKE_PTR(n->machine) : new_host(n);
	list_add_tail(&n->sim->lives, &life->link);
	n->life = life;

	struct node_config config = {
		.loop = life->loop,
		.config = life->config,
		.key = n->key,
		.random = world_random(n->sim->world),
		.token = SIM_TOKEN,
		.incarnation = ++n->sim->n_starts,
		.seqno_last = (uint64_t)loop_wall(life->loop).ns,
		.peer_rules = buf_data(&n->peer_rules),
		.ops = &sim_node_ops,
		.user = life,
	};

	r = node_new(&config, &life->node);
	if (r == 0)
		r = node_start(life->node, &e);
	ASSERT(r == 0);
}

void sim_node_stop(struct sim_node *n)
{
	ASSERT(n->life);
	node_stop(n->life->node);
}

static void end_life(struct sim_node *n)
{
	struct sim_life *life = n->life;

	n->life = NULL;
	life->is_dead = true;
	world_cut_host(n->sim->world, life->loop);
	node_stop(life->node);
}

void sim_node_kill(struct sim_node *n)
{
	ASSERT(n->life);
	world_note(n->sim->world, "kill");
	world_reset_host(n->sim->world, n->life->loop);
	end_life(n);
	n->machine = new_host(n);
}

void sim_node_cut(struct sim_node *n)
{
	ASSERT(n->life);
	world_note(n->sim->world, "cut");
	end_life(n);
}

bool sim_node_is_running(const struct sim_node *n)
{
	return n->life != NULL;
}

struct node *sim_node_node(struct sim_node *n)
{
	return n->life ? n->life->node : NULL;
}

struct loop *sim_node_loop(struct sim_node *n)
{
	return n->life ? n->life->loop : NULL;
}

const struct peer_id *sim_node_id(const struct sim_node *n)
{
	return &n->id;
}

const char *sim_node_ip(const struct sim_node *n)
{
	return n->ip;
}

struct sim *sim_node_sim(struct sim_node *n)
{
	return n->sim;
}

/* ---- what a node told ---- */

const struct sim_event *sim_node_event(const struct sim_node *n, const char *name, size_t i)
{
	for (size_t k = 0; k < size_min(n->n_events, SIM_EVENTS_MAX); k++)
		if (strcmp(n->events[k].name, name) == 0 && i-- == 0)
			return &n->events[k];
	return NULL;
}

size_t sim_node_n_events(const struct sim_node *n, const char *name)
{
	size_t count = 0;

	for (size_t k = 0; k < size_min(n->n_events, SIM_EVENTS_MAX); k++)
		count += strcmp(n->events[k].name, name) == 0;
	return count;
}
