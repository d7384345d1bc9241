#ifndef PL_CLI_LATENCIES_H
#define PL_CLI_LATENCIES_H

/*
 * How long things took, as percentiles: a histogram whose classes are a thirty-second part of their
 * value wide, so that it takes the same room for any number of values from 1 ns on.
 */

#include <stddef.h>
#include <stdint.h>

#define LATENCIES_PARTS 32
#define LATENCIES_CLASSES (60 * LATENCIES_PARTS)

struct latencies {
	uint64_t n;
	uint64_t classes[LATENCIES_CLASSES];
};

void latencies_add(struct latencies *l, uint64_t ns);
void latencies_merge(struct latencies *l, const struct latencies *other);
/* The value that `percent` of all do not exceed, about 3 % too large at most; 0: there are none. */
uint64_t latencies_percentile(const struct latencies *l, double percent);

#endif
