#ifndef PL_TESTS_SIM_GOSSIP_LEDGER_H
#define PL_TESTS_SIM_GOSSIP_LEDGER_H

/*
 * Who got which message, when and over how many hops. Messages are numbered from 0; each carries
 * its number.
 */

#include "base/def.h"
#include "base/time.h"

#define LEDGER_HOPS 32

struct ledger {
	size_t n_nodes, n_messages, messages_max;
	struct mono *published_at; /* [message] */
	uint32_t *authors;         /* [message] */
	uint32_t *took_us;         /* [node][message]; 0: not delivered */
	uint8_t *hops;             /* [node][message] */
	uint64_t n_twice;          /* deliveries of what was delivered before */
};

void ledger_init(struct ledger *l, size_t n_nodes, size_t messages_max);
void ledger_deinit(struct ledger *l);

/* The number of the next message. */
uint32_t ledger_publish(struct ledger *l, size_t author, struct mono now);
void ledger_deliver(struct ledger *l, size_t node, size_t via, uint32_t message, struct mono now);
bool ledger_has(const struct ledger *l, size_t node, uint32_t message);

/* What became of the messages published in [from, to), for the nodes that count. */
struct ledger_figures {
	uint64_t n_messages, n_expected, n_delivered;
	double p50_ms, p90_ms, p99_ms, p999_ms, max_ms;
	double hops_mean;
	unsigned hops_max;
};

/* `counts` may be NULL: all nodes do. Authors are not counted: they have had it. */
struct ledger_figures ledger_figures(const struct ledger *l, struct mono from, struct mono to,
				     bool (*counts)(void *user, size_t node), void *user);
/* Delivered of what was expected, in [0, 1]. */
double ledger_share(const struct ledger_figures *f);

#endif
