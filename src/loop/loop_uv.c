#include "loop/loop_uv.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "loop/loop_uv_state.h"
#include "loop/task_list.h"

/*
 * One turn, in libuv's order: timers; prepare (tasks, then the next deadline is set); the wait and
 * the sockets; check (tasks). What a socket's callback wants flushed is flushed in check, what a
 * timer wants flushed in prepare: nothing sits through a wait.
 */

static struct mono uv_now_(struct loop *base)
{
	struct loop_uv *l = loop_uv_of(base);

	/* Read at the first question after the wait, then the same until the next wait. Nobody
	 * waits while the loop does not run. */
	if (!l->has_now) {
		l->now = (struct mono){ uv_hrtime() };
		l->has_now = l->is_running;
	}
	return l->now;
}

static struct wall uv_wall(struct loop *base __attribute__((unused)))
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts); /* cannot fail with this clock */
	return (struct wall){ (int64_t)ts.tv_sec * (int64_t)NS_PER_S + ts.tv_nsec };
}

static void uv_timer_set_(struct loop *base, struct timer *t, struct mono at)
{
	timer_heap_set(&loop_uv_of(base)->timers, t, at);
}

static void uv_timer_stop_(struct loop *base, struct timer *t)
{
	timer_heap_stop(&loop_uv_of(base)->timers, t);
}

static void uv_task_post(struct loop *base, struct task *t)
{
	task_list_post(&loop_uv_of(base)->tasks, t);
}

static void on_idle(uv_idle_t *h __attribute__((unused)))
{
}

static void set_idle(struct loop_uv *l, bool active)
{
	if (active)
		(void)uv_idle_start(&l->idle, on_idle);
	else
		(void)uv_idle_stop(&l->idle);
}

static void on_alarm(uv_timer_t *h)
{
	struct loop_uv *l = h->data;

	l->alarm_at = MONO_NEVER;
	(void)timer_heap_run(&l->timers, uv_now_(&l->base));
}

/*
 * libuv counts milliseconds of the same clock: rounded up, so that the alarm is never early. What
 * has been reached already must not wait for the end of its millisecond, though, nor what is to be
 * done in the next turn: a nanosecond after this one's moment.
 */
