#ifndef PL_WIRE_MULTIADDR_H
#define PL_WIRE_MULTIADDR_H

/*
 * Multiaddr: a path of protocols that says how to reach a peer (multiformats/multiaddr; libp2p
 * specs, addressing). Kept in its binary form, which is what every wire carries; text is for
 * people. Protocols we cannot dial (quic-v1, ws, p2p-circuit, ...) are understood well enough to be
 * read, kept and shown.
 */

#include "base/addr.h"
#include "base/def.h"
#include "base/limits.h"
#include "wire/peer_id.h"

struct multiaddr {
	uint16_t n;
	uint8_t b[LIMIT_MULTIADDR];
};

/* -EINVAL: malformed, unknown protocol, too long. */
_nodiscard_ int multiaddr_parse(struct bytes text, struct multiaddr *ret);
/* Also takes "host:port" (and "[::1]:port"): becomes /ip4, /ip6 or /dns with /tcp. Port 0 is
 * -EINVAL. */
_nodiscard_ int multiaddr_parse_loose(struct bytes text, struct multiaddr *ret);
/* Checks the whole path, and that its text fits into LIMIT_MULTIADDR_TEXT. -EBADMSG. */
_nodiscard_ int multiaddr_decode(struct bytes b, struct multiaddr *ret);
/* NUL-terminated; `out` has LIMIT_MULTIADDR_TEXT bytes. */
const char *multiaddr_text(const struct multiaddr *m, char *out);

void multiaddr_from_addr(const struct addr *a, struct multiaddr *ret); /* /ip4|ip6/…/tcp/… */
bool multiaddr_equal(const struct multiaddr *a, const struct multiaddr *b);

enum multiaddr_host {
	MULTIADDR_IP,   /* ip4 or ip6: `addr` is whole */
	MULTIADDR_DNS4, /* `name`, addr.port */
	MULTIADDR_DNS6,
	MULTIADDR_DNS,     /* either family */
	MULTIADDR_DNSADDR, /* `name`; TXT records hold more multiaddrs */
};

/* What a TCP dialler needs to know. */
struct multiaddr_target {
	enum multiaddr_host host;
	struct addr addr;
	char name[256];
	bool has_peer;
	struct peer_id peer;
};

/* -EPROTONOSUPPORT: not plain TCP to a port (other transports, circuits, zones). */
_nodiscard_ int multiaddr_target(const struct multiaddr *m, struct multiaddr_target *ret);

/* Adds (in place of the one that is there) or takes off a trailing /p2p. `ret` may be `m`; taking
 * it off an address that is nothing else leaves an empty one. -EINVAL: no room, or nothing can
 * follow. */
_nodiscard_ int multiaddr_with_peer(const struct multiaddr *m, const struct peer_id *id,
				    struct multiaddr *ret);
void multiaddr_without_peer(const struct multiaddr *m, struct multiaddr *ret);

#endif
