/* covers: src/wire/identify.c */

/* What was read is written, and read and written again, as the same bytes; a bad message changes
 * nothing. */

#include <string.h>

#include "wire/identify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct identify *m)
{
	struct identify again = { 0 };
	struct buf first, second;

	buf_init(&first, LIMIT_IDENTIFY_IN);
	buf_init(&second, LIMIT_IDENTIFY_IN);
	ASSERT(identify_encode(m, &first) == 0);
	ASSERT(identify_decode(buf_data(&first), &again) == 0);
	ASSERT(identify_encode(&again, &second) == 0);
	ASSERT(bytes_equal(buf_data(&first), buf_data(&second)));
	buf_deinit(&first);
	buf_deinit(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identify m, before;

	memset(&m, 0, sizeof(m));
	m.n_protocols = 1;
	m.protocols[0] = BYTES_LITERAL("/before/1.0.0");
	before = m;
	if (identify_decode(BYTES(data, size), &m) < 0) {
		ASSERT(memcmp(&m, &before, sizeof(m)) == 0);
		return 0;
	}
	ASSERT(m.n_protocols >= 1 && m.n_protocols <= LIMIT_IDENTIFY_PROTOCOLS);
	ASSERT(m.n_listen <= LIMIT_IDENTIFY_ADDRESSES && m.agent.n <= LIMIT_AGENT_TEXT);
	memset(&m, 0, sizeof(m));
	ASSERT(identify_decode(BYTES(data, size), &m) == 0);
	check_again(&m);
	return 0;
}
