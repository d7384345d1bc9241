#ifndef PL_SIM_CONSUMER_H
#define PL_SIM_CONSUMER_H

/*
 * A consumer in a simulation: the client side of the NATS protocol on the loop of its node's host.
 * It notes what it is sent.
 *
 *     sim_consumer_new(node, "arcade"); sim_consumer_sub(); sim_consumer_pub() ...
 *     sim_consumer_free(), before the node is started again or the simulation freed
 */

#include "sim/sim.h"

struct sim_consumer;

struct sim_message {
	struct mono at;
	struct bytes subject, headers, data; /* borrowed from the consumer; headers as sent */
};

struct sim_consumer *sim_consumer_new(struct sim_node *n, const char *name);
struct sim_consumer *sim_consumer_free(struct sim_consumer *c);

void sim_consumer_sub(struct sim_consumer *c, const char *subject);
void sim_consumer_pub(struct sim_consumer *c, const char *subject, struct bytes data);
/* Likewise, with a subject for the answer. */
void sim_consumer_ask(struct sim_consumer *c, const char *subject, const char *reply,
		      struct bytes data);
/* Stops reading, as a frozen program does; and goes on. */
void sim_consumer_freeze(struct sim_consumer *c, bool frozen);

/* The door answered a PING after everything before it. */
bool sim_consumer_is_ready(const struct sim_consumer *c);
bool sim_consumer_is_closed(const struct sim_consumer *c);
/* The last -ERR; "" if there was none. */
const char *sim_consumer_error(const struct sim_consumer *c);
size_t sim_consumer_n_messages(const struct sim_consumer *c);
const struct sim_message *sim_consumer_message(const struct sim_consumer *c, size_t i);

#endif
