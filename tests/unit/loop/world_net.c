/* What a path does to the bytes it carries: latency, jitter, bandwidth, windows, splits. */

#include "end.h"

#include "loop/loop_virtual.h"

struct scene {
	struct world *w;
	struct loop *a, *b;
	struct port port;
	struct end client, server;
	struct mono start;
};

static void scene_open(struct scene *s, const struct world_link *link)
{
	struct addr ip = { .port = 0 };

	*s = (struct scene){ 0 };
	assert_int_equal(world_new(5, &s->w), 0);
	assert_int_equal(world_host(s->w, "10.0.0.1", &s->a), 0);
	assert_int_equal(world_host(s->w, "10.0.0.2", &s->b), 0);
	world_set_link(s->w, link);
	assert_int_equal(addr_parse_ip("10.0.0.2", &ip), 0);
	end_init(&s->client, s->a);
	end_init(&s->server, s->b);
	port_open(&s->port, s->b, &ip, &s->server);
}

static bool has_accepted(void *user)
{
	return ((struct end *)user)->s != NULL;
}

static bool has_connected(void *user)
{
	return ((struct end *)user)->n_connects > 0;
}

static bool has_read(void *user)
{
	return ((struct end *)user)->n_reads > 0;
}

static void scene_connect(struct scene *s, const struct world_link *link)
{
	scene_open(s, link);
	end_connect(&s->client, &s->port.addr);
	assert_true(world_run_until(s->w, has_accepted, &s->server, 1000));
	s->start = world_now(s->w);
}

static void scene_close(struct scene *s)
{
	end_deinit(&s->client);
	end_deinit(&s->server);
	port_close(&s->port);
	s->w = world_free(s->w);
}

static uint64_t passed_ns(const struct scene *s)
{
	return mono_since_ns(s->start, world_now(s->w));
}

TEST(a_connect_takes_one_round_trip_and_the_accept_half_a_one_more)
{
	struct scene s;

	scene_open(&s, &(struct world_link){ .latency_ns = 50 * NS_PER_MS });
	s.start = world_now(s.w);
	end_connect(&s.client, &s.port.addr);
	assert_true(world_run_until(s.w, has_connected, &s.client, 1000));
	assert_int_equal(passed_ns(&s), 100 * NS_PER_MS);
	assert_null(s.server.s);
	assert_true(world_run_until(s.w, has_accepted, &s.server, 1000));
	assert_int_equal(passed_ns(&s), 150 * NS_PER_MS);
	scene_close(&s);
}

TEST(a_refusal_takes_one_round_trip)
{
	struct scene s;

	scene_open(&s, &(struct world_link){ .latency_ns = 50 * NS_PER_MS });
	port_close(&s.port);
	end_connect(&s.client, &s.port.addr);
	world_run_for(s.w, 99);
	assert_int_equal(s.client.n_errors, 0);
	world_run_for(s.w, 1);
	assert_int_equal(s.client.n_errors, 1);
	scene_close(&s);
}

TEST(a_listener_that_goes_in_the_middle_of_the_handshake_resets)
{
	struct scene s;

	scene_open(&s, &(struct world_link){ .latency_ns = 50 * NS_PER_MS });
	end_connect(&s.client, &s.port.addr);
	assert_int_equal(end_write(&s.client, "early"), 0);
	world_run_for(s.w, 100);
	assert_int_equal(s.client.n_connects, 1);
	port_close(&s.port);
	world_run_for(s.w, 200);
	assert_int_equal(s.client.error, -ECONNRESET);
	scene_close(&s);
}

TEST(a_pairs_own_link_wins_over_the_default)
{
	struct scene s;
	struct world_link own = { .latency_ns = 7 * NS_PER_MS };

	scene_open(&s, &(struct world_link){ .latency_ns = 50 * NS_PER_MS });
	world_set_link_between(s.w, s.b, s.a, &own);
	s.start = world_now(s.w);
	end_connect(&s.client, &s.port.addr);
	assert_true(world_run_until(s.w, has_connected, &s.client, 1000));
	assert_int_equal(passed_ns(&s), 14 * NS_PER_MS);
	scene_close(&s);
}

