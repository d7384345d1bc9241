#include "net/net_end.h"

TEST(a_dial_to_a_closed_port_fails_with_the_error)
{
	struct site closed;
	struct pair p;

	pair_init(&p, 1);
	closed = p.b;
	closed.at.port = 9;
	(void)site_dial(&p.a, &closed);
	world_run_for(p.w, 100);
	assert_int_equal(p.a.n_failed, 1);
	assert_ptr_equal(p.a.dial_user, &p.a);
	assert_int_equal(p.a.reason, LINK_NETWORK);
	assert_int_equal(p.a.error, -ECONNREFUSED);
	assert_int_equal(net_counts(p.a.net).dials, 1);
	assert_int_equal(net_counts(p.a.net).dials_failed, 1);
	pair_deinit(&p);
}

TEST(a_dial_that_cannot_even_begin_fails_later_all_the_same)
{
	struct site nowhere = { 0 };
	struct pair p;

	pair_init(&p, 1);
	(void)site_dial(&p.a, &nowhere);
	assert_int_equal(p.a.n_failed, 0);
	world_run_for(p.w, 1);
	assert_int_equal(p.a.n_failed, 1);
	assert_int_equal(p.a.reason, LINK_NETWORK);
	assert_int_equal(p.a.error, -EINVAL);
	pair_deinit(&p);
}

TEST(a_dial_into_silence_ends_after_five_seconds)
{
	struct pair p;

	pair_init(&p, 1);
	world_block(p.w, p.a.loop, p.b.loop, true);
	(void)site_dial(&p.a, &p.b);
	world_run_for(p.w, LIMIT_HANDSHAKE_MS - 1);
	assert_int_equal(p.a.n_failed, 0);
	world_run_for(p.w, 2);
	assert_int_equal(p.a.n_failed, 1);
	assert_int_equal(p.a.reason, LINK_NETWORK);
	assert_int_equal(p.a.error, -ETIMEDOUT);
	world_block(p.w, p.a.loop, p.b.loop, false);
	pair_deinit(&p);
}

struct mute {
	struct sock *sock;
};

static void mute_on_read(void *user __attribute__((unused)), struct bytes b __attribute__((unused)))
{
}

static void mute_on_error(void *user __attribute__((unused)), int error __attribute__((unused)))
{
}

static const struct sock_ops mute_ops = { .on_read = mute_on_read, .on_error = mute_on_error };

static void mute_on_accept(void *user, struct sock *s,
			   const struct addr *from __attribute__((unused)))
{
	((struct mute *)user)->sock = s;
	sock_start(s, &mute_ops, user);
}

static const struct listener_ops mute_listener_ops = { .on_accept = mute_on_accept };

TEST(a_listener_that_accepts_and_says_nothing_is_a_handshake_timeout)
{
	struct mute mute = { 0 };
	struct listener *ls;
	struct site silent;
	struct pair p;

	pair_init(&p, 1);
	silent = p.b;
	silent.at.port = 7777;
	assert_int_equal(loop_listen_tcp(p.b.loop, &silent.at, &mute_listener_ops, &mute, &ls), 0);
	(void)site_dial(&p.a, &silent);
	world_run_for(p.w, LIMIT_HANDSHAKE_MS + 1);
	assert_int_equal(p.a.n_failed, 1);
	assert_int_equal(p.a.reason, LINK_HANDSHAKE_TIMEOUT);
	assert_int_equal(p.a.error, 0);
	assert_int_equal(net_counts(p.a.net).handshake_timeouts, 1);
	sock_close(mute.sock, true);
	listener_close(ls);
	pair_deinit(&p);
}

TEST(another_peer_at_the_address_is_told_as_wrong)
{
	struct net_dial *d;
	struct pair p;

	pair_init(&p, 1);
	p.b.id.b[10] ^= 1;
	assert_int_equal(net_dial(p.a.net, &p.b.at, &p.b.id, NULL, &d), 0);
	world_run_for(p.w, 100);
	assert_int_equal(p.a.n_failed, 1);
	assert_int_equal(p.a.reason, LINK_WRONG_PEER);
	assert_int_equal(p.a.n_up + p.b.n_up, 0);
	assert_int_equal(net_counts(p.a.net).handshake_failures, 1);
	pair_deinit(&p);
}

TEST(dialling_ourselves_is_told_as_self)
{
	struct net_dial *d;
	struct pair p;

	pair_init(&p, 1);
	assert_int_equal(net_dial(p.a.net, &p.a.at, NULL, NULL, &d), 0);
	world_run_for(p.w, 100);
	assert_int_equal(p.a.n_failed, 1);
	assert_int_equal(p.a.reason, LINK_SELF);
	assert_int_equal(p.a.n_up, 0);
	pair_deinit(&p);
}

TEST(a_cancelled_dial_has_no_outcome_at_any_moment)
{
	/* While TCP connects, during the handshake, after it failed but before that was told. */
	for (uint64_t us = 0; us < 8000; us += 100) {
		struct world_link slow = { .latency_ns = NS_PER_MS };
		struct net_dial *d;
		struct pair p;
		size_t n_up;

		pair_init(&p, 1);
		world_set_link(p.w, &slow);
		d = site_dial(&p.a, &p.b);
		for (uint64_t i = 0; i < us / 1000; i++)
			world_run_for(p.w, 1);
		n_up = p.a.n_up;
		if (n_up == 0)
			net_dial_cancel(d);
		world_run_for(p.w, 1000);
		assert_int_equal(p.a.n_failed, 0);
		assert_int_equal(p.a.n_up, n_up);
		pair_deinit(&p);
	}
}

TEST(a_reset_during_the_handshake_fails_the_dial)
{
	struct world_link slow = { .latency_ns = 100 * NS_PER_MS };
	struct pair p;

	pair_init(&p, 1);
	world_set_link(p.w, &slow);
	(void)site_dial(&p.a, &p.b);
	world_run_for(p.w, 290);
	world_reset_host(p.w, p.a.loop);
	world_run_for(p.w, 1000);
	assert_int_equal(p.a.n_failed, 1);
	assert_int_equal(p.a.reason, LINK_NETWORK);
	pair_deinit(&p);
}

TESTS(RUN(a_dial_to_a_closed_port_fails_with_the_error),
      RUN(a_dial_that_cannot_even_begin_fails_later_all_the_same),
      RUN(a_dial_into_silence_ends_after_five_seconds),
      RUN(a_listener_that_accepts_and_says_nothing_is_a_handshake_timeout),
      RUN(another_peer_at_the_address_is_told_as_wrong), RUN(dialling_ourselves_is_told_as_self),
      RUN(a_cancelled_dial_has_no_outcome_at_any_moment),
      RUN(a_reset_during_the_handshake_fails_the_dial))
