#include "loop/timer_heap.h"

#include "test.h"

#define MANY 500

struct entry {
	struct timer t;
	size_t n_fired;
};

static struct {
	struct timer_heap heap;
	struct entry entries[MANY];
	struct timer *last; /* fired */
	struct timer *sets, *stops;
} fx;

static void on_fire(struct timer *t)
{
	container_of(t, struct entry, t)->n_fired++;
	/* Earlier ones first, and of the same moment who was set first. */
	if (fx.last)
		assert_true(fx.last->at.ns < t->at.ns ||
			    (fx.last->at.ns == t->at.ns && fx.last->order < t->order));
	fx.last = t;
	if (fx.sets)
		timer_heap_set(&fx.heap, fx.sets, (struct mono){ 1 });
	if (fx.stops)
		timer_heap_stop(&fx.heap, fx.stops);
}

static struct timer *entry(size_t i)
{
	return &fx.entries[i].t;
}

static void reset(void)
{
	memset(&fx, 0, sizeof(fx));
	for (size_t i = 0; i < MANY; i++)
		entry(i)->fire = on_fire;
}

static struct mono at(uint64_t ns)
{
	return (struct mono){ ns };
}

TEST(an_empty_heap_has_no_deadline_and_fires_nothing)
{
	reset();
	assert_true(mono_is_never(timer_heap_next(&fx.heap)));
	assert_int_equal(timer_heap_run(&fx.heap, at(100)), 0);
	timer_heap_stop(&fx.heap, entry(0));
}

TEST(only_what_is_due_fires)
{
	reset();
	timer_heap_set(&fx.heap, entry(0), at(30));
	timer_heap_set(&fx.heap, entry(1), at(10));
	timer_heap_set(&fx.heap, entry(2), at(20));
	assert_int_equal(timer_heap_next(&fx.heap).ns, 10);
	assert_int_equal(timer_heap_run(&fx.heap, at(20)), 2);
	assert_int_equal(timer_heap_next(&fx.heap).ns, 30);
	assert_true(timer_is_set(entry(0)));
	assert_false(timer_is_set(entry(1)));
}

TEST(setting_to_never_stops)
{
	reset();
	timer_heap_set(&fx.heap, entry(0), at(10));
	timer_heap_set(&fx.heap, entry(0), MONO_NEVER);
	assert_false(timer_is_set(entry(0)));
	assert_true(mono_is_never(timer_heap_next(&fx.heap)));
}

TEST(moving_to_the_same_moment_goes_behind_the_others)
{
	reset();
	timer_heap_set(&fx.heap, entry(0), at(10));
	timer_heap_set(&fx.heap, entry(1), at(10));
	timer_heap_set(&fx.heap, entry(0), at(10));
	assert_int_equal(timer_heap_run(&fx.heap, at(10)), 2);
	assert_ptr_equal(fx.last, entry(0));
}

TEST(what_is_set_in_a_run_waits_for_the_next)
{
	reset();
	fx.sets = entry(0);
	timer_heap_set(&fx.heap, entry(0), at(5));
	assert_int_equal(timer_heap_run(&fx.heap, at(10)), 1);
	assert_true(timer_is_set(entry(0)));
	fx.last = NULL;
	fx.sets = NULL;
	assert_int_equal(timer_heap_run(&fx.heap, at(10)), 1);
}

TEST(what_is_stopped_in_a_run_does_not_fire)
{
	reset();
	fx.stops = entry(1);
	timer_heap_set(&fx.heap, entry(0), at(5));
	timer_heap_set(&fx.heap, entry(1), at(5));
	assert_int_equal(timer_heap_run(&fx.heap, at(10)), 1);
	assert_int_equal(fx.entries[1].n_fired, 0);
}

static struct mono earliest(void)
{
	struct mono best = MONO_NEVER;

	for (size_t i = 0; i < MANY; i++)
		if (timer_is_set(entry(i)))
			best = mono_min(best, entry(i)->at);
	return best;
}

/* Sets, moves, stops and runs at random, beside a table that is searched through. */
TEST(a_long_random_life_agrees_with_a_plain_table)
{
	struct random_seeded g;
	struct random r;
	uint64_t now = 0;

	reset();
	random_seeded_init(&g, 7);
	r = random_seeded_source(&g);
	for (size_t i = 0; i < 20000; i++) {
		struct timer *t = entry(random_below(&r, MANY));
		uint64_t what = random_below(&r, 100);
		size_t n_due = 0;

		if (what < 60) {
			timer_heap_set(&fx.heap, t, at(now + random_below(&r, 50)));
		} else if (what < 90) {
			timer_heap_stop(&fx.heap, t);
		} else {
			now += random_below(&r, 20);
			for (size_t k = 0; k < MANY; k++)
				n_due += timer_is_set(entry(k)) &&
					 mono_reached(entry(k)->at, at(now));
			fx.last = NULL;
			assert_int_equal(timer_heap_run(&fx.heap, at(now)), n_due);
		}
		assert_int_equal(timer_heap_next(&fx.heap).ns, earliest().ns);
	}
}

TESTS(RUN(an_empty_heap_has_no_deadline_and_fires_nothing), RUN(only_what_is_due_fires),
      RUN(setting_to_never_stops), RUN(moving_to_the_same_moment_goes_behind_the_others),
      RUN(what_is_set_in_a_run_waits_for_the_next), RUN(what_is_stopped_in_a_run_does_not_fire),
      RUN(a_long_random_life_agrees_with_a_plain_table))