TEST(without_chunks_each_write_is_one_read)
{
	struct scene s;

	scene_connect(&s, &(struct world_link){ .latency_ns = NS_PER_MS });
	assert_int_equal(end_write(&s.client, "one"), 0);
	assert_int_equal(end_write(&s.client, "two"), 0);
	world_run_for(s.w, 1);
	assert_int_equal(s.server.n_reads, 2);
	scene_close(&s);
}

TEST(jitter_never_reorders)
{
	struct scene s;
	struct bytes all = pattern(2000);

	scene_connect(&s,
		      &(struct world_link){ .latency_ns = NS_PER_MS, .jitter_ns = 40 * NS_PER_MS });
	for (size_t i = 0; i < all.n; i++)
		assert_int_equal(end_write_bytes(&s.client, BYTES(all.p + i, 1)), 0);
	world_run_for(s.w, 41);
	assert_int_equal(buf_len(&s.server.got), all.n);
	assert_memory_equal(buf_data(&s.server.got).p, all.p, all.n);
	scene_close(&s);
}

TEST(bandwidth_is_shared_by_the_connections_of_a_pair)
{
	struct world_link link = { .latency_ns = 10 * NS_PER_MS, .bytes_per_s = 100000 };
	struct end client, server;
	struct scene s;

	scene_connect(&s, &link);
	end_init(&client, s.a);
	end_init(&server, s.b);
	s.port.accepted = &server;
	end_connect(&client, &s.port.addr);
	assert_true(world_run_until(s.w, has_accepted, &server, 1000));

	s.start = world_now(s.w);
	assert_int_equal(end_write_bytes(&s.client, pattern(10000)), 0);
	assert_int_equal(end_write_bytes(&client, pattern(10000)), 0);
	assert_int_equal(end_write_bytes(&s.server, pattern(10000)), 0);
	assert_true(world_run_until(s.w, has_read, &s.server, 1000));
	assert_int_equal(passed_ns(&s), 110 * NS_PER_MS);
	world_run_for(s.w, 0);
	assert_int_equal(buf_len(&s.client.got), 10000); /* the other direction is its own */
	assert_true(world_run_until(s.w, has_read, &server, 1000));
	assert_int_equal(passed_ns(&s), 210 * NS_PER_MS);
	end_deinit(&client);
	end_deinit(&server);
	scene_close(&s);
}

TEST(a_window_carries_as_much_as_nobody_has_read_yet)
{
	struct scene s;

	scene_connect(&s, &(struct world_link){ .latency_ns = NS_PER_MS });
	sock_pause(s.server.s, true);
	assert_int_equal(end_write_bytes(&s.client, pattern(WORLD_WINDOW + 1000)), 0);
	assert_int_equal(sock_queued(s.client.s), 1000);
	world_run_for(s.w, 3600 * 1000);
	assert_int_equal(sock_queued(s.client.s), 1000);
	sock_pause(s.server.s, false);
	world_run_for(s.w, 3);
	assert_int_equal(sock_queued(s.client.s), 0);
	assert_int_equal(buf_len(&s.server.got), WORLD_WINDOW + 1000);
	scene_close(&s);
}

TEST(throughput_is_a_window_per_round_trip)
{
	struct scene s;
	size_t n = 8 * WORLD_WINDOW;

	scene_connect(&s, &(struct world_link){ .latency_ns = 50 * NS_PER_MS });
	assert_int_equal(end_write_bytes(&s.client, pattern(n)), 0);
	sock_shutdown(s.client.s);
	world_run_for(s.w, 7 * 100 + 50);
	assert_int_equal(buf_len(&s.server.got), n);
	assert_memory_equal(buf_data(&s.server.got).p, pattern(n).p, n);
	scene_close(&s);
}

