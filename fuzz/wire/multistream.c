/* covers: src/wire/multistream.c */

/* However a line is split, the answer is the same (F-03); and a line is written as it was read. */

#include "base/limits.h"
#include "wire/multistream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(struct bytes in, struct bytes line, size_t consumed)
{
	struct buf out;

	ASSERT(consumed <= in.n && line.n < LIMIT_MSS_LINE);
	buf_init(&out, 2 * LIMIT_MSS_LINE);
	ASSERT(multistream_encode(line, &out) == 0);
	ASSERT(bytes_equal(buf_data(&out), BYTES(in.p, consumed)));
	buf_deinit(&out);
}

/* What cannot be read back is not written. */
static void check_unwritable(struct bytes line)
{
	struct buf out;

	if (line.n < LIMIT_MSS_LINE)
		return;
	buf_init(&out, line.n + 10);
	ASSERT(multistream_encode(line, &out) == -EMSGSIZE && buf_len(&out) == 0);
	buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = BYTES(data, size), line, part;
	size_t consumed = 0, n_part;
	int whole = multistream_decode(in, &line, &consumed);

	if (whole == 0)
		check_line(in, line, consumed);
	else
		check_unwritable(in);
	for (size_t n = 0; n < size_min(size, 3 * LIMIT_MSS_LINE); n++) {
		int r = multistream_decode(BYTES(data, n), &part, &n_part);

		if (r == MULTISTREAM_E_MORE) {
			ASSERT(whole != 0 || n < consumed);
			continue;
		}
		/* Once decided, more bytes change nothing. */
		ASSERT(r == whole);
		if (r == 0)
			ASSERT(n_part == consumed && bytes_equal(part, line));
	}
	return 0;
}
