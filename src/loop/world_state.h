#ifndef PL_LOOP_WORLD_STATE_H
#define PL_LOOP_WORLD_STATE_H

/*
 * What the files of the virtual world share: world.c has the clock, the hosts and the paths between
 * them; loop_virtual.c is a host's loop but for its sockets; world_sock.c is sockets and listeners
 * as their owners see them; world_net.c carries packets between them.
 *
 * Everything that will happen is a timer in `world.events`: hence one order of events, and nothing
 * in it depends on where memory lies.
 */

#include "base/buf.h"
#include "base/map.h"
#include "base/random.h"
#include "loop/loop_virtual.h"
#include "loop/timer_heap.h"

#define WORLD_IP_KEY 17 /* family, then the address */
#define WORLD_NAME_MAX 256

/* What the log tells apart. The numbers are part of the hash. */
enum world_event {
	WORLD_TIMERS = 1, /* a turn for timers: how many fired */
	WORLD_WAKE,
	WORLD_WRITE,   /* bytes asked, bytes then queued */
	WORLD_ACCEPT,  /* port */
	WORLD_CONNECT, /* port */
	WORLD_READ,    /* bytes */
	WORLD_FIN,
	WORLD_DRAIN,
	WORLD_ERROR, /* errno */
	WORLD_CLOSE, /* 1: by reset */
	WORLD_NAME,  /* errno, results */
	WORLD_JOB,
	WORLD_NOTE, /* hash of the text */
};

struct world {
	struct mono now;
	uint64_t seed;
	struct timer_heap events;
	struct random_seeded net_seeded;
	struct random net_random;
	struct world_link link;
	struct list hosts; /* in the order they came, the gone ones too */
	uint64_t n_hosts;
	struct map by_ip; /* the living hosts */
	struct map paths;
	struct list conns;
	struct list names;
	struct list randoms;
	uint64_t log;
	uint8_t read_buffer[WORLD_WINDOW]; /* what on_read borrows */
};

/* Between two addresses, which may be the same. */
struct path {
	struct map_node node;
	uint8_t key[2 * WORLD_IP_KEY]; /* the lesser address first */
	bool has_link, is_blocked;
	struct world_link link;
	struct mono busy_until[2]; /* from the lesser address; from the greater */
};

struct host {
	struct loop base;
	struct world *world;
	struct list link;
	struct map_node node;
	uint8_t key[WORLD_IP_KEY];
	uint64_t index;
	struct addr ip;
	bool is_gone, is_cut, in_turn, is_stopped, is_woken;
	struct timer_heap timers;
	struct list tasks;
	struct timer alarm; /* in world.events: the next turn */
	struct list listeners, queries, jobs;
	size_t n_queries, n_jobs;
	uint16_t next_port;
};

static inline struct host *host_of(struct loop *l)
{
	return (struct host *)(void *)l;
}

extern const struct loop_ops loop_virtual_ops;

/* ---- world.c ---- */

void world_log(struct world *w, const struct host *h, enum world_event kind, uint64_t a,
	       uint64_t b);
/* NULL: nobody lives there. `from` is meant by loopback addresses. */
struct host *world_find_host(struct world *w, struct host *from, const struct addr *ip);
/* NULL: no memory. */
struct path *world_path(struct world *w, const struct addr *a, const struct addr *b);
/* 0 or 1: the index in busy_until. */
size_t path_direction(const struct path *p, const struct addr *from);
const struct world_link *path_link(const struct world *w, const struct path *p);
/* The next event; false: nothing is left that could happen. */
bool world_step(struct world *w);

/* ---- loop_virtual.c ---- */

void host_init(struct host *h, struct world *w);
/* The end of the process; jobs are finished, nothing else is called. */
void host_end(struct host *h);
/* Around every callback of a host: the end of a turn runs its tasks. */
void host_enter(struct host *h);
void host_leave(struct host *h);

/* ---- world_net.c and world_sock.c ---- */

enum vsock_state {
	VSOCK_NONE, /* the accepting end before the accept */
	VSOCK_CONNECTING,
	VSOCK_OPEN,
	VSOCK_BROKEN, /* on_error was or is about to be called */
	VSOCK_CLOSED,
};

