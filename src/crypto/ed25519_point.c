#include "crypto/ed25519_point.h"

#include <string.h>

const struct ed25519_point ed25519_identity = { FE_ZERO, FE_ONE, FE_ONE, FE_ZERO };

/* ---- constants, by what defines them ---- */

/* d = -121665/121666 */
static void curve_d(struct fe *out)
{
	struct fe n = { { 121665 } }, m = { { 121666 } };

	fe_invert(&m, &m);
	fe_mul(out, &n, &m);
	fe_neg(out, out);
}

/* 2 is no square, so 2^((p - 1) / 4) is a root of -1: (2^((p - 5) / 8))^2 * 2. */
static void root_of_minus_one(struct fe *out)
{
	struct fe two = { { 2 } }, t;

	fe_pow_p58(&t, &two);
	fe_sq(&t, &t);
	fe_mul(out, &t, &two);
}

/* ---- bytes ---- */

/* u/v = x^2 where there is such an x: RFC 8032, 5.1.3, steps 2 and 3. */
static int root_of_ratio(const struct fe *u, const struct fe *v, struct fe *ret)
{
	struct fe v3, x, t, minus_u, root;

	fe_sq(&t, v);
	fe_mul(&v3, &t, v);
	fe_sq(&t, &v3);
	fe_mul(&t, &t, v);
	fe_mul(&t, &t, u); /* u v^7 */
	fe_pow_p58(&t, &t);
	fe_mul(&x, u, &v3);
	fe_mul(&x, &x, &t);
	fe_sq(&t, &x);
	fe_mul(&t, &t, v); /* v x^2: u, or -u, or there is none */
	fe_neg(&minus_u, u);
	if (fe_equal(&t, &minus_u)) {
		root_of_minus_one(&root);
		fe_mul(&x, &x, &root);
	} else if (!fe_equal(&t, u)) {
		return -EBADMSG;
	}
	*ret = x;
	return 0;
}

int ed25519_decode(const uint8_t in[32], struct ed25519_point *ret)
{
	struct fe one = FE_ONE, d, y, yy, u, v, x;
	bool sign = in[31] >> 7;
	uint8_t again[32];
	int r;

	fe_decode(&y, in);
	fe_encode(&y, again);
	again[31] |= (uint8_t)(sign << 7);
	if (memcmp(again, in, sizeof(again)) != 0)
		return -EBADMSG;
	curve_d(&d);
	fe_sq(&yy, &y);
	fe_sub(&u, &yy, &one);
	fe_mul(&u, &u, &one); /* tight again */
	fe_mul(&v, &yy, &d);
	fe_add(&v, &v, &one);
	fe_mul(&v, &v, &one);
	r = root_of_ratio(&u, &v, &x);
	if (r < 0 || (sign && fe_is_zero(&x)))
		return -EBADMSG;
	if (fe_is_odd(&x) != sign)
		fe_neg(&x, &x);
	*ret = (struct ed25519_point){ .x = x, .y = y, .z = one };
	fe_mul(&ret->t, &x, &y);
	return 0;
}

void ed25519_encode(const struct ed25519_point *p, uint8_t out[32])
{
	struct fe z, x, y;

	fe_invert(&z, &p->z);
	fe_mul(&x, &p->x, &z);
	fe_mul(&y, &p->y, &z);
	fe_encode(&y, out);
	out[31] |= (uint8_t)(fe_is_odd(&x) << 7);
}

/* The one with y = 4/5 and an even x. */
void ed25519_base(struct ed25519_point *ret)
{
	struct fe four = { { 4 } }, five = { { 5 } };
	uint8_t b[32];
	int r;

	fe_invert(&five, &five);
	fe_mul(&four, &four, &five);
	fe_encode(&four, b);
	r = ed25519_decode(b, ret);
	ASSERT(r == 0);
}

/* ---- the group ---- */

/* X3 = ef, Y3 = gh, Z3 = fg, T3 = eh: how every formula ends. */
static inline void complete(struct ed25519_point *p, const struct fe *e, const struct fe *f,
			    const struct fe *g, const struct fe *h)
{
	fe_mul(&p->x, e, f);
	fe_mul(&p->y, g, h);
	fe_mul(&p->z, f, g);
	fe_mul(&p->t, e, h);
}

