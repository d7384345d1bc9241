#ifndef PL_LOOP_LOOP_H
#define PL_LOOP_LOOP_H

/*
 * Where time, sockets and workers come from: one ops table, two implementations. loop_uv.c is the
 * real one, on libuv; loop_virtual.c is the simulated one, with a clock that jumps from event to
 * event and a network inside one process. Everything above runs on either without knowing which.
 *
 *     loop_uv_new() / loop_virtual_new(); listen, connect, timers...; loop_run(); loop_stop();
 * loop_free()
 *
 * Rules for every callback here: it runs from the loop, never inside the call that asked; it runs
 * on the loop's thread; it may call any loop function, including the one that closes its own
 * object. After sock_close(), listener_close(), timer_stop() or a cancel, no further callback of
 * that object runs.
 *
 * Thread: everything is loop thread only, but loop_wake().
 */

#include "base/addr.h"
#include "base/def.h"
#include "base/list.h"
#include "base/random.h"
#include "base/time.h"

struct loop;
struct sock;
struct listener;

/* ---- timers: embedded in their owner, zero-initialised, one shot ---- */

struct timer {
	void (*fire)(struct timer *t);
	struct mono at;
	uint64_t order;                    /* ties are broken by who was set first */
	struct timer *child, *next, *prev; /* timer_heap.c: setting a timer takes no memory */
	bool is_set;
};

/* ---- tasks: run once at the end of this turn of the loop, before it waits; the place for flushing
 * and freeing ---- */

struct task {
	void (*run)(struct task *t);
	struct list link; /* list_init() it, or use task_init() */
};

static inline void task_init(struct task *t, void (*run)(struct task *t))
{
	t->run = run;
	list_init(&t->link);
}

/* ---- sockets: TCP and Unix streams ---- */

struct sock_ops {
	/* Outbound only: the connection stands. */
	void (*on_connect)(void *user);
	/* `b` is borrowed for the call. An empty `b` is the other end's FIN (reported once; writing
	 * still works). */
	void (*on_read)(void *user, struct bytes b);
	/* The bytes queued in the socket went below half of SOCK_QUEUE_LOW after they had been
	 * above that half. */
	void (*on_drain)(void *user);
	/* The connection failed or was reset; `error` is a negative errno. The owner must still
	 * call sock_close(). */
	void (*on_error)(void *user, int error);
};

#define SOCK_QUEUE_LOW (128 * 1024)

struct listener_ops {
	/*
	 * A connection came in. The callee owns `s`: it calls sock_start() or sock_close() before
	 * it returns. `from` has family ADDR_NONE on a Unix socket.
	 */
	void (*on_accept)(void *user, struct sock *s, const struct addr *from);
	/*
	 * A connection could not be taken. -EMFILE: there is no descriptor for it, and it was
	 * closed or waits in the kernel until the listener tries again. May be NULL.
	 */
	void (*on_refused)(void *user, int error);
	/*
	 * The last LIMIT_FD_RESERVED descriptors are not for peers: neither connect_tcp nor a
	 * TCP listener takes them, unless the listener says here that it is the door's. Unix
	 * listeners always may.
	 */
	bool may_use_reserved;
};

/* Who is at the other end of a Unix socket (SO_PEERCRED). */
struct sock_credentials {
	bool known;
	uint32_t uid, gid;
	int32_t pid;
};

/* ---- names ---- */

#define RESOLVE_RESULTS_MAX 16
#define RESOLVE_TEXT_MAX 512

enum resolve_kind {
	RESOLVE_IP4,
	RESOLVE_IP6,
	RESOLVE_IP_ANY,
	RESOLVE_TXT,
};

struct resolve_result {
	size_t n;
	struct addr addrs[RESOLVE_RESULTS_MAX];            /* RESOLVE_IP*; port 0 */
	char texts[RESOLVE_RESULTS_MAX][RESOLVE_TEXT_MAX]; /* RESOLVE_TXT */
};

struct resolve; /* a look-up under way */
/* `error` 0 or a negative errno (-ENOENT: there is no such name or record; -ETIMEDOUT: nobody
 * answered); `result` is borrowed for the call and empty on error. */
typedef void (*resolve_fn)(void *user, int error, const struct resolve_result *result);

/* ---- jobs for the worker pool: values in, values out; `work` touches nothing but the job ---- */

struct job {
	void (*work)(
		struct job *j); /* on a worker thread (virtual loop: at once, on the loop thread) */
	void (*done)(struct job *j); /* on the loop thread, always, also when the loop ends */
	void *priv;                  /* the loop's; NULL while idle */
};

struct loop_ops {
	struct mono (*now)(struct loop *l);
	struct wall (*wall)(struct loop *l);

	void (*timer_set)(struct loop *l, struct timer *t, struct mono at);
	void (*timer_stop)(struct loop *l, struct timer *t);
	void (*task_post)(struct loop *l, struct task *t);

	int (*listen_tcp)(struct loop *l, const struct addr *at, const struct listener_ops *ops,
			  void *user, struct listener **ret);
	int (*listen_unix)(struct loop *l, const char *path, const struct listener_ops *ops,
			   void *user, struct listener **ret);
	struct addr (*listener_addr)(struct listener *ls);
	void (*listener_close)(struct listener *ls);

	int (*connect_tcp)(struct loop *l, const struct addr *to, const struct sock_ops *ops,
			   void *user, struct sock **ret);
	void (*sock_start)(struct sock *s, const struct sock_ops *ops, void *user);
	int (*sock_write)(struct sock *s, const struct bytes *v, size_t n_v);
	size_t (*sock_queued)(const struct sock *s);
	void (*sock_pause)(struct sock *s, bool paused);
	void (*sock_shutdown)(struct sock *s);
	void (*sock_close)(struct sock *s, bool reset);
	struct addr (*sock_local)(const struct sock *s);
	struct addr (*sock_remote)(const struct sock *s);
	struct sock_credentials (*sock_credentials)(const struct sock *s);

	int (*resolve)(struct loop *l, enum resolve_kind kind, const char *name, resolve_fn done,
		       void *user, struct resolve **ret);
	void (*resolve_cancel)(struct resolve *q);

	int (*submit)(struct loop *l, struct job *j);

	int (*run)(struct loop *l);
	void (*stop)(struct loop *l);
	void (*wake)(struct loop *l);
	void (*free)(struct loop *l);
};

/* First member of every implementation; likewise struct sock_base of every socket and listener. */
struct loop {
	const struct loop_ops *ops;
	/* Called on the loop thread, once per loop_wake() burst. Set by the owner of the loop. */
	void (*on_wake)(void *user);
	void *on_wake_user;
};

struct sock_base {
	const struct loop_ops *ops;
};

static inline const struct loop_ops *sock_loop_ops(const void *sock_or_listener)
{
	return ((const struct sock_base *)sock_or_listener)->ops;
}

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

static inline bool timer_is_set(const struct timer *t)
{
	return t->is_set;
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
