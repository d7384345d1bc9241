/* covers: src/wire/nats_headers.c */
/* Header blocks: what was read and is written again reads as the same lines. */

#include "wire/nats_headers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_all(struct bytes block, struct buf *out)
{
	struct wr w = wr_to(out);
	struct bytes key, value;
	struct nats_headers h;
	char name[256];

	ASSERT(nats_headers_read(&h, block) == 0);
	nats_headers_begin(&w);
	while (nats_headers_next(&h, &key, &value)) {
		size_t n = 0;

		/* The writer takes names as text and leaves line ends out: so does this. */
		for (size_t i = 0; i < key.n && n < sizeof(name) - 1; i++)
			if (key.p[i] != 0)
				name[n++] = (char)key.p[i];
		name[n] = 0;
		nats_headers_add(&w, name, value);
	}
	nats_headers_end(&w);
	ASSERT(wr_finish(&w) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes block = BYTES(data, size), open;
	struct nats_headers h;
	struct buf once, twice, thrice;

	open = nats_headers_without_end(block);
	ASSERT(open.n == 0 || open.n + 2 == block.n);
	(void)nats_headers_get(block, "Pl-Seq");
	if (size > 4096 || nats_headers_read(&h, block) != 0)
		return 0;
	buf_init(&once, 1 << 16);
	buf_init(&twice, 1 << 16);
	buf_init(&thrice, 1 << 16);
	/* The first time drops bare line ends, the second the blanks that then stand outside. */
	write_all(block, &once);
	write_all(buf_data(&once), &twice);
	write_all(buf_data(&twice), &thrice);
	ASSERT(bytes_equal(buf_data(&twice), buf_data(&thrice)));
	buf_deinit(&once);
	buf_deinit(&twice);
	buf_deinit(&thrice);
	return 0;
}
