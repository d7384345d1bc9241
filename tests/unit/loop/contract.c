/* The contract of loop.h but for connections, for whichever loop rig.h stands for. */

#include "rig.h"

#include "base/limits.h"
#include "test.h"

/* ---- timers ---- */

struct noted_timer {
	struct timer t;
	struct loop *loop;
	char name;
	char *log;
	struct timer *stops, *sets;
};

static void note_timer(struct timer *t)
{
	struct noted_timer *n = container_of(t, struct noted_timer, t);

	assert_false(timer_is_set(t));
	assert_true(mono_reached(t->at, loop_now(n->loop)));
	strncat(n->log, &n->name, 1);
	if (n->stops)
		loop_timer_stop(n->loop, n->stops);
	if (n->sets)
		loop_timer_set(n->loop, n->sets, loop_now(n->loop));
}

static struct mono in_ms(struct loop *l, uint64_t ms)
{
	return mono_add_ms(loop_now(l), ms);
}

TEST(timers_fire_in_order_and_ties_by_who_was_set_first)
{
	struct rig rig;
	char log[16] = "";

	rig_open(&rig);
	struct loop *l = rig.client;
	struct noted_timer a = { .t.fire = note_timer, .loop = l, .name = 'a', .log = log };
	struct noted_timer b = { .t.fire = note_timer, .loop = l, .name = 'b', .log = log };
	struct noted_timer c = { .t.fire = note_timer, .loop = l, .name = 'c', .log = log };
	struct noted_timer d = { .t.fire = note_timer, .loop = l, .name = 'd', .log = log };
	struct mono at = in_ms(l, 20);

	loop_timer_set(l, &a.t, mono_add_ms(at, 10));
	loop_timer_set(l, &b.t, at);
	loop_timer_set(l, &c.t, at);
	loop_timer_set(l, &d.t, in_ms(l, 5));
	assert_true(timer_is_set(&a.t));
	rig_run_for(&rig, 60);
	assert_string_equal(log, "dbca");
	rig_close(&rig);
}

TEST(a_timer_can_be_moved_and_stopped)
{
	struct rig rig;
	char log[16] = "";

	rig_open(&rig);
	struct loop *l = rig.client;
	struct noted_timer a = { .t.fire = note_timer, .loop = l, .name = 'a', .log = log };
	struct noted_timer b = { .t.fire = note_timer, .loop = l, .name = 'b', .log = log };
	struct noted_timer c = { .t.fire = note_timer, .loop = l, .name = 'c', .log = log };

	loop_timer_set(l, &a.t, in_ms(l, 5));
	loop_timer_set(l, &b.t, in_ms(l, 10));
	loop_timer_set(l, &c.t, in_ms(l, 15));
	loop_timer_set(l, &a.t, in_ms(l, 20));
	loop_timer_set(l, &b.t, MONO_NEVER);
	loop_timer_stop(l, &b.t);
	assert_false(timer_is_set(&b.t));
	rig_run_for(&rig, 50);
	assert_string_equal(log, "ca");
	rig_close(&rig);
}

TEST(a_timer_stopped_by_another_of_the_same_moment_does_not_fire)
{
	struct rig rig;
	char log[16] = "";

	rig_open(&rig);
	struct loop *l = rig.client;
	struct noted_timer b = { .t.fire = note_timer, .loop = l, .name = 'b', .log = log };
	struct noted_timer a = { .t.fire = note_timer, .loop = l, .name = 'a', .log = log };
	struct mono at = in_ms(l, 5);

	a.stops = &b.t;
	loop_timer_set(l, &a.t, at);
	loop_timer_set(l, &b.t, at);
	rig_run_for(&rig, 30);
	assert_string_equal(log, "a");
	rig_close(&rig);
}

