/* The world itself: clock, log, hosts, paths, blocks and resets. */

#include "end.h"

#include "loop/loop_virtual.h"

struct scene {
	struct world *w;
	struct loop *a, *b;
	struct addr b_ip;
	struct port port;
	struct end client, server;
};

static void scene_open(struct scene *s, uint64_t seed)
{
	*s = (struct scene){ 0 };
	assert_int_equal(world_new(seed, &s->w), 0);
	assert_int_equal(world_host(s->w, "10.0.0.1", &s->a), 0);
	assert_int_equal(world_host(s->w, "10.0.0.2", &s->b), 0);
	assert_int_equal(addr_parse_ip("10.0.0.2", &s->b_ip), 0);
	end_init(&s->client, s->a);
	end_init(&s->server, s->b);
	port_open(&s->port, s->b, &s->b_ip, &s->server);
}

static void scene_connect(struct scene *s)
{
	end_connect(&s->client, &s->port.addr);
	world_run_for(s->w, 5000);
	assert_int_equal(s->client.n_connects, 1);
	assert_non_null(s->server.s);
}

static void scene_close(struct scene *s)
{
	end_deinit(&s->client);
	end_deinit(&s->server);
	port_close(&s->port);
	s->w = world_free(s->w);
}

static const struct world_link rough = {
	.latency_ns = 30 * NS_PER_MS,
	.jitter_ns = 20 * NS_PER_MS,
	.bytes_per_s = 1000000,
	.chunk_max = 700,
};

TEST(time_stands_still_unless_it_is_run)
{
	struct scene s;
	struct mono start;

	scene_open(&s, 1);
	start = world_now(s.w);
	assert_int_not_equal(start.ns, 0);
	world_run_for(s.w, 250);
	assert_int_equal(mono_since_ms(start, world_now(s.w)), 250);
	assert_int_equal(loop_now(s.a).ns, world_now(s.w).ns);
	assert_int_equal(loop_wall(s.a).ns - (int64_t)loop_now(s.a).ns,
			 loop_wall(s.b).ns - (int64_t)world_now(s.w).ns);
	scene_close(&s);
}

static bool never(void *user __attribute__((unused)))
{
	return false;
}

static bool has_connected(void *user)
{
	return ((struct end *)user)->n_connects > 0;
}

TEST(running_until_ends_when_it_is_done_or_the_time_is_over)
{
	struct scene s;
	struct mono start;

	scene_open(&s, 1);
	start = world_now(s.w);
	end_connect(&s.client, &s.port.addr);
	assert_true(world_run_until(s.w, has_connected, &s.client, 1000));
	assert_int_equal(mono_since_ms(start, world_now(s.w)), 2);
	assert_false(world_run_until(s.w, never, NULL, 98));
	assert_int_equal(mono_since_ms(start, world_now(s.w)), 100);
	scene_close(&s);
}

/* Traffic that meets jitter, splits and bandwidth; returns the hash of what happened. */
static uint64_t hash_of_run(uint64_t seed, size_t n_bytes, const char *note)
{
	struct scene s;
	uint64_t hash;

	scene_open(&s, seed);
	world_set_link(s.w, &rough);
	scene_connect(&s);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(end_write_bytes(&s.client, pattern(n_bytes)), 0);
	world_run_for(s.w, 100);
	if (note)
		world_note(s.w, note);
	assert_int_equal(end_write_bytes(&s.server, pattern(n_bytes)), 0);
	sock_shutdown(s.client.s);
	world_run_for(s.w, 10000);
	assert_int_equal(buf_len(&s.server.got), 20 * n_bytes);
	assert_int_equal(s.server.n_fins, 1);
	hash = world_log_hash(s.w);
	scene_close(&s);
	return hash;
}

TEST(the_same_seed_gives_the_same_run_and_another_seed_another)
{
	uint64_t hash = hash_of_run(42, 5000, NULL);

	assert_int_equal(hash_of_run(42, 5000, NULL), hash);
	assert_int_not_equal(hash_of_run(43, 5000, NULL), hash);
	assert_int_not_equal(hash_of_run(42, 5001, NULL), hash);
}

