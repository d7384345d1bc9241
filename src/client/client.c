#include "client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/limits.h"
#include "client/client_priv.h"
#include "client/dial.h"

static struct mono deadline_in(uint64_t timeout_ms)
{
	return timeout_ms == CLIENT_FOREVER ? MONO_NEVER : mono_add_ms(dial_now(), timeout_ms);
}

/* ---- life ---- */

static void make_inbox(struct client *c, uint64_t random)
{
	/* Without randomness it is an inbox all the same: only another consumer that knows of it
	 * could listen there. */
	snprintf(c->inbox, sizeof(c->inbox), "_INBOX.%016llx.", (unsigned long long)random);
}

static struct client *client_new(const struct client_config *config)
{
	struct client *c = calloc(1, sizeof(*c));
	uint64_t random[4] = { 0 };

	if (!c)
		return NULL;
	(void)!getrandom(random, sizeof(random), 0);
	c->fd = -1;
	c->config = *config;
	c->read_mem = malloc(CLIENT_READ_BYTES);
	outgoing_init(&c->outgoing);
	buf_init(&c->kept, CLIENT_KEPT_MAX);
	nats_parser_init(&c->kept_parser, NATS_VERBS_OF_SERVER, SESSION_LINE_MAX,
			 SESSION_PAYLOAD_MAX);
	subscriptions_init(&c->subscriptions, random[0]);
	continuity_init(&c->continuity, random[1]);
	requests_init(&c->requests, random[2]);
	retry_init(&c->retry, config->return_ms);
	make_inbox(c, random[3]);
	return c;
}

struct client *client_close(struct client *c)
{
	if (!c)
		return NULL;
	/* What is buffered gets a last chance; who must know calls client_flush(). */
	if (c->state == CLIENT_READY)
		(void)!client_write(c);
	readiness_close(&c->readiness);
	if (c->fd >= 0)
		close(c->fd);
	session_deinit(&c->session);
	outgoing_deinit(&c->outgoing);
	buf_deinit(&c->kept);
	nats_parser_deinit(&c->kept_parser);
	subscriptions_deinit(&c->subscriptions);
	continuity_deinit(&c->continuity);
	requests_deinit(&c->requests);
	free(c->read_mem);
	free(c);
	return NULL;
}

/* Until the door let us in. */
static int greet(struct client *c, struct mono deadline)
{
	struct nats_op op;
	int r = 0;

	while (r == 0 && c->state != CLIENT_READY) {
		r = client_take_op(c, &op);
		if (r == CLIENT_E_TIMEOUT && c->state != CLIENT_READY)
			r = client_step(c, deadline);
		else if (r == CLIENT_E_TIMEOUT)
			r = 0;
	}
	return r;
}

static int open_connection(struct client *c, int fd, const struct client_config *config,
			   const char *token)
{
	const struct session_config session = {
		.name = config->name ? config->name : "",
		.token = token ? token : "",
	};
	int r = c->read_mem ? session_init(&c->session, &session) : -ENOMEM;

	if (r < 0) {
		close(fd);
		return r;
	}
	client_begin(c, fd, config->connect || !config->address);
	return greet(c, deadline_in(config->timeout_ms));
}

static int open_fd(int fd, const struct address *at, const struct client_config *config,
		   struct client **ret)
{
	struct client *c = client_new(config);
	const char *token = config->token || !at || !at->token[0] ? config->token : at->token;
	int r;

	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	if (at)
		c->address = *at;
	r = open_connection(c, fd, config, token);
	if (r == -ETIMEDOUT)
		r = CLIENT_E_TIMEOUT;
	if (r < 0)
		c = client_close(c);
	*ret = c;
	return r;
}

int client_open_fd(int fd, const struct client_config *config, struct client **ret)
{
	struct client_config own = *config;

	own.address = NULL;
	own.returns = own.returns && own.connect;
	return open_fd(fd, NULL, &own, ret);
}

int client_open(const struct client_config *config, struct client **ret)
{
	struct address at;
	int fd = -1, r;

	*ret = NULL;
	if (config->connect) {
		r = config->connect(config->user, &fd);
		return r < 0 ? r : open_fd(fd, NULL, config, ret);
	}
	r = address_parse(config->address, &at);
	if (r == 0)
		r = dial_begin(&at, &fd);
	return r < 0 ? r : open_fd(fd, &at, config, ret);
}

const char *client_error(const struct client *c)
{
	return c ? c->error : "";
}

int client_fd(struct client *c)
{
	int r = c->readiness.is_open ? 0 : readiness_open(&c->readiness);

	if (r < 0)
		return r;
	client_show(c);
	return c->readiness.epoll_fd;
}

