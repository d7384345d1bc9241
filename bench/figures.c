#include "bench/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void give_up(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

struct mono exact_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (struct mono){ (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec };
}

double seconds_since(struct mono then)
{
	return (double)mono_since_ns(then, exact_now()) / 1e9;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

double quantile(const double *v, size_t n, double part)
{
	double *sorted = must_alloc(n, sizeof(*v)), result;
	size_t i = (size_t)(part * (double)n);

	memcpy(sorted, v, n * sizeof(*v));
	qsort(sorted, n, sizeof(*v), compare);
	result = sorted[i < n ? i : n - 1];
	free(sorted);
	return result;
}

void *must_alloc(size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size);

	if (!p)
		give_up("no memory");
	return p;
}
