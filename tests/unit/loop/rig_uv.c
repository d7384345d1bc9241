#include "rig.h"

#include "loop/loop_uv.h"
#include "test.h"

struct guard {
	struct timer tick, end;
	struct loop *loop;
	bool (*done)(void *user);
	void *user;
	bool was_done;
};

void rig_open(struct rig *rig)
{
	struct loop *l;

	assert_int_equal(loop_uv_new(&l), 0);
	*rig = (struct rig){ .client = l, .server = l };
	assert_int_equal(addr_parse_ip("127.0.0.1", &rig->server_ip), 0);
}

void rig_close(struct rig *rig)
{
	rig->client = loop_free(rig->client);
}

static void on_tick(struct timer *t)
{
	struct guard *g = container_of(t, struct guard, tick);

	g->was_done = g->done && g->done(g->user);
	if (g->was_done)
		loop_stop(g->loop);
	else
		loop_timer_set(g->loop, t, mono_add_ms(loop_now(g->loop), 1));
}

static void on_end(struct timer *t)
{
	loop_stop(container_of(t, struct guard, end)->loop);
}

static bool run(struct guard *g, uint64_t ms)
{
	g->tick.fire = on_tick;
	g->end.fire = on_end;
	loop_timer_set(g->loop, &g->tick, mono_add_ms(loop_now(g->loop), 1));
	loop_timer_set(g->loop, &g->end, mono_add_ms(loop_now(g->loop), ms));
	assert_int_equal(loop_run(g->loop), 0);
	loop_timer_stop(g->loop, &g->tick);
	loop_timer_stop(g->loop, &g->end);
	return g->was_done;
}

bool rig_run_until(struct rig *rig, bool (*done)(void *user), void *user)
{
	struct guard g = { .loop = rig->client, .done = done, .user = user };

	return run(&g, 10000);
}

void rig_run_for(struct rig *rig, uint64_t ms)
{
	struct guard g = { .loop = rig->client };

	(void)run(&g, ms);
}
