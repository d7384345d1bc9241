/*
 * Gossip under load and under attack, in virtual time:
 *
 *     sim_gossip [--full] [--seed=N] [--seconds=N] [--rate=N] [NAME...]   (no name: all of them)
 *     sim_gossip --list
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

static const char *program; /* as it was called */

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

static void tell_how(const struct scenario *scenario, const struct stage *s)
{
	printf("    again: %s%s --seed=%llu", program, s->full ? " --full" : "",
	       (unsigned long long)s->seed);
	if (s->seconds > 0)
		printf(" --seconds=%zu", s->seconds);
	if (s->rate > 0)
		printf(" --rate=%zu", s->rate);
	printf(" %s\n", scenario->name);
}

static struct outcome play(const struct scenario *scenario, const struct stage *like)
{
	struct stage stage = *like;
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
		tell_how(scenario, like);
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

static int list(void)
{
	for (const struct scenario *s = scenarios; s->name; s++)
		printf("%s\n", s->name);
	return 0;
}

static bool number_of(const char *argument, const char *option, size_t *ret)
{
	size_t n = strlen(option);

	if (strncmp(argument, option, n) != 0)
		return false;
	*ret = strtoull(argument + n, NULL, 10);
	return true;
}

static bool understand(struct stage *s, const char *argument)
{
	if (strcmp(argument, "--full") == 0)
		s->full = true;
	else
		return number_of(argument, "--seed=", &s->seed) ||
		       number_of(argument, "--seconds=", &s->seconds) ||
		       number_of(argument, "--rate=", &s->rate);
	return true;
}

int main(int argc, char **argv)
{
	struct stage stage = { .seed = SEED };
	int i = 1;
	struct outcome outcomes[64];
	size_t n = 0;

	program = argv[0];
	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--list") == 0)
			return list();
		if (!understand(&stage, argv[i])) {
			fprintf(stderr, "usage: sim_gossip [--full] [--seed=N] [--seconds=N] "
					"[--rate=N] [NAME...]\n");
			return 1;
		}
	}
	for (const struct scenario *s = scenarios; s->name; s++) {
		if (!is_wanted(s->name, argv + i, argc - i))
			continue;
		ASSERT(n < ARRAY_SIZE(outcomes));
		outcomes[n++] = play(s, &stage);
	}
	if (n == 0) {
		fprintf(stderr, "there is no such scenario; there are:\n");
		for (const struct scenario *s = scenarios; s->name; s++)
			fprintf(stderr, "  %-20s %s\n", s->name, s->claim);
		return 1;
	}
	return table(outcomes, n) > 0;
}