TEST(notes_are_part_of_the_log)
{
	uint64_t hash = hash_of_run(42, 5000, "half time");

	assert_int_not_equal(hash_of_run(42, 5000, NULL), hash);
	assert_int_not_equal(hash_of_run(42, 5000, "other text"), hash);
	assert_int_equal(hash_of_run(42, 5000, "half time"), hash);
}

TEST(random_sources_are_separate_and_repeatable)
{
	uint64_t first[2][3];

	for (size_t i = 0; i < 2; i++) {
		struct world *w;

		assert_int_equal(world_new(9, &w), 0);
		for (size_t k = 0; k < 3; k++) {
			struct random r = world_random(w);

			first[i][k] = random_u64(&r);
		}
		world_free(w);
	}
	assert_memory_equal(first[0], first[1], sizeof(first[0]));
	assert_int_not_equal(first[0][0], first[0][1]);
	assert_int_not_equal(first[0][1], first[0][2]);
}

TEST(an_address_has_one_host)
{
	struct scene s;
	struct loop *l;

	scene_open(&s, 1);
	assert_int_equal(world_host(s.w, "10.0.0.2", &l), -EEXIST);
	assert_int_equal(world_host(s.w, "somewhere", &l), -EINVAL);
	assert_int_equal(world_host(s.w, "2001:db8::2", &l), 0);
	scene_close(&s);
}

TEST(a_blocked_path_keeps_bytes_in_order_until_it_opens)
{
	struct scene s;

	scene_open(&s, 1);
	scene_connect(&s);
	assert_int_equal(end_write(&s.client, "on its way, "), 0);
	world_block(s.w, s.b, s.a, true);
	assert_int_equal(end_write(&s.client, "behind the wall, "), 0);
	world_run_for(s.w, 3600 * 1000);
	assert_int_equal(s.server.n_reads, 0);
	assert_int_equal(end_write(&s.client, "and later"), 0);

	world_block(s.w, s.a, s.b, false);
	assert_int_equal(end_write(&s.client, " still"), 0);
	world_run_for(s.w, 10);
	assert_bytes(buf_data(&s.server.got), "on its way, behind the wall, and later still");
	scene_close(&s);
}

TEST(a_blocked_path_makes_connects_hang_and_spares_other_pairs)
{
	struct scene s;
	struct loop *c;
	struct end other;

	scene_open(&s, 1);
	assert_int_equal(world_host(s.w, "10.0.0.3", &c), 0);
	end_init(&other, c);
	world_block(s.w, s.a, s.b, true);
	end_connect(&s.client, &s.port.addr);
	end_connect(&other, &s.port.addr);
	world_run_for(s.w, 60000);
	assert_int_equal(s.client.n_connects + s.client.n_errors, 0);
	assert_int_equal(other.n_connects, 1);
	world_block(s.w, s.a, s.b, false);
	world_run_for(s.w, 10);
	assert_int_equal(s.client.n_connects, 1);
	end_deinit(&other);
	scene_close(&s);
}

TEST(a_path_can_be_blocked_by_its_addresses)
{
	struct scene s;

	scene_open(&s, 1);
	world_block_addresses(s.w, "10.0.0.2", "10.0.0.1", true);
	end_connect(&s.client, &s.port.addr);
	world_run_for(s.w, 1000);
	assert_int_equal(s.client.n_connects, 0);
	world_block_addresses(s.w, "10.0.0.1", "10.0.0.2", false);
	world_run_for(s.w, 1000);
	assert_int_equal(s.client.n_connects, 1);
	scene_close(&s);
}

TEST(a_reset_host_loses_every_connection_at_both_ends)
{
	struct scene s;

	scene_open(&s, 1);
	scene_connect(&s);
	world_reset_host(s.w, s.a);
	world_run_for(s.w, 10);
	assert_int_equal(s.client.error, -ECONNRESET);
	assert_int_equal(s.server.error, -ECONNRESET);
	assert_int_equal(world_connections(s.w, s.a, s.b), 0);
	scene_close(&s);
}

