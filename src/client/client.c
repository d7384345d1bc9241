#include "client/client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "client/address.h"
#include "client/session.h"
#include "wire/nats_headers.h"

#define READ_BYTES (64 * 1024)
#define ERROR_MAX 1024

struct client {
	int fd;
	struct session session;
	uint8_t *read_mem;   /* READ_BYTES */
	struct bytes unread; /* in read_mem */
	struct buf kept;     /* messages that came while something else was awaited, as lines */
	size_t n_kept_read;  /* bytes of them that were given out */
	struct nats_parser kept_parser;
	char error[ERROR_MAX];
	char inbox[48]; /* what replies are sent to, up to the last token */
	uint64_t inbox_sid, n_requests;
};

/* ---- time ---- */

static struct mono clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct mono){ (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec };
}

static struct mono deadline_in(uint64_t timeout_ms)
{
	return timeout_ms == CLIENT_FOREVER ? MONO_NEVER : mono_add_ms(clock_now(), timeout_ms);
}

/* 0: ready; CLIENT_E_TIMEOUT; -errno. */
static int wait_for(int fd, short events, struct mono deadline)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		uint64_t left_ms = mono_since_ms(clock_now(), deadline);
		int r;

		if (mono_is_never(deadline))
			r = poll(&p, 1, -1);
		else
			r = poll(&p, 1, left_ms >= INT32_MAX ? INT32_MAX : (int)left_ms + 1);
		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
		if (mono_reached(deadline, clock_now()))
			return CLIENT_E_TIMEOUT;
	}
}

/* ---- sockets ---- */

static socklen_t unix_address(const struct address *a, struct sockaddr_storage *ret)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memcpy(un.sun_path, a->path, strlen(a->path));
	memcpy(ret, &un, sizeof(un));
	return sizeof(un);
}

static socklen_t tcp_address(const struct address *a, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->tcp.port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(a->tcp.port) };

	if (a->tcp.family == ADDR_IP4) {
		memcpy(&in.sin_addr, a->tcp.ip, 4);
		memcpy(ret, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, a->tcp.ip, 16);
	memcpy(ret, &in6, sizeof(in6));
	return sizeof(in6);
}

static int finish_connect(int fd, struct mono deadline)
{
	socklen_t n = sizeof(int);
	int error = 0, r;

	r = wait_for(fd, POLLOUT, deadline);
	if (r != 0)
		return r > 0 ? -ETIMEDOUT : r;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return -errno;
	return -error;
}

static int connect_to(const struct address *a, struct mono deadline, int *ret_fd)
{
	struct sockaddr_storage at;
	socklen_t n = a->is_unix ? unix_address(a, &at) : tcp_address(a, &at);
	int fd, r = 0, on = 1;

	fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!a->is_unix)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)&at, n) < 0)
		r = errno == EINPROGRESS ? finish_connect(fd, deadline) : -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

