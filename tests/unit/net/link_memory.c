/*
 * Two links meet, open streams of every kind, talk and part, while one allocation after the other
 * fails. Whatever that costs, nothing crashes, nothing leaks, and every stream ends once.
 */

#include "test.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/random.h"
#include "crypto/keys.h"
#include "net/link.h"
#include "wire/public_key.h"

/* ---- the allocator that fails once ---- */

static size_t n_allocations, fails_at;
static bool is_armed;

static bool fails_now(void)
{
	return is_armed && ++n_allocations == fails_at;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
	return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails_now() ? NULL : __real_realloc(p, n);
}

/* ---- two ends that take what comes ---- */

struct end {
	struct link *l;
	struct link_config config;
	struct key_pair key;
	struct random_seeded seeded;
	bool over;
	struct buf wire;
	size_t n_open, n_ended, n_got;
	struct stream *accepted;
};

static const struct stream_ops ops;

static bool serves(void *user __attribute__((unused)), struct bytes protocol)
{
	return bytes_equal(protocol, BYTES_LITERAL("/a"));
}

static void on_data(void *user, struct stream *s __attribute__((unused)), struct bytes b)
{
	((struct end *)user)->n_got += b.n;
}

static void on_closed(void *user, struct stream *s, enum stream_end end __attribute__((unused)),
		      uint32_t code __attribute__((unused)))
{
	struct end *e = user;

	e->n_ended++;
	if (e->accepted == s)
		e->accepted = NULL;
}

static const struct stream_ops ops = { .on_data = on_data, .on_closed = on_closed };

static void on_up(void *user __attribute__((unused)), struct link *l __attribute__((unused)))
{
}

static void on_stream(void *user, struct link *l __attribute__((unused)), struct stream *s,
		      struct bytes protocol __attribute__((unused)))
{
	struct end *e = user;

	e->n_open++;
	e->accepted = s;
	stream_accept(s, &ops, e);
}

static void on_rtt(void *user __attribute__((unused)), struct link *l __attribute__((unused)),
		   uint64_t rtt_ns __attribute__((unused)))
{
}

static const struct link_ops link_ops = {
	.on_up = on_up,
	.on_stream = on_stream,
	.on_going = on_up,
	.on_rtt = on_rtt,
};

static void end_init(struct end *e, uint64_t seed, bool dialer)
{
	*e = (struct end){ 0 };
	random_seeded_init(&e->seeded, seed);
	e->config.random = random_seeded_source(&e->seeded);
	key_pair_generate(&e->config.random, &e->key);
	e->config.key = &e->key;
	public_key_ed25519_peer_id(e->key.public, &e->config.id);
	e->config.serves = serves;
	e->config.ops = &link_ops;
	e->config.user = e;
	buf_init(&e->wire, 16 * MIB);
	is_armed = true;
	e->over = link_new(&e->config, dialer, NULL, (struct mono){ 1 }, &e->l) < 0;
	is_armed = false;
	if (e->over)
		e->l = NULL;
}

static void end_deinit(struct end *e)
{
	e->l = link_free(e->l);
	assert_int_equal(e->n_open, e->n_ended);
	buf_deinit(&e->wire);
}

/* What `from` has to say, into `to`. */
static bool carry(struct end *from, struct end *to)
{
	uint8_t *at;
	bool any;

	if (!from->l || !to->l)
		return false;
	/* The wire is the test's own: it has its memory beforehand. */
	assert_int_equal(buf_reserve(&from->wire, 4 * MIB, &at), 0);
	is_armed = true;
	while (link_output(from->l, &from->wire, 100000))
		;
	if (!from->over && mono_reached(link_deadline(from->l), (struct mono){ 2 }))
		from->over = link_tick(from->l, (struct mono){ 2 }) != 0;
	any = buf_len(&from->wire) > 0;
	if (any && !to->over)
		to->over = link_input(to->l, buf_data(&from->wire), (struct mono){ 2 }) != 0;
	is_armed = false;
	buf_clear(&from->wire);
	return any;
}

static void talk(struct end *a, struct end *b)
{
	bool any = true;

	while (any) {
		any = carry(a, b);
		any = carry(b, a) || any;
	}
}

static void open_and_write(struct end *e, bool lazy, struct bytes v)
{
	static const char *const two[] = { "/b", "/a", NULL };
	struct stream *s;
	int r;

	if (!e->l)
		return;
	is_armed = true;
	r = lazy ? link_open_stream_lazy(e->l, "/a", &ops, e, &s)
		 : link_open_stream(e->l, two, &ops, e, &s);
	if (r == 0) {
		e->n_open++;
		r = stream_write(s, &v, 1);
		stream_close(s);
	}
	is_armed = false;
	assert_true(r == 0 || r == -ENOMEM || r == -ESHUTDOWN || r == -EPIPE);
}

/* Everything once; true when no allocation failed in it. */
static bool play(size_t at)
{
	static uint8_t much[300 * KIB];
	struct end a, b;

	n_allocations = 0;
	fails_at = at;
	end_init(&a, 1, true);
	end_init(&b, 2, false);
	talk(&a, &b);
	open_and_write(&a, true, BYTES_LITERAL("lazy"));
	open_and_write(&a, false, BYTES_LITERAL("not lazy"));
	talk(&a, &b);
	open_and_write(&b, true, BYTES(much, sizeof(much)));
	talk(&a, &b);
	if (n_allocations < at) {
		assert_true(link_is_up(a.l) && link_is_up(b.l));
		assert_int_equal(b.n_got, 4 + 8);
		assert_int_equal(a.n_got, sizeof(much));
	}
	if (a.l)
		link_close(a.l, LINK_SHUTDOWN);
	talk(&a, &b);
	end_deinit(&a);
	end_deinit(&b);
	return n_allocations < at;
}

TEST(each_allocation_may_fail_and_costs_at_most_the_link)
{
	size_t at = 1;

	assert_int_equal(crypto_start(), 0);
	while (!play(at))
		at++;
	assert_true(at > 50);
}

TESTS(RUN(each_allocation_may_fail_and_costs_at_most_the_link))