TEST(a_timer_in_the_past_fires_later_not_inside_the_call)
{
	struct rig rig;
	char log[16] = "";

	rig_open(&rig);
	struct loop *l = rig.client;
	struct noted_timer b = { .t.fire = note_timer, .loop = l, .name = 'b', .log = log };
	struct noted_timer a = { .t.fire = note_timer, .loop = l, .name = 'a', .log = log };

	a.sets = &b.t;
	loop_timer_set(l, &a.t, (struct mono){ 0 });
	assert_string_equal(log, "");
	rig_run_for(&rig, 20);
	assert_string_equal(log, "ab");
	rig_close(&rig);
}

/* ---- tasks ---- */

struct noted_task {
	struct task t;
	struct loop *loop;
	size_t n_runs;
	struct task *posts;
	struct mono ran_at;
};

static void note_task(struct task *t)
{
	struct noted_task *n = container_of(t, struct noted_task, t);

	n->n_runs++;
	n->ran_at = loop_now(n->loop);
	if (n->posts)
		loop_task_post(n->loop, n->posts);
}

static void noted_task_init(struct noted_task *n, struct loop *l)
{
	*n = (struct noted_task){ .loop = l };
	task_init(&n->t, note_task);
}

TEST(a_task_posted_twice_runs_once_and_not_inside_the_call)
{
	struct rig rig;
	struct noted_task a;

	rig_open(&rig);
	noted_task_init(&a, rig.client);
	loop_task_post(rig.client, &a.t);
	loop_task_post(rig.client, &a.t);
	assert_int_equal(a.n_runs, 0);
	rig_run_for(&rig, 5);
	assert_int_equal(a.n_runs, 1);
	rig_close(&rig);
}

TEST(a_withdrawn_task_does_not_run)
{
	struct rig rig;
	struct noted_task a, b;

	rig_open(&rig);
	noted_task_init(&a, rig.client);
	noted_task_init(&b, rig.client);
	loop_task_post(rig.client, &a.t);
	loop_task_post(rig.client, &b.t);
	list_remove(&a.t.link);
	rig_run_for(&rig, 5);
	assert_int_equal(a.n_runs, 0);
	assert_int_equal(b.n_runs, 1);
	rig_close(&rig);
}

struct posting_timer {
	struct timer t;
	struct loop *loop;
	struct task *posts;
	struct mono fired_at;
};

static void post_from_timer(struct timer *t)
{
	struct posting_timer *p = container_of(t, struct posting_timer, t);

	p->fired_at = loop_now(p->loop);
	loop_task_post(p->loop, p->posts);
}

TEST(tasks_run_in_the_turn_that_posted_them_and_so_do_the_tasks_they_post)
{
	struct rig rig;
	struct noted_task a, b;

	rig_open(&rig);
	noted_task_init(&a, rig.client);
	noted_task_init(&b, rig.client);
	a.posts = &b.t;
	struct posting_timer p = { .t.fire = post_from_timer, .loop = rig.client, .posts = &a.t };

	loop_timer_set(rig.client, &p.t, in_ms(rig.client, 5));
	rig_run_for(&rig, 20);
	assert_int_equal(a.n_runs, 1);
	assert_int_equal(b.n_runs, 1);
	assert_int_equal(a.ran_at.ns, p.fired_at.ns);
	assert_int_equal(b.ran_at.ns, p.fired_at.ns);
	rig_close(&rig);
}

TEST(a_task_that_posts_itself_for_ever_does_not_shut_out_the_timers)
{
	struct rig rig;
	struct noted_task a;
	char log[16] = "";

	rig_open(&rig);
	noted_task_init(&a, rig.client);
	a.posts = &a.t;
	struct noted_timer t = {
		.t.fire = note_timer, .loop = rig.client, .name = 't', .log = log
	};

	loop_timer_set(rig.client, &t.t, in_ms(rig.client, 1));
	loop_task_post(rig.client, &a.t);
	rig_run_for(&rig, 3);
	assert_string_equal(log, "t");
	assert_true(a.n_runs > 8);
	list_remove(&a.t.link);
	rig_close(&rig);
}

/* ---- names ---- */