static uint64_t alarm_delay_ms(struct loop_uv *l, struct mono at)
{
	uint64_t at_ms = at.ns / NS_PER_MS + (at.ns % NS_PER_MS != 0), now_ms = uv_now(&l->uv);

	if (mono_reached(at, mono_add_ns(uv_now_(&l->base), 1)))
		return 0;
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

static void set_alarm(struct loop_uv *l)
{
	struct mono at = timer_heap_next(&l->timers);

	if (at.ns == l->alarm_at.ns)
		return;
	l->alarm_at = at;
	if (mono_is_never(at))
		(void)uv_timer_stop(&l->alarm);
	else
		(void)uv_timer_start(&l->alarm, on_alarm, alarm_delay_ms(l, at), 0);
}

static bool is_eager(struct loop_uv *l)
{
	return l->may_be_eager && eager_before_wait(&l->eager, (struct mono){ uv_hrtime() });
}

static void on_prepare(uv_prepare_t *h)
{
	struct loop_uv *l = h->data;

	bool more = task_list_run(&l->tasks);

	set_alarm(l);
	set_idle(l, more || is_eager(l));
	l->has_now = false;
}

static void on_check(uv_check_t *h)
{
	struct loop_uv *l = h->data;

	if (l->has_news)
		eager_on_news(&l->eager, uv_now_(&l->base));
	l->has_news = false;
	set_idle(l, task_list_run(&l->tasks));
}

static void on_async(uv_async_t *h)
{
	struct loop_uv *l = h->data;

	if (l->base.on_wake)
		l->base.on_wake(l->base.on_wake_user);
}

static int uv_run_(struct loop *base)
{
	struct loop_uv *l = loop_uv_of(base);

	l->is_running = true;
	(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	l->is_running = l->has_now = false;
	return 0;
}

static void uv_stop_(struct loop *base)
{
	uv_stop(&loop_uv_of(base)->uv);
}

static void uv_wake(struct loop *base)
{
	int saved = errno; /* we may be in a signal handler */

	(void)uv_async_send(&loop_uv_of(base)->async);
	errno = saved;
}

static void close_handle(uv_handle_t *h, void *arg __attribute__((unused)))
{
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static void uv_free_(struct loop *base)
{
	struct loop_uv *l = loop_uv_of(base);
	int r;

	l->is_ending = true;
	uv_sock_close_all(l);
	uv_listener_close_all(l);
	uv_jobs_finish(l);
	uv_names_close(l);
	uv_walk(&l->uv, close_handle, NULL);
	(void)uv_run(&l->uv, UV_RUN_DEFAULT);
	r = uv_loop_close(&l->uv);
	ASSERT(r == 0);
	free(l->read_buffer);
	free(l);
}

const struct loop_ops loop_uv_ops = {
	.now = uv_now_,
	.wall = uv_wall,
	.timer_set = uv_timer_set_,
	.timer_stop = uv_timer_stop_,
	.task_post = uv_task_post,
	.listen_tcp = uv_listen_tcp,
	.listen_unix = uv_listen_unix,
	.listener_addr = uv_listener_addr,
	.listener_close = uv_listener_close,
	.connect_tcp = uv_sock_connect_tcp,
	.sock_start = uv_sock_start,
	.sock_write = uv_sock_write,
	.sock_write_part = uv_sock_write_part,
	.sock_queued = uv_sock_queued,
	.sock_pause = uv_sock_pause,
	.sock_shutdown = uv_sock_shutdown,
	.sock_close = uv_sock_close,
	.sock_local = uv_sock_local,
	.sock_remote = uv_sock_remote,
	.sock_credentials = uv_sock_credentials,
	.resolve = uv_resolve,
	.resolve_cancel = uv_resolve_cancel,
	.submit = uv_jobs_submit,
	.workers = uv_jobs_workers,
	.run = uv_run_,
	.stop = uv_stop_,
	.wake = uv_wake,
	.free = uv_free_,
};

/*
 * The kernel hands out the lowest free number, so a descriptor of this number or above means that
 * so many are in use, by whomever in the process.
 */
static int peer_fd_end(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > INT32_MAX)
		return INT32_MAX;
	if (limit.rlim_cur <= 2 * LIMIT_FD_RESERVED)
		return (int)limit.rlim_cur / 2;
	return (int)limit.rlim_cur - LIMIT_FD_RESERVED;
}

static int init_handles(struct loop_uv *l)
{
	int r;

	l->prepare.data = l->check.data = l->alarm.data = l->async.data = l;
	/* These cannot fail: they only fill in the structure. */
	(void)uv_prepare_init(&l->uv, &l->prepare);
	(void)uv_check_init(&l->uv, &l->check);
	(void)uv_idle_init(&l->uv, &l->idle);
	(void)uv_timer_init(&l->uv, &l->alarm);
	(void)uv_prepare_start(&l->prepare, on_prepare);
	(void)uv_check_start(&l->check, on_check);

	r = uv_async_init(&l->uv, &l->async, on_async);
	if (r < 0)
		return r;
	l->read_buffer = malloc(LIMIT_LOOP_READ);
	return l->read_buffer ? 0 : -ENOMEM;
}

int loop_uv_new(struct loop **ret)
{
	struct loop_uv *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->base.ops = &loop_uv_ops;
	l->alarm_at = MONO_NEVER;
	l->peer_fd_end = peer_fd_end();
	l->may_be_eager = uv_available_parallelism() > 1;
	eager_init(&l->eager);
	list_init(&l->tasks);
	list_init(&l->socks);
	list_init(&l->listeners);

	r = uv_loop_init(&l->uv); /* libuv's errors are negative errnos */
	if (r < 0) {
		free(l);
		return r;
	}
	r = init_handles(l);
	if (r < 0) {
		uv_free_(&l->base);
		return r;
	}
	*ret = &l->base;
	return 0;
}
