#ifndef PL_CRYPTO_ED25519_FIELD_H
#define PL_CRYPTO_ED25519_FIELD_H

/*
 * Numbers modulo p = 2^255 - 19, for verification only: what is computed here is public, and the
 * time it takes may show it. Never use it with a secret.
 *
 * Five limbs of 51 bits. "Tight": below 2^51 + 2^14, which is what fe_mul(), fe_sq() and
 * fe_decode() give. fe_add() takes two tight numbers; fe_sub() takes limbs up to 2^53 - 76 to
 * subtract, and what it is subtracted from may be a sum of three tight ones. What these two give is
 * below 2^54, and fe_mul() and fe_sq() take that. A number is written in one way only by
 * fe_encode().
 */

#include "base/def.h"

#define FE_MASK ((UINT64_C(1) << 51) - 1)
#define FE_SIZE 32 /* bytes, little-endian */

struct fe {
	uint64_t v[5];
};

#define FE_ZERO ((struct fe){ { 0, 0, 0, 0, 0 } })
#define FE_ONE ((struct fe){ { 1, 0, 0, 0, 0 } })

typedef unsigned __int128 fe_wide;

static inline void fe_add(struct fe *out, const struct fe *a, const struct fe *b)
{
	for (int i = 0; i < 5; i++)
		out->v[i] = a->v[i] + b->v[i];
}

/* Adds 4p, so that no limb goes below zero. */
static inline void fe_sub(struct fe *out, const struct fe *a, const struct fe *b)
{
	out->v[0] = a->v[0] + (UINT64_C(1) << 53) - 76 - b->v[0];
	for (int i = 1; i < 5; i++)
		out->v[i] = a->v[i] + (UINT64_C(1) << 53) - 4 - b->v[i];
}

/*
 * Brings five sums of products back to limbs. With factors below 2^54 the greatest sum is r0: one
 * product and four times 19 others, below 77 * 2^108 < 2^115; so what is carried from each is below
 * 2^64. r4 is five products, and what is beyond 2^255 of it below 2^60: 19 times that still has 64
 * bits. Of the result limb 2 alone may be 2^51, and none is above.
 */
static inline void fe_carry(struct fe *out, fe_wide r0, fe_wide r1, fe_wide r2, fe_wide r3,
			    fe_wide r4)
{
	uint64_t c;

	r1 += (uint64_t)(r0 >> 51);
	r2 += (uint64_t)(r1 >> 51);
	r3 += (uint64_t)(r2 >> 51);
	r4 += (uint64_t)(r3 >> 51);
	/* Limb 0 gets 19 times what is beyond 2^255, and is carried on in two steps. */
	r0 = ((uint64_t)r0 & FE_MASK) + (fe_wide)(uint64_t)(r4 >> 51) * 19;
	c = (uint64_t)(r0 >> 51);
	out->v[0] = (uint64_t)r0 & FE_MASK;
	c += (uint64_t)r1 & FE_MASK;
	out->v[1] = c & FE_MASK;
	out->v[2] = ((uint64_t)r2 & FE_MASK) + (c >> 51);
	out->v[3] = (uint64_t)r3 & FE_MASK;
	out->v[4] = (uint64_t)r4 & FE_MASK;
}

static inline void fe_mul(struct fe *out, const struct fe *a, const struct fe *b)
{
	const uint64_t *f = a->v, *g = b->v;
	/* 2^255 is 19. */
	uint64_t g1 = 19 * g[1], g2 = 19 * g[2], g3 = 19 * g[3], g4 = 19 * g[4];
	fe_wide r0, r1, r2, r3, r4;

	r0 = (fe_wide)f[0] * g[0] + (fe_wide)f[1] * g4 + (fe_wide)f[2] * g3 + (fe_wide)f[3] * g2 +
	     (fe_wide)f[4] * g1;
	r1 = (fe_wide)f[0] * g[1] + (fe_wide)f[1] * g[0] + (fe_wide)f[2] * g4 + (fe_wide)f[3] * g3 +
	     (fe_wide)f[4] * g2;
	r2 = (fe_wide)f[0] * g[2] + (fe_wide)f[1] * g[1] + (fe_wide)f[2] * g[0] +
	     (fe_wide)f[3] * g4 + (fe_wide)f[4] * g3;
	r3 = (fe_wide)f[0] * g[3] + (fe_wide)f[1] * g[2] + (fe_wide)f[2] * g[1] +
	     (fe_wide)f[3] * g[0] + (fe_wide)f[4] * g4;
	r4 = (fe_wide)f[0] * g[4] + (fe_wide)f[1] * g[3] + (fe_wide)f[2] * g[2] +
	     (fe_wide)f[3] * g[1] + (fe_wide)f[4] * g[0];
	fe_carry(out, r0, r1, r2, r3, r4);
}

static inline void fe_sq(struct fe *out, const struct fe *a)
{
	const uint64_t *f = a->v;
	uint64_t f0 = 2 * f[0], f1 = 2 * f[1], f3 = 19 * f[3], f4 = 19 * f[4];
	fe_wide r0, r1, r2, r3, r4;

	r0 = (fe_wide)f[0] * f[0] + (fe_wide)f1 * f4 + (fe_wide)(2 * f[2]) * f3;
	r1 = (fe_wide)f0 * f[1] + (fe_wide)(2 * f[2]) * f4 + (fe_wide)f[3] * f3;
	r2 = (fe_wide)f0 * f[2] + (fe_wide)f[1] * f[1] + (fe_wide)(2 * f[3]) * f4;
	r3 = (fe_wide)f0 * f[3] + (fe_wide)f1 * f[2] + (fe_wide)f[4] * f4;
	r4 = (fe_wide)f0 * f[4] + (fe_wide)f1 * f[3] + (fe_wide)f[2] * f[2];
	fe_carry(out, r0, r1, r2, r3, r4);
}

/* `out` may be one of the inputs everywhere. */
void fe_neg(struct fe *out, const struct fe *a);    /* `a` tight; the result is tight */
void fe_invert(struct fe *out, const struct fe *a); /* zero for zero */
/* a^((p - 5) / 8), of which square roots are made. */
void fe_pow_p58(struct fe *out, const struct fe *a);
/* The number below 2^255, bit 255 is ignored; it may be p or above. */
void fe_decode(struct fe *out, const uint8_t in[FE_SIZE]);
void fe_encode(const struct fe *a, uint8_t out[FE_SIZE]);
bool fe_is_zero(const struct fe *a);
bool fe_equal(const struct fe *a, const struct fe *b); /* both tight */
bool fe_is_odd(const struct fe *a);

#endif
