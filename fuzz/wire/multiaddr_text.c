/* Text of people and of TXT records: what is accepted is shown as a text that means the same. */

#include <string.h>

#include "wire/multiaddr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct multiaddr *m)
{
	char text[LIMIT_MULTIADDR_TEXT], again_text[LIMIT_MULTIADDR_TEXT];
	struct multiaddr again;

	ASSERT(multiaddr_decode(BYTES(m->b, m->n), &again) == 0);
	multiaddr_text(m, text);
	ASSERT(multiaddr_parse(bytes_of_text(text), &again) == 0 && multiaddr_equal(m, &again));
	ASSERT(strcmp(multiaddr_text(&again, again_text), text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = BYTES(data, size);
	struct multiaddr_target t;
	struct multiaddr m, loose;
	int r = multiaddr_parse(in, &m);

	ASSERT(r == 0 || r == -EINVAL);
	if (r == 0) {
		check(&m);
		ASSERT(multiaddr_parse_loose(in, &loose) == 0 && multiaddr_equal(&m, &loose));
	} else if (multiaddr_parse_loose(in, &loose) == 0) {
		check(&loose);
		ASSERT(multiaddr_target(&loose, &t) == 0);
	}
	return 0;
}
