#include "net/link_priv.h"

#include <string.h>

#include "wire/rd.h"
#include "wire/wr.h"

static struct bytes skip(struct bytes b, size_t n)
{
	return BYTES(b.p + n, b.n - n);
}

/* Moves up to `n` bytes of `io` behind what is there of the record. */
static int gather(struct link *l, struct bytes *io, size_t n)
{
	int r;

	n = size_min(n, io->n);
	r = buf_append(&l->in, io->p, n);
	if (r < 0)
		return r;
	*io = skip(*io, n);
	return 0;
}

static size_t record_length(struct bytes b)
{
	struct rd r = rd_of(b);

	return rd_be16(&r);
}

/* A record that began in an earlier read: only what is missing is copied, the rest stays. */
static int take_gathered(struct link *l, struct bytes *io, size_t max, struct bytes *ret)
{
	size_t n;
	int r;

	if (buf_len(&l->in) < RECORD_PREFIX) {
		r = gather(l, io, RECORD_PREFIX - buf_len(&l->in));
		if (r < 0 || buf_len(&l->in) < RECORD_PREFIX)
			return r;
	}
	n = record_length(buf_data(&l->in));
	if (n > max)
		return RECORD_E_SIZE;
	r = gather(l, io, RECORD_PREFIX + n - buf_len(&l->in));
	if (r < 0 || buf_len(&l->in) < RECORD_PREFIX + n)
		return r;
	l->in_is_whole = true;
	*ret = skip(buf_data(&l->in), RECORD_PREFIX);
	return RECORD_WHOLE;
}

int link_record_take(struct link *l, struct bytes *io, size_t max, struct bytes *ret)
{
	size_t n;
	int r;

	if (l->in_is_whole) {
		buf_deinit(&l->in);
		l->in_is_whole = false;
	}
	if (buf_len(&l->in) == 0) {
		l->record_since = MONO_NEVER;
		n = io->n >= RECORD_PREFIX ? record_length(*io) : 0;
		if (n > max)
			return RECORD_E_SIZE;
		if (io->n >= RECORD_PREFIX && io->n - RECORD_PREFIX >= n) {
			*ret = BYTES(io->p + RECORD_PREFIX, n);
			*io = skip(*io, RECORD_PREFIX + n);
			return RECORD_WHOLE;
		}
		l->record_since = l->now;
	}
	r = take_gathered(l, io, max, ret);
	if (r == RECORD_WHOLE)
		l->record_since = MONO_NEVER;
	return r;
}

struct mono link_record_deadline(const struct link *l)
{
	uint64_t earned_ms;

	if (mono_is_never(l->record_since))
		return MONO_NEVER;
	earned_ms = (uint64_t)buf_len(&l->in) * 1000 / LIMIT_STALL_RATE;
	return mono_add_ms(l->record_since,
			   earned_ms > LIMIT_STALL_MS ? earned_ms : LIMIT_STALL_MS);
}

bool link_record_open(struct link *l, struct bytes record, struct bytes *ret)
{
	uint8_t *plain;
	int r = 0;

	if (record.n < NOISE_TAG) {
		link_end(l, LINK_PROTOCOL_ERROR);
		return false;
	}
	if (l->in_is_whole) {
		/* Gathered in our own memory: opened where it stands. */
		plain = l->in.mem + l->in.start + RECORD_PREFIX;
	} else {
		buf_clear(&l->plain);
		r = buf_reserve(&l->plain, record.n, &plain);
	}
	if (r == 0)
		r = noise_open(l->receive, record, plain);
	if (r != 0) {
		link_end(l, r < 0 ? LINK_NO_MEMORY : LINK_PROTOCOL_ERROR);
		return false;
	}
	*ret = BYTES(plain, record.n - NOISE_TAG);
	return true;
}

int link_record_begin(struct buf *out)
{
	static const uint8_t prefix[RECORD_PREFIX];

	return buf_append(out, prefix, sizeof(prefix));
}

int link_record_end(struct link *l, struct buf *out, size_t start)
{
	size_t n = buf_len(out) - start - RECORD_PREFIX;
	uint8_t *tag, *at;
	int r = buf_reserve(out, NOISE_TAG, &tag);

	if (r < 0)
		return r;
	at = tag - n;
	at[-2] = (uint8_t)((n + NOISE_TAG) >> 8);
	at[-1] = (uint8_t)(n + NOISE_TAG);
	r = noise_seal(l->send, BYTES(at, n), at);
	if (r == 0)
		buf_commit(out, NOISE_TAG);
	return r;
}

int link_record_seal(struct link *l, struct bytes plain, struct buf *out)
{
	size_t start = buf_len(out);
	uint8_t *at;
	/* All the room at once: a record that was sealed but not sent would end the link. */
	int r = buf_reserve(out, RECORD_PREFIX + plain.n + NOISE_TAG, &at);

	if (r == 0)
		r = link_record_begin(out);
	if (r == 0)
		r = buf_append(out, plain.p, plain.n);
	return r < 0 ? r : link_record_end(l, out, start);
}

void link_record_release(struct link *l)
{
	buf_deinit(&l->plain);
	if (l->in_is_whole) {
		buf_deinit(&l->in);
		l->in_is_whole = false;
	}
}
