#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "client/client.h"
#include "line/line_priv.h"
#include "wire/nats_headers.h"

#define TIMEOUT_MS 5000 /* where none is given */

/* The library inside counts the same outcomes. */
_Static_assert((int)PL_E_TIMEOUT == (int)CLIENT_E_TIMEOUT &&
		       (int)PL_E_CLOSED == (int)CLIENT_E_CLOSED &&
		       (int)PL_E_REFUSED == (int)CLIENT_E_REFUSED &&
		       (int)PL_E_NO_RESPONDERS == (int)CLIENT_E_NO_RESPONDERS &&
		       (int)PL_E_LOST == (int)CLIENT_E_LOST,
	       "outcomes");
_Static_assert((int)PL_GAP_SLOW == (int)GAP_SLOW && (int)PL_GAP_AWAY == (int)GAP_AWAY &&
		       (int)PL_GAP_RESTART == (int)GAP_RESTART,
	       "reasons of gaps");

struct pl_consumer {
	struct pl_line *line;
	struct client *client;
	struct buf header; /* of what is being published */
	struct pl_message message;
	char subject[LIMIT_SUBJECT + 1], reply[LIMIT_SUBJECT + 1]; /* of `message` */
};

/* ---- life ---- */

static int open_client(struct pl_consumer *c, const struct pl_consumer_options *o)
{
	struct client_config config = {
		.address = line_address(c->line),
		.name = o->name,
		.token = o->token,
		.timeout_ms = o->timeout_ms == 0 ? TIMEOUT_MS : o->timeout_ms,
		.returns = !o->stays_lost,
		.return_ms = o->give_up_ms == 0 ? CLIENT_FOREVER : o->give_up_ms,
	};

	if (!config.address) {
		config.connect = line_connect;
		config.user = c->line;
	}
	return client_open(&config, &c->client);
}

int pl_consumer_open(struct pl_line *line, const struct pl_consumer_options *options,
		     struct pl_consumer **ret)
{
	static const struct pl_consumer_options defaults = { .size = sizeof(defaults) };
	struct pl_consumer *c;
	int r;

	*ret = NULL;
	if (!line || (options && options->size < sizeof(*options)))
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->line = line;
	line_ref(line);
	buf_init(&c->header, LIMIT_DOOR_PAYLOAD);
	r = open_client(c, options ? options : &defaults);
	if (r < 0)
		pl_consumer_close(c);
	else
		*ret = c;
	return r;
}

void pl_consumer_close(struct pl_consumer *c)
{
	if (!c)
		return;
	client_close(c->client);
	line_unref(c->line);
	buf_deinit(&c->header);
	free(c);
}

const char *pl_consumer_error(const struct pl_consumer *c)
{
	return client_error(c ? c->client : NULL);
}

int pl_consumer_fd(struct pl_consumer *c)
{
	return client_fd(c->client);
}

int pl_consumer_counts(const struct pl_consumer *c, struct pl_counts *ret)
{
	struct client_counts n = client_counts(c->client);

	if (ret->size < sizeof(*ret))
		return -EINVAL;
	*ret = (struct pl_counts){
		.size = ret->size,
		.received = n.received,
		.published = n.published,
		.missed = n.missed,
		.lost = n.lost,
		.returned = n.back,
	};
	return 0;
}

/* ---- subscriptions ---- */

int pl_consumer_subscribe(struct pl_consumer *c, const char *subject, const char *queue,
			  uint64_t *ret_sid)
{
	uint64_t sid;
	int r = -EINVAL;

	if (subject)
		r = client_subscribe_queue(c->client, subject, queue ? queue : "", &sid);
	if (r == 0 && ret_sid)
		*ret_sid = sid;
	return r;
}

int pl_consumer_unsubscribe(struct pl_consumer *c, uint64_t sid, uint32_t max)
{
	return client_unsubscribe(c->client, sid, max);
}

/* ---- publishing ---- */

/* What would end a line, or a name. */
static bool has_any(const char *text, const char *marks)
{
	return strpbrk(text, marks) != NULL;
}

static int write_headers(struct pl_consumer *c, const struct pl_publication *p)
{
	struct wr w = wr_to(&c->header);
	int r;

	buf_clear(&c->header);
	if (p->n_headers == 0)
		return 0;
	nats_headers_begin(&w);
	for (size_t i = 0; i < p->n_headers; i++) {
		const struct pl_header *h = &p->headers[i];

		if (!h->name || !h->value || !h->name[0] || has_any(h->name, ": \t\r\n") ||
		    has_any(h->value, "\r\n"))
			return -EINVAL;
		nats_headers_add(&w, h->name, bytes_of_text(h->value));
	}
	nats_headers_end(&w);
	r = wr_finish(&w);
	return r == -ENOBUFS ? -EMSGSIZE : r;
}