/* What comes after the bytes of `in`. */
enum vsock_tail {
	TAIL_NONE,
	TAIL_FIN,
	TAIL_RESET,
};

struct vconn;

struct vsock {
	struct sock_base base;
	struct vconn *conn;
	struct host *host;
	size_t direction; /* index in path.busy_until */
	struct addr local, remote;
	enum vsock_state state;
	bool is_started, is_paused, fin_wanted, fin_sent, fin_reported, was_above;
	int error; /* of VSOCK_BROKEN */
	struct task break_task;
	const struct sock_ops *ops;
	void *user;

	struct buf queue;  /* written, not sent: the window is full */
	size_t in_flight;  /* sent, not yet credited by the other end; at most WORLD_WINDOW */
	struct list sent;  /* struct packet, on their way to the other end */
	struct timer head; /* when the first of `sent` arrives */
	struct mono last_arrival;

	struct buf in; /* arrived, not read */
	enum vsock_tail tail;
	size_t owed; /* read, not yet credited to the other end */
	struct timer deliver;
};

struct vconn {
	struct world *world;
	struct list link;
	struct path *path;    /* NULL: there is nobody at the other end */
	struct vsock ends[2]; /* the dialling one, the accepting one */
	size_t n_busy;        /* events of it that are being handled: it is not freed meanwhile */
};

static inline struct vsock *vsock_other(struct vsock *s)
{
	return s == &s->conn->ends[0] ? &s->conn->ends[1] : &s->conn->ends[0];
}

int vconn_new(struct host *h, const struct addr *to, struct vconn **ret);
void vconn_free(struct vconn *c);
/* Frees it if both ends are closed and nothing is on its way. */
void vconn_settle(struct vconn *c);
/* The path is open again: what waited goes on. */
void vconn_unblock(struct vconn *c);
/* Sends of the queue what the window takes, then the FIN if that is due. */
void vsock_pump(struct vsock *s);
void vsock_send_reset(struct vsock *s);
void vsock_send_dial(struct vsock *s);
/* Hands the first `n` bytes of `in` to the owner. */
void vsock_report_bytes(struct vsock *s, size_t n);
/* Something changed for the reader: bytes, the tail or the pause. */
void vsock_wants_delivery(struct vsock *s);

void vsock_init(struct vsock *s, struct vconn *c, struct host *h);
/* The owner hears of it at the end of the host's turn. */
void vsock_break_later(struct vsock *s, int error);
struct vlistener *vlistener_find(struct host *h, const struct addr *to);
void vlistener_accept(struct vlistener *ls, struct vsock *s);

int vsock_listen_tcp(struct loop *l, const struct addr *at, const struct listener_ops *ops,
		     void *user, struct listener **ret);
int vsock_listen_unix(struct loop *l, const char *path, const struct listener_ops *ops, void *user,
		      struct listener **ret);
struct addr vlistener_addr(struct listener *ls);
void vlistener_close(struct listener *ls);
void vlistener_close_all(struct host *h);
int vsock_connect_tcp(struct loop *l, const struct addr *to, const struct sock_ops *ops, void *user,
		      struct sock **ret);
void vsock_start(struct sock *s, const struct sock_ops *ops, void *user);
int vsock_write(struct sock *s, const struct bytes *v, size_t n_v);
int vsock_write_part(struct sock *s, const struct bytes *v, size_t n_v, size_t *ret_taken);
size_t vsock_queued(const struct sock *s);
void vsock_pause(struct sock *s, bool paused);
void vsock_shutdown(struct sock *s);
void vsock_close(struct sock *s, bool reset);
struct addr vsock_local(const struct sock *s);
struct addr vsock_remote(const struct sock *s);
struct sock_credentials vsock_credentials(const struct sock *s);

/* ---- world_names.c ---- */

struct world_name {
	struct list link;
	char name[WORLD_NAME_MAX];
	struct addr addr; /* ADDR_NONE: `text` is a TXT record */
	char text[RESOLVE_TEXT_MAX];
};

int world_resolve(struct loop *l, enum resolve_kind kind, const char *name, resolve_fn done,
		  void *user, struct resolve **ret);
void world_resolve_cancel(struct resolve *q);
void world_queries_cancel(struct host *h);

#endif
