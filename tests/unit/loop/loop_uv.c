/* What only the real loop can show: other threads, signals, idleness. */

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "end.h"
#include "rig.h"

#include "loop/loop_uv.h"

static struct loop *woken;

static void on_wake(void *user)
{
	(*(size_t *)user)++;
	loop_stop(woken);
}

static void *wake_from_thread(void *arg __attribute__((unused)))
{
	loop_wake(woken);
	return NULL;
}

static void wake_from_signal(int number __attribute__((unused)))
{
	loop_wake(woken);
}

TEST(another_thread_and_a_signal_handler_can_wake_the_loop)
{
	size_t n_wakes = 0;
	pthread_t thread;
	struct loop *l;

	assert_int_equal(loop_uv_new(&l), 0);
	woken = l;
	l->on_wake = on_wake;
	l->on_wake_user = &n_wakes;
	assert_int_equal(pthread_create(&thread, NULL, wake_from_thread, NULL), 0);
	assert_int_equal(loop_run(l), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(n_wakes, 1);

	assert_int_not_equal((intptr_t)signal(SIGUSR1, wake_from_signal), (intptr_t)SIG_ERR);
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(loop_run(l), 0);
	assert_int_equal(n_wakes, 2);
	(void)signal(SIGUSR1, SIG_DFL);
	loop_free(l);
}

TEST(a_wake_that_nobody_listens_to_is_nothing)
{
	struct rig rig;

	rig_open(&rig);
	loop_wake(rig.client);
	rig_run_for(&rig, 5);
	rig_close(&rig);
}

TEST(a_peer_that_hangs_up_does_not_end_the_program)
{
	struct rig rig;
	struct port port;
	struct end client;

	(void)signal(SIGPIPE, SIG_DFL); /* where a write without MSG_NOSIGNAL would end us */
	rig_open(&rig);
	end_init(&client, rig.client);
	port_open(&port, rig.server, &rig.server_ip, NULL); /* closes what it accepts */
	end_connect(&client, &port.addr);
	for (size_t i = 0; i < 10 && client.n_errors == 0; i++) {
		rig_run_for(&rig, 5);
		(void)end_write_bytes(&client, pattern(100000));
	}
	assert_int_equal(client.n_errors, 1);
	end_deinit(&client);
	port_close(&port);
	rig_close(&rig);
}

struct once {
	struct timer t;
	struct loop *loop;
	struct mono at, fired_at;
};

static void on_once(struct timer *t)
{
	struct once *o = container_of(t, struct once, t);

	o->fired_at = loop_now(o->loop);
	loop_stop(o->loop);
}

TEST(a_waiting_loop_is_idle_and_its_timers_are_not_early)
{
	struct loop *l;
	clock_t cpu = clock();

	assert_int_equal(loop_uv_new(&l), 0);
	struct once o = { .t.fire = on_once, .loop = l };

	for (uint64_t us = 500; us < 100000; us *= 3) {
		o.at = mono_add_ns(loop_now(l), us * NS_PER_US);
		loop_timer_set(l, &o.t, o.at);
		assert_int_equal(loop_run(l), 0);
		assert_true(mono_reached(o.at, o.fired_at));
		assert_true(mono_since_ms(o.at, o.fired_at) < 500);
	}
	assert_true(clock() - cpu < CLOCKS_PER_SEC / 5);
	loop_free(l);
}

TEST(the_clock_goes_on_while_the_loop_does_not_run)
{
	struct rig rig;
	struct mono before;

	rig_open(&rig);
	before = loop_now(rig.client);
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	assert_true(mono_since_ms(before, loop_now(rig.client)) >= 2);
	rig_run_for(&rig, 2);
	before = loop_now(rig.client);
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	assert_true(mono_since_ms(before, loop_now(rig.client)) >= 2);
	rig_close(&rig);
}

TEST(a_stop_before_the_run_ends_it_at_once)
{
	struct loop *l;

	assert_int_equal(loop_uv_new(&l), 0);
	loop_stop(l);
	assert_int_equal(loop_run(l), 0);
	loop_free(l);
}

static size_t n_finished;

static void work_slowly(struct job *j __attribute__((unused)))
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

static struct loop *ending;
static int second_result;

static void on_finished(struct job *j)
{
	n_finished++;
	second_result = loop_submit(ending, j);
}

TEST(a_loop_that_ends_waits_for_its_jobs_and_takes_no_new_ones)
{
	struct job j = { .work = work_slowly, .done = on_finished };
	struct loop *l;

	assert_int_equal(loop_uv_new(&l), 0);
	ending = l;
	assert_int_equal(loop_submit(l, &j), 0);
	loop_free(l);
	assert_int_equal(n_finished, 1);
	assert_int_equal(second_result, -ESHUTDOWN);
}

TEST(a_socket_made_elsewhere_is_taken_as_if_it_had_been_accepted)
{
	struct sock_credentials who;
	struct sock *s;
	struct rig rig;
	struct end end;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	rig_open(&rig);
	end_init(&end, rig.server);
	assert_int_equal(loop_uv_adopt(rig.server, fds[1], &s), 0);
	end.s = s;
	sock_start(s, &end_ops, &end);
	who = sock_credentials(s);
	assert_true(who.known && who.uid == geteuid());
	assert_int_equal(write(fds[0], "hello", 5), 5);
	close(fds[0]);
	rig_run_for(&rig, 20);
	assert_bytes(buf_data(&end.got), "hello");
	assert_int_equal(end.n_fins, 1);
	end_deinit(&end);
	rig_close(&rig);
}

TESTS(RUN(another_thread_and_a_signal_handler_can_wake_the_loop),
      RUN(a_wake_that_nobody_listens_to_is_nothing),
      RUN(a_peer_that_hangs_up_does_not_end_the_program),
      RUN(a_waiting_loop_is_idle_and_its_timers_are_not_early),
      RUN(the_clock_goes_on_while_the_loop_does_not_run),
      RUN(a_stop_before_the_run_ends_it_at_once),
      RUN(a_socket_made_elsewhere_is_taken_as_if_it_had_been_accepted),
      RUN(a_loop_that_ends_waits_for_its_jobs_and_takes_no_new_ones))
