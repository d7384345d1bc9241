#include <stdlib.h>

#include "base/limits.h"
#include "loop/task_list.h"
#include "loop/world_state.h"

#define VIRTUAL_WORKERS 2 /* whatever the machine has: the same run everywhere */

#define WALL_START_S INT64_C(1767225600) /* the world begins on 2026-01-01 */
#define TURN_NS NS_PER_US

struct vjob {
	struct list link; /* host.jobs */
	struct host *host;
	struct job *job;
	struct timer run;
};

/* ---- turns ---- */

/* When this host has something to do by itself. */
static struct mono next_turn(const struct host *h)
{
	if (h->is_woken || !list_is_empty(&h->tasks))
		return h->world->now;
	return timer_heap_next(&h->timers);
}

static void set_alarm(struct host *h)
{
	struct mono at = next_turn(h);

	if (h->in_turn || h->is_gone)
		return;
	if (!timer_is_set(&h->alarm) || h->alarm.at.ns != at.ns)
		timer_heap_set(&h->world->events, &h->alarm, at);
}

void host_enter(struct host *h)
{
	h->in_turn = true;
}

void host_leave(struct host *h)
{
	struct mono soonest = mono_add_ns(h->world->now, TURN_NS), at;

	(void)task_list_run(&h->tasks);
	h->in_turn = false;
	at = next_turn(h);
	if (h->is_gone)
		return;
	timer_heap_set(&h->world->events, &h->alarm, mono_reached(at, soonest) ? soonest : at);
}

static void on_alarm(struct timer *t)
{
	struct host *h = container_of(t, struct host, alarm);
	size_t n_fired;

	host_enter(h);
	if (h->is_woken) {
		h->is_woken = false;
		world_log(h->world, h, WORLD_WAKE, 0, 0);
		if (h->base.on_wake)
			h->base.on_wake(h->base.on_wake_user);
	}
	n_fired = timer_heap_run(&h->timers, h->world->now);
	if (n_fired > 0)
		world_log(h->world, h, WORLD_TIMERS, n_fired, 0);
	host_leave(h);
}

/* ---- time, timers, tasks ---- */

static struct mono virtual_now(struct loop *l)
{
	return host_of(l)->world->now;
}

static struct wall virtual_wall(struct loop *l)
{
	return (struct wall){ WALL_START_S * (int64_t)NS_PER_S +
			      (int64_t)host_of(l)->world->now.ns };
}

static void virtual_timer_set(struct loop *l, struct timer *t, struct mono at)
{
	timer_heap_set(&host_of(l)->timers, t, at);
	set_alarm(host_of(l));
}

static void virtual_timer_stop(struct loop *l, struct timer *t)
{
	timer_heap_stop(&host_of(l)->timers, t);
	set_alarm(host_of(l));
}

static void virtual_task_post(struct loop *l, struct task *t)
{
	task_list_post(&host_of(l)->tasks, t);
	set_alarm(host_of(l));
}

/* ---- jobs: at once, in a turn of their own ---- */

static void finish_job(struct vjob *v)
{
	struct host *h = v->host;
	struct job *j = v->job;

	timer_heap_stop(&h->world->events, &v->run);
	list_remove(&v->link);
	free(v);
	h->n_jobs--;
	j->priv = NULL;
	world_log(h->world, h, WORLD_JOB, 0, 0);
	j->work(j);
	j->done(j);
}

static void on_run_job(struct timer *t)
{
	struct vjob *v = container_of(t, struct vjob, run);
	struct host *h = v->host;

	host_enter(h);
	finish_job(v);
	host_leave(h);
}

static size_t virtual_workers(struct loop *l)
{
	(void)l;
	return VIRTUAL_WORKERS;
}

static int virtual_submit(struct loop *l, struct job *j)
{
	struct host *h = host_of(l);
	struct vjob *v;

	ASSERT(!j->priv);
	if (h->is_gone)
		return -ESHUTDOWN;
	if (h->n_jobs >= LIMIT_JOBS)
		return -EBUSY;
	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v->host = h;
	v->job = j;
	v->run.fire = on_run_job;
	list_add_tail(&h->jobs, &v->link);
	timer_heap_set(&h->world->events, &v->run, h->world->now);
	h->n_jobs++;
	j->priv = v;
	return 0;
}

/* ---- running ---- */

static int virtual_run(struct loop *l)
{
	struct host *h = host_of(l);

	while (!h->is_stopped)
		if (!world_step(h->world))
			return -EDEADLK;
	h->is_stopped = false;
	return 0;
}

static void virtual_stop(struct loop *l)
{
	host_of(l)->is_stopped = true;
}

static void virtual_wake(struct loop *l)
{
	host_of(l)->is_woken = true;
	set_alarm(host_of(l));
}

static void virtual_free(struct loop *l)
{
	host_end(host_of(l)); /* the rest stays until world_free() */
}

/* ---- life ---- */

void host_init(struct host *h, struct world *w)
{
	h->base.ops = &loop_virtual_ops;
	h->world = w;
	h->alarm.fire = on_alarm;
	list_init(&h->tasks);
	list_init(&h->listeners);
	list_init(&h->queries);
	list_init(&h->jobs);
}

static void close_sockets(struct host *h)
{
	list_for_each_safe (it, &h->world->conns) {
		struct vconn *c = list_entry(it, struct vconn, link);

		/* It goes with its second end, which may be ours as well. */
		c->n_busy++;
		for (size_t i = 0; i < ARRAY_SIZE(c->ends); i++) {
			struct vsock *s = &c->ends[i];

			if (s->host == h && s->state != VSOCK_NONE && s->state != VSOCK_CLOSED)
				vsock_close((struct sock *)s, false);
		}
		c->n_busy--;
		vconn_settle(c);
	}
}

void host_end(struct host *h)
{
	if (h->is_gone)
		return;
	h->is_gone = true;
	list_for_each_safe (it, &h->jobs)
		finish_job(list_entry(it, struct vjob, link));
	vlistener_close_all(h);
	world_queries_cancel(h);
	close_sockets(h);
	while (!list_is_empty(&h->tasks))
		list_remove(list_first(&h->tasks));
	timer_heap_stop(&h->world->events, &h->alarm);
	map_remove(&h->world->by_ip, &h->node);
}

const struct loop_ops loop_virtual_ops = {
	.now = virtual_now,
	.wall = virtual_wall,
	.timer_set = virtual_timer_set,
	.timer_stop = virtual_timer_stop,
	.task_post = virtual_task_post,
	.listen_tcp = vsock_listen_tcp,
	.listen_unix = vsock_listen_unix,
	.listener_addr = vlistener_addr,
	.listener_close = vlistener_close,
	.connect_tcp = vsock_connect_tcp,
	.sock_start = vsock_start,
	.sock_write = vsock_write,
	.sock_write_part = vsock_write_part,
	.sock_queued = vsock_queued,
	.sock_pause = vsock_pause,
	.sock_shutdown = vsock_shutdown,
	.sock_close = vsock_close,
	.sock_local = vsock_local,
	.sock_remote = vsock_remote,
	.sock_credentials = vsock_credentials,
	.resolve = world_resolve,
	.resolve_cancel = world_resolve_cancel,
	.submit = virtual_submit,
	.workers = virtual_workers,
	.run = virtual_run,
	.stop = virtual_stop,
	.wake = virtual_wake,
	.free = virtual_free,
};