/* Writes what waits; 0 also when the socket takes no more and `deadline` may be waited for. */
static int write_out(struct client *c, struct mono deadline)
{
	struct buf *out = &c->session.out;

	while (buf_len(out) > 0) {
		ssize_t n = send(c->fd, buf_data(out).p, buf_len(out), MSG_NOSIGNAL);
		int r;

		if (n >= 0) {
			buf_consume(out, (size_t)n);
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return 0; /* reading tells why */
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_for(c->fd, POLLOUT, deadline);
		if (r != 0)
			return r;
	}
	return 0;
}

/* Waits for bytes. */
static int read_more(struct client *c, struct mono deadline)
{
	ssize_t n;
	int r;

	for (;;) {
		n = recv(c->fd, c->read_mem, READ_BYTES, 0);
		if (n > 0)
			break;
		if (n == 0 || errno == ECONNRESET)
			return CLIENT_E_CLOSED;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_for(c->fd, POLLIN, deadline);
		if (r != 0)
			return r;
	}
	c->unread = BYTES(c->read_mem, (size_t)n);
	return 0;
}

/* ---- operations ---- */

static void keep_error(struct client *c, struct bytes text)
{
	size_t n = size_min(text.n, sizeof(c->error) - 1);

	memcpy(c->error, text.p, n);
	c->error[n] = 0;
}

/* The next operation that came already; CLIENT_E_TIMEOUT when there is none. */
static int take_op(struct client *c, struct nats_op *ret)
{
	int r;

	r = session_next(&c->session, &c->unread, ret);
	if (r == SESSION_E_MORE)
		return CLIENT_E_TIMEOUT;
	if (r == SESSION_E_PROTOCOL)
		return -EPROTO;
	if (r == 0 && ret->verb == NATS_ERR) {
		keep_error(c, ret->text);
		return CLIENT_E_REFUSED;
	}
	return r;
}

/* Writes what waits and reads what comes. */
static int exchange(struct client *c, struct mono deadline)
{
	int r;

	r = write_out(c, deadline);
	return r == 0 ? read_more(c, deadline) : r;
}

/* The next operation. */
static int next_op(struct client *c, struct mono deadline, struct nats_op *ret)
{
	int r;

	while ((r = take_op(c, ret)) == CLIENT_E_TIMEOUT) {
		r = exchange(c, deadline);
		if (r != 0)
			break;
	}
	return r;
}

static uint64_t read_sid(struct bytes sid)
{
	uint64_t v = 0;

	for (size_t i = 0; i < sid.n && i < 19; i++)
		v = v * 10 + (uint64_t)(sid.p[i] - '0');
	return v;
}

static void to_message(const struct nats_op *op, struct client_message *ret)
{
	*ret = (struct client_message){
		.subject = op->subject,
		.reply = op->reply,
		.header = op->header,
		.payload = op->payload,
		.sid = read_sid(op->sid),
	};
}

/* ---- life ---- */

static void make_inbox(struct client *c)
{
	uint64_t token = 0;

	/* Without randomness it is an inbox all the same: only another consumer that knows of it
	 * could listen there, and all consumers are trusted alike. */
	(void)!getrandom(&token, sizeof(token), 0);
	snprintf(c->inbox, sizeof(c->inbox), "_INBOX.%016llx", (unsigned long long)token);
}

static struct client *client_new(int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->fd = fd;
	c->read_mem = malloc(READ_BYTES);
	buf_init(&c->kept, CLIENT_KEPT_MAX);
	nats_parser_init(&c->kept_parser, NATS_VERBS_OF_SERVER, SESSION_LINE_MAX,
			 SESSION_PAYLOAD_MAX);
	make_inbox(c);
	return c;
}

struct client *client_close(struct client *c)
{
	if (!c)
		return NULL;
	if (c->fd >= 0)
		close(c->fd);
	session_deinit(&c->session);
	buf_deinit(&c->kept);
	nats_parser_deinit(&c->kept_parser);
	free(c->read_mem);
	free(c);
	return NULL;
}

/* Until the first PONG: the door let us in. */
static int greet(struct client *c, struct mono deadline)
{
	struct nats_op op;
	int r;

	for (;;) {
		r = take_op(c, &op);
		if (r == 0)
			return -EPROTO; /* a message before anything was asked for */
		if (r != CLIENT_E_TIMEOUT)
			return r;
		if (session_is_ready(&c->session))
			return 0;
		r = exchange(c, deadline);
		if (r != 0)
			return r;
	}
}

static int open_fd(int fd, const struct client_config *config, const char *token,
		   struct client **ret)
{
	const struct session_config session = {
		.name = config->name ? config->name : "",
		.token = token ? token : "",
	};
	struct client *c = client_new(fd);
	int r;

	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	r = c->read_mem ? session_init(&c->session, &session) : -ENOMEM;
	if (r == 0)
		r = greet(c, deadline_in(config->timeout_ms));
	if (r < 0)
		c = client_close(c);
	*ret = c;
	return r;
}

int client_open_fd(int fd, const struct client_config *config, struct client **ret)
{
	return open_fd(fd, config, config->token, ret);
}

int client_open(const struct client_config *config, struct client **ret)
{
	struct address at;
	int fd = -1, r;

	*ret = NULL;
	r = address_parse(config->address, &at);
	if (r < 0)
		return r;
	r = connect_to(&at, deadline_in(config->timeout_ms), &fd);
	if (r < 0)
		return r;
	return open_fd(fd, config, config->token || !at.token[0] ? config->token : at.token, ret);
}

const char *client_error(const struct client *c)
{
	return c ? c->error : "";
}

/* ---- use ---- */

int client_publish(struct client *c, const char *subject, struct bytes payload)
{
	return session_publish(&c->session, bytes_of_text(subject), BYTES(NULL, 0), payload);
}

int client_subscribe(struct client *c, const char *subject, uint64_t *ret_sid)
{
	return session_subscribe(&c->session, bytes_of_text(subject), BYTES(NULL, 0), ret_sid);
}

static int keep(struct client *c, const struct nats_op *op)
{
	return nats_op_encode(op, &c->kept);
}

int client_flush(struct client *c, uint64_t timeout_ms)
{
	struct mono deadline = deadline_in(timeout_ms);
	bool refused = false;
	struct nats_op op;
	uint64_t target;
	int r;

	r = session_ping(&c->session, &target);
	while (r == 0) {
		r = take_op(c, &op);
		if (r == 0) {
			r = keep(c, &op);
		} else if (r == CLIENT_E_REFUSED) {
			refused = true;
			r = 0;
		} else if (r == CLIENT_E_TIMEOUT) {
			if (c->session.n_pongs >= target)
				return refused ? CLIENT_E_REFUSED : 0;
			r = exchange(c, deadline);
		}
	}
	return r;
}

/* A message that was kept; false when there is none. */
static bool take_kept(struct client *c, struct client_message *ret)
{
	struct bytes all = buf_data(&c->kept), in;
	struct nats_op op;

	if (c->n_kept_read == all.n) {
		buf_clear(&c->kept);
		c->n_kept_read = 0;
		return false;
	}
	in = BYTES(all.p + c->n_kept_read, all.n - c->n_kept_read);
	if (nats_parser_next(&c->kept_parser, &in, &op) != 0)
		return false; /* not so: it was written by nats_op_encode() */
	c->n_kept_read = all.n - in.n;
	to_message(&op, ret);
	return true;
}

int client_next(struct client *c, uint64_t timeout_ms, struct client_message *ret)
{
	struct nats_op op;
	int r;

	if (take_kept(c, ret))
		return 0;
	r = next_op(c, deadline_in(timeout_ms), &op);
	if (r == 0)
		to_message(&op, ret);
	return r;
}

static int subscribe_inbox(struct client *c)
{
	char subject[64];
	int n;

	if (c->inbox_sid > 0)
		return 0;
	n = snprintf(subject, sizeof(subject), "%s.*", c->inbox);
	return session_subscribe(&c->session, BYTES(subject, (size_t)n), BYTES(NULL, 0),
				 &c->inbox_sid);
}

static bool is_no_responders(const struct nats_op *op)
{
	struct nats_headers h;

	return op->payload.n == 0 && op->header.n > 0 && nats_headers_read(&h, op->header) == 0 &&
	       bytes_equal(h.code, BYTES_LITERAL("503"));
}

int client_request(struct client *c, const char *subject, struct bytes payload, uint64_t timeout_ms,
		   struct client_message *ret)
{
	struct mono deadline = deadline_in(timeout_ms);
	struct nats_op op;
	char reply[80];
	int n, r;

	n = snprintf(reply, sizeof(reply), "%s.%llu", c->inbox,
		     (unsigned long long)++c->n_requests);
	r = subscribe_inbox(c);
	if (r == 0)
		r = session_publish(&c->session, bytes_of_text(subject), BYTES(reply, (size_t)n),
				    payload);
	while (r == 0) {
		r = next_op(c, deadline, &op);
		if (r != 0)
			break;
		if (bytes_equal(op.subject, BYTES(reply, (size_t)n))) {
			to_message(&op, ret);
			return is_no_responders(&op) ? CLIENT_E_NO_RESPONDERS : 0;
		}
		/* A late answer to an earlier request is of no use to anybody. */
		if (read_sid(op.sid) != c->inbox_sid)
			r = keep(c, &op);
	}
	return r;
}
