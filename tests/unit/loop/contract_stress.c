/*
 * Many connections whose ends do whatever a seed says, at once: write, pause, go on, shut down,
 * close, reset. What arrives is always the beginning of what was written; all of it where nobody
 * was rude; nothing is called after a close; nothing comes after an end.
 */

#include "rig.h"
#include "test.h"

#include "base/random.h"

#define PAIRS 12
#define SEEDS 4
#define STEPS 150
#define WRITE_MAX 200000
#define QUEUE_MAX (512 * 1024)

struct wild_end {
	struct sock *s;
	struct loop *loop;
	struct random *random;
	struct wild_end *other;
	struct timer step;
	size_t n_steps;
	uint64_t n_written, n_read; /* bytes */
	uint8_t salt;
	bool is_connected, is_paused, is_shut, has_fin, has_error;
	bool was_rude; /* closed with something unsaid, or reset */
};

struct wild_pair {
	struct wild_end client, server;
};

struct wild {
	struct rig rig;
	struct random_seeded seeded;
	struct random random;
	struct listener *ls;
	struct wild_pair pairs[PAIRS];
	size_t n_accepted;
	struct addr addr;
};

static uint8_t byte_at(uint8_t salt, uint64_t i)
{
	return (uint8_t)(salt + i + i / 255 + i / 65025);
}

static void wild_close(struct wild_end *e, bool reset)
{
	if (reset || !e->has_fin || !e->is_shut)
		e->was_rude = true;
	loop_timer_stop(e->loop, &e->step);
	sock_close(TAKE_PTR(e->s), reset);
}

static void wild_write(struct wild_end *e)
{
	static uint8_t data[WRITE_MAX];
	size_t n = 1 + random_below(e->random, WRITE_MAX);
	struct bytes v[2] = { BYTES(data, n / 3), BYTES(data + n / 3, n - n / 3) };
	int r;

	if (e->is_shut || e->has_error || sock_queued(e->s) > QUEUE_MAX)
		return;
	if (random_below(e->random, 3) > 0)
		v[1].n = 1 + n % 100;
	for (size_t i = 0; i < v[0].n + v[1].n; i++)
		data[i] = byte_at(e->salt, e->n_written + i);
	r = sock_write(e->s, v, 2);
	assert_true(r == 0 || r == -EPIPE);
	if (r == 0)
		e->n_written += v[0].n + v[1].n;
}

static void wild_act(struct wild_end *e)
{
	uint64_t what = random_below(e->random, 1000);

	if (what < 600) {
		wild_write(e);
	} else if (what < 800) {
		e->is_paused = !e->is_paused;
		sock_pause(e->s, e->is_paused);
	} else if (what < 985) {
		return;
	} else if (what < 992) {
		e->is_shut = true;
		sock_shutdown(e->s);
	} else {
		wild_close(e, what > 996);
	}
}

/* After its steps an end is civil: it says that it is done, and reads until the other is. */
static void be_civil(struct wild_end *e)
{
	if (e->is_paused) {
		e->is_paused = false;
		sock_pause(e->s, false);
	}
	if (!e->is_shut) {
		e->is_shut = true;
		sock_shutdown(e->s);
	}
	if (e->has_fin && sock_queued(e->s) == 0)
		wild_close(e, false);
}

static void on_step(struct timer *t)
{
	struct wild_end *e = container_of(t, struct wild_end, step);

	if (e->n_steps++ < STEPS)
		wild_act(e);
	else
		be_civil(e);
	if (e->s)
		loop_timer_set(
			e->loop, t,
			mono_add_ns(loop_now(e->loop), random_below(e->random, 2 * NS_PER_MS)));
}

static void begin(struct wild_end *e)
{
	e->step.fire = on_step;
	loop_timer_set(e->loop, &e->step, loop_now(e->loop));
}

static void on_connect(void *user)
{
	struct wild_end *e = user;

	assert_non_null(e->s);
	assert_false(e->is_connected);
	e->is_connected = true;
	begin(e);
}

