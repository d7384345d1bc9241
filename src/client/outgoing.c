#include "client/outgoing.h"

#include "client/session.h"
#include "wire/nats_line.h"

void outgoing_init(struct outgoing *o)
{
	*o = (struct outgoing){ 0 };
	buf_init(&o->ops, 0); /* nothing is added here: whole buffers come and go */
}

void outgoing_deinit(struct outgoing *o)
{
	buf_deinit(&o->ops);
}

void outgoing_fill(struct outgoing *o, struct buf *next)
{
	struct buf empty = o->ops;

	if (buf_len(&o->ops) > 0 || buf_len(next) == 0)
		return;
	o->ops = *next;
	empty.max = next->max;
	*next = empty;
}

struct bytes outgoing_data(const struct outgoing *o)
{
	struct bytes all = buf_data(&o->ops);

	return BYTES(all.n > 0 ? all.p + o->n_sent : NULL, all.n - o->n_sent);
}

void outgoing_sent(struct outgoing *o, size_t n)
{
	o->n_sent += n;
	if (!outgoing_is_empty(o))
		return;
	buf_clear(&o->ops);
	o->n_sent = 0;
}

static bool begins_with(struct bytes b, struct bytes prefix)
{
	return b.n >= prefix.n && bytes_equal(BYTES(b.p, prefix.n), prefix);
}

static bool is_kept(const struct nats_op *op, struct bytes inbox)
{
	bool is_request = inbox.n > 0 && begins_with(op->reply, inbox);

	return (op->verb == NATS_PUB || op->verb == NATS_HPUB) && !is_request;
}

/* Those of `all` that end behind its first `n_sent` bytes and are kept, to `out`. */
static int salvage(struct bytes all, size_t n_sent, struct bytes inbox, struct buf *out)
{
	struct nats_parser parser;
	struct bytes in = all;
	struct nats_op op;
	int r = 0;

	/* What stands here we wrote ourselves: a CONNECT line may be as long as it likes. */
	nats_parser_init(&parser, NATS_VERBS_OF_CLIENT, SESSION_LINE_MAX, SESSION_PAYLOAD_MAX);
	while (r == 0 && in.n > 0 && nats_parser_next(&parser, &in, &op) == 0)
		if (all.n - in.n > n_sent && is_kept(&op, inbox))
			r = nats_op_encode(&op, out);
	nats_parser_deinit(&parser);
	return r;
}

int outgoing_salvage(struct outgoing *o, struct buf *io, struct bytes inbox)
{
	struct buf kept;
	int r;

	buf_init(&kept, io->max);
	r = salvage(buf_data(&o->ops), o->n_sent, inbox, &kept);
	if (r == 0)
		r = salvage(buf_data(io), 0, inbox, &kept);
	buf_clear(&o->ops);
	o->n_sent = 0;
	buf_deinit(io);
	*io = kept;
	return r;
}
