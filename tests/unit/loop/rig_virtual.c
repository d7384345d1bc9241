#include "rig.h"

#include "loop/loop_virtual.h"
#include "test.h"

void rig_open(struct rig *rig)
{
	static uint64_t n_opened;
	/* Every other world splits, joins and delays what it carries. */
	const struct world_link rough = {
		.latency_ns = NS_PER_MS,
		.jitter_ns = 3 * NS_PER_MS,
		.bytes_per_s = 100000000,
		.chunk_max = 30000,
	};
	struct world *w;

	assert_int_equal(world_new(1, &w), 0);
	*rig = (struct rig){ .priv = w };
	if (n_opened++ % 2 == 1)
		world_set_link(w, &rough);
	assert_int_equal(world_host(w, "10.0.0.1", &rig->client), 0);
	assert_int_equal(world_host(w, "10.0.0.2", &rig->server), 0);
	assert_int_equal(addr_parse_ip("10.0.0.2", &rig->server_ip), 0);
}

void rig_close(struct rig *rig)
{
	rig->priv = world_free(rig->priv);
}

bool rig_run_until(struct rig *rig, bool (*done)(void *user), void *user)
{
	return world_run_until(rig->priv, done, user, 10000);
}

void rig_run_for(struct rig *rig, uint64_t ms)
{
	world_run_for(rig->priv, ms);
}
