#ifndef PL_CRYPTO_NOISE_H
#define PL_CRYPTO_NOISE_H

/*
 * Noise_XX_25519_ChaChaPoly_SHA256 with an empty prologue (Noise specification rev. 34; libp2p
 * specs, noise). No I/O and no length prefixes: whole messages in, whole messages out.
 *
 *     initiator: write 1, read 2, write 3, split        responder: read 1, write 2, read 3, split
 *
 * Any error ends the handshake: deinit it.
 */

#include "base/buf.h"
#include "base/def.h"
#include "base/random.h"

#define NOISE_KEY 32
#define NOISE_TAG 16

/* One direction after the split. About 60 bytes; its first long record adds an OpenSSL context (1
 * KiB) that is kept for life, only the nonce changes. */
struct noise_cipher;

struct noise {
	bool initiator;
	uint8_t step; /* messages done */
	uint8_t ck[32], h[32], k[32];
	bool has_k;
	uint64_t n;
	uint8_t s[32], s_pub[32], e[32], e_pub[32]; /* ours */
	uint8_t rs[32], re[32];                     /* theirs */
};

/* Draws a fresh static and a fresh ephemeral key from `random`. */
void noise_init(struct noise *n, bool initiator, const struct random *random);
/* For published vectors: keys given. */
void noise_init_with(struct noise *n, bool initiator, struct bytes prologue, const uint8_t s[32],
		     const uint8_t e[32]);
void noise_deinit(struct noise *n);

/* Our static public key, which identity keys sign. */
static inline struct bytes noise_static_key(const struct noise *n)
{
	return BYTES(n->s_pub, NOISE_KEY);
}

/* Theirs; valid after message 2 (initiator) or 3 (responder). */
static inline struct bytes noise_remote_static_key(const struct noise *n)
{
	return BYTES(n->rs, NOISE_KEY);
}

enum {
	/* A tag that does not match, a truncated message, a payload beyond LIMIT_NOISE_PAYLOAD, a
	 * message out of turn, a low-order point (refused before any curve operation). */
	NOISE_E_BAD = 1,
};

/* Appends the next message to `out`. -ENOBUFS, -ENOMEM, -EMSGSIZE (beyond LIMIT_NOISE_PAYLOAD). */
_nodiscard_ int noise_write(struct noise *n, struct bytes payload, struct buf *out);
/* Reads the other side's next message; appends its payload to `ret_payload`. NOISE_E_BAD. */
_nodiscard_ int noise_read(struct noise *n, struct bytes message, struct buf *ret_payload);
/* After message 3. -ENOMEM. */
_nodiscard_ int noise_split(struct noise *n, struct noise_cipher **ret_send,
			    struct noise_cipher **ret_receive);

struct noise_cipher *noise_cipher_free(struct noise_cipher *c);
/* `out` has room for in.n + NOISE_TAG bytes and may be in.p (in place). -EOVERFLOW after 2^64 - 1
 * records, -EIO: the cipher failed. Either ends the link. */
_nodiscard_ int noise_seal(struct noise_cipher *c, struct bytes in, uint8_t *out);
/* Seals the concatenation of `v` into `out` without another copy. */
_nodiscard_ int noise_seal_v(struct noise_cipher *c, const struct bytes *v, size_t n_v,
			     uint8_t *out);
/* `out` has room for in.n - NOISE_TAG bytes and may be in.p. NOISE_E_BAD. */
_nodiscard_ int noise_open(struct noise_cipher *c, struct bytes in, uint8_t *out);

#endif
