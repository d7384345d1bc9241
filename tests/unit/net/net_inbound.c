#include <stdio.h>

#include "net/net_end.h"

/* A node, and hosts from which strangers come. */
struct siege {
	struct world *w;
	struct site site;
	struct loop *hosts[16];
};

static void siege_init(struct siege *s, size_t half_open_max, size_t per_ip_max)
{
	assert_int_equal(world_new(3, &s->w), 0);
	site_init(&s->site, s->w, "10.0.0.1", half_open_max, per_ip_max);
	for (int i = 0; i < 16; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "10.0.1.%d", i + 1);
		assert_int_equal(world_host(s->w, ip, &s->hosts[i]), 0);
	}
}

static void siege_deinit(struct siege *s)
{
	site_deinit(&s->site);
	world_free(s->w);
}

TEST(other_dialects_are_closed_at_once)
{
	static const char *const firsts[] = {
		"GET / HTTP/1.1\r\n",
		"POST /",
		"\x16\x03\x01",
		"SSH-2.0-x\r\n",
		"\x13/multistream/2",
		"\x14/multistream/1.",
		"\x13GET",
		"x",
	};
	struct siege s;

	siege_init(&s, 256, 8);
	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		struct stranger x;

		stranger_open(&x, s.hosts[i], &s.site.at);
		world_run_for(s.w, 10);
		assert_true(x.is_connected);
		stranger_say(&x, firsts[i]);
		world_run_for(s.w, 10);
		assert_true(stranger_is_out(&x));
		assert_int_equal(buf_len(&x.heard), 0);
		stranger_close(&x);
	}
	assert_int_equal(net_counts(s.site.net).not_libp2p, ARRAY_SIZE(firsts));
	assert_int_equal(net_counts(s.site.net).half_open, 0);
	siege_deinit(&s);
}

TEST(a_frame_length_is_not_libp2p_either)
{
	struct bytes zero = BYTES_LITERAL("\0\0\0\x10");
	struct stranger x;
	struct siege s;

	siege_init(&s, 256, 8);
	stranger_open(&x, s.hosts[0], &s.site.at);
	world_run_for(s.w, 10);
	assert_int_equal(sock_write(x.sock, &zero, 1), 0);
	world_run_for(s.w, 10);
	assert_true(stranger_is_out(&x));
	assert_int_equal(net_counts(s.site.net).not_libp2p, 1);
	stranger_close(&x);
	siege_deinit(&s);
}

TEST(the_first_line_may_come_byte_by_byte)
{
	static const char text[] = HEADER "\x07/noise\n";
	struct stranger x;
	struct siege s;

	siege_init(&s, 256, 8);
	stranger_open(&x, s.hosts[0], &s.site.at);
	world_run_for(s.w, 10);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		struct bytes v = BYTES(text + i, 1);

		assert_int_equal(sock_write(x.sock, &v, 1), 0);
		world_run_for(s.w, 5);
		if (i < sizeof(HEADER) - 2)
			assert_int_equal(buf_len(&x.heard), 0);
	}
	assert_bytes(buf_data(&x.heard), text);
	stranger_close(&x);
	world_run_for(s.w, 100);
	siege_deinit(&s);
}

TEST(a_silent_stranger_has_five_seconds_and_progress_gives_no_more)
{
	struct stranger silent, slow;
	struct siege s;

	siege_init(&s, 256, 8);
	stranger_open(&silent, s.hosts[0], &s.site.at);
	stranger_open(&slow, s.hosts[1], &s.site.at);
	world_run_for(s.w, 10);
	for (int i = 0; i < 49; i++) {
		char one[2] = { HEADER "\x07/noise\n"
				       "\x01\x02"
				       "zyxwvutsrqponmlkjihgfedcba"[i],
				0 };

		if (one[0])
			stranger_say(&slow, one);
		world_run_for(s.w, 100);
		assert_false(stranger_is_out(&slow));
	}
	world_run_for(s.w, 110);
	assert_true(stranger_is_out(&silent));
	assert_true(stranger_is_out(&slow));
	assert_int_equal(net_counts(s.site.net).handshake_timeouts, 2);
	assert_int_equal(net_counts(s.site.net).half_open, 0);
	stranger_close(&silent);
	stranger_close(&slow);
	siege_deinit(&s);
}

