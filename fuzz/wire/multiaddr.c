/* covers: src/wire/multiaddr.c src/wire/multiaddr_protocol.c */

/* An address that is accepted has one text, which means it; its parts come apart and together
 * again. */

#include <string.h>

#include "wire/multiaddr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct multiaddr *m)
{
	char text[LIMIT_MULTIADDR_TEXT];
	struct multiaddr again;

	multiaddr_text(m, text);
	ASSERT(text[0] == '/' && strlen(text) < sizeof(text));
	ASSERT(multiaddr_parse(bytes_of_text(text), &again) == 0);
	ASSERT(multiaddr_equal(m, &again));
}

static void check_peer(const struct multiaddr *m)
{
	struct multiaddr bare, with, again;
	struct peer_id id;

	ASSERT(peer_id_parse(BYTES_LITERAL("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"),
			     &id) == 0);
	multiaddr_without_peer(m, &bare);
	ASSERT(bare.n <= m->n);
	if (multiaddr_with_peer(m, &id, &with) == 0) {
		multiaddr_without_peer(&with, &again);
		ASSERT(multiaddr_equal(&bare, &again));
	}
}

static void check_target(const struct multiaddr *m)
{
	struct multiaddr_target t;
	struct multiaddr made, loose;
	char text[ADDR_TEXT_MAX];

	if (multiaddr_target(m, &t) < 0)
		return;
	ASSERT(strlen(t.name) < sizeof(t.name));
	if (t.host != MULTIADDR_IP)
		return;
	multiaddr_from_addr(&t.addr, &made);
	ASSERT(multiaddr_target(&made, &t) == 0);
	/* IPv4 dressed as IPv6 comes out shorter. */
	ASSERT(made.n <= m->n);
	ASSERT(multiaddr_parse_loose(bytes_of_text(addr_text(&t.addr, text)), &loose) == 0);
	ASSERT(multiaddr_equal(&made, &loose));
}

/* Bytes that are no address may still be text: of an address or of host and port. */
static void check_loose(struct bytes in)
{
	struct multiaddr_target t;
	struct multiaddr m;

	if (multiaddr_parse_loose(in, &m) < 0)
		return;
	check_text(&m);
	if (in.p[0] != '/')
		ASSERT(multiaddr_target(&m, &t) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = BYTES(data, size);
	struct multiaddr m;

	if (multiaddr_decode(in, &m) < 0) {
		check_loose(in);
		return 0;
	}
	ASSERT(bytes_equal(BYTES(m.b, m.n), in));
	check_text(&m);
	check_peer(&m);
	check_target(&m);
	return 0;
}
