#ifndef PL_WIRE_MULTIBASE_H
#define PL_WIRE_MULTIBASE_H

/* base58btc and lower-case base32 without padding (multibase z and b), for peer ids; hexadecimal
 * for keys. */

#include "base/def.h"

/* The number of characters written (no NUL), or -ENOBUFS. */
_nodiscard_ int base58_encode(struct bytes in, char *out, size_t out_max);
/* The number of bytes written, -EINVAL or -ENOBUFS. Quadratic: inputs beyond 128 characters are
 * -EINVAL. */
_nodiscard_ int base58_decode(struct bytes text, uint8_t *out, size_t out_max);
_nodiscard_ int base32_decode(struct bytes text, uint8_t *out, size_t out_max);
_nodiscard_ int base32_encode(struct bytes in, char *out, size_t out_max);
_nodiscard_ int hex_decode(struct bytes text, uint8_t *out, size_t out_max);
void hex_encode(struct bytes in, char *out); /* 2 * in.n characters and a NUL */

#endif
