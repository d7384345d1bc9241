#include "route/gossip_reader.h"

#include "base/limits.h"
#include "wire/rd.h"

#define LENGTH_MAX 10 /* bytes of a varint */

void gossip_reader_init(struct gossip_reader *r)
{
	*r = (struct gossip_reader){ 0 };
	buf_init(&r->in, LENGTH_MAX + LIMIT_GOSSIP_RPC);
}

void gossip_reader_deinit(struct gossip_reader *r)
{
	buf_deinit(&r->in);
}

/* The varint that stands at the start of `b`: how long it is and what it says. 0: it is not whole
 * yet. */
static int read_length(struct bytes b, size_t *ret_size, size_t *ret_length)
{
	struct rd r = rd_of(b);
	uint64_t length = rd_varint(&r);

	*ret_size = 0;
	if (rd_is_bad(&r))
		return b.n < LENGTH_MAX ? 0 : GOSSIP_READER_E_LENGTH;
	if (length > LIMIT_GOSSIP_RPC)
		return GOSSIP_READER_E_TOO_LARGE;
	*ret_size = b.n - r.left;
	*ret_length = (size_t)length;
	return 0;
}

static struct bytes take(struct bytes *io, size_t n)
{
	struct bytes head = BYTES(io->p, n);

	if (n > 0)
		io->p += n;
	io->n -= n;
	return head;
}

static int keep(struct gossip_reader *r, struct bytes *io, size_t n, struct mono now)
{
	struct bytes head = take(io, n);

	if (buf_len(&r->in) == 0)
		r->since = now;
	return buf_append(&r->in, head.p, head.n);
}

/* Nothing is kept: lends the RPC from the input, or keeps what is there of it. */
static int next_from_input(struct gossip_reader *r, struct bytes *io, struct mono now,
			   struct bytes *ret)
{
	size_t size, length;
	int e;

	e = read_length(*io, &size, &length);
	if (e != 0)
		return e;
	if (size == 0 || io->n - size < length)
		return keep(r, io, io->n, now);
	take(io, size);
	*ret = take(io, length);
	return GOSSIP_READER_RPC;
}

/* Something is kept: goes on with it. The length byte by byte, because it decides how much more
 * belongs to this RPC. */
static int next_from_kept(struct gossip_reader *r, struct bytes *io, struct mono now,
			  struct bytes *ret)
{
	size_t size, length, more;
	int e;

	for (;;) {
		e = read_length(buf_data(&r->in), &size, &length);
		if (e != 0)
			return e;
		if (size > 0)
			break;
		if (io->n == 0)
			return 0;
		e = keep(r, io, 1, now);
		if (e < 0)
			return e;
	}
	more = size_min(size + length - buf_len(&r->in), io->n);
	e = keep(r, io, more, now);
	if (e < 0)
		return e;
	if (buf_len(&r->in) < size + length)
		return 0;
	*ret = BYTES(buf_data(&r->in).p + size, length);
	r->lent = true;
	return GOSSIP_READER_RPC;
}

int gossip_reader_next(struct gossip_reader *r, struct bytes *io, struct mono now,
		       struct bytes *ret)
{
	if (r->lent) {
		buf_deinit(&r->in);
		r->lent = false;
	}
	if (buf_len(&r->in) > 0)
		return next_from_kept(r, io, now, ret);
	return io->n > 0 ? next_from_input(r, io, now, ret) : 0;
}

size_t gossip_reader_pending(const struct gossip_reader *r, struct mono *ret_since)
{
	size_t n = r->lent ? 0 : buf_len(&r->in);

	*ret_since = n > 0 ? r->since : MONO_NEVER;
	return n;
}