struct client_counts client_counts(const struct client *c)
{
	return c->counts;
}

/* ---- what its user says ---- */

int client_publish_message(struct client *c, const struct client_publication *p)
{
	const struct session_message m = {
		.subject = p->subject,
		.reply = p->reply,
		.header = p->header,
		.payload = p->payload,
	};
	int r;

	if (c->state == CLIENT_OVER)
		return CLIENT_E_CLOSED;
	r = session_publish(&c->session, &m);
	if (r == 0) {
		c->counts.published++;
		if (buf_len(&c->session.out) >= CLIENT_WRITE_AT)
			r = client_write(c);
	}
	client_show(c);
	return r;
}

int client_publish(struct client *c, const char *subject, struct bytes payload)
{
	const struct client_publication p = { .subject = bytes_of_text(subject),
					      .payload = payload };

	return client_publish_message(c, &p);
}

int client_subscribe_queue(struct client *c, const char *subject, const char *queue,
			   uint64_t *ret_sid)
{
	struct subscription *s;
	int r;

	if (c->state == CLIENT_OVER)
		return CLIENT_E_CLOSED;
	r = subscriptions_add(&c->subscriptions, bytes_of_text(subject), bytes_of_text(queue), &s);
	if (r < 0)
		return r;
	s->n_absences = c->n_returns;
	r = session_subscribe(&c->session, s->subject, s->queue, s->sid);
	if (r < 0) {
		subscriptions_remove(&c->subscriptions, s);
		return r;
	}
	*ret_sid = s->sid;
	client_show(c);
	return 0;
}

int client_subscribe(struct client *c, const char *subject, uint64_t *ret_sid)
{
	return client_subscribe_queue(c, subject, "", ret_sid);
}

static void end_subscription(struct client *c, struct subscription *s)
{
	continuity_forget(&c->continuity, s->sid);
	subscriptions_remove(&c->subscriptions, s);
}

int client_unsubscribe(struct client *c, uint64_t sid, uint32_t max)
{
	struct subscription *s = subscriptions_find(&c->subscriptions, sid);
	int r = 0;

	if (!s)
		return -ENOENT;
	if (c->state == CLIENT_READY)
		r = session_unsubscribe(&c->session, sid, max);
	if (r < 0)
		return r;
	s->max = max;
	if (max == 0 || s->n_delivered >= max)
		end_subscription(c, s);
	client_show(c);
	return 0;
}

/* ---- what it hears ---- */

static void on_note(struct client *c, struct bytes text, struct client_message *ret)
{
	*ret = (struct client_message){ .kind = CLIENT_BACK };
	if (bytes_equal(text, CLIENT_NOTE_LOST)) {
		ret->kind = CLIENT_LOST;
		return;
	}
	ret->restarted = bytes_equal(text, CLIENT_NOTE_RESTARTED);
	continuity_absent(&c->continuity, ret->restarted);
}

static bool on_message(struct client *c, const struct nats_op *op, struct client_message *ret)
{
	struct subscription *s = subscriptions_find(&c->subscriptions, client_read_sid(op->sid));
	struct continuity_place place;

	if (!s)
		return false; /* it ended while this was on its way */
	*ret = (struct client_message){
		.subject = op->subject,
		.reply = op->reply,
		.header = op->header,
		.payload = op->payload,
		.sid = s->sid,
	};
	place = (struct continuity_place){
		.sid = s->sid,
		.subject = op->subject,
		.n_absences = s->n_absences,
		.is_shared = s->queue.n > 0,
		.has_wildcard = s->has_wildcard,
		.is_named = c->session.name[0] != 0,
	};
	ret->gap = continuity_check(&c->continuity, &place, op->header);
	c->counts.received++;
	c->counts.missed += ret->gap.count;
	if (subscription_is_over(s))
		end_subscription(c, s);
	return true;
}

/* false: nobody waits for this. */
static bool hand_out(struct client *c, const struct nats_op *op, struct client_message *ret)
{
	uint64_t ticket;

	if (op->verb == NATS_INFO) {
		on_note(c, op->text, ret);
		return true;
	}
	if (client_read_sid(op->sid) != CLIENT_INBOX_SID)
		return on_message(c, op, ret);
	ticket = client_ticket_of(c, op);
	if (ticket == 0)
		return false;
	client_to_answer(op, ticket, ret);
	return requests_answer(&c->requests, ticket);
}