struct answer {
	size_t n;
	int error;
	struct resolve_result result;
};

static void on_answer(void *user, int error, const struct resolve_result *result)
{
	struct answer *a = user;

	a->n++;
	a->error = error;
	a->result = *result;
}

static bool is_answered(void *user)
{
	return ((struct answer *)user)->n > 0;
}

TEST(an_address_as_a_name_answers_itself_but_not_inside_the_call)
{
	struct rig rig;
	struct answer a = { 0 };
	struct resolve *q;
	char text[ADDR_TEXT_MAX];

	rig_open(&rig);
	assert_int_equal(loop_resolve(rig.client, RESOLVE_IP4, "192.0.2.7", on_answer, &a, &q), 0);
	assert_int_equal(a.n, 0);
	assert_true(rig_run_until(&rig, is_answered, &a));
	assert_int_equal(a.error, 0);
	assert_int_equal(a.result.n, 1);
	assert_string_equal(addr_ip_text(&a.result.addrs[0], text), "192.0.2.7");
	assert_int_equal(a.result.addrs[0].port, 0);

	a.n = 0;
	assert_int_equal(loop_resolve(rig.client, RESOLVE_IP_ANY, "2001:db8::1", on_answer, &a, &q),
			 0);
	assert_true(rig_run_until(&rig, is_answered, &a));
	assert_string_equal(addr_ip_text(&a.result.addrs[0], text), "2001:db8::1");
	rig_close(&rig);
}

TEST(a_cancelled_look_up_does_not_answer)
{
	struct rig rig;
	struct answer a = { 0 };
	struct resolve *q;

	rig_open(&rig);
	assert_int_equal(loop_resolve(rig.client, RESOLVE_IP4, "192.0.2.7", on_answer, &a, &q), 0);
	loop_resolve_cancel(rig.client, q);
	rig_run_for(&rig, 20);
	assert_int_equal(a.n, 0);
	rig_close(&rig);
}

TEST(look_ups_have_a_maximum)
{
	struct rig rig;
	struct answer a = { 0 };
	struct resolve *q[LIMIT_RESOLVES], *more;

	rig_open(&rig);
	for (size_t i = 0; i < LIMIT_RESOLVES; i++)
		assert_int_equal(
			loop_resolve(rig.client, RESOLVE_IP4, "192.0.2.7", on_answer, &a, &q[i]),
			0);
	assert_int_equal(loop_resolve(rig.client, RESOLVE_IP4, "192.0.2.7", on_answer, &a, &more),
			 -EBUSY);
	rig_run_for(&rig, 20);
	assert_int_equal(a.n, LIMIT_RESOLVES);
	assert_int_equal(loop_resolve(rig.client, RESOLVE_IP4, "192.0.2.7", on_answer, &a, &more),
			 0);
	rig_close(&rig); /* ends what is under way, without a call */
	assert_int_equal(a.n, LIMIT_RESOLVES);
}

/* ---- jobs ---- */

struct square {
	struct job job;
	int in, out, n_done;
};

static void work_square(struct job *j)
{
	struct square *s = container_of(j, struct square, job);

	s->out = s->in * s->in;
}

static void square_done(struct job *j)
{
	container_of(j, struct square, job)->n_done++;
}

static bool is_squared(void *user)
{
	return ((struct square *)user)->n_done > 0;
}

TEST(there_is_a_worker_at_least)
{
	struct rig rig;

	rig_open(&rig);
	assert_in_range(loop_workers(rig.client), 1, 4);
	rig_close(&rig);
}

TEST(a_job_is_done_once_and_can_be_submitted_again)
{
	struct square s = { .job = { .work = work_square, .done = square_done }, .in = 7 };
	struct rig rig;

	rig_open(&rig);
	assert_int_equal(loop_submit(rig.client, &s.job), 0);
	assert_int_equal(s.n_done, 0);
	assert_non_null(s.job.priv);
	assert_true(rig_run_until(&rig, is_squared, &s));
	assert_int_equal(s.out, 49);
	assert_null(s.job.priv);

	s.n_done = 0;
	assert_int_equal(loop_submit(rig.client, &s.job), 0);
	assert_true(rig_run_until(&rig, is_squared, &s));
	assert_int_equal(s.n_done, 1);
	rig_close(&rig);
}

