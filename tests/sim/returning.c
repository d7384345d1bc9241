/*
 * A consumer that freezes, goes and comes back as it likes: every number of the topic was got or
 * told, in one epoch, whatever the seed.
 */

#include <stdio.h>

#include "sim/consumer.h"
#include "sim/sim.h"
#include "unit/test.h"

#define TOPIC "topic.net/block"
#define ROUNDS 60

struct scene {
	struct sim *sim;
	struct sim_node *node;
	struct sim_consumer *service, *speaker;
	struct random_seeded seed;
	struct random random;
	size_t n_heard; /* of the service's messages, those that were judged */
	long long next; /* the number that is due; 0: any */
	long long n_got, n_told;
	char epoch[17];
};

static long long number_in(struct bytes headers, const char *name, long long *ret_second)
{
	const char *at = headers.n > 0 ? memmem(headers.p, headers.n, name, strlen(name)) : NULL;
	long long first = -1;

	if (at)
		(void)sscanf(at + strlen(name), "%lld-%lld", &first, ret_second);
	return first;
}

static void judge_one(struct scene *s, const struct sim_message *m)
{
	long long to = 0, none = 0, from = number_in(m->headers, "Pl-Gap: ", &to);
	const char *epoch = memmem(m->headers.p, m->headers.n, "Pl-Epoch: ", 10);

	assert_non_null(epoch);
	if (!s->epoch[0])
		snprintf(s->epoch, sizeof(s->epoch), "%.16s", epoch + 10);
	assert_memory_equal(s->epoch, epoch + 10, 16);
	if (from >= 0) {
		assert_true(s->next == 0 || from == s->next);
		s->n_told += to - from + 1;
		s->next = to + 1;
	}
	from = number_in(m->headers, "Pl-Seq: ", &none);
	assert_true(s->next == 0 || from == s->next);
	s->next = from + 1;
	s->n_got++;
}

static void judge(struct scene *s)
{
	while (s->n_heard < sim_consumer_n_messages(s->service))
		judge_one(s, sim_consumer_message(s->service, s->n_heard++));
}

static void speak(struct scene *s, size_t n)
{
	static const uint8_t data[4000];

	for (size_t i = 0; i < n; i++) {
		sim_consumer_pub(s->speaker, TOPIC, BYTES(data, sizeof(data)));
		world_run_for(sim_world(s->sim), 20);
	}
}

static void come(struct scene *s)
{
	s->service = sim_consumer_new(s->node, "service");
	sim_consumer_sub(s->service, TOPIC);
	world_run_for(sim_world(s->sim), 500);
	s->n_heard = 0;
}

/* What is on its way arrives first: what had left for a socket is the consumer's. */
static void go(struct scene *s)
{
	world_run_for(sim_world(s->sim), 500);
	judge(s);
	s->service = sim_consumer_free(s->service);
	world_run_for(sim_world(s->sim), 200);
}

static void freeze(struct scene *s)
{
	sim_consumer_freeze(s->service, true);
	speak(s, (size_t)random_below(&s->random, 150));
	sim_consumer_freeze(s->service, false);
	world_run_for(sim_world(s->sim), 500);
	judge(s);
}

static void play(uint64_t seed)
{
	struct scene s = { .sim = sim_new(seed) };

	random_seeded_init(&s.seed, seed);
	s.random = random_seeded_source(&s.seed);
	s.node = sim_node_new(s.sim, "10.0.0.1");
	sim_node_set(s.node, "consumer_bytes", "65536");
	sim_node_start(s.node);
	s.speaker = sim_consumer_new(s.node, "speaker");
	come(&s);
	for (size_t i = 0; i < ROUNDS; i++) {
		speak(&s, (size_t)random_below(&s.random, 5));
		if (random_below(&s.random, 2) == 0) {
			freeze(&s);
			continue;
		}
		go(&s);
		speak(&s, (size_t)random_below(&s.random, 40));
		come(&s);
	}
	speak(&s, 1);
	world_run_for(sim_world(s.sim), 500);
	judge(&s);
	assert_true(s.n_got > 100 && s.n_told > 100);
	/* Nothing was counted that was not said. */
	assert_int_equal(s.n_got + s.n_told, s.next - 1);
	sim_consumer_free(s.service);
	sim_consumer_free(s.speaker);
	sim_free(s.sim);
}

TEST(whoever_freezes_goes_and_comes_back_got_or_was_told_every_number)
{
	for (uint64_t seed = 1; seed <= 8; seed++)
		play(seed);
}

TESTS(RUN(whoever_freezes_goes_and_comes_back_got_or_was_told_every_number))