/* A message that was kept; false when there is none. */
static bool take_kept(struct client *c, struct client_message *ret)
{
	struct nats_op op;

	while (c->n_kept_read < buf_len(&c->kept)) {
		struct bytes all = buf_data(&c->kept);
		struct bytes in = BYTES(all.p + c->n_kept_read, all.n - c->n_kept_read);

		if (nats_parser_next(&c->kept_parser, &in, &op) != 0)
			return false; /* not so: it was written by nats_op_encode() */
		c->n_kept_read = all.n - in.n;
		if (hand_out(c, &op, ret))
			return true;
	}
	if (c->n_kept_read > 0)
		buf_clear(&c->kept);
	c->n_kept_read = 0;
	return false;
}

static bool take_over(struct client *c, struct client_message *ret)
{
	enum request_end end;
	uint64_t ticket;

	if (mono_is_never(requests_deadline(&c->requests)) ||
	    !requests_over(&c->requests, dial_now(), 0, &ticket, &end))
		return false;
	*ret = (struct client_message){
		.kind = CLIENT_ANSWER,
		.ticket = ticket,
		.end = client_end_of(end),
	};
	return true;
}

static bool is_drained(const struct client *c)
{
	return c->draining && c->session.n_pongs >= c->drained_at;
}

/* What came is looked at before anything is waited for: it may have brought something to tell. */
static int look(struct client *c, struct client_message *ret)
{
	struct nats_op op;
	int r = CLIENT_E_TIMEOUT;

	while (c->unread.n > 0 && buf_len(&c->kept) == 0 && r == CLIENT_E_TIMEOUT) {
		r = client_take_op(c, &op);
		if (r == 0 && !hand_out(c, &op, ret))
			r = CLIENT_E_TIMEOUT;
	}
	return r;
}

static int next(struct client *c, struct mono deadline, struct client_message *ret)
{
	int r;

	do {
		if (take_kept(c, ret) || take_over(c, ret))
			return 0;
		r = look(c, ret);
		if (r != CLIENT_E_TIMEOUT)
			return r;
		if (buf_len(&c->kept) > 0)
			continue;
		if (is_drained(c))
			c->state = CLIENT_OVER;
		r = client_step(c, mono_min(deadline, requests_deadline(&c->requests)));
		if (r != 0 && r != CLIENT_E_TIMEOUT)
			return r;
		/* It may have been a request's time that was over. */
	} while (r == 0 || !mono_reached(deadline, dial_now()) || buf_len(&c->kept) > 0);
	return r;
}

int client_next(struct client *c, uint64_t timeout_ms, struct client_message *ret)
{
	int r = next(c, deadline_in(timeout_ms), ret);

	client_show(c);
	return r;
}

/* ---- until the door has heeded it ---- */

/* One thing that comes, or a wait for it. `io_refused` is set, never cleared. */
static int go_on(struct client *c, struct mono deadline, bool *io_refused)
{
	struct nats_op op;
	int r;

	if (!client_may_keep(c))
		return -ENOBUFS;
	if (c->unread.n == 0)
		return client_step(c, deadline);
	r = client_take_op(c, &op);
	if (r == 0)
		return client_is_wanted(c, &op) ? client_keep(c, &op) : 0;
	if (r == CLIENT_E_REFUSED) {
		*io_refused = true;
		return 0;
	}
	return r == CLIENT_E_TIMEOUT ? 0 : r;
}

static int flush(struct client *c, struct mono deadline, bool *ret_refused)
{
	uint64_t target, n_lost;
	int r = 0;

	*ret_refused = false;
	while (r == 0 && c->state != CLIENT_READY)
		r = go_on(c, deadline, ret_refused);
	n_lost = c->counts.lost;
	if (r == 0)
		r = session_ping(&c->session, &target);
	while (r == 0 && c->counts.lost == n_lost && c->session.n_pongs < target)
		r = go_on(c, deadline, ret_refused);
	return r == 0 && c->counts.lost != n_lost ? CLIENT_E_LOST : r;
}

int client_flush(struct client *c, uint64_t timeout_ms)
{
	bool refused;
	int r = flush(c, deadline_in(timeout_ms), &refused);

	client_show(c);
	return r == 0 && refused ? CLIENT_E_REFUSED : r;
}

int client_drain(struct client *c)
{
	struct subscription *s;
	int r = 0;

	if (c->state != CLIENT_READY) {
		c->state = CLIENT_OVER;
		return CLIENT_E_CLOSED;
	}
	for (s = subscriptions_first(&c->subscriptions); s && r == 0;
	     s = subscriptions_next(&c->subscriptions, s))
		r = session_unsubscribe(&c->session, s->sid, 0);
	if (r == 0)
		r = session_ping(&c->session, &c->drained_at);
	if (r == 0)
		r = client_write(c);
	c->draining = r == 0;
	client_show(c);
	return r;
}
