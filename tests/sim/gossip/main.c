/*
 * Gossip under load and under attack, in virtual time:
 *
 *     sim_gossip [--full] [--seed=N] [NAME...]     (no name: all of them)
 *
 * Each scenario tells its figures and what was not as it should be, and how to play it again. The
 * last lines are the table.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "sim/gossip/scenarios.h"

#define SEED 1

struct outcome {
	const struct scenario *scenario;
	size_t n_failed;
	double seconds;
	char figure[96];
};

/* Of this process: other work on the machine does not count. */
static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct outcome play(const struct scenario *scenario, uint64_t seed, bool full)
{
	struct stage stage = { .seed = seed, .full = full };
	double began = seconds_now();
	struct outcome o = { .scenario = scenario };

	printf("%s: %s\n", scenario->name, scenario->claim);
	fflush(stdout);
	scenario->play(&stage);
	stage_close(&stage);
	o.n_failed = stage.n_failed;
	o.seconds = seconds_now() - began;
	if (stage.n_figures > 0)
		memcpy(o.figure, stage.figures[0], sizeof(o.figure));
	if (o.n_failed > 0)
		printf("    again: sim_gossip%s --seed=%llu %s\n", full ? " --full" : "",
		       (unsigned long long)seed, scenario->name);
	return o;
}

static bool is_wanted(const char *name, char **names, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return n == 0;
}

static size_t table(const struct outcome *outcomes, size_t n)
{
	struct rusage usage;
	size_t n_failed = 0;

	printf("\n%-20s %-6s %7s  %s\n", "scenario", "", "CPU s", "first figure");
	for (size_t i = 0; i < n; i++) {
		const struct outcome *o = &outcomes[i];

		n_failed += o->n_failed > 0;
		printf("%-20s %-6s %7.1f  %s\n", o->scenario->name, o->n_failed ? "FAILED" : "ok",
		       o->seconds, o->figure);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("%zu ok, %zu failed, at most %ld MiB\n", n - n_failed, n_failed,
	       usage.ru_maxrss / 1024);
	return n_failed;
}

int main(int argc, char **argv)
{
	uint64_t seed = SEED;
	bool full = false;
	int i = 1;
	struct outcome outcomes[64];
	size_t n = 0;

	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--full") == 0) {
			full = true;
		} else if (strncmp(argv[i], "--seed=", 7) == 0) {
			seed = strtoull(argv[i] + 7, NULL, 10);
		} else {
			fprintf(stderr, "usage: sim_gossip [--full] [--seed=N] [NAME...]\n");
			return 1;
		}
	}
	for (const struct scenario *s = scenarios; s->name; s++) {
		if (!is_wanted(s->name, argv + i, argc - i))
			continue;
		ASSERT(n < ARRAY_SIZE(outcomes));
		outcomes[n++] = play(s, seed, full);
	}
	if (n == 0) {
		fprintf(stderr, "there is no such scenario; there are:\n");
		for (const struct scenario *s = scenarios; s->name; s++)
			fprintf(stderr, "  %-20s %s\n", s->name, s->claim);
		return 1;
	}
	return table(outcomes, n) > 0;
}
