#ifndef PL_BENCH_FIGURES_H
#define PL_BENCH_FIGURES_H

/* What every program of the benchmarks needs: an exact clock, processor time,
 * quantiles, and an end with a word. */

#include "base/def.h"
#include "base/time.h"

_Noreturn void give_up(const char *what);
/* Not the loop's clock, which stands still for a turn. */
struct mono exact_now(void);
double seconds_since(struct mono then);
/* `v` is left as it is. */
double quantile(const double *v, size_t n, double part);
/* Processor time, in seconds, of a process, all its threads, user and system; the kernel counts it
 * in ticks of 10 ms. */
double cpu_of(long pid);
double own_cpu(void);
/* calloc() that does not fail. */
void *must_alloc(size_t n, size_t size);

#endif
