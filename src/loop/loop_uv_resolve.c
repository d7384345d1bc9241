#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "loop/loop_uv_state.h"
#include "loop/sockaddr.h"
#include "loop/task_list.h"

/*
 * Names by c-ares, whose sockets are watched by the loop and whose time-outs are a timer of it. The
 * channel lives while something is looked up: so a change of resolv.conf is seen by the next
 * look-up. Not called: ares_library_init(), which does nothing here but count in a global.
 */

#define TRY_MS 2000 /* then the next server, or the same one again */
#define TRIES 3

struct uv_names {
	struct loop_uv *loop;
	ares_channel channel;
	struct timer timeout;
	struct list watches; /* struct watch */
	struct list queries; /* cancelled ones too, until c-ares is done with them */
	size_t n_queries;
	struct task close_task;
};

struct watch {
	struct list link;
	uv_poll_t poll;
	struct uv_names *names;
	ares_socket_t fd;
};

struct uv_query {
	struct uv_names *names;
	struct list link; /* names.queries */
	enum resolve_kind kind;
	bool is_cancelled, has_answer;
	struct task answer_task;
	int error;
	struct resolve_result result;
	resolve_fn done;
	void *user;
};

/* ---- c-ares and the loop ---- */

static void set_timeout(struct uv_names *n)
{
	struct timeval tv, *next = ares_timeout(n->channel, NULL, &tv);
	struct mono at = MONO_NEVER;

	if (next)
		at = mono_add_ns(loop_uv_ops.now(&n->loop->base),
				 (uint64_t)next->tv_sec * NS_PER_S +
					 (uint64_t)next->tv_usec * NS_PER_US);
	timer_heap_set(&n->loop->timers, &n->timeout, at);
}

static void on_timeout(struct timer *t)
{
	struct uv_names *n = container_of(t, struct uv_names, timeout);

	ares_process_fd(n->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timeout(n);
}

static void on_watch(uv_poll_t *h, int status, int events)
{
	struct watch *w = h->data;
	struct uv_names *n = w->names;
	bool reads = status < 0 || (events & UV_READABLE);
	bool writes = status < 0 || (events & UV_WRITABLE);

	/* May close the watch. */
	ares_process_fd(n->channel, reads ? w->fd : ARES_SOCKET_BAD,
			writes ? w->fd : ARES_SOCKET_BAD);
	set_timeout(n);
}

static void on_watch_closed(uv_handle_t *h)
{
	free(h->data);
}

static void close_watch(struct watch *w)
{
	list_remove(&w->link);
	uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static struct watch *find_watch(struct uv_names *n, ares_socket_t fd)
{
	list_for_each (it, &n->watches) {
		struct watch *w = list_entry(it, struct watch, link);

		if (w->fd == fd)
			return w;
	}
	return NULL;
}

/* Without memory the socket stays unwatched, and the look-up ends by its time-out. */
static struct watch *new_watch(struct uv_names *n, ares_socket_t fd)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->names = n;
	w->fd = fd;
	w->poll.data = w;
	if (uv_poll_init(&n->loop->uv, &w->poll, fd) < 0) {
		free(w);
		return NULL;
	}
	list_add_tail(&n->watches, &w->link);
	return w;
}

static void on_socket_state(void *user, ares_socket_t fd, int reads, int writes)
{
	struct uv_names *n = user;
	struct watch *w = find_watch(n, fd);

	if (!reads && !writes) {
		if (w)
			close_watch(w);
		return;
	}
	if (!w)
		w = new_watch(n, fd);
	if (w)
		(void)uv_poll_start(
			&w->poll, (reads ? UV_READABLE : 0) | (writes ? UV_WRITABLE : 0), on_watch);
}

/* ---- c-ares' sockets: close-on-exec from birth, and no SIGPIPE from a name server ---- */

static ares_socket_t names_socket(int family, int type, int protocol,
				  void *user __attribute__((unused)))
{
	return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

static int names_close(ares_socket_t fd, void *user __attribute__((unused)))
{
	return close(fd);
}

static int names_connect(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t len,
			 void *user __attribute__((unused)))
{
	return connect(fd, to, len);
}

static ares_ssize_t names_recvfrom(ares_socket_t fd, void *p, size_t n, int flags,
				   struct sockaddr *from, ares_socklen_t *len,
				   void *user __attribute__((unused)))
{
	return recvfrom(fd, p, n, flags, from, len);
}

static ares_ssize_t names_sendv(ares_socket_t fd, const struct iovec *v, int n_v,
				void *user __attribute__((unused)))
{
	/* sendmsg() only reads; its iovec is shared with recvmsg(). */
	struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)v, .msg_iovlen = (size_t)n_v };

	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static const struct ares_socket_functions socket_functions = {
	.asocket = names_socket,
	.aclose = names_close,
	.aconnect = names_connect,
	.arecvfrom = names_recvfrom,
	.asendv = names_sendv,
};

/* ---- the channel's life ---- */

static int error_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return 0;
	case ARES_ENODATA:
	case ARES_ENOTFOUND:
	case ARES_ENONAME:
		return -ENOENT;
	case ARES_ETIMEOUT:
		return -ETIMEDOUT;
	case ARES_ECONNREFUSED:
		return -ECONNREFUSED;
	case ARES_ENOMEM:
		return -ENOMEM;
	case ARES_EBADNAME:
	case ARES_EBADQUERY:
		return -EINVAL;
	default:
		return -EIO;
	}
}

