/* covers: src/wire/yamux_header.c */
/* A header that is read is written again as the same twelve bytes; nothing shorter or longer is
 * read. */

#include <string.h>

#include "wire/yamux_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yamux_header h;
	struct buf b;
	struct wr w = wr_to(&b);

	if (yamux_header_decode(BYTES(data, size), &h) != 0)
		return 0;
	ASSERT(size == YAMUX_HEADER_SIZE);
	buf_init(&b, YAMUX_HEADER_SIZE);
	yamux_header_encode(&h, &w);
	ASSERT(wr_finish(&w) == 0);
	ASSERT(bytes_equal(buf_data(&b), BYTES(data, size)));
	buf_deinit(&b);
	return 0;
}
