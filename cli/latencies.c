#include "cli/latencies.h"

/* Below LATENCIES_PARTS each value is a class; above, each power of two has that many. */

static size_t class_of(uint64_t ns)
{
	unsigned shift = 0;

	while (ns >> shift >= 2 * LATENCIES_PARTS)
		shift++;
	return shift * LATENCIES_PARTS + (size_t)(ns >> shift);
}

/* The largest value of the class. */
static uint64_t top_of(size_t class)
{
	size_t shift = class < 2 * LATENCIES_PARTS ? 0 : class / LATENCIES_PARTS - 1;
	uint64_t base = class - shift * LATENCIES_PARTS;

	return ((base + 1) << shift) - 1;
}

void latencies_add(struct latencies *l, uint64_t ns)
{
	size_t class = class_of(ns);

	l->classes[class < LATENCIES_CLASSES ? class : LATENCIES_CLASSES - 1]++;
	l->n++;
}

void latencies_merge(struct latencies *l, const struct latencies *other)
{
	for (size_t i = 0; i < LATENCIES_CLASSES; i++)
		l->classes[i] += other->classes[i];
	l->n += other->n;
}

uint64_t latencies_percentile(const struct latencies *l, double percent)
{
	double wanted = (double)l->n * percent / 100;
	uint64_t seen = 0;

	for (size_t i = 0; i < LATENCIES_CLASSES; i++) {
		seen += l->classes[i];
		if (seen > 0 && (double)seen >= wanted)
			return top_of(i);
	}
	return 0;
}
