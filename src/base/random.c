#include "base/random.h"

#include <string.h>

uint64_t random_u64(const struct random *r)
{
	uint64_t v;

	random_fill(r, &v, sizeof(v));
	return v;
}

uint64_t random_below(const struct random *r, uint64_t bound)
{
	uint64_t limit, v;

	if (bound == 0)
		return 0;
	/* Values past the last whole multiple of `bound` would favour the small results: draw
	 * again. */
	limit = UINT64_MAX - UINT64_MAX % bound;
	do {
		v = random_u64(r);
	} while (v >= limit);
	return v % bound;
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void random_seeded_init(struct random_seeded *g, uint64_t seed)
{
	for (size_t i = 0; i < ARRAY_SIZE(g->s); i++)
		g->s[i] = splitmix(&seed);
}

static uint64_t seeded_next(struct random_seeded *g)
{
	uint64_t result = rotl(g->s[1] * 5, 7) * 9;
	uint64_t t = g->s[1] << 17;

	g->s[2] ^= g->s[0];
	g->s[3] ^= g->s[1];
	g->s[1] ^= g->s[2];
	g->s[0] ^= g->s[3];
	g->s[2] ^= t;
	g->s[3] = rotl(g->s[3], 45);
	return result;
}

static void seeded_fill(void *ctx, void *out, size_t n)
{
	uint8_t *p = out;

	while (n > 0) {
		uint64_t v = seeded_next(ctx);
		size_t take = size_min(n, sizeof(v));

		memcpy(p, &v, take);
		p += take;
		n -= take;
	}
}

struct random random_seeded_source(struct random_seeded *g)
{
	return (struct random){ .fill = seeded_fill, .ctx = g };
}
