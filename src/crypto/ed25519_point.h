#ifndef PL_CRYPTO_ED25519_POINT_H
#define PL_CRYPTO_ED25519_POINT_H

/*
 * Points of the curve -x^2 + y^2 = 1 + d x^2 y^2 (edwards25519, RFC 8032, 5.1), for verification
 * only: the time taken shows what is computed. The formulas are complete (Hisil, Wong, Carter,
 * Dawson 2008): every pair of points may be added, also points of small order.
 */

#include "crypto/ed25519_field.h"

/* x = X/Z, y = Y/Z, T = XY/Z. All tight. */
struct ed25519_point {
	struct fe x, y, z, t;
};

/* A point with Z = 1 as an addition wants it: y + x, y - x, 2dxy. All tight. In tables of many it
 * is the cache that matters: two lines each, and no more where the table is aligned. */
#define ED25519_LINE 64
struct ed25519_niels {
	struct fe plus, minus, xy2d;
	uint64_t fills_the_line;
};

extern const struct ed25519_point ed25519_identity;

/* RFC 8032, 5.1.3, and stricter: a y of p or above, and x = 0 with the sign set, are -EBADMSG, as
 * what is no point of the curve. */
_nodiscard_ int ed25519_decode(const uint8_t in[32], struct ed25519_point *ret);
void ed25519_encode(const struct ed25519_point *p, uint8_t out[32]);
void ed25519_base(struct ed25519_point *ret);
void ed25519_negate(struct ed25519_point *p);
void ed25519_double(struct ed25519_point *p);
void ed25519_add_niels(struct ed25519_point *p, const struct ed25519_niels *q);
void ed25519_sub_niels(struct ed25519_point *p, const struct ed25519_niels *q);
/* Of order 1, 2, 4 or 8. */
bool ed25519_is_small(const struct ed25519_point *p);
/* `n` points at once, for the price of one inversion. `scratch` has room for as many numbers. */
void ed25519_to_niels(const struct ed25519_point *p, size_t n, struct fe *scratch,
		      struct ed25519_niels *out);

#endif
