#ifndef PL_LOOP_LOOP_UV_STATE_H
#define PL_LOOP_LOOP_UV_STATE_H

/*
 * What the files of the real loop share. libuv gives the poll, the worker pool and the wake-up from
 * other threads; the sockets are ours (loop_uv_sock.c), on uv_poll, for three reasons: libuv's own
 * streams write() without MSG_NOSIGNAL, so that a peer that hangs up could end with SIGPIPE a
 * program that never heard of us; they answer EMFILE by closing whatever is in the backlog, the
 * door's consumers too; and they take memory for every write they queue.
 */

#include <uv.h>

#include "base/buf.h"
#include "base/limits.h"
#include "loop/eager.h"
#include "loop/loop.h"
#include "loop/timer_heap.h"

struct uv_names; /* loop_uv_resolve.c */

struct loop_uv {
	struct loop base;
	uv_loop_t uv;
	uv_prepare_t prepare; /* tasks and the next deadline, right before the loop waits */
	uv_check_t check;     /* tasks of what the sockets brought */
	uv_idle_t idle;   /* active while tasks are left or the loop is eager: it does not wait */
	uv_timer_t alarm; /* stands at the earliest of `timers` */
	uv_async_t async;

	struct timer_heap timers;
	struct mono alarm_at;
	struct list tasks;
	struct eager eager;
	bool has_news;     /* a socket was ready in this turn */
	bool may_be_eager; /* nobody else needs our core */
	bool is_running, has_now;
	struct mono now;

	uint8_t *read_buffer; /* LIMIT_LOOP_READ, one for all sockets: data is handed on at once */
	int peer_fd_end;      /* descriptors from here on are not for peers */
	struct list socks, listeners;
	struct uv_names *names;   /* NULL while nothing is looked up */
	const char *name_servers; /* NULL: the system's; tests have their own */
	size_t n_jobs;
	bool is_ending;
};

static inline struct loop_uv *loop_uv_of(struct loop *l)
{
	return (struct loop_uv *)(void *)l;
}

extern const struct loop_ops loop_uv_ops;

/* ---- loop_uv_sock.c ---- */

enum uv_sock_state {
	UV_SOCK_CONNECTING,
	UV_SOCK_OPEN,
	UV_SOCK_BROKEN, /* on_error was or is about to be called */
	UV_SOCK_CLOSED, /* waits for libuv to let go of the handle */
};

struct uv_sock {
	struct sock_base base;
	struct loop_uv *loop;
	struct list link; /* loop.socks */
	uv_poll_t poll;
	int poll_events; /* what `poll` watches now */
	int fd;
	enum uv_sock_state state;
	bool is_tcp, is_started, is_paused;
	bool has_eof;              /* the other end's FIN was reported */
	bool fin_wanted, fin_sent; /* ours */
	bool was_above;            /* on_drain is owed when the queue is short again */
	bool wants_room;           /* on_drain is owed when the kernel takes more */
	int error;                 /* of UV_SOCK_BROKEN */
	struct task break_task;
	struct buf queue;
	struct addr remote;
	const struct sock_ops *ops;
	void *user;
};

/* Takes `fd` in any case. */
_nodiscard_ int uv_sock_new(struct loop_uv *l, int fd, bool is_tcp, const struct addr *remote,
			    struct uv_sock **ret);
int uv_sock_connect_tcp(struct loop *l, const struct addr *to, const struct sock_ops *ops,
			void *user, struct sock **ret);
void uv_sock_start(struct sock *s, const struct sock_ops *ops, void *user);
int uv_sock_write(struct sock *s, const struct bytes *v, size_t n_v);
int uv_sock_write_part(struct sock *s, const struct bytes *v, size_t n_v, size_t *ret_taken);
size_t uv_sock_queued(const struct sock *s);
void uv_sock_pause(struct sock *s, bool paused);
void uv_sock_shutdown(struct sock *s);
void uv_sock_close(struct sock *s, bool reset);
struct addr uv_sock_local(const struct sock *s);
struct addr uv_sock_remote(const struct sock *s);
struct sock_credentials uv_sock_credentials(const struct sock *s);
void uv_sock_close_all(struct loop_uv *l);

/* ---- loop_uv_listen.c ---- */

int uv_listen_tcp(struct loop *l, const struct addr *at, const struct listener_ops *ops, void *user,
		  struct listener **ret);
int uv_listen_unix(struct loop *l, const char *path, const struct listener_ops *ops, void *user,
		   struct listener **ret);
struct addr uv_listener_addr(struct listener *ls);
void uv_listener_close(struct listener *ls);
void uv_listener_close_all(struct loop_uv *l);

/* ---- loop_uv_resolve.c ---- */

int uv_resolve(struct loop *l, enum resolve_kind kind, const char *name, resolve_fn done,
	       void *user, struct resolve **ret);
void uv_resolve_cancel(struct resolve *q);
/* Ends every look-up without a call. */
void uv_names_close(struct loop_uv *l);

/* ---- loop_uv_jobs.c ---- */

int uv_jobs_submit(struct loop *l, struct job *j);
size_t uv_jobs_workers(struct loop *l);
/* Waits for the jobs under way; their `done` is called. */
void uv_jobs_finish(struct loop_uv *l);

#endif
