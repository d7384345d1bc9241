#ifndef PL_WIRE_MULTIADDR_PROTOCOL_H
#define PL_WIRE_MULTIADDR_PROTOCOL_H

/*
 * The protocols that a multiaddr can be made of: their codes and names (multiformats/multiaddr,
 * protocols.csv), and how the value of each looks in binary and in text. multiaddr.c strings them
 * together.
 */

#include "base/def.h"
#include "wire/span.h"

enum {
	PROTOCOL_IP4 = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_IP6 = 41,
	PROTOCOL_DNS = 53,
	PROTOCOL_DNS4 = 54,
	PROTOCOL_DNS6 = 55,
	PROTOCOL_DNSADDR = 56,
	PROTOCOL_P2P = 421,
};

enum protocol_value {
	VALUE_NONE,
	VALUE_IP4,
	VALUE_IP6,
	VALUE_CIDR,   /* one byte */
	VALUE_PORT,   /* two bytes */
	VALUE_NUMBER, /* eight bytes */
	VALUE_ONION,  /* 10 bytes and a port */
	VALUE_ONION3, /* 35 bytes and a port */
	/* From here on of any length, which is written before them. */
	VALUE_NAME, /* printable ASCII without blanks and slashes */
	VALUE_PEER,
	VALUE_CERTHASH,  /* a multihash */
	VALUE_HTTP_PATH, /* any bytes; percent-encoded in text */
	VALUE_PATH,      /* begins with a slash; the rest of the multiaddr */
};

struct protocol {
	uint32_t code;
	enum protocol_value value;
	const char *name;
};

const struct protocol *protocol_of_code(uint64_t code);
const struct protocol *protocol_of_name(struct bytes name);

static inline bool protocol_has_length(const struct protocol *p)
{
	return p->value >= VALUE_NAME;
}

/* Bytes of a value that has no length before it. */
size_t protocol_size(const struct protocol *p);
/* Is `b`, of the right size where that is fixed, a value of this protocol? */
bool protocol_value_is_valid(const struct protocol *p, struct bytes b);
/* Text to binary, without the length. `out` becomes bad when the text is no such value. */
void protocol_value_parse(const struct protocol *p, struct bytes text, struct span *out);
/* Binary, which is valid, to text. */
void protocol_value_text(const struct protocol *p, struct bytes b, struct span *out);

#endif
