#ifndef PL_WIRE_MULTIBASE_H
#define PL_WIRE_MULTIBASE_H

/*
 * Bytes as text: base58btc (multibase z), lower-case base32 without padding (b) and base36 (k) for
 * peer ids; hexadecimal for keys. Each value has exactly one text, but hexadecimal is read in
 * either case. Outputs are written on success only, but base32_decode() may have written some of
 * them.
 */

#include "base/def.h"

/* The number of characters written (no NUL), or -ENOBUFS, also for inputs beyond 128 bytes. */
_nodiscard_ int base58_encode(struct bytes in, char *out, size_t out_max);
/* The number of bytes written, -EINVAL or -ENOBUFS. Quadratic: inputs beyond 128 characters are
 * -EINVAL. */
_nodiscard_ int base58_decode(struct bytes text, uint8_t *out, size_t out_max);
_nodiscard_ int base36_decode(struct bytes text, uint8_t *out, size_t out_max);
_nodiscard_ int base32_decode(struct bytes text, uint8_t *out, size_t out_max);
_nodiscard_ int base32_encode(struct bytes in, char *out, size_t out_max);
_nodiscard_ int hex_decode(struct bytes text, uint8_t *out, size_t out_max);
void hex_encode(struct bytes in, char *out); /* 2 * in.n characters and a NUL */

#endif
