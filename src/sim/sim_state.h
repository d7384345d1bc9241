#ifndef PL_SIM_SIM_STATE_H
#define PL_SIM_SIM_STATE_H

/* What sim.c and consumer.c share. */

#include "base/list.h"
#include "sim/sim.h"

#define SIM_IP_MAX 64

/* A node from a start to its end. Killed ones linger here until their last timer is done. */
struct sim_life {
	struct list link; /* sim.lives */
	struct sim_node *owner;
	struct loop *loop;
	struct config *config;
	struct node *node;
	bool is_stopped;
	bool is_dead; /* killed: what it still says counts for nothing */
};

struct sim {
	struct world *world;
	struct list nodes, lives, consumers;
	uint64_t n_starts;
};

struct sim *sim_node_sim(struct sim_node *n);

/* consumer.c: the host is about to end. */
void sim_consumers_drop(struct sim *sim, const struct loop *loop);

#endif
