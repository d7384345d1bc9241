#ifndef PL_WIRE_YAMUX_HEADER_H
#define PL_WIRE_YAMUX_HEADER_H

/*
 * The header before every Yamux frame (libp2p specs, yamux): version 0, type, flags, stream id,
 * length; 12 bytes, big-endian. `length` is the size of the payload that follows for data, and a
 * plain value for the others: credit, ping value or go-away code.
 */

#include "base/def.h"
#include "wire/wr.h"

#define YAMUX_HEADER_SIZE 12

enum yamux_type {
	YAMUX_DATA = 0,
	YAMUX_WINDOW_UPDATE = 1,
	YAMUX_PING = 2,
	YAMUX_GO_AWAY = 3,
};

enum {
	YAMUX_SYN = 1,
	YAMUX_ACK = 2,
	YAMUX_FIN = 4,
	YAMUX_RST = 8,
	YAMUX_FLAGS_ALL = YAMUX_SYN | YAMUX_ACK | YAMUX_FIN | YAMUX_RST,
};

struct yamux_header {
	enum yamux_type type;
	uint16_t flags;
	uint32_t stream_id;
	uint32_t length;
};

enum {
	YAMUX_HEADER_E_VERSION = 1, /* not 0 */
	YAMUX_HEADER_E_TYPE,        /* none of the four */
	YAMUX_HEADER_E_FLAGS,       /* a flag that does not exist */
};

/* `in` has YAMUX_HEADER_SIZE bytes; -EBADMSG otherwise. */
_nodiscard_ int yamux_header_decode(struct bytes in, struct yamux_header *ret);
void yamux_header_encode(const struct yamux_header *h, struct wr *w);

#endif
