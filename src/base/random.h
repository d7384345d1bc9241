#ifndef PL_BASE_RANDOM_H
#define PL_BASE_RANDOM_H

/*
 * Randomness as a value. `struct random` is where bytes come from: libsodium's generator in a real
 * node (crypto/), a seeded one in simulations and tests, so that the same seed gives the same run.
 * Keys, nonces, jitter and choices all draw from the one they were given.
 */

#include "base/def.h"

struct random {
	/* Fills `n` bytes; never fails. */
	void (*fill)(void *ctx, void *out, size_t n);
	void *ctx;
};

static inline void random_fill(const struct random *r, void *out, size_t n)
{
	r->fill(r->ctx, out, n);
}

uint64_t random_u64(const struct random *r);
/* Uniform in [0, bound); 0 when bound is 0. */
uint64_t random_below(const struct random *r, uint64_t bound);

/* xoshiro256**: fast, repeatable, not for keys. */
struct random_seeded {
	uint64_t s[4];
};

void random_seeded_init(struct random_seeded *g, uint64_t seed);
/* Borrows `g`, which must outlive the result. */
struct random random_seeded_source(struct random_seeded *g);

#endif