TEST(jobs_have_a_maximum_and_all_are_done_before_the_loop_ends)
{
	static struct square s[LIMIT_JOBS + 1];
	struct rig rig;

	rig_open(&rig);
	for (int i = 0; i <= LIMIT_JOBS; i++) {
		s[i] = (struct square){ .in = i };
		s[i].job = (struct job){ .work = work_square, .done = square_done };
	}
	for (int i = 0; i < LIMIT_JOBS; i++)
		assert_int_equal(loop_submit(rig.client, &s[i].job), 0);
	assert_int_equal(loop_submit(rig.client, &s[LIMIT_JOBS].job), -EBUSY);
	rig_close(&rig);
	for (int i = 0; i < LIMIT_JOBS; i++) {
		assert_int_equal(s[i].n_done, 1);
		assert_int_equal(s[i].out, i * i);
	}
}

/* ---- the loop itself ---- */

static void on_wake(void *user)
{
	(*(size_t *)user)++;
}

TEST(a_burst_of_wakes_is_one_call)
{
	size_t n_wakes = 0;
	struct rig rig;

	rig_open(&rig);
	rig.client->on_wake = on_wake;
	rig.client->on_wake_user = &n_wakes;
	loop_wake(rig.client);
	loop_wake(rig.client);
	assert_int_equal(n_wakes, 0);
	rig_run_for(&rig, 5);
	assert_int_equal(n_wakes, 1);
	loop_wake(rig.client);
	rig_run_for(&rig, 5);
	assert_int_equal(n_wakes, 2);
	rig_close(&rig);
}

static void stop_from_timer(struct timer *t)
{
	loop_stop(container_of(t, struct noted_timer, t)->loop);
}

TEST(the_loop_can_be_stopped_and_run_again)
{
	struct rig rig;

	rig_open(&rig);
	struct noted_timer t = { .t.fire = stop_from_timer, .loop = rig.client };

	for (int i = 0; i < 2; i++) {
		struct mono at = in_ms(rig.client, 5);

		loop_timer_set(rig.client, &t.t, at);
		assert_int_equal(loop_run(rig.client), 0);
		assert_true(mono_reached(at, loop_now(rig.client)));
	}
	rig_close(&rig);
}

TEST(the_calendar_is_of_this_century)
{
	struct rig rig;

	rig_open(&rig);
	assert_true(loop_wall(rig.client).ns > INT64_C(1700000000000000000));
	rig_close(&rig);
}

TESTS(RUN(timers_fire_in_order_and_ties_by_who_was_set_first),
      RUN(a_timer_can_be_moved_and_stopped),
      RUN(a_timer_stopped_by_another_of_the_same_moment_does_not_fire),
      RUN(a_timer_in_the_past_fires_later_not_inside_the_call),
      RUN(a_task_posted_twice_runs_once_and_not_inside_the_call),
      RUN(a_withdrawn_task_does_not_run),
      RUN(tasks_run_in_the_turn_that_posted_them_and_so_do_the_tasks_they_post),
      RUN(a_task_that_posts_itself_for_ever_does_not_shut_out_the_timers),
      RUN(an_address_as_a_name_answers_itself_but_not_inside_the_call),
      RUN(a_cancelled_look_up_does_not_answer), RUN(look_ups_have_a_maximum),
      RUN(there_is_a_worker_at_least), RUN(a_job_is_done_once_and_can_be_submitted_again),
      RUN(jobs_have_a_maximum_and_all_are_done_before_the_loop_ends),
      RUN(a_burst_of_wakes_is_one_call), RUN(the_loop_can_be_stopped_and_run_again),
      RUN(the_calendar_is_of_this_century))
