#include "base/limits.h"
#include "share/door_missed.h"
#include "wire/nats_line.h"

/*
 * What a member of a queue group had not been sent when its connection ended goes to another
 * member. It is read back from its queue, where it stands as it was to be written.
 */

/* The message at the end of `text`; lines of ours may stand before it. */
static bool read_last(struct bytes text, struct nats_parser *p, struct nats_op *ret)
{
	int r = 0;

	while (r == 0 && text.n > 0)
		r = nats_parser_next(p, &text, ret);
	return r == 0 && (ret->verb == NATS_MSG || ret->verb == NATS_HMSG);
}

static bool give(struct door *d, const struct mark *m, struct bytes text)
{
	struct nats_parser p;
	struct nats_op op = { .verb = NATS_PING };
	bool given = false;

	nats_parser_init(&p, NATS_VERBS_OF_SERVER, OUTBOX_COPY_MAX, 2 * LIMIT_DOOR_PAYLOAD);
	if (read_last(text, &p, &op)) {
		struct letter l = {
			.subject = m->view ? m->view->subject : op.subject,
			.reply = op.reply,
			.header = op.header,
			.payload = op.payload,
			.view = m->view,
			.seq = m->seq,
		};

		given = deliver_in_group(d, &l, m->sub->queue);
	}
	nats_parser_deinit(&p);
	return given;
}

/* From `at` in the queue to the mark's end. */
static bool give_marked(struct consumer *c, const struct mark *m, uint64_t at)
{
	struct buf text;
	bool given = false;

	buf_init(&text, 2 * LIMIT_DOOR_PAYLOAD + OUTBOX_COPY_MAX);
	if (outbox_copy(&c->out, (size_t)(at - c->out.n_sent), (size_t)(m->end - at), &text) == 0)
		given = give(c->door, m, buf_data(&text));
	buf_deinit(&text);
	return given;
}

void groups_give_back(struct consumer *c)
{
	/* A message whose first bytes have left is not read back: it counts as missed. */
	uint64_t at = c->unsent.last_end;
	size_t n = size_min(c->unsent.n, LIMIT_DOOR_TURN);

	if (at < c->out.n_sent && n > 0)
		at = unsent_first(&c->unsent)->end;
	for (size_t i = 0; i < n; i++) {
		struct mark *m = unsent_at(&c->unsent, i);

		if (m->end <= at)
			continue;
		if (!m->sub->dead && m->sub->queue.n > 0)
			m->given = give_marked(c, m, at);
		at = m->end;
	}
}
