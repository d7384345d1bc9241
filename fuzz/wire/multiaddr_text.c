/* covers: src/wire/multiaddr.c src/wire/multiaddr_protocol.c */

/* Text of people and of TXT records: what is accepted is shown as a text that means the same. */

#include <string.h>

#include "wire/multiaddr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct multiaddr *m)
{
	char text[LIMIT_MULTIADDR_TEXT], again_text[LIMIT_MULTIADDR_TEXT];
	struct multiaddr_target t;
	struct multiaddr again;

	ASSERT(multiaddr_decode(BYTES(m->b, m->n), &again) == 0);
	multiaddr_text(m, text);
	ASSERT(multiaddr_parse(bytes_of_text(text), &again) == 0 && multiaddr_equal(m, &again));
	ASSERT(strcmp(multiaddr_text(&again, again_text), text) == 0);
	multiaddr_without_peer(m, &again);
	if (again.n < m->n && multiaddr_target(m, &t) == 0) {
		ASSERT(t.has_peer && multiaddr_with_peer(&again, &t.peer, &again) == 0);
		ASSERT(multiaddr_equal(&again, m));
	}
}

static void check_made(const struct multiaddr *m)
{
	struct multiaddr_target t;
	struct multiaddr made;

	if (multiaddr_target(m, &t) < 0 || t.host != MULTIADDR_IP)
		return;
	multiaddr_from_addr(&t.addr, &made);
	check(&made);
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
		check_made(&m);
		ASSERT(multiaddr_parse_loose(in, &loose) == 0 && multiaddr_equal(&m, &loose));
	} else if (multiaddr_parse_loose(in, &loose) == 0) {
		check(&loose);
		ASSERT(multiaddr_target(&loose, &t) == 0);
	}
	return 0;
}
