#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/keys.h"
#include "share/away.h"
#include "share/door_missed.h"
#include "wire/wr.h"

#define REFUSAL_MAX 4000

static const char http_answer[] =
	"HTTP/1.1 400 Bad Request\r\n"
	"Content-Type: text/plain\r\n"
	"Connection: close\r\n"
	"\r\n"
	"This is peerline's door. It speaks the NATS client protocol, not HTTP.\r\n"
	"Connect with a NATS client; `peerline url` prints the address.\r\n";

/* ---- what we say ---- */

void consumer_send(struct consumer *c, struct bytes line)
{
	bool was_empty = outbox_is_empty(&c->out);
	uint8_t *at;

	if (!outbox_has_room(&c->out, line.n, 0) || outbox_begin(&c->out, line.n, &at) < 0) {
		consumer_close(c, NULL);
		return;
	}
	memcpy(at, line.p, line.n);
	outbox_end(&c->out, line.n);
	consumer_queued(c, was_empty);
}

void consumer_send_text(struct consumer *c, const char *line)
{
	consumer_send(c, bytes_of_text(line));
}

void consumer_send_op(struct consumer *c, const struct nats_op *op)
{
	struct buf line;

	buf_init(&line, OUTBOX_COPY_MAX);
	if (nats_op_encode(op, &line) == 0)
		consumer_send(c, buf_data(&line));
	else
		consumer_close(c, NULL);
	buf_deinit(&line);
}

static void send_error(struct consumer *c, struct bytes text)
{
	consumer_send_op(c, &(struct nats_op){ .verb = NATS_ERR, .text = text });
}

static struct bytes cut(struct bytes b)
{
	return BYTES(b.p, size_min(b.n, LIMIT_SUBJECT));
}

_Static_assert(LIMIT_GOSSIP_DATA == 1044480, "consumer_why_not() says so");

const char *consumer_why_not(int error)
{
	switch (error) {
	case -ENOSPC:
		return "too many subscriptions or topics";
	case -EMSGSIZE:
		return "the message is too large for a topic, which takes 1044480 bytes, its "
		       "envelope counted";
	case -EINVAL:
		return "not a topic name";
	case -ENOMEM:
		return "no memory";
	case -EACCES:
	case -EPERM:
		return "not allowed to this consumer";
	}
	return "the node refuses";
}

void consumer_refuse(struct consumer *c, const char *what, struct bytes subject, struct bytes queue,
		     const char *why)
{
	struct buf text;
	struct wr w = wr_to(&text);

	buf_init(&text, REFUSAL_MAX);
	wr_text(&w, "Permissions Violation for ");
	wr_text(&w, what);
	wr_text(&w, " \"");
	wr_bytes(&w, cut(subject));
	if (queue.n > 0) {
		wr_text(&w, "\" using queue \"");
		wr_bytes(&w, cut(queue));
	}
	wr_text(&w, why ? "\": " : "\"");
	wr_text(&w, why ? why : "");
	if (wr_finish(&w) == 0)
		send_error(c, buf_data(&text));
	else
		consumer_close(c, NULL);
	buf_deinit(&text);
}

void consumer_send_info(struct consumer *c, bool lame_duck)
{
	const struct door_config *config = &c->door->config;
	const struct greeting_info info = {
		.server_id = c->door->server_id,
		.server_name = config->server_name,
		.version = config->version,
		.host = config->host,
		.port = config->port,
		.client_id = c->number,
		.auth_required = c->via != DOOR_UNIX_OWNER,
		.lame_duck = lame_duck,
	};
	struct buf line;

	buf_init(&line, LIMIT_DOOR_CONTROL_LINE);
	if (greeting_write_info(&info, &line) == 0)
		consumer_send(c, buf_data(&line));
	else
		consumer_close(c, NULL);
	buf_deinit(&line);
}

/* ---- how it ends ---- */

void consumer_close(struct consumer *c, const char *error)
{
	struct door *d = c->door;
	size_t n = c->out.waiting;

	if (c->state == CONSUMER_CLOSING)
		return;
	c->state = CONSUMER_CLOSING;
	list_add_tail(&d->ended, &c->ending);
	if (error)
		send_error(c, bytes_of_text(error));
	c->n_last_words = c->out.waiting - n;
	if (d->feeding != c)
		d->config.ops->wants_close(d->config.user, c->connection);
}

void consumer_ping(struct consumer *c)
{
	c->n_pings++;
	consumer_send_text(c, "PING\r\n");
}

void consumer_drop(struct consumer *c)
{
	c->dropped = true;
	consumer_close(c, NULL);
}

void consumer_bury(struct consumer *c)
{
	struct map_node *it;

	list_remove(&c->ending);
	groups_give_back(c);
	away_leave(c);
	marks_cut(c);
	while ((it = map_first(&c->subs)))
		sub_kill(container_of(it, struct sub, by_sid));
	marks_forget(c);
	tickets_forget(c);
	questions_forget(c);
	identity_release(c);
}

/* ---- CONNECT ---- */