static int to_publication(struct pl_consumer *c, const struct pl_publication *p,
			  struct client_publication *ret)
{
	int r;

	if (p->size < sizeof(*p) || !p->subject || (!p->data && p->data_size > 0) ||
	    (!p->headers && p->n_headers > 0))
		return -EINVAL;
	r = write_headers(c, p);
	*ret = (struct client_publication){
		.subject = bytes_of_text(p->subject),
		.reply = bytes_of_text(p->reply ? p->reply : ""),
		.header = buf_data(&c->header),
		.payload = BYTES(p->data, p->data_size),
	};
	return r;
}

int pl_consumer_publish_message(struct pl_consumer *c, const struct pl_publication *p)
{
	struct client_publication out;
	int r = to_publication(c, p, &out);

	return r < 0 ? r : client_publish_message(c->client, &out);
}

int pl_consumer_publish(struct pl_consumer *c, const char *subject, const void *data,
			size_t data_size)
{
	if (!subject || (!data && data_size > 0))
		return -EINVAL;
	return client_publish(c->client, subject, BYTES(data, data_size));
}

int pl_consumer_respond(struct pl_consumer *c, const struct pl_message *m, const void *data,
			size_t data_size)
{
	return m->reply[0] ? pl_consumer_publish(c, m->reply, data, data_size) : -EINVAL;
}

int pl_consumer_flush(struct pl_consumer *c, uint64_t timeout_ms)
{
	return client_flush(c->client, timeout_ms);
}

/* ---- messages ---- */

static const char *text_of(struct bytes b, char out[LIMIT_SUBJECT + 1])
{
	size_t n = size_min(b.n, LIMIT_SUBJECT);

	if (n > 0)
		memcpy(out, b.p, n);
	out[n] = 0;
	return out;
}

static enum pl_kind kind_of(enum client_kind kind)
{
	switch (kind) {
	case CLIENT_MESSAGE:
		return PL_MESSAGE;
	case CLIENT_ANSWER:
		return PL_ANSWER;
	case CLIENT_LOST:
		return PL_LOST;
	case CLIENT_BACK:
		break;
	}
	return PL_RETURNED;
}

static const struct pl_message *show(struct pl_consumer *c, const struct client_message *m)
{
	c->message = (struct pl_message){
		.kind = kind_of(m->kind),
		.end = m->end,
		.sid = m->sid,
		.ticket = m->ticket,
		.subject = text_of(m->subject, c->subject),
		.reply = text_of(m->reply, c->reply),
		.data = (const char *)m->payload.p,
		.data_size = m->payload.n,
		.headers = (const char *)m->header.p,
		.headers_size = m->header.n,
		.gap = {
			.why = (enum pl_gap_why)m->gap.why,
			.exact = m->gap.is_exact,
			.from = m->gap.from,
			.to = m->gap.to,
			.count = m->gap.count,
		},
		.restarted = m->restarted,
	};
	return &c->message;
}

int pl_consumer_next(struct pl_consumer *c, uint64_t timeout_ms, const struct pl_message **ret)
{
	struct client_message m;
	int r = client_next(c->client, timeout_ms, &m);

	if (r == 0)
		*ret = show(c, &m);
	return r;
}

const char *pl_message_header(const struct pl_message *m, const char *name, size_t *ret_size)
{
	struct bytes key, value, wanted = bytes_of_text(name);
	struct nats_headers h;

	if (m->headers_size == 0 || nats_headers_read(&h, BYTES(m->headers, m->headers_size)) < 0)
		return NULL;
	while (nats_headers_next(&h, &key, &value)) {
		if (!bytes_equal(key, wanted))
			continue;
		*ret_size = value.n;
		return value.n > 0 ? (const char *)value.p : "";
	}
	return NULL;
}

/* ---- requests ---- */

int pl_consumer_request(struct pl_consumer *c, const struct pl_publication *p, uint64_t timeout_ms,
			const struct pl_message **ret)
{
	struct client_publication out;
	struct client_message m;
	int r = to_publication(c, p, &out);

	if (r == 0)
		r = client_request_message(c->client, &out, timeout_ms, &m);
	if (r == 0)
		*ret = show(c, &m);
	return r;
}

int pl_consumer_ask(struct pl_consumer *c, const struct pl_publication *p, uint64_t timeout_ms,
		    uint64_t *ret_ticket)
{
	struct client_publication out;
	int r = to_publication(c, p, &out);

	return r < 0 ? r : client_ask(c->client, &out, timeout_ms, ret_ticket);
}

int pl_consumer_drain(struct pl_consumer *c)
{
	return client_drain(c->client);
}
