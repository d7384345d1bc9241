#ifndef PL_LOOP_OPS_H
#define PL_LOOP_OPS_H

/*
 * What a loop is made of: the structures callers fill in, and the table an implementation fills in.
 * How they are used stands in loop.h, which is what to include.
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

static inline bool timer_is_set(const struct timer *t)
{
	return t->is_set;
}

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
	 * above that half; or sock_write_part() did not take all, and now there is room. */
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
	int (*sock_write_part)(struct sock *s, const struct bytes *v, size_t n_v,
			       size_t *ret_taken);
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
	size_t (*workers)(struct loop *l);

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

#endif
