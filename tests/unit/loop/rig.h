#ifndef PL_TESTS_UNIT_LOOP_RIG_H
#define PL_TESTS_UNIT_LOOP_RIG_H

/*
 * What contract.c stands on, so that the same tests judge both loops: two ends that can reach each
 * other. rig_uv.c makes both of one real loop and 127.0.0.1, rig_virtual.c of two hosts of a world.
 */

#include "loop/loop.h"

struct rig {
	struct loop *client, *server;
	struct addr server_ip; /* port 0 */
	void *priv;
};

void rig_open(struct rig *rig);
void rig_close(struct rig *rig);
/* Runs until `done` says so; false when it did not within ten seconds of the loop's time. */
bool rig_run_until(struct rig *rig, bool (*done)(void *user), void *user);
/* Runs for so long, whatever happens. */
void rig_run_for(struct rig *rig, uint64_t ms);

#endif