TEST(a_dial_under_way_is_reset_too)
{
	struct scene s;

	scene_open(&s, 1);
	end_connect(&s.client, &s.port.addr);
	world_reset_host(s.w, s.a);
	world_run_for(s.w, 10);
	assert_int_equal(s.client.error, -ECONNRESET);
	assert_null(s.server.s);
	scene_close(&s);
}

TEST(connections_count_from_the_handshake_to_the_first_end)
{
	struct scene s;

	scene_open(&s, 1);
	end_connect(&s.client, &s.port.addr);
	assert_int_equal(world_connections(s.w, s.a, s.b), 0);
	world_run_for(s.w, 10);
	assert_int_equal(world_connections(s.w, s.a, s.b), 1);
	assert_int_equal(world_connections(s.w, s.b, s.a), 1);
	assert_int_equal(world_connections(s.w, s.a, s.a), 0);
	sock_shutdown(s.server.s);
	assert_int_equal(world_connections(s.w, s.a, s.b), 0);
	scene_close(&s);
}

TEST(a_host_that_ends_closes_what_it_had_and_may_come_back)
{
	struct scene s;

	scene_open(&s, 1);
	scene_connect(&s);
	assert_null(loop_free(s.b));
	s.server.s = NULL;
	s.port.ls = NULL;
	world_run_for(s.w, 10);
	assert_int_equal(s.client.n_fins, 1);
	assert_null(loop_free(s.b));
	end_close(&s.client, false);

	s.client.n_fins = s.client.n_connects = 0;
	end_connect(&s.client, &s.port.addr); /* nobody lives there now */
	world_run_for(s.w, 5000);
	assert_int_equal(s.client.error, -EHOSTUNREACH);
	end_close(&s.client, false);

	assert_int_equal(world_host(s.w, "10.0.0.2", &s.b), 0);
	s.server.loop = s.b;
	s.client.n_errors = 0;
	assert_int_equal(loop_listen_tcp(s.b, &s.port.addr, &port_ops, &s.port, &s.port.ls), 0);
	s.port.accepted = &s.server;
	scene_connect(&s);
	scene_close(&s);
}

TEST(a_cut_host_is_silent_and_whoever_has_its_address_next_resets)
{
	struct scene s;
	struct loop *next;

	scene_open(&s, 1);
	scene_connect(&s);
	assert_int_equal(end_write(&s.server, "the last that left"), 0);
	world_cut_host(s.w, s.b);
	assert_int_equal(end_write(&s.server, "never sent"), 0);
	assert_int_equal(end_write(&s.client, "into the dark"), 0);
	world_run_for(s.w, 3600 * 1000);
	assert_bytes(buf_data(&s.client.got), "the last that left");
	assert_int_equal(s.client.n_errors + s.client.n_fins + s.server.n_reads, 0);
	end_close(&s.server, true);
	port_close(&s.port);
	world_run_for(s.w, 1000);
	assert_int_equal(s.client.n_errors + s.client.n_fins, 0);

	assert_int_equal(world_host(s.w, "10.0.0.2", &next), 0);
	assert_int_equal(end_write(&s.client, "who is there"), 0);
	world_run_for(s.w, 10);
	assert_int_equal(s.client.error, -ECONNRESET);
	assert_null(loop_free(s.b));
	scene_close(&s);
}

TEST(a_dial_to_a_host_that_is_cut_off_meanwhile_is_refused)
{
	struct scene s;

	scene_open(&s, 1);
	end_connect(&s.client, &s.port.addr);
	world_cut_host(s.w, s.b);
	world_run_for(s.w, 10);
	assert_int_equal(s.client.error, -ECONNREFUSED);
	scene_close(&s);
}

TEST(a_host_that_ends_while_it_is_dialled_refuses)
{
	struct scene s;

	scene_open(&s, 1);
	end_connect(&s.client, &s.port.addr);
	s.b = loop_free(s.b);
	s.port.ls = NULL;
	world_run_for(s.w, 10);
	assert_int_equal(s.client.error, -ECONNREFUSED);
	scene_close(&s);
}

