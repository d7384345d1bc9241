/* covers: src/wire/address_list.c */

/* A list that is read is written, and read again as the same addresses. */

#include <string.h>

#include "wire/address_list.h"

#define ADDRESSES_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct multiaddr in[ADDRESSES_MAX], again[ADDRESSES_MAX];
	size_t n = SIZE_MAX, n_again;
	struct buf b;

	if (address_list_decode(BYTES(data, size), in, ADDRESSES_MAX, &n) < 0) {
		ASSERT(n == SIZE_MAX);
		return 0;
	}
	ASSERT(n <= ADDRESSES_MAX);
	/* The first byte decides how much room there is. */
	buf_init(&b, size > 0 && data[0] == ' ' ? 40 : LIMIT_ADDR_ANSWER);
	ASSERT(address_list_encode(in, n, &b) == 0);
	ASSERT(address_list_decode(buf_data(&b), again, ADDRESSES_MAX, &n_again) == 0);
	ASSERT(n_again <= n);
	for (size_t i = 0; i < n_again && n_again == n; i++)
		ASSERT(multiaddr_equal(&in[i], &again[i]));
	buf_clear(&b);
	b.max = 1;
	ASSERT(address_list_encode(in, n, &b) == -ENOBUFS);
	buf_deinit(&b);
	return 0;
}
