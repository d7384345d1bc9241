#include <stdio.h>
#include <string.h>

#include "client/client_priv.h"
#include "client/dial.h"
#include "wire/nats_headers.h"

/* ---- answers ---- */

uint64_t client_read_sid(struct bytes sid)
{
	uint64_t v = 0;

	for (size_t i = 0; i < sid.n && i < 19; i++)
		v = v * 10 + (uint64_t)(sid.p[i] - '0');
	return v;
}

uint64_t client_ticket_of(const struct client *c, const struct nats_op *op)
{
	struct bytes inbox = client_inbox(c), subject = op->subject;
	uint64_t ticket;

	if (subject.n <= inbox.n || memcmp(subject.p, inbox.p, inbox.n) != 0)
		return 0;
	ticket = client_read_sid(BYTES(subject.p + inbox.n, subject.n - inbox.n));
	return requests_is_waiting(&c->requests, ticket) ? ticket : 0;
}

bool client_is_wanted(const struct client *c, const struct nats_op *op)
{
	/* A late answer to an earlier request is of no use to anybody. */
	return client_read_sid(op->sid) != CLIENT_INBOX_SID || client_ticket_of(c, op) > 0;
}

static bool is_no_responders(const struct nats_op *op)
{
	struct nats_headers h;

	return op->payload.n == 0 && op->header.n > 0 && nats_headers_read(&h, op->header) == 0 &&
	       bytes_equal(h.code, BYTES_LITERAL("503"));
}

void client_to_answer(const struct nats_op *op, uint64_t ticket, struct client_message *ret)
{
	*ret = (struct client_message){
		.subject = op->subject,
		.reply = op->reply,
		.header = op->header,
		.payload = op->payload,
		.kind = CLIENT_ANSWER,
		.ticket = ticket,
		.end = is_no_responders(op) ? CLIENT_E_NO_RESPONDERS : 0,
	};
}

int client_end_of(enum request_end end)
{
	switch (end) {
	case REQUEST_TIMED_OUT:
		return CLIENT_E_TIMEOUT;
	case REQUEST_LOST:
		return CLIENT_E_LOST;
	}
	return -EINVAL;
}

/* ---- asking ---- */

static int subscribe_inbox(struct client *c)
{
	char subject[64];
	int n = snprintf(subject, sizeof(subject), "%s*", c->inbox), r = 0;

	if (c->has_inbox)
		return 0;
	if (c->state == CLIENT_READY)
		r = session_subscribe(&c->session, BYTES(subject, (size_t)n), BYTES(NULL, 0),
				      CLIENT_INBOX_SID);
	c->has_inbox = r == 0;
	return r;
}

static int begin(struct client *c, const struct client_publication *p, struct mono deadline,
		 uint64_t *ret_ticket)
{
	struct session_message m = {
		.subject = p->subject,
		.payload = p->payload,
		.header = p->header,
	};
	char reply[80];
	int n, r;

	if (c->state == CLIENT_OVER)
		return CLIENT_E_CLOSED;
	r = subscribe_inbox(c);
	if (r == 0)
		r = requests_add(&c->requests, deadline, ret_ticket);
	if (r < 0)
		return r;
	n = snprintf(reply, sizeof(reply), "%s%llu", c->inbox, (unsigned long long)*ret_ticket);
	m.reply = BYTES(reply, (size_t)n);
	r = session_publish(&c->session, &m);
	if (r < 0)
		(void)requests_answer(&c->requests, *ret_ticket);
	else
		c->counts.published++;
	return r;
}

static struct mono deadline_in(uint64_t timeout_ms)
{
	return timeout_ms == CLIENT_FOREVER ? MONO_NEVER : mono_add_ms(dial_now(), timeout_ms);
}

int client_ask(struct client *c, const struct client_publication *p, uint64_t timeout_ms,
	       uint64_t *ret_ticket)
{
	int r = begin(c, p, deadline_in(timeout_ms), ret_ticket);

	client_show(c);
	return r;
}

/* The answer with this ticket; others are kept. 0: `ret` is set. */
static int await(struct client *c, uint64_t ticket, struct mono deadline,
		 struct client_message *ret)
{
	struct nats_op op;
	int r;

	for (;;) {
		if (!client_may_keep(c))
			return -ENOBUFS;
		r = client_take_op(c, &op);
		if (r == 0 && client_ticket_of(c, &op) == ticket) {
			client_to_answer(&op, ticket, ret);
			return 0;
		}
		if (r == 0 && client_is_wanted(c, &op))
			r = client_keep(c, &op);
		if (r == CLIENT_E_TIMEOUT && !requests_is_waiting(&c->requests, ticket))
			return CLIENT_E_LOST;
		if (r == CLIENT_E_TIMEOUT)
			r = client_step(c, deadline);
		if (r != 0)
			return r;
	}
}

int client_request_message(struct client *c, const struct client_publication *p,
			   uint64_t timeout_ms, struct client_message *ret)
{
	struct mono deadline = deadline_in(timeout_ms);
	enum request_end end;
	uint64_t ticket;
	int r;

	r = begin(c, p, MONO_NEVER, &ticket);
	if (r != 0)
		return r;
	r = await(c, ticket, deadline, ret);
	if (!requests_answer(&c->requests, ticket))
		(void)requests_over(&c->requests, dial_now(), ticket, &ticket, &end);
	client_show(c);
	return r == 0 ? ret->end : r;
}

int client_request(struct client *c, const char *subject, struct bytes payload, uint64_t timeout_ms,
		   struct client_message *ret)
{
	const struct client_publication p = { .subject = bytes_of_text(subject),
					      .payload = payload };

	return client_request_message(c, &p, timeout_ms, ret);
}
