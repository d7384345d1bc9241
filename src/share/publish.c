#include <string.h>

#include "base/limits.h"
#include "share/door_priv.h"
#include "share/topic_subject.h"
#include "wire/nats_headers.h"
#include "wire/teranode.h"

#define API_PREFIX "$PL.API."
/* In deliveries: what they take of the loop's time. */
#define WORK_TO_SIGN 128
#define WORK_TO_ANSWER 1024

/* Nobody wants it: whoever asked to be told is told on its own subscription for the reply. This is
 * no message: it counts towards no maximum. */
static void tell_no_responders(struct consumer *c, struct bytes reply)
{
	struct subjects *index = &c->door->subjects;
	struct nats_op op = { .verb = NATS_HMSG,
			      .subject = reply,
			      .header = NATS_HEADERS_NO_RESPONDERS };

	subjects_match(index, reply);
	c->door->work += (index->n_steps + index->n_hits) / LOOKED_AT_PER_WORK;
	for (size_t i = 0; i < index->n_hits; i++) {
		struct sub *s = container_of(index->hits[i], struct sub, entry);

		if (s->consumer != c || s->queue.n > 0)
			continue;
		op.sid = s->sid;
		consumer_send_op(c, &op);
		return;
	}
}

static void publish_local(struct consumer *c, const struct nats_op *op)
{
	struct letter l = {
		.subject = op->subject,
		.reply = op->reply,
		.header = op->header,
		.payload = op->payload,
		.from = c,
	};
	size_t n = deliver(c->door, &l);

	if (n > 0)
		return;
	/* Those who want everything would have wanted it: its publisher is to know that they do not
	 * get it. */
	if (subject_is_too_long(op->subject))
		consumer_refuse(c, "Publish to", op->subject, op->queue, SUBJECT_TOO_LONG);
	else if (op->reply.n > 0 && c->options.no_responders && c->options.headers)
		tell_no_responders(c, op->reply);
}

/* What is to be signed and sent. */
static int send(struct consumer *c, struct bytes topic, struct bytes data, const char **ret_text)
{
	struct door *d = c->door;
	struct consumer *outer = d->publishing;
	int r;

	if (d->rules)
		*ret_text = teranode_rules_refuse(d->rules, topic, data, d->now);
	if (*ret_text) {
		d->counts.teranode_refused++;
		return -EPERM;
	}
	d->publishing = c;
	d->work += WORK_TO_SIGN;
	r = d->config.ops->topic_publish(d->config.user, topic, data, ret_text);
	d->publishing = outer;
	return r;
}

static int send_wrapped(struct consumer *c, struct bytes topic, struct bytes payload,
			const char **ret_text)
{
	struct buf envelope;
	int r;

	buf_init(&envelope, LIMIT_GOSSIP_DATA);
	r = teranode_envelope_encode(bytes_of_text(c->door->config.client_name), payload,
				     &envelope);
	if (r == -ENOBUFS)
		r = -EMSGSIZE;
	if (r == 0)
		r = send(c, topic, buf_data(&envelope), ret_text);
	buf_deinit(&envelope);
	return r;
}

static int publish_as(struct consumer *c, enum topic_view view, struct bytes topic,
		      struct bytes payload, const char **ret_text)
{
	switch (view) {
	case TOPIC_RAW:
		return send(c, topic, payload, ret_text);
	case TOPIC_PAYLOAD:
		return send_wrapped(c, topic, payload, ret_text);
	case TOPIC_VALIDATE:
	case TOPIC_VIEWS:
		break;
	}
	*ret_text = "only the node speaks there, and whoever validates answers on the reply "
		    "subject";
	return -EPERM;
}

static void publish_topic(struct consumer *c, enum topic_view view, const struct nats_op *op)
{
	const char *text = NULL;
	struct buf name;
	int r;

	buf_init(&name, LIMIT_GOSSIP_TOPIC_NAME);
	r = topic_subject_decode(op->subject, c->door->config.topic_prefix, &name);
	if (r == 0)
		r = publish_as(c, view, buf_data(&name), op->payload, &text);
	buf_deinit(&name);
	if (r < 0)
		consumer_refuse(c, "Publish to", op->subject, op->queue,
				text ? text : consumer_why_not(r));
}

static bool is_request(const struct nats_op *op)
{
	return subject_starts_with(op->subject, API_PREFIX);
}

/* Whoever answers there would speak for the node, or ask it for something in another's name. */
static bool is_reserved_reply(const struct nats_op *op)
{
	return subject_starts_with(op->reply, "$JS.ACK.") ||
	       subject_starts_with(op->reply, "_R_") || subject_starts_with(op->reply, "$PL.") ||
	       ((is_request(op) || user_info_is(op->subject)) && topic_subject_is(op->reply, NULL));
}

static struct bytes verb_of(const struct nats_op *op)
{
	size_t n = strlen(API_PREFIX);

	return BYTES(op->subject.p + n, op->subject.n - n);
}

/* False: it was refused. */
static bool check_rights(struct consumer *c, const struct nats_op *op)
{
	char room[REASON_MAX];
	const char *why;

	/* Who may give a verdict is known by the question. */
	if (c->rights->is_owner || verdict_subject_is(op->subject))
		return true;
	why = consumer_may_not_be_answered(c, op->reply, room);
	if (why) {
		consumer_refuse(c, "Publish with Reply of", op->reply, op->queue, why);
		return false;
	}
	if (user_info_is(op->subject))
		return true; /* everybody may ask about himself */
	why = is_request(op) ? consumer_may_not_ask(c, verb_of(op), room)
			     : consumer_may_not_publish(c, op, room);
	if (why)
		consumer_refuse(c, "Publish to", op->subject, op->queue, why);
	return !why;
}

static void route(struct consumer *c, const struct nats_op *op)
{
	enum topic_view view;

	if (verdict_subject_is(op->subject)) {
		verdict_take(c, op);
	} else if (topic_subject_is(op->subject, &view)) {
		publish_topic(c, view, op);
	} else if (is_request(op)) {
		c->door->work += WORK_TO_ANSWER;
		ticket_open(c, verb_of(op), op);
	} else if (user_info_is(op->subject)) {
		c->door->work += WORK_TO_ANSWER;
		user_info_tell(c, op->reply);
	} else if (subject_starts_with(op->subject, "$PL.")) {
		consumer_refuse(c, "Publish to", op->subject, op->queue,
				"only the node speaks there");
	} else {
		publish_local(c, op);
	}
}

void consumer_publish(struct consumer *c, const struct nats_op *op)
{
	if (op->verb == NATS_HPUB && !c->options.headers) {
		consumer_close(c, NULL);
		return;
	}
	if (c->options.pedantic &&
	    (!subject_is_valid(op->subject, false) || subject_has_wildcard(op->subject)))
		consumer_send_text(c, "-ERR 'Invalid Publish Subject'\r\n");
	c->published++;
	if (is_reserved_reply(op) || op->reply.n > LIMIT_SUBJECT) {
		consumer_refuse(c, "Publish with Reply of", op->reply, op->queue, NULL);
		return;
	}
	if (!check_rights(c, op))
		return;
	if (c->options.verbose)
		consumer_send_text(c, "+OK\r\n");
	route(c, op);
}
