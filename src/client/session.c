#include "client/session.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "wire/json.h"
#include "wire/wr.h"

int session_init(struct session *s, const struct session_config *config)
{
	*s = (struct session){ 0 };
	nats_parser_init(&s->in, NATS_VERBS_OF_SERVER, SESSION_LINE_MAX, SESSION_PAYLOAD_MAX);
	/* Subscriptions are bounded by their table. */
	buf_init(&s->urgent, LIMIT_CLIENT_SUBSCRIPTIONS * (2 * LIMIT_SUBJECT + 64));
	/* Twice, because what was not heard comes back behind what was said since. */
	buf_init(&s->out, 2 * SESSION_OUT_MAX);
	if (strlen(config->name) >= sizeof(s->name) || strlen(config->token) >= sizeof(s->token))
		return -EINVAL;
	strcpy(s->name, config->name);
	strcpy(s->token, config->token);
	return 0;
}

void session_deinit(struct session *s)
{
	nats_parser_deinit(&s->in);
	buf_deinit(&s->urgent);
	buf_deinit(&s->out);
}

void session_restart(struct session *s)
{
	nats_parser_deinit(&s->in);
	nats_parser_init(&s->in, NATS_VERBS_OF_SERVER, SESSION_LINE_MAX, SESSION_PAYLOAD_MAX);
	buf_clear(&s->urgent);
	s->greeted = false;
	s->n_pings = s->n_pongs = 0;
}

/* ---- the greeting ---- */

static void write_json_text(struct wr *w, const char *text)
{
	wr_u8(w, '"');
	for (const char *p = text; *p; p++) {
		char escape[8];

		if (*p == '"' || *p == '\\') {
			wr_u8(w, '\\');
			wr_u8(w, (uint8_t)*p);
		} else if ((unsigned char)*p < ' ') {
			snprintf(escape, sizeof(escape), "\\u%04x", (unsigned int)*p);
			wr_text(w, escape);
		} else {
			wr_u8(w, (uint8_t)*p);
		}
	}
	wr_u8(w, '"');
}

static void read_server_id(struct session *s, struct bytes info)
{
	struct bytes key, value;
	struct json_members m;
	struct buf text;

	s->server_id[0] = 0;
	if (json_check(info) < 0 || json_members_open(&m, info) < 0)
		return;
	buf_init(&text, sizeof(s->server_id) - 1);
	while (json_members_next(&m, &key, &value)) {
		if (!json_key_is(key, "server_id") || json_text_read(value, &text) < 0)
			continue;
		if (buf_len(&text) > 0) /* it may be empty */
			memcpy(s->server_id, buf_data(&text).p, buf_len(&text));
		s->server_id[buf_len(&text)] = 0;
		break;
	}
	buf_deinit(&text);
}

static int on_info(struct session *s, struct bytes info)
{
	struct wr w = wr_to(&s->urgent);

	if (s->greeted)
		return 0; /* a later INFO says that something changed: nothing we act on */
	s->greeted = true;
	read_server_id(s, info);
	wr_text(&w, "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,"
		    "\"no_responders\":true,\"protocol\":1,\"echo\":true,\"lang\":\"peerline\",");
	wr_text(&w, "\"version\":\"" PL_VERSION "\",\"name\":");
	write_json_text(&w, s->name);
	if (s->token[0]) {
		wr_text(&w, ",\"auth_token\":");
		write_json_text(&w, s->token);
	}
	wr_text(&w, "}\r\nPING\r\n");
	s->n_pings++;
	return wr_finish(&w);
}

static int on_ping(struct session *s)
{
	return nats_op_encode(&(struct nats_op){ .verb = NATS_PONG }, &s->urgent);
}

