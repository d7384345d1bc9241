#ifndef PL_LOOP_LOOP_H
#define PL_LOOP_LOOP_H

/*
 * Where time, sockets and workers come from: one ops table, two implementations. loop_uv.c is the
 * real one, on libuv; loop_virtual.c is the simulated one, with a clock that jumps from event to
 * event and a network inside one process. Everything above runs on either without knowing which.
 *
 *     loop_uv_new() or world_host(); listen, connect, timers...; loop_run(); loop_free()
 *
 * Rules for every callback here: it runs from the loop, never inside the call that asked; it runs
 * on the loop's thread; it may call any loop function, including the one that closes its own
 * object. After sock_close(), listener_close(), timer_stop() or a cancel, no further callback of
 * that object runs.
 *
 * Thread: everything is loop thread only, but loop_wake().
 */

#include "loop/ops.h"

/* ---- the calls; contracts are here ---- */

static inline struct mono loop_now(struct loop *l)
{
	return l->ops->now(l); /* one value per turn of the loop: cheap, and the same for everything
				  in the turn */
}

static inline struct wall loop_wall(struct loop *l)
{
	return l->ops->wall(l);
}

/* Sets or moves the timer; MONO_NEVER stops it. A moment in the past fires in the next turn. */
static inline void loop_timer_set(struct loop *l, struct timer *t, struct mono at)
{
	l->ops->timer_set(l, t, at);
}

static inline void loop_timer_stop(struct loop *l, struct timer *t)
{
	l->ops->timer_stop(l, t);
}

/* Posting a posted task does nothing. A task may be withdrawn with list_remove(&t->link). */
static inline void loop_task_post(struct loop *l, struct task *t)
{
	l->ops->task_post(l, t);
}

/* Port 0: the kernel chooses, ask listener_addr(). -EADDRINUSE, -EACCES, ... */
_nodiscard_ static inline int loop_listen_tcp(struct loop *l, const struct addr *at,
					      const struct listener_ops *ops, void *user,
					      struct listener **ret)
{
	return l->ops->listen_tcp(l, at, ops, user, ret);
}

/* Mode 0660. A path that exists is -EADDRINUSE: removing what is stale is the caller's decision. */
_nodiscard_ static inline int loop_listen_unix(struct loop *l, const char *path,
					       const struct listener_ops *ops, void *user,
					       struct listener **ret)
{
	return l->ops->listen_unix(l, path, ops, user, ret);
}

static inline struct addr listener_addr(struct listener *ls)
{
	return sock_loop_ops(ls)->listener_addr(ls);
}

/* Takes NULL. Frees the listener; its Unix path is removed. */
static inline void listener_close(struct listener *ls)
{
	if (ls)
		sock_loop_ops(ls)->listener_close(ls);
}

/* on_connect or on_error follows; there is no timeout but the owner's. The owner may sock_close()
 * at any time, and may write at once: it leaves when the connection stands. -EMFILE: only the
 * reserved descriptors are left. */
_nodiscard_ static inline int loop_connect_tcp(struct loop *l, const struct addr *to,
					       const struct sock_ops *ops, void *user,
					       struct sock **ret)
{
	return l->ops->connect_tcp(l, to, ops, user, ret);
}

/* An accepted socket begins to read. */
static inline void sock_start(struct sock *s, const struct sock_ops *ops, void *user)
{
	sock_loop_ops(s)->sock_start(s, ops, user);
}

/*
 * Writes what the kernel takes now and keeps a copy of the rest. The caller bounds the rest: it
 * looks at sock_queued() and stops producing above its own limit, which is at least half of
 * SOCK_QUEUE_LOW, until on_drain. -ENOBUFS: would queue more than LIMIT_SOCK_QUEUE, nothing was
 * taken. -ENOMEM, -EPIPE: on_error follows where it has not come yet.
 */
_nodiscard_ static inline int sock_write(struct sock *s, const struct bytes *v, size_t n_v)
{
	return sock_loop_ops(s)->sock_write(s, v, n_v);
}

/*
 * Writes what the kernel takes now and keeps nothing: who has a queue of its own need not fill
 * another one. `*ret_taken` says how many bytes that were; where it is not all of them, on_drain
 * follows. Not for a socket that sock_write() is used on. -EPIPE: on_error follows where it has not
 * come yet.
 */
_nodiscard_ static inline int sock_write_part(struct sock *s, const struct bytes *v, size_t n_v,
					      size_t *ret_taken)
{
	return sock_loop_ops(s)->sock_write_part(s, v, n_v, ret_taken);
}

static inline size_t sock_queued(const struct sock *s)
{
	return sock_loop_ops(s)->sock_queued(s);
}

/* Stops and resumes reading: back-pressure. A paused socket may learn of a reset only when it is
 * resumed or written to. */
static inline void sock_pause(struct sock *s, bool paused)
{
	sock_loop_ops(s)->sock_pause(s, paused);
}

/* FIN once everything queued is written; reading goes on. */
static inline void sock_shutdown(struct sock *s)
{
	sock_loop_ops(s)->sock_shutdown(s);
}

/* Takes NULL. Frees the socket. `reset`: RST, what is queued is dropped; otherwise the kernel gets
 * a last chance at the queue (one write attempt), then close(). */
static inline void sock_close(struct sock *s, bool reset)
{
	if (s)
		sock_loop_ops(s)->sock_close(s, reset);
}

static inline struct addr sock_local(const struct sock *s)
{
	return sock_loop_ops(s)->sock_local(s);
}

static inline struct addr sock_remote(const struct sock *s)
{
	return sock_loop_ops(s)->sock_remote(s);
}

static inline struct sock_credentials sock_credentials(const struct sock *s)
{
	return sock_loop_ops(s)->sock_credentials(s);
}

/* `done` runs exactly once unless cancelled. An address as `name` answers itself. -EBUSY:
 * LIMIT_RESOLVES are under way. */
_nodiscard_ static inline int loop_resolve(struct loop *l, enum resolve_kind kind, const char *name,
					   resolve_fn done, void *user, struct resolve **ret)
{
	return l->ops->resolve(l, kind, name, done, user, ret);
}

static inline void loop_resolve_cancel(struct loop *l, struct resolve *q)
{
	l->ops->resolve_cancel(q);
}

/* -EBUSY: LIMIT_JOBS are under way. */
_nodiscard_ static inline int loop_submit(struct loop *l, struct job *j)
{
	return l->ops->submit(l, j);
}

/* How many jobs make sense at once: more would only wait for a processor or a thread. */
static inline size_t loop_workers(struct loop *l)
{
	return l->ops->workers(l);
}

/* Runs until loop_stop(). The virtual loop also returns (-EDEADLK) when nothing is left that could
 * happen. */
_nodiscard_ static inline int loop_run(struct loop *l)
{
	return l->ops->run(l);
}

static inline void loop_stop(struct loop *l)
{
	l->ops->stop(l);
}

/* Any thread, and signal handlers. (The virtual loop has one thread.) */
static inline void loop_wake(struct loop *l)
{
	l->ops->wake(l);
}

/* Takes NULL. Everything opened on the loop must have been closed. */
static inline struct loop *loop_free(struct loop *l)
{
	if (l)
		l->ops->free(l);
	return NULL;
}

#endif
