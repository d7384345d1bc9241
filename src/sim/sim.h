#ifndef PL_SIM_SIM_H
#define PL_SIM_SIM_H

/*
 * A simulation: whole nodes (pool, gossip, door), each on a host of one virtual world, and
 * consumers at their doors. Everything random comes from the seed, every event of every node goes
 * into the world's log, so that the same seed gives the same hash.
 *
 *     sim_new(seed); sim_node_new(); sim_node_set(); sim_node_start(); sim_consumer_new() ...
 *     world_run_for(sim_world(), ms) ... sim_free()
 *
 * A node keeps its key, address, settings and what was said of peers when it ends, and may be started again. A simulation
 * is one of many tries under a harness, so a lack of memory here is an assertion, not an error.
 */

#include "loop/loop_virtual.h"
#include "node/node.h"

struct sim;
struct sim_node;

#define SIM_PORT 4001 /* of every node, for peers */
#define SIM_TOKEN "the-token-of-this-simulation"
#define SIM_EVENTS_MAX 65536 /* of one node; later ones are counted only */

struct sim *sim_new(uint64_t seed);
/* Stops the nodes, lets them drain, frees everything. Takes NULL. */
struct sim *sim_free(struct sim *sim);
/* The clock and the network; its nodes' hosts are found by sim_node_loop(). */
struct world *sim_world(struct sim *sim);

/* ---- nodes ---- */

/* Dials whom it knows and nobody else: discover_peers is off. */
struct sim_node *sim_node_new(struct sim *sim, const char *ip);
/* As in a configuration file. Asserts that the setting exists and is valid. */
void sim_node_set(struct sim_node *n, const char *key, const char *value);
/* Adds `/ip4/<ip>/tcp/4001/p2p/<id>` of `peer` to the bootstrap peers. */
void sim_node_knows(struct sim_node *n, const struct sim_node *peer);
void sim_node_start(struct sim_node *n);
/* In order: it drains, and is gone a while later (sim_node_is_running()). */
void sim_node_stop(struct sim_node *n);
/* The process dies, the machine lives: its connections are reset. */
void sim_node_kill(struct sim_node *n);
/* The machine dies: its connections are silent. */
void sim_node_cut(struct sim_node *n);
bool sim_node_is_running(const struct sim_node *n);

/* NULL while it does not run. */
struct node *sim_node_node(struct sim_node *n);
struct loop *sim_node_loop(struct sim_node *n);
const struct peer_id *sim_node_id(const struct sim_node *n);
const char *sim_node_ip(const struct sim_node *n);

/* ---- what a node told ---- */

struct sim_event {
	struct mono at;
	const char *name, *json; /* borrowed from the node */
};

size_t sim_node_n_events(const struct sim_node *n, const char *name);
/* The i-th of this name; NULL: there are not so many. */
const struct sim_event *sim_node_event(const struct sim_node *n, const char *name, size_t i);

#endif
