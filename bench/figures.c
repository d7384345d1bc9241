#include "bench/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

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

double cpu_of(long pid)
{
	char path[64], line[1024] = "";
	unsigned long user = 0, system = 0;
	const char *rest;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		give_up("that process has no /proc entry");
	fclose(f);
	rest = strrchr(line, ')');
	if (!rest || sscanf(rest + 1, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user,
			    &system) != 2)
		give_up("/proc/PID/stat has another form");
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

double own_cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}
