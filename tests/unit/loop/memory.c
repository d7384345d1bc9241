/*
 * Lets each allocation of the loops' own code fail in turn (the linker hands us malloc() and its
 * kin): nothing may leak, crash or hang, and every call says -ENOMEM or works.
 */

#include "end.h"

#include "loop/loop_uv.h"
#include "loop/loop_virtual.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static size_t countdown; /* allocations until the one that fails; 0: none */

static bool fails(void)
{
	return countdown > 0 && --countdown == 0;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

static void on_answer(void *user, int error __attribute__((unused)),
		      const struct resolve_result *result __attribute__((unused)))
{
	(*(size_t *)user)++;
}

static void nothing(struct job *j __attribute__((unused)))
{
}

struct act {
	struct loop *a, *b;
	struct addr b_ip;
	struct end client, server;
	struct port port;
	struct job job;
	size_t n_answers;
	struct world *w;
	struct timer end;
};

static void on_accept(void *user, struct sock *s, const struct addr *from __attribute__((unused)))
{
	struct act *x = user;

	x->server.s = s;
	sock_start(s, &end_ops, &x->server);
	sock_pause(s, true);
}

static const struct listener_ops act_ops = { .on_accept = on_accept };

static void on_end(struct timer *t)
{
	loop_stop(container_of(t, struct act, end)->a);
}

static void run(struct act *x, uint64_t ms)
{
	if (x->w) {
		world_run_for(x->w, ms);
		return;
	}
	x->end.fire = on_end;
	loop_timer_set(x->a, &x->end, mono_add_ms(loop_now(x->a), ms));
	assert_int_equal(loop_run(x->a), 0);
}

/* A little of everything; the first error ends it. */
static int act(struct act *x)
{
	struct resolve *q;
	int r;

	r = loop_listen_tcp(x->b, &x->b_ip, &act_ops, x, &x->port.ls);
	if (r < 0)
		return r;
	x->port.addr = listener_addr(x->port.ls);
	r = loop_connect_tcp(x->a, &x->port.addr, &end_ops, &x->client, &x->client.s);
	if (r < 0)
		return r;
	r = end_write_bytes(&x->client, pattern(500000));
	if (r < 0)
		return r;
	r = loop_resolve(x->a, RESOLVE_IP4, "192.0.2.1", on_answer, &x->n_answers, &q);
	if (r < 0)
		return r;
	x->job = (struct job){ .work = nothing, .done = nothing };
	r = loop_submit(x->a, &x->job);
	if (r < 0)
		return r;
	run(x, 8);
	if (x->server.s)
		sock_pause(x->server.s, false);
	run(x, 8);
	return 0;
}

/* The ends have their memory beforehand: it is not theirs that is to fail. */
static void begin_act(struct act *x, const char *b_ip)
{
	uint8_t *p;

	assert_int_equal(addr_parse_ip(b_ip, &x->b_ip), 0);
	end_init(&x->client, NULL);
	end_init(&x->server, NULL);
	assert_int_equal(buf_reserve(&x->server.got, 1000000, &p), 0);
}

static void end_act(struct act *x)
{
	countdown = 0;
	end_deinit(&x->client);
	end_deinit(&x->server);
	port_close(&x->port);
}

static int act_in_world(struct act *x)
{
	int r;

	r = world_new(1, &x->w);
	if (r < 0)
		return r;
	r = world_host(x->w, "10.0.0.1", &x->a);
	if (r == 0)
		r = world_host(x->w, "10.0.0.2", &x->b);
	if (r == 0)
		r = world_add_name(x->w, RESOLVE_TXT, "name.example", "text");
	if (r == 0)
		r = act(x);
	return r;
}

TEST(the_virtual_loop_survives_the_failure_of_each_allocation)
{
	size_t n_failed = 0;
	bool is_last = false;

	for (size_t n = 1; !is_last; n++) {
		struct act x = { .w = NULL };
		int r;

		begin_act(&x, "10.0.0.2");
		countdown = n;
		r = act_in_world(&x);
		assert_true(r == 0 || r == -ENOMEM || r == -EPIPE);
		is_last = countdown > 0;
		n_failed += countdown == 0;
		if (is_last)
			assert_int_equal(buf_len(&x.server.got), 500000);
		end_act(&x);
		world_free(x.w);
	}
	assert_true(n_failed > 10);
}

TEST(the_real_loop_survives_the_failure_of_each_allocation)
{
	size_t n_failed = 0;
	bool is_last = false;

	for (size_t n = 1; !is_last; n++) {
		struct act x = { .w = NULL };
		int r;

		begin_act(&x, "127.0.0.1");
		countdown = n;
		r = loop_uv_new(&x.a);
		x.b = x.a;
		if (r == 0)
			r = act(&x);
		assert_true(r == 0 || r == -ENOMEM || r == -EPIPE);
		is_last = countdown > 0;
		n_failed += countdown == 0;
		if (is_last)
			assert_int_equal(x.n_answers, 1);
		end_act(&x);
		loop_free(x.a);
	}
	assert_true(n_failed > 6);
}

TESTS(RUN(the_virtual_loop_survives_the_failure_of_each_allocation),
      RUN(the_real_loop_survives_the_failure_of_each_allocation))