static void query_free(struct uv_query *q)
{
	struct uv_names *n = q->names;

	list_remove(&q->link);
	list_remove(&q->answer_task.link);
	free(q);
	/* We may be inside c-ares, where its channel cannot be destroyed. */
	if (--n->n_queries == 0)
		task_list_post(&n->loop->tasks, &n->close_task);
}

static void query_cancel(struct uv_query *q)
{
	if (q->has_answer)
		query_free(q);
	else
		q->is_cancelled = true; /* c-ares cannot forget one query: it ends unheard */
}

static void names_free(struct uv_names *n)
{
	list_for_each_safe (it, &n->queries)
		query_cancel(list_entry(it, struct uv_query, link));
	ares_destroy(n->channel); /* ends the cancelled ones */
	timer_heap_stop(&n->loop->timers, &n->timeout);
	list_remove(&n->close_task.link);
	n->loop->names = NULL;
	free(n);
}

static void on_close_task(struct task *t)
{
	struct uv_names *n = container_of(t, struct uv_names, close_task);

	if (n->n_queries == 0)
		names_free(n);
}

static int names_open(struct loop_uv *l)
{
	struct ares_options options = {
		.timeout = TRY_MS,
		.tries = TRIES,
		.sock_state_cb = on_socket_state,
	};
	struct uv_names *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return -ENOMEM;
	n->loop = l;
	n->timeout.fire = on_timeout;
	list_init(&n->watches);
	list_init(&n->queries);
	task_init(&n->close_task, on_close_task);
	options.sock_state_cb_data = n;
	r = ares_init_options(&n->channel, &options,
			      ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
	if (r != ARES_SUCCESS) {
		free(n);
		return error_of(r);
	}
	ares_set_socket_functions(n->channel, &socket_functions, NULL);
	if (l->name_servers)
		(void)ares_set_servers_ports_csv(n->channel, l->name_servers);
	l->names = n;
	return 0;
}

/* ---- queries ---- */

static void on_answer_task(struct task *t)
{
	struct uv_query *q = container_of(t, struct uv_query, answer_task);

	q->done(q->user, q->error, &q->result);
	query_free(q);
}

/* c-ares may answer inside the call that asked; we do not. */
static void answer(struct uv_query *q, int error)
{
	if (q->is_cancelled) {
		query_free(q);
		return;
	}
	q->error = error;
	if (error < 0)
		q->result.n = 0;
	q->has_answer = true;
	task_list_post(&q->names->loop->tasks, &q->answer_task);
}

static void on_addresses(void *arg, int status, int n_timeouts __attribute__((unused)),
			 struct ares_addrinfo *info)
{
	struct uv_query *q = arg;
	struct resolve_result *ret = &q->result;

	if (status == ARES_SUCCESS)
		for (struct ares_addrinfo_node *i = info->nodes; i; i = i->ai_next)
			if (ret->n < RESOLVE_RESULTS_MAX)
				ret->addrs[ret->n++] = addr_of_sockaddr(i->ai_addr);
	ares_freeaddrinfo(info);
	answer(q, status == ARES_SUCCESS && ret->n == 0 ? -ENOENT : error_of(status));
}

/*
 * A record comes in pieces of up to 255 bytes, which belong together. One that is too long or not
 * text is left out: half an address would be worse than none.
 */
static void add_text(struct resolve_result *ret, const struct ares_txt_ext **at)
{
	const struct ares_txt_ext *i = *at;
	bool is_good = ret->n < RESOLVE_RESULTS_MAX;
	char text[RESOLVE_TEXT_MAX];
	size_t n = 0;

	do {
		is_good = is_good && i->length < sizeof(text) - n && !memchr(i->txt, 0, i->length);
		if (is_good)
			memcpy(text + n, i->txt, i->length);
		n += i->length;
		i = i->next;
	} while (i && !i->record_start);
	*at = i;
	if (!is_good)
		return;
	text[n] = '\0';
	memcpy(ret->texts[ret->n++], text, n + 1);
}

static void on_texts(void *arg, int status, int n_timeouts __attribute__((unused)),
		     unsigned char *p, int n)
{
	struct uv_query *q = arg;
	struct ares_txt_ext *texts = NULL;

	if (status == ARES_SUCCESS)
		status = ares_parse_txt_reply_ext(p, n, &texts);
	for (const struct ares_txt_ext *i = texts; i;)
		add_text(&q->result, &i);
	if (texts)
		ares_free_data(texts);
	answer(q, status == ARES_SUCCESS && q->result.n == 0 ? -ENOENT : error_of(status));
}

static void ask(struct uv_query *q, const char *name)
{
	/* Unsorted: to sort, c-ares connects sockets to what it found. */
	struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NOSORT,
					     .ai_socktype = SOCK_STREAM };
	ares_channel channel = q->names->channel;

	switch (q->kind) {
	case RESOLVE_IP4:
		hints.ai_family = AF_INET;
		break;
	case RESOLVE_IP6:
		hints.ai_family = AF_INET6;
		break;
	case RESOLVE_IP_ANY:
		hints.ai_family = AF_UNSPEC;
		break;
	case RESOLVE_TXT:
		ares_query(channel, name, ns_c_in, ns_t_txt, on_texts, q);
		return;
	}
	ares_getaddrinfo(channel, name, NULL, &hints, on_addresses, q);
}

int uv_resolve(struct loop *base, enum resolve_kind kind, const char *name, resolve_fn done,
	       void *user, struct resolve **ret)
{
	struct loop_uv *l = loop_uv_of(base);
	struct uv_query *q;
	int r;

	if (l->names && l->names->n_queries >= LIMIT_RESOLVES)
		return -EBUSY;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	r = l->names ? 0 : names_open(l);
	if (r < 0) {
		free(q);
		return r;
	}
	q->names = l->names;
	q->names->n_queries++;
	list_add_tail(&q->names->queries, &q->link);
	q->kind = kind;
	q->done = done;
	q->user = user;
	task_init(&q->answer_task, on_answer_task);
	ask(q, name);
	set_timeout(q->names);
	*ret = (struct resolve *)q;
	return 0;
}

void uv_resolve_cancel(struct resolve *base)
{
	query_cancel((struct uv_query *)(void *)base);
}

void uv_names_close(struct loop_uv *l)
{
	if (l->names)
		names_free(l->names);
}