static void on_read(void *user, struct bytes b)
{
	struct wild_end *e = user;

	assert_non_null(e->s);
	assert_false(e->has_fin || e->has_error || e->is_paused);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] != byte_at(e->other->salt, e->n_read + i))
			fail_msg("byte %zu is not what was written", (size_t)e->n_read + i);
	e->n_read += b.n;
	e->has_fin = b.n == 0;
	if (e->n_steps < STEPS && random_below(e->random, 500) == 0)
		wild_close(e, random_below(e->random, 2));
}

static void on_drain(void *user)
{
	struct wild_end *e = user;

	assert_non_null(e->s);
	assert_true(sock_queued(e->s) < SOCK_QUEUE_LOW / 2);
	if (e->n_steps < STEPS)
		wild_write(e);
}

static void on_error(void *user, int error)
{
	struct wild_end *e = user;

	assert_non_null(e->s);
	assert_false(e->has_error);
	assert_true(error == -ECONNRESET || error == -EPIPE);
	e->has_error = true;
	wild_close(e, false);
}

static const struct sock_ops wild_ops = {
	.on_connect = on_connect,
	.on_read = on_read,
	.on_drain = on_drain,
	.on_error = on_error,
};

static struct wild_end *client_at(struct wild *w, const struct addr *from)
{
	for (size_t i = 0; i < PAIRS; i++) {
		struct addr local;

		if (!w->pairs[i].client.s)
			continue;
		local = sock_local(w->pairs[i].client.s);
		if (addr_equal(&local, from))
			return &w->pairs[i].client;
	}
	return NULL;
}

static void on_accept(void *user, struct sock *s, const struct addr *from)
{
	struct wild *w = user;
	struct wild_end *client = client_at(w, from);

	w->n_accepted++;
	if (!client) { /* it has gone already */
		sock_close(s, false);
		return;
	}
	client->other->s = s;
	sock_start(s, &wild_ops, client->other);
	begin(client->other);
}

static const struct listener_ops wild_listener = { .on_accept = on_accept };

static void end_init(struct wild *w, struct wild_end *e, struct wild_end *other, struct loop *l)
{
	*e = (struct wild_end){ .loop = l, .random = &w->random, .other = other };
	e->salt = (uint8_t)random_u64(&w->random);
}

static void wild_open(struct wild *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	rig_open(&w->rig);
	random_seeded_init(&w->seeded, seed);
	w->random = random_seeded_source(&w->seeded);
	assert_int_equal(
		loop_listen_tcp(w->rig.server, &w->rig.server_ip, &wild_listener, w, &w->ls), 0);
	w->addr = listener_addr(w->ls);
	for (size_t i = 0; i < PAIRS; i++) {
		struct wild_pair *p = &w->pairs[i];

		end_init(w, &p->client, &p->server, w->rig.client);
		end_init(w, &p->server, &p->client, w->rig.server);
		assert_int_equal(loop_connect_tcp(w->rig.client, &w->addr, &wild_ops, &p->client,
						  &p->client.s),
				 0);
	}
}

static bool all_over(void *user)
{
	struct wild *w = user;

	for (size_t i = 0; i < PAIRS; i++)
		if (w->pairs[i].client.s || w->pairs[i].server.s)
			return false;
	return w->n_accepted == PAIRS;
}

static void check(const struct wild_end *from, const struct wild_end *to)
{
	assert_true(to->n_read <= from->n_written);
	if (!from->was_rude && !to->was_rude) {
		assert_true(to->has_fin);
		assert_int_equal(to->n_read, from->n_written);
	}
}

static size_t run_wild(uint64_t seed)
{
	static struct wild w;
	size_t n_civil = 0;

	wild_open(&w, seed);
	assert_true(rig_run_until(&w.rig, all_over, &w));
	for (size_t i = 0; i < PAIRS; i++) {
		struct wild_pair *p = &w.pairs[i];

		check(&p->client, &p->server);
		check(&p->server, &p->client);
		n_civil += !p->client.was_rude && !p->server.was_rude;
	}
	listener_close(w.ls);
	rig_close(&w.rig);
	return n_civil;
}

TEST(whatever_the_ends_do_the_stream_between_them_is_a_stream)
{
	size_t n_civil = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		n_civil += run_wild(seed);
	assert_in_range(n_civil, 1, SEEDS * PAIRS - 1);
}

TESTS(RUN(whatever_the_ends_do_the_stream_between_them_is_a_stream))