TEST(chunks_split_and_join_what_was_written)
{
	struct scene s;
	struct bytes all = pattern(60000);

	scene_connect(&s, &(struct world_link){ .latency_ns = NS_PER_MS, .chunk_max = 50 });
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(end_write_bytes(&s.client, BYTES(all.p + 10 * i, 10)), 0);
	assert_int_equal(end_write_bytes(&s.client, BYTES(all.p + 1000, all.n - 1000)), 0);
	sock_shutdown(s.client.s);
	world_run_for(s.w, 1000);
	assert_int_equal(s.server.n_fins, 1);
	assert_int_equal(s.server.read_max, 50); /* joined ten-byte writes, split the long one */
	assert_true(s.server.n_reads > all.n / 50);
	assert_int_equal(buf_len(&s.server.got), all.n);
	assert_memory_equal(buf_data(&s.server.got).p, all.p, all.n);
	scene_close(&s);
}

TEST(one_byte_at_a_time_is_possible)
{
	struct scene s;

	scene_connect(&s, &(struct world_link){ .latency_ns = NS_PER_MS, .chunk_max = 1 });
	assert_int_equal(end_write(&s.client, "slowly"), 0);
	world_run_for(s.w, 10);
	assert_int_equal(s.server.n_reads, 6);
	assert_bytes(buf_data(&s.server.got), "slowly");
	scene_close(&s);
}

TEST(what_had_arrived_before_a_reset_is_read_before_the_error_of_a_write)
{
	struct scene s;

	scene_connect(&s, &(struct world_link){ .latency_ns = NS_PER_MS, .chunk_max = 2 });
	assert_int_equal(end_write(&s.client, "parting words"), 0);
	end_close(&s.client, true);
	assert_true(world_run_until(s.w, has_read, &s.server, 10));
	assert_int_equal(end_write(&s.server, "x"), -EPIPE);
	world_run_for(s.w, 10);
	assert_bytes(buf_data(&s.server.got), "parting words");
	assert_int_equal(s.server.n_errors, 1);
	scene_close(&s);
}

TEST(pausing_between_chunks_keeps_the_rest)
{
	struct scene s;

	scene_connect(&s, &(struct world_link){ .latency_ns = NS_PER_MS, .chunk_max = 3 });
	assert_int_equal(end_write(&s.client, "a longer line"), 0);
	assert_true(world_run_until(s.w, has_read, &s.server, 10));
	sock_pause(s.server.s, true);
	world_run_for(s.w, 10);
	assert_int_equal(s.server.n_reads, 1);
	sock_pause(s.server.s, false);
	world_run_for(s.w, 10);
	assert_bytes(buf_data(&s.server.got), "a longer line");
	scene_close(&s);
}

TEST(the_world_may_end_with_everything_under_way)
{
	struct scene s;

	scene_connect(&s, &(struct world_link){ .latency_ns = 50 * NS_PER_MS, .chunk_max = 9 });
	assert_int_equal(end_write_bytes(&s.client, pattern(WORLD_WINDOW * 2)), 0);
	assert_int_equal(end_write_bytes(&s.server, pattern(1000)), 0);
	world_run_for(s.w, 51);
	s.client.s = s.server.s = NULL;
	s.port.ls = NULL;
	scene_close(&s);
}

TESTS(RUN(a_connect_takes_one_round_trip_and_the_accept_half_a_one_more),
      RUN(a_refusal_takes_one_round_trip),
      RUN(a_listener_that_goes_in_the_middle_of_the_handshake_resets),
      RUN(a_pairs_own_link_wins_over_the_default), RUN(without_chunks_each_write_is_one_read),
      RUN(jitter_never_reorders), RUN(bandwidth_is_shared_by_the_connections_of_a_pair),
      RUN(a_window_carries_as_much_as_nobody_has_read_yet),
      RUN(throughput_is_a_window_per_round_trip), RUN(chunks_split_and_join_what_was_written),
      RUN(one_byte_at_a_time_is_possible),
      RUN(what_had_arrived_before_a_reset_is_read_before_the_error_of_a_write),
      RUN(pausing_between_chunks_keeps_the_rest), RUN(the_world_may_end_with_everything_under_way))
