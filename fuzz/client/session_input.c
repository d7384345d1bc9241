/* covers: src/client/session.c src/client/continuity.c */
/*
 * Whatever a door says: how it was split makes no difference to what its consumer answers and
 * hears, gaps add up, and what came can be said again as it was.
 *
 * The first byte chooses the subscription: in a queue group, with wildcards, made before an
 * absence; and whether the consumer says too much. An error of the door's stands for what happens
 * between its words: `away`, `restart`, `forget`.
 */

#include <string.h>

#include "base/limits.h"
#include "client/continuity.h"
#include "client/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct consumer {
	struct session session;
	struct continuity continuity;
	struct continuity_place place;
	struct buf heard; /* all that was told of, as text */
	int ended;        /* what session_next() ended with */
};

static void note(struct consumer *c, const void *p, size_t n)
{
	ASSERT(buf_append(&c->heard, p, n) == 0);
}

static void begin(struct consumer *c, uint8_t choice)
{
	static const struct session_config config = { .name = "\"fuzz\\\n", .token = "t" };

	*c = (struct consumer){ .ended = SESSION_E_MORE };
	ASSERT(session_init(&c->session, &config) == 0);
	continuity_init(&c->continuity, 1);
	c->place.is_shared = choice & 1;
	c->place.has_wildcard = choice & 2;
	if (choice & 4)
		continuity_absent(&c->continuity, choice & 8);
	buf_init(&c->heard, 64 * MIB);
}

static void finish(struct consumer *c)
{
	session_deinit(&c->session);
	continuity_deinit(&c->continuity);
	buf_deinit(&c->heard);
}

static void on_error(struct consumer *c, struct bytes text)
{
	if (bytes_equal(text, BYTES_LITERAL("away")))
		continuity_absent(&c->continuity, false);
	else if (bytes_equal(text, BYTES_LITERAL("restart")))
		continuity_absent(&c->continuity, true);
	else if (bytes_equal(text, BYTES_LITERAL("forget")))
		continuity_forget(&c->continuity, c->place.sid);
	note(c, text.p, text.n);
}

static void check_gap(const struct gap *gap)
{
	if (gap->why == GAP_NONE)
		ASSERT(gap->count == 0 && gap->from == 0 && gap->to == 0);
	else if (gap->from > 0)
		ASSERT(gap->from <= gap->to && gap->count == gap->to - gap->from + 1);
	if (gap->why != GAP_NONE && gap->is_exact)
		ASSERT(gap->count > 0);
}

/* What a message is made of makes one again. */
static void say_again(const struct nats_op *op, struct session *other)
{
	const struct session_message m = {
		.subject = op->subject,
		.reply = op->reply,
		.header = op->header,
		.payload = op->payload,
	};
	struct nats_parser p;
	struct nats_op back;
	struct bytes in;

	buf_clear(&other->out);
	if (session_publish(other, &m) != 0)
		return;
	nats_parser_init(&p, NATS_VERBS_OF_CLIENT, SESSION_LINE_MAX, SESSION_PAYLOAD_MAX);
	in = buf_data(&other->out);
	ASSERT(nats_parser_next(&p, &in, &back) == 0 && in.n == 0);
	ASSERT(bytes_equal(back.subject, op->subject) && bytes_equal(back.reply, op->reply));
	ASSERT(bytes_equal(back.header, op->header) && bytes_equal(back.payload, op->payload));
	nats_parser_deinit(&p);
}

static void on_message(struct consumer *c, const struct nats_op *op, struct session *other)
{
	struct gap gap;

	c->place.subject = op->subject;
	c->place.sid = op->sid.p[0];
	gap = continuity_check(&c->continuity, &c->place, op->header);
	check_gap(&gap);
	note(c, op->subject.p, op->subject.n);
	note(c, op->payload.p, op->payload.n);
	note(c, &gap.count, sizeof(gap.count));
	note(c, &gap.why, sizeof(gap.why));
	say_again(op, other);
}

static void hear(struct consumer *c, struct bytes in, struct session *other)
{
	struct nats_op op;

	while (c->ended == SESSION_E_MORE) {
		int r = session_next(&c->session, &in, &op);

		if (r == 0 && op.verb == NATS_ERR)
			on_error(c, op.text);
		else if (r == 0)
			on_message(c, &op, other);
		else if (r == SESSION_E_MORE)
			return;
		else
			c->ended = r;
	}
}

/* The calls of a consumer that no door brings about. */
static void exercise(struct session *s)
{
	static const uint8_t large[LIMIT_DOOR_PAYLOAD + 1];
	const struct session_message m = { .subject = BYTES_LITERAL("a"),
					   .payload = BYTES(large, sizeof(large)) };
	uint64_t pong;

	ASSERT(session_publish(s, &m) == -EMSGSIZE);
	ASSERT(session_subscribe(s, BYTES_LITERAL("a b"), BYTES(NULL, 0), 1) == -EINVAL);
	ASSERT(session_subscribe(s, BYTES_LITERAL("a"), BYTES_LITERAL("q"), 1) == 0);
	ASSERT(session_unsubscribe(s, 1, 5) == 0);
	ASSERT(session_ping(s, &pong) == 0 && pong > 0);
	session_restart(s);
	ASSERT(buf_len(&s->urgent) == 0 && buf_len(&s->out) > 0 && !session_is_ready(s));
	ASSERT(session_restore(s, BYTES_LITERAL("a"), BYTES(NULL, 0), 1, 5) == 0);
}

/* As much as may be said in advance, and no more. */
static void say_too_much(struct session *s)
{
	static const uint8_t large[LIMIT_DOOR_PAYLOAD];
	const struct session_message m = { .subject = BYTES_LITERAL("a"),
					   .payload = BYTES(large, sizeof(large)) };
	size_t n;
	int r;

	do {
		n = buf_len(&s->out);
		r = session_publish(s, &m);
	} while (r == 0);
	ASSERT(r == -ENOBUFS && buf_len(&s->out) == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct consumer whole, split;
	struct session other;

	if (size == 0)
		return 0;
	ASSERT(session_init(&other, &(struct session_config){ .name = "", .token = "" }) == 0);
	begin(&whole, data[0]);
	begin(&split, data[0]);
	hear(&whole, BYTES(data + 1, size - 1), &other);
	for (size_t i = 1; i < size; i++)
		hear(&split, BYTES(data + i, 1), &other);
	ASSERT(whole.ended == split.ended);
	ASSERT(bytes_equal(buf_data(&whole.heard), buf_data(&split.heard)));
	ASSERT(bytes_equal(buf_data(&whole.session.urgent), buf_data(&split.session.urgent)));
	ASSERT(strcmp(whole.session.server_id, split.session.server_id) == 0);
	ASSERT(whole.session.n_pongs == split.session.n_pongs);
	exercise(&whole.session);
	if (data[0] & 16)
		say_too_much(&whole.session);
	finish(&whole);
	finish(&split);
	session_deinit(&other);
	return 0;
}
