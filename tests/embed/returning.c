/*
 * Many consumers in one thread, half of them by each of two addresses, while their node is
 * restarted (tests/system/library.test.mjs). One more publishes numbered messages all the time.
 * Each consumer asserts that no number is missing without a gap right before the next one, and that
 * exact gaps are. Tells on standard output, one JSON object a line, when all are there, lost, and
 * back; ends with a sum when standard input does.
 *
 *     returning N ADDRESS ADDRESS
 */

#define _POSIX_C_SOURCE 200809L
#include <peerline/consumer.h>

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOPIC "topic.demo/returning"
#define WAIT 20000
#define CONSUMERS_MAX 256
#define PACE_MS 5

struct one {
	struct pl_consumer *c;
	uint64_t last; /* number heard */
	int away;
};

static struct one all[CONSUMERS_MAX];
static struct pollfd fds[CONSUMERS_MAX + 2];
static size_t n_all, n_away;
static uint64_t n_heard, n_gaps, n_missed, n_silent, n_wrong, n_twice, n_restarted, n_returned;

static double wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void tell(const char *event)
{
	printf("{\"event\":\"%s\",\"at_ms\":%.3f,\"heard\":%llu}\n", event, wall_ms(),
	       (unsigned long long)n_heard);
	fflush(stdout);
}

static void on_message(struct one *o, const struct pl_message *m)
{
	uint64_t number = strtoull(m->data, NULL, 10);

	n_heard++;
	n_gaps += m->gap.why != PL_GAP_NONE;
	if (number <= o->last) {
		n_twice++;
		return;
	}
	if (o->last > 0 && number > o->last + 1) {
		n_missed += number - o->last - 1;
		n_silent += m->gap.why == PL_GAP_NONE;
		n_wrong += m->gap.why != PL_GAP_NONE && m->gap.exact &&
			   m->gap.count != number - o->last - 1;
	}
	o->last = number;
}

static void on_returned(struct one *o, const struct pl_message *m)
{
	o->away = 0;
	n_returned++;
	n_restarted += m->restarted != 0;
	if (--n_away == 0)
		tell("back");
}

static void on_lost(struct one *o)
{
	o->away = 1;
	if (++n_away == n_all)
		tell("lost");
}

static void take_all(struct one *o)
{
	const struct pl_message *m;
	int r;

	while ((r = pl_consumer_next(o->c, 0, &m)) == 0) {
		if (m->kind == PL_MESSAGE)
			on_message(o, m);
		else if (m->kind == PL_LOST)
			on_lost(o);
		else if (m->kind == PL_RETURNED)
			on_returned(o, m);
	}
	if (r != PL_E_TIMEOUT)
		fprintf(stderr, "%s (%s)\n", pl_strerror(r), pl_consumer_error(o->c));
	assert(r == PL_E_TIMEOUT);
}

static void open_one(struct pl_line *line, size_t i)
{
	struct pl_consumer_options o = { .size = sizeof(o), .timeout_ms = WAIT };
	char name[32];

	snprintf(name, sizeof(name), "returning-%zu", i);
	o.name = name;
	assert(pl_consumer_open(line, &o, &all[i].c) == 0);
	assert(pl_consumer_subscribe(all[i].c, TOPIC, NULL, NULL) == 0);
	assert(pl_consumer_flush(all[i].c, WAIT) == 0);
	fds[i] = (struct pollfd){ .fd = pl_consumer_fd(all[i].c), .events = POLLIN };
}

static void run(struct pl_consumer *publisher)
{
	double next_at = wall_ms();
	const struct pl_message *m;
	uint64_t number = 0;
	char text[32];

	fds[n_all] = (struct pollfd){ .fd = pl_consumer_fd(publisher), .events = POLLIN };
	fds[n_all + 1] = (struct pollfd){ .fd = 0, .events = POLLIN };
	while (!fds[n_all + 1].revents) {
		double now = wall_ms();

		if (now >= next_at) {
			snprintf(text, sizeof(text), "%llu", (unsigned long long)++number);
			assert(pl_consumer_publish(publisher, TOPIC, text, strlen(text)) == 0);
			next_at = now + PACE_MS;
		}
		while (pl_consumer_next(publisher, 0, &m) == 0)
			;
		assert(poll(fds, n_all + 2, PACE_MS) >= 0);
		for (size_t i = 0; i < n_all; i++)
			if (fds[i].revents)
				take_all(&all[i]);
	}
	printf("{\"event\":\"sum\",\"published\":%llu,\"heard\":%llu,\"gaps\":%llu,\"missed\":%llu,"
	       "\"silent\":%llu,\"wrong\":%llu,\"twice\":%llu,\"returned\":%llu,\"restarted\":%llu}"
	       "\n",
	       (unsigned long long)number, (unsigned long long)n_heard, (unsigned long long)n_gaps,
	       (unsigned long long)n_missed, (unsigned long long)n_silent,
	       (unsigned long long)n_wrong, (unsigned long long)n_twice,
	       (unsigned long long)n_returned, (unsigned long long)n_restarted);
}

int main(int argc, char **argv)
{
	struct pl_line *lines[2];
	struct pl_consumer *publisher;

	assert(argc == 4);
	n_all = strtoul(argv[1], NULL, 10);
	assert(n_all > 0 && n_all <= CONSUMERS_MAX);
	for (int i = 0; i < 2; i++)
		assert(pl_line_open(argv[2 + i], NULL, 0, &lines[i]) == 0);
	for (size_t i = 0; i < n_all; i++)
		open_one(lines[i % 2], i);
	assert(pl_consumer_open(lines[0], NULL, &publisher) == 0);
	tell("ready");
	run(publisher);
	pl_consumer_close(publisher);
	for (size_t i = 0; i < n_all; i++)
		pl_consumer_close(all[i].c);
	for (int i = 0; i < 2; i++)
		pl_line_close(lines[i]);
	return 0;
}
