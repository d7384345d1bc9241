#include "client/session.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "wire/wr.h"

int session_init(struct session *s, const struct session_config *config)
{
	*s = (struct session){ 0 };
	nats_parser_init(&s->in, NATS_VERBS_OF_SERVER, SESSION_LINE_MAX, SESSION_PAYLOAD_MAX);
	buf_init(&s->out, SESSION_OUT_MAX);
	if (strlen(config->name) >= sizeof(s->name) || strlen(config->token) >= sizeof(s->token))
		return -EINVAL;
	strcpy(s->name, config->name);
	strcpy(s->token, config->token);
	return 0;
}

void session_deinit(struct session *s)
{
	nats_parser_deinit(&s->in);
	buf_deinit(&s->out);
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

static int on_info(struct session *s)
{
	struct wr w = wr_to(&s->out);

	if (s->greeted)
		return 0; /* a later INFO says that something changed: nothing we act on */
	s->greeted = true;
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
	return nats_op_encode(&(struct nats_op){ .verb = NATS_PONG }, &s->out);
}

/* 0: done with it; 1: it is the caller's. */
static int handle(struct session *s, const struct nats_op *op)
{
	switch (op->verb) {
	case NATS_INFO:
		return on_info(s);
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

int session_publish(struct session *s, struct bytes subject, struct bytes reply,
		    struct bytes payload)
{
	struct nats_op op = {
		.verb = NATS_PUB,
		.subject = subject,
		.reply = reply,
		.payload = payload,
	};

	if (!is_word(subject) || (reply.n > 0 && !is_word(reply)))
		return -EINVAL;
	if (payload.n > LIMIT_DOOR_PAYLOAD)
		return -EMSGSIZE;
	return nats_op_encode(&op, &s->out);
}

int session_subscribe(struct session *s, struct bytes subject, struct bytes queue,
		      uint64_t *ret_sid)
{
	char digits[NATS_DECIMAL_MAX];
	struct nats_op op = { .verb = NATS_SUB, .subject = subject, .queue = queue };
	int r;

	if (!is_word(subject) || (queue.n > 0 && !is_word(queue)))
		return -EINVAL;
	op.sid = BYTES(digits, nats_decimal(s->last_sid + 1, digits));
	r = nats_op_encode(&op, &s->out);
	if (r < 0)
		return r;
	*ret_sid = ++s->last_sid;
	return 0;
}

int session_ping(struct session *s, uint64_t *ret)
{
	int r;

	r = nats_op_encode(&(struct nats_op){ .verb = NATS_PING }, &s->out);
	if (r < 0)
		return r;
	*ret = ++s->n_pings;
	return 0;
}
