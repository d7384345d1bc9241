#ifndef PL_WIRE_MULTIBASE_H
#define PL_WIRE_MULTIBASE_H

/*
 * Bytes as text: base58btc (multibase z), base36 (k) and lower-case base32 without padding (b) for
 * peer ids; base64url without padding (u) for hashes of certificates; hexadecimal (f) for keys.
 * Each value has exactly one text, but hexadecimal is read in either case.
 *
 * Decoders answer the number of bytes written, -EINVAL or -ENOBUFS; encoders the number of
 * characters (no NUL) or -ENOBUFS. On errors part of `out` may have been written.
 */

#include "base/def.h"

/* Quadratic: beyond 128 bytes or characters they answer -ENOBUFS and -EINVAL. */
_nodiscard_ int base58_encode(struct bytes in, char *out, size_t out_max);
_nodiscard_ int base58_decode(struct bytes text, uint8_t *out, size_t out_max);
_nodiscard_ int base36_decode(struct bytes text, uint8_t *out, size_t out_max);

_nodiscard_ int base32_decode(struct bytes text, uint8_t *out, size_t out_max);
_nodiscard_ int base32_encode(struct bytes in, char *out, size_t out_max);
_nodiscard_ int base64url_decode(struct bytes text, uint8_t *out, size_t out_max);
_nodiscard_ int base64url_encode(struct bytes in, char *out, size_t out_max);
_nodiscard_ int hex_decode(struct bytes text, uint8_t *out, size_t out_max);
void hex_encode(struct bytes in, char *out); /* 2 * in.n characters and a NUL */

/* The base is told by the first character, one of those named above. */
_nodiscard_ int multibase_decode(struct bytes text, uint8_t *out, size_t out_max);

#endif