/* 0: done with it; 1: it is the caller's. */
static int handle(struct session *s, const struct nats_op *op)
{
	switch (op->verb) {
	case NATS_INFO:
		return on_info(s, op->text);
	case NATS_PING:
		return on_ping(s);
	case NATS_PONG:
		s->n_pongs++;
		return 0;
	case NATS_OK:
		return 0;
	case NATS_MSG:
	case NATS_HMSG:
	case NATS_ERR:
		return 1;
	case NATS_CONNECT:
	case NATS_SUB:
	case NATS_UNSUB:
	case NATS_PUB:
	case NATS_HPUB:
		break; /* the parser refuses them: a server does not send these */
	}
	return -EBADMSG;
}

int session_next(struct session *s, struct bytes *io, struct nats_op *ret)
{
	int r;

	for (;;) {
		r = nats_parser_next(&s->in, io, ret);
		if (r < 0)
			return r;
		if (r == NATS_E_MORE)
			return SESSION_E_MORE;
		if (r > 0)
			return SESSION_E_PROTOCOL;
		r = handle(s, ret);
		if (r < 0)
			return r;
		if (r > 0)
			return 0;
	}
}

/* ---- what the caller says ---- */

static bool is_word(struct bytes word)
{
	if (word.n == 0 || word.n > LIMIT_SUBJECT)
		return false;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == ' ' || word.p[i] == '\t' || word.p[i] == '\r' || word.p[i] == '\n')
			return false;
	return true;
}

/* All of it or nothing: half a line would spoil all that follows. */
static int encode(struct buf *out, const struct nats_op *op)
{
	size_t n = buf_len(out);
	int r = nats_op_encode(op, out);

	if (r < 0)
		buf_cut(out, n);
	return r;
}

/* What the caller says is bounded; what is salvaged from a lost connection may go beyond it. */
static int say(struct session *s, const struct nats_op *op, size_t n_more)
{
	if (buf_len(&s->out) + n_more > SESSION_OUT_MAX)
		return -ENOBUFS;
	return encode(&s->out, op);
}

int session_publish(struct session *s, const struct session_message *m)
{
	struct nats_op op = {
		.verb = m->header.n > 0 ? NATS_HPUB : NATS_PUB,
		.subject = m->subject,
		.reply = m->reply,
		.header = m->header,
		.payload = m->payload,
	};

	if (!is_word(m->subject) || (m->reply.n > 0 && !is_word(m->reply)))
		return -EINVAL;
	if (m->payload.n > LIMIT_DOOR_PAYLOAD || m->header.n + m->payload.n > LIMIT_DOOR_PAYLOAD)
		return -EMSGSIZE;
	return say(s, &op, m->header.n + m->payload.n);
}

static int encode_sub(struct buf *out, struct bytes subject, struct bytes queue, uint64_t sid)
{
	char digits[NATS_DECIMAL_MAX];
	struct nats_op op = {
		.verb = NATS_SUB,
		.subject = subject,
		.queue = queue,
		.sid = BYTES(digits, nats_decimal(sid, digits)),
	};

	return encode(out, &op);
}

static int encode_unsub(struct buf *out, uint64_t sid, uint32_t max)
{
	char digits[NATS_DECIMAL_MAX];
	struct nats_op op = {
		.verb = NATS_UNSUB,
		.sid = BYTES(digits, nats_decimal(sid, digits)),
		.max = max,
	};

	return encode(out, &op);
}

int session_subscribe(struct session *s, struct bytes subject, struct bytes queue, uint64_t sid)
{
	if (!is_word(subject) || (queue.n > 0 && !is_word(queue)))
		return -EINVAL;
	return encode_sub(&s->out, subject, queue, sid);
}

int session_unsubscribe(struct session *s, uint64_t sid, uint32_t max)
{
	return encode_unsub(&s->out, sid, max);
}

int session_restore(struct session *s, struct bytes subject, struct bytes queue, uint64_t sid,
		    uint32_t max)
{
	int r = encode_sub(&s->urgent, subject, queue, sid);

	return r < 0 || max == 0 ? r : encode_unsub(&s->urgent, sid, max);
}

int session_ping(struct session *s, uint64_t *ret)
{
	int r;

	r = encode(&s->out, &(struct nats_op){ .verb = NATS_PING });
	if (r < 0)
		return r;
	*ret = ++s->n_pings;
	return 0;
}