TEST(nothing_is_heard_from_an_address_without_a_host_until_the_network_says_so)
{
	struct scene s;
	struct addr nowhere = { .port = 80 };

	scene_open(&s, 1);
	assert_int_equal(addr_parse_ip("10.9.9.9", &nowhere), 0);
	end_connect(&s.client, &nowhere);
	sock_pause(s.client.s, true);
	world_run_for(s.w, 2900);
	assert_int_equal(s.client.n_errors, 0);
	world_run_for(s.w, 200);
	assert_int_equal(s.client.error, -EHOSTUNREACH);
	scene_close(&s);
}

struct ticker {
	struct timer t;
	struct loop *loop;
	struct end *end;
	size_t n;
};

static void on_tick(struct timer *t)
{
	struct ticker *k = container_of(t, struct ticker, t);

	k->n++;
	assert_int_equal(end_write(k->end, "ping"), 0);
	loop_timer_set(k->loop, t, mono_add_ms(loop_now(k->loop), 15000));
}

TEST(a_day_of_pings_is_a_matter_of_a_moment)
{
	struct scene s;
	struct ticker k;

	scene_open(&s, 1);
	scene_connect(&s);
	k = (struct ticker){ .t.fire = on_tick, .loop = s.a, .end = &s.client };
	loop_timer_set(s.a, &k.t, loop_now(s.a));
	world_run_for(s.w, 24 * 3600 * 1000);
	assert_int_equal(k.n, 24 * 60 * 4 + 1);
	assert_int_equal(s.server.n_reads, k.n - 1); /* the last one is on its way */
	loop_timer_stop(s.a, &k.t);
	scene_close(&s);
}

static void on_restless(struct timer *t)
{
	struct ticker *k = container_of(t, struct ticker, t);

	k->n++;
	loop_timer_set(k->loop, t, loop_now(k->loop));
}

TEST(a_timer_that_is_always_due_cannot_stop_the_clock)
{
	struct scene s;
	struct ticker k;

	scene_open(&s, 1);
	k = (struct ticker){ .t.fire = on_restless, .loop = s.a };
	loop_timer_set(s.a, &k.t, loop_now(s.a));
	world_run_for(s.w, 1);
	assert_int_equal(k.n, 1001); /* once a microsecond */
	loop_timer_stop(s.a, &k.t);
	scene_close(&s);
}

TEST(a_loop_with_nothing_left_to_happen_says_so)
{
	struct scene s;

	scene_open(&s, 1);
	assert_int_equal(loop_run(s.a), -EDEADLK);
	scene_close(&s);
}

TEST(freeing_nothing_is_fine)
{
	assert_null(world_free(NULL));
	assert_null(loop_free(NULL));
	sock_close(NULL, false);
	listener_close(NULL);
}

TESTS(RUN(time_stands_still_unless_it_is_run),
      RUN(running_until_ends_when_it_is_done_or_the_time_is_over),
      RUN(the_same_seed_gives_the_same_run_and_another_seed_another),
      RUN(notes_are_part_of_the_log), RUN(random_sources_are_separate_and_repeatable),
      RUN(an_address_has_one_host), RUN(a_blocked_path_keeps_bytes_in_order_until_it_opens),
      RUN(a_blocked_path_makes_connects_hang_and_spares_other_pairs),
      RUN(a_path_can_be_blocked_by_its_addresses),
      RUN(a_reset_host_loses_every_connection_at_both_ends), RUN(a_dial_under_way_is_reset_too),
      RUN(connections_count_from_the_handshake_to_the_first_end),
      RUN(a_host_that_ends_closes_what_it_had_and_may_come_back),
      RUN(a_cut_host_is_silent_and_whoever_has_its_address_next_resets),
      RUN(a_dial_to_a_host_that_is_cut_off_meanwhile_is_refused),
      RUN(a_host_that_ends_while_it_is_dialled_refuses),
      RUN(nothing_is_heard_from_an_address_without_a_host_until_the_network_says_so),
      RUN(a_day_of_pings_is_a_matter_of_a_moment),
      RUN(a_timer_that_is_always_due_cannot_stop_the_clock),
      RUN(a_loop_with_nothing_left_to_happen_says_so), RUN(freeing_nothing_is_fine))
