#include "wire/multistream.h"

#include "base/limits.h"

/* LIMIT_MSS_LINE fits into two bytes of varint, so a third one need not be waited for. */
#define LENGTH_BYTES_MAX 2

static bool length_is_cut(struct bytes in)
{
	for (size_t i = 0; i < in.n; i++)
		if (!(in.p[i] & 0x80))
			return false;
	return in.n < LENGTH_BYTES_MAX;
}

int multistream_decode(struct bytes in, struct bytes *ret_line, size_t *ret_consumed)
{
	struct rd r = rd_of(in);
	struct bytes line;
	uint64_t n;

	if (length_is_cut(in))
		return MULTISTREAM_E_MORE;
	n = rd_varint(&r);
	if (rd_is_bad(&r) || n == 0 || n > LIMIT_MSS_LINE || in.n - r.left != varint_size(n))
		return MULTISTREAM_E_BAD;
	if (r.left < n)
		return MULTISTREAM_E_MORE;
	line = rd_bytes(&r, (size_t)n);
	if (line.p[n - 1] != '\n')
		return MULTISTREAM_E_BAD;

	*ret_line = BYTES(line.p, line.n - 1);
	*ret_consumed = in.n - r.left;
	return 0;
}

void multistream_write(struct wr *w, struct bytes line)
{
	if (line.n + 1 > LIMIT_MSS_LINE) {
		if (!w->error)
			w->error = -EMSGSIZE;
		return;
	}
	wr_varint(w, line.n + 1);
	wr_bytes(w, line);
	wr_u8(w, '\n');
}

int multistream_encode(struct bytes line, struct buf *out)
{
	struct wr w = wr_to(out);

	multistream_write(&w, line);
	return wr_finish(&w);
}