TEST(one_address_holds_eight_connections_and_the_rest_are_closed_at_once)
{
	struct stranger x[20];
	struct siege s;
	size_t n_out = 0;

	siege_init(&s, 256, 8);
	for (int i = 0; i < 20; i++)
		stranger_open(&x[i], s.hosts[0], &s.site.at);
	world_run_for(s.w, 20);
	for (int i = 0; i < 20; i++)
		n_out += stranger_is_out(&x[i]);
	assert_int_equal(n_out, 12);
	assert_int_equal(net_counts(s.site.net).refused_per_ip, 12);
	assert_int_equal(net_counts(s.site.net).accepted, 8);
	world_run_for(s.w, LIMIT_HANDSHAKE_MS + 100);
	for (int i = 0; i < 20; i++) {
		assert_true(stranger_is_out(&x[i]));
		stranger_close(&x[i]);
	}
	/* The address has its places back. */
	stranger_open(&x[0], s.hosts[0], &s.site.at);
	world_run_for(s.w, 20);
	assert_false(stranger_is_out(&x[0]));
	stranger_close(&x[0]);
	world_run_for(s.w, 20);
	siege_deinit(&s);
}

TEST(strangers_cannot_take_the_places_kept_for_those_we_know)
{
	struct stranger x[12], known[5];
	struct siege s;
	size_t n_out = 0;

	siege_init(&s, 8, 100);
	for (int i = 0; i < 12; i++)
		stranger_open(&x[i], s.hosts[i], &s.site.at);
	world_run_for(s.w, 20);
	for (int i = 0; i < 12; i++)
		n_out += stranger_is_out(&x[i]);
	assert_int_equal(n_out, 6); /* 6 of 8 places are for anybody */
	assert_int_equal(net_counts(s.site.net).half_open, 6);

	s.site.knows_all = true;
	n_out = 0;
	for (int i = 0; i < 5; i++)
		stranger_open(&known[i], s.hosts[12], &s.site.at);
	world_run_for(s.w, 20);
	for (int i = 0; i < 5; i++)
		n_out += stranger_is_out(&known[i]);
	assert_int_equal(n_out, 3);
	assert_int_equal(net_counts(s.site.net).half_open, 8);
	assert_int_equal(net_counts(s.site.net).refused_half_open, 6 + 3);
	for (int i = 0; i < 12; i++)
		stranger_close(&x[i]);
	for (int i = 0; i < 5; i++)
		stranger_close(&known[i]);
	world_run_for(s.w, 20);
	assert_int_equal(net_counts(s.site.net).half_open, 0);
	siege_deinit(&s);
}

TEST(a_finished_handshake_gives_its_half_open_place_back_but_counts_for_its_address)
{
	struct stranger x;
	struct pair p;

	assert_int_equal(world_new(1, &p.w), 0);
	site_init(&p.a, p.w, "10.0.0.1", 256, 8);
	site_init(&p.b, p.w, "10.0.0.2", 4, 1);
	pair_connect(&p);
	assert_int_equal(net_counts(p.b.net).half_open, 0);
	stranger_open(&x, p.a.loop, &p.b.at);
	world_run_for(p.w, 20);
	assert_true(stranger_is_out(&x));
	assert_int_equal(net_counts(p.b.net).refused_per_ip, 1);
	stranger_close(&x);
	pair_deinit(&p);
}

TEST(garbage_in_the_handshake_is_counted_and_closes_gently)
{
	struct stranger x;
	struct siege s;

	siege_init(&s, 256, 8);
	stranger_open(&x, s.hosts[0], &s.site.at);
	world_run_for(s.w, 10);
	stranger_say(&x, HEADER "\x0b/tls/1.0.0\n\xff\xff\xff");
	world_run_for(s.w, 10);
	assert_true(stranger_is_out(&x));
	assert_bytes(buf_data(&x.heard), HEADER "\x03na\n");
	assert_int_equal(net_counts(s.site.net).handshake_failures, 1);
	stranger_close(&x);
	siege_deinit(&s);
}

TESTS(RUN(other_dialects_are_closed_at_once), RUN(a_frame_length_is_not_libp2p_either),
      RUN(the_first_line_may_come_byte_by_byte),
      RUN(a_silent_stranger_has_five_seconds_and_progress_gives_no_more),
      RUN(one_address_holds_eight_connections_and_the_rest_are_closed_at_once),
      RUN(strangers_cannot_take_the_places_kept_for_those_we_know),
      RUN(a_finished_handshake_gives_its_half_open_place_back_but_counts_for_its_address),
      RUN(garbage_in_the_handshake_is_counted_and_closes_gently))
