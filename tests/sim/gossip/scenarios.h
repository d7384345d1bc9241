#ifndef PL_TESTS_SIM_GOSSIP_SCENARIOS_H
#define PL_TESTS_SIM_GOSSIP_SCENARIOS_H

/* All of them, by file; the table in scenarios.c ends with an empty row. */

#include "sim/gossip/stage.h"

extern const struct scenario scenarios[];

/* honest.c */
void play_honest(struct stage *s);
void play_again(struct stage *s);
void play_ladder_10(struct stage *s);
void play_ladder_100(struct stage *s);
void play_churn(struct stage *s);
void play_partition(struct stage *s);
void play_outage(struct stage *s);

/* sybils.c */
void play_sybils(struct stage *s);
void play_polite_sybils(struct stage *s);
void play_cold_boot(struct stage *s);
void play_covert_flash(struct stage *s);
void play_eclipse(struct stage *s);
void play_withhold(struct stage *s);

/* floods.c */
void play_iwant(struct stage *s);
void play_ihave(struct stage *s);
void play_graft(struct stage *s);
void play_backoff(struct stage *s);
void play_subscriptions(struct stage *s);
void play_seen_full(struct stage *s);
void play_replay(struct stage *s);

#endif