void ed25519_negate(struct ed25519_point *p)
{
	fe_neg(&p->x, &p->x);
	fe_neg(&p->t, &p->t);
}

void ed25519_double(struct ed25519_point *p)
{
	struct fe xx, yy, zz2, e, f, g, h;

	fe_sq(&xx, &p->x);
	fe_sq(&yy, &p->y);
	fe_sq(&zz2, &p->z);
	fe_add(&zz2, &zz2, &zz2);
	fe_add(&e, &p->x, &p->y);
	fe_sq(&e, &e);
	fe_add(&h, &yy, &xx);
	fe_sub(&e, &e, &h); /* 2xy */
	fe_sub(&g, &yy, &xx);
	fe_add(&f, &zz2, &xx);
	fe_sub(&f, &f, &yy); /* 2zz - g */
	complete(p, &e, &f, &g, &h);
}

void ed25519_add_niels(struct ed25519_point *p, const struct ed25519_niels *q)
{
	struct fe a, b, c, d, e, f, g, h;

	fe_sub(&a, &p->y, &p->x);
	fe_mul(&a, &a, &q->minus);
	fe_add(&b, &p->y, &p->x);
	fe_mul(&b, &b, &q->plus);
	fe_mul(&c, &p->t, &q->xy2d);
	fe_add(&d, &p->z, &p->z);
	fe_sub(&e, &b, &a);
	fe_sub(&f, &d, &c);
	fe_add(&g, &d, &c);
	fe_add(&h, &b, &a);
	complete(p, &e, &f, &g, &h);
}

/* The opposite point has plus and minus in each other's place, and -xy2d. */
void ed25519_sub_niels(struct ed25519_point *p, const struct ed25519_niels *q)
{
	struct fe a, b, c, d, e, f, g, h;

	fe_sub(&a, &p->y, &p->x);
	fe_mul(&a, &a, &q->plus);
	fe_add(&b, &p->y, &p->x);
	fe_mul(&b, &b, &q->minus);
	fe_mul(&c, &p->t, &q->xy2d);
	fe_add(&d, &p->z, &p->z);
	fe_sub(&e, &b, &a);
	fe_add(&f, &d, &c);
	fe_sub(&g, &d, &c);
	fe_add(&h, &b, &a);
	complete(p, &e, &f, &g, &h);
}

bool ed25519_is_small(const struct ed25519_point *p)
{
	struct ed25519_point q = *p;

	for (int i = 0; i < 3; i++)
		ed25519_double(&q);
	return fe_is_zero(&q.x) && fe_equal(&q.y, &q.z);
}

static void one_to_niels(const struct ed25519_point *p, const struct fe *inverse,
			 const struct fe *d2, struct ed25519_niels *out)
{
	struct fe one = FE_ONE, x, y;

	fe_mul(&x, &p->x, inverse);
	fe_mul(&y, &p->y, inverse);
	fe_add(&out->plus, &y, &x);
	fe_mul(&out->plus, &out->plus, &one);
	fe_sub(&out->minus, &y, &x);
	fe_mul(&out->minus, &out->minus, &one);
	fe_mul(&out->xy2d, &x, &y);
	fe_mul(&out->xy2d, &out->xy2d, d2);
}

/* The inverse of the product of all Z gives, from the last to the first, the inverse of each. */
void ed25519_to_niels(const struct ed25519_point *p, size_t n, struct fe *scratch,
		      struct ed25519_niels *out)
{
	struct fe product = FE_ONE, inverse, rest, d2;

	curve_d(&d2);
	fe_add(&d2, &d2, &d2);
	for (size_t i = 0; i < n; i++) {
		scratch[i] = product;
		fe_mul(&product, &product, &p[i].z);
	}
	fe_invert(&rest, &product);
	for (size_t i = n; i-- > 0;) {
		fe_mul(&inverse, &rest, &scratch[i]);
		fe_mul(&rest, &rest, &p[i].z);
		one_to_niels(&p[i], &inverse, &d2, &out[i]);
	}
}
