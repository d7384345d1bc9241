#include "peer/peer.h"

/*
 * Who loses its links when memory is short: peers that hold more than most and have taken next to
 * nothing of it for ten seconds. The shares alone keep the whole within its bounds (base/budget.h);
 * this gives the memory back, so that those who came later have a share as large.
 */

static bool is_guilty(struct budget_account *a, struct mono now)
{
	/* Both are asked, or the clock of who is small now would not run. */
	bool is_idle = budget_account_is_idle(a, now);

	return is_idle && budget_account_is_large(a);
}

static void cut_off(struct pool *pool, struct peer *p)
{
	pool->n_over_budget++;
	list_for_each_safe (it, &p->links)
		net_link_abort(list_entry(it, struct pool_link, of_peer)->link, LINK_OVER_BUDGET);
}

static void look_again(struct pool *pool)
{
	loop_timer_set(pool->loop, &pool->budget_timer,
		       mono_add_ms(loop_now(pool->loop), LIMIT_BUDGET_SWEEP_MS));
}

static void on_budget_timer(struct timer *t)
{
	struct pool *pool = container_of(t, struct pool, budget_timer);
	struct mono now = loop_now(pool->loop);

	if (!pool->budget.is_short)
		return;
	list_for_each_safe (it, &pool->budget.holders) {
		struct budget_account *a = list_entry(it, struct budget_account, holder);

		if (is_guilty(a, now))
			cut_off(pool, container_of(a, struct peer, account));
	}
	look_again(pool);
}

/* What holders did before nobody has watched. */
static void on_short(void *user)
{
	struct pool *pool = user;
	struct mono now = loop_now(pool->loop);

	list_for_each (it, &pool->budget.holders)
		budget_account_watch(list_entry(it, struct budget_account, holder), now);
	look_again(pool);
}

void pool_memory_init(struct pool *pool)
{
	size_t max = pool->config.memory_max;

	budget_init(&pool->budget, max > 0 ? max : LIMIT_BUDGET);
	pool->budget.on_short = on_short;
	pool->budget.user = pool;
	pool->budget_timer.fire = on_budget_timer;
}

void pool_memory_deinit(struct pool *pool)
{
	loop_timer_stop(pool->loop, &pool->budget_timer);
}

const struct budget *pool_budget(const struct pool *pool)
{
	return &pool->budget;
}

uint64_t pool_n_over_budget(const struct pool *pool)
{
	return pool->n_over_budget;
}