/* Whose token it is. Who needs none is the owner without one; a later CONNECT may leave it out. */
static const struct rights *who_is(const struct consumer *c, const char token[RIGHTS_TOKEN_MAX])
{
	const struct door *d = c->door;
	const uint8_t *shown = (const uint8_t *)token;
	const struct rights *found;

	if (token[0] == 0)
		return c->state == CONSUMER_NEW ? NULL : c->rights;
	found = rights_of_token(d->rights, shown);
	return rights_token_is(&d->owner, shown) ? &d->owner : found;
}

/* A connection never changes hands. */
static bool may_have(const struct consumer *c, const struct rights *rights)
{
	return rights && (!c->is_known || rights == c->rights);
}

static const char *what_is_wrong(const struct greeting_options *o)
{
	if (o->protocol != 0 && o->protocol != 1)
		return "invalid client protocol";
	if (o->no_responders && !o->headers)
		return "no responders requires headers support";
	return NULL;
}

static void refuse_token(struct consumer *c, const char *name)
{
	door_refused(c->door,
		     &(struct door_refusal){
			     .why = DOOR_REFUSED_TOKEN,
			     .consumer = name,
			     .via = c->via,
			     .text = "the token is missing, or nobody's here; see peerline "
				     "url, and PEERLINE_CONSUMERS",
		     });
	consumer_close(c, "Authorization Violation");
}

static void on_connect(struct consumer *c, const struct nats_op *op)
{
	struct greeting_options options = c->options;
	char token[RIGHTS_TOKEN_MAX] = { 0 };
	const struct rights *rights;
	const char *wrong;

	if (greeting_read_connect(op->text, &options, token, sizeof(token)) < 0) {
		consumer_close(c, NULL);
		return;
	}
	rights = who_is(c, token);
	secret_wipe(token, sizeof(token));
	if (!may_have(c, rights)) {
		refuse_token(c, options.name);
		return;
	}
	wrong = what_is_wrong(&options);
	if (wrong) {
		consumer_close(c, wrong);
		return;
	}
	c->options = options;
	c->is_known = true;
	(void)consumer_set_rights(c, rights);
	c->in.verbs = NATS_VERBS_OF_CLIENT;
	if (!c->was_pinged) {
		uint64_t jitter =
			random_below(&c->door->config.random, LIMIT_DOOR_FIRST_PING_MS / 5);

		c->ping_at = mono_add_ms(c->door->now, LIMIT_DOOR_FIRST_PING_MS + jitter);
		door_deadline_at(c->door, c->ping_at);
	}
	identity_claim(c);
}

/* ---- what it says ---- */

void consumer_handle(struct consumer *c, const struct nats_op *op)
{
	switch (op->verb) {
	case NATS_CONNECT:
		on_connect(c, op);
		return;
	case NATS_PING:
		c->greeted = true;
		consumer_send_text(c, "PONG\r\n");
		return;
	case NATS_SUB:
		consumer_subscribe(c, op);
		return;
	case NATS_UNSUB:
		consumer_unsubscribe(c, op);
		return;
	case NATS_PUB:
	case NATS_HPUB:
		consumer_publish(c, op);
		return;
	case NATS_ERR:
		consumer_close(c, NULL);
		return;
	case NATS_PONG:
		turn_answered(c);
		return;
	case NATS_INFO:
	case NATS_OK:
		return;
	case NATS_MSG:
	case NATS_HMSG:
		break; /* the parser refuses them: a client does not send these */
	}
	consumer_close(c, "Unknown Protocol Operation");
}

/* A mistake in the protocol ends the connection with the words every NATS client knows. */
void consumer_mistook(struct consumer *c, int outcome)
{
	bool known = c->state != CONSUMER_NEW;

	switch (outcome) {
	case NATS_E_VERB:
	case NATS_E_REFUSED:
		consumer_close(c, known ? "Unknown Protocol Operation" : "Authorization Violation");
		return;
	case NATS_E_LINE:
		consumer_close(c, "maximum control line exceeded");
		return;
	case NATS_E_PAYLOAD:
		consumer_close(c, "Maximum Payload Violation");
		return;
	case NATS_E_HTTP:
		consumer_send_text(c, http_answer);
		break;
	}
	consumer_close(c, NULL);
}

void consumer_resume(struct consumer *c)
{
	bool waited = c->state == CONSUMER_WAITING;

	c->state = CONSUMER_READY;
	if (c->options.verbose)
		consumer_send_text(c, "+OK\r\n");
	if (waited && buf_len(&c->held) > 0)
		intake_go_on(c);
}

int consumer_input(struct consumer *c, struct bytes b, struct mono now)
{
	struct door *d = c->door;

	if (c->state == CONSUMER_CLOSING)
		return 1;
	d->now = now;
	c->bytes_in += b.n;
	c->heard_at = now;
	c->pings_out = 0;
	d->feeding = c;
	memory_count(d);
	identity_holder_lives(c);
	intake_add(c, b);
	door_settle(d);
	d->feeding = NULL;
	return c->state == CONSUMER_CLOSING;
}

size_t consumer_output(struct consumer *c, struct bytes *v, size_t n_v)
{
	return c->dropped ? 0 : outbox_gather(&c->out, v, n_v);
}

void consumer_sent(struct consumer *c, size_t n)
{
	c->bytes_out += n;
	outbox_sent(&c->out, n);
	marks_sent(c);
	lag_progress(c);
}
