/* The contract of loop.h for connections, on whichever loop rig.h stands for. */

#include <unistd.h>

#include "end.h"
#include "rig.h"

#include "base/limits.h"

/* A pair of connected ends, which most tests begin with. */
struct pair {
	struct rig rig;
	struct port port;
	struct end client, server;
};

static bool is_connected(void *user)
{
	struct pair *p = user;

	return p->client.n_connects == 1 && p->server.s;
}

static void pair_init(struct pair *p)
{
	*p = (struct pair){ 0 };
	rig_open(&p->rig);
	end_init(&p->client, p->rig.client);
	end_init(&p->server, p->rig.server);
	port_open(&p->port, p->rig.server, &p->rig.server_ip, &p->server);
}

static void pair_connect(struct pair *p)
{
	end_connect(&p->client, &p->port.addr);
	assert_int_equal(p->client.n_connects, 0);
	assert_true(rig_run_until(&p->rig, is_connected, p));
}

static void pair_open(struct pair *p)
{
	pair_init(p);
	pair_connect(p);
}

static void pair_close(struct pair *p)
{
	end_deinit(&p->client);
	end_deinit(&p->server);
	port_close(&p->port);
	rig_close(&p->rig);
}

static bool got_something(void *user)
{
	struct end *e = user;

	return buf_len(&e->got) > 0;
}

static bool got_fin(void *user)
{
	return ((struct end *)user)->n_fins > 0;
}

static bool got_error(void *user)
{
	return ((struct end *)user)->n_errors > 0;
}

static bool is_closed(void *user)
{
	return ((struct end *)user)->s == NULL;
}

TEST(both_ends_know_each_others_addresses)
{
	struct pair p;
	struct addr local, remote;

	pair_open(&p);
	assert_int_equal(p.port.n_accepts, 1);
	assert_true(addr_same_ip(&p.port.addr, &p.rig.server_ip));
	assert_int_not_equal(p.port.addr.port, 0);

	remote = sock_remote(p.client.s);
	assert_true(addr_equal(&remote, &p.port.addr));
	local = sock_local(p.client.s);
	remote = sock_remote(p.server.s);
	assert_true(addr_equal(&local, &remote));
	assert_true(addr_equal(&local, &p.port.from));
	assert_false(sock_credentials(p.server.s).known);
	pair_close(&p);
}

TEST(an_accepted_socket_can_be_written_to_before_it_is_started)
{
	struct pair p;

	pair_init(&p);
	p.port.write_first = true;
	pair_connect(&p);
	assert_int_equal(p.port.write_result, 0);
	assert_true(rig_run_until(&p.rig, got_something, &p.client));
	assert_bytes(buf_data(&p.client.got), "welcome");
	pair_close(&p);
}

TEST(a_port_where_nobody_listens_refuses)
{
	struct pair p;

	pair_init(&p);
	port_close(&p.port);
	end_connect(&p.client, &p.port.addr);
	assert_int_equal(p.client.n_errors, 0);
	assert_true(rig_run_until(&p.rig, got_error, &p.client));
	assert_int_equal(p.client.error, -ECONNREFUSED);
	assert_int_equal(end_write(&p.client, "x"), -EPIPE);
	rig_run_for(&p.rig, 10);
	assert_int_equal(p.client.n_errors, 1);
	pair_close(&p);
}

TEST(an_address_without_family_is_invalid)
{
	struct rig rig;
	struct sock *s = NULL;
	struct listener *ls = NULL;
	struct addr none = { .family = ADDR_NONE };

	rig_open(&rig);
	assert_int_equal(loop_connect_tcp(rig.client, &none, &end_ops, NULL, &s), -EINVAL);
	assert_int_equal(loop_listen_tcp(rig.server, &none, &port_ops, NULL, &ls), -EINVAL);
	assert_null(s);
	assert_null(ls);
	rig_close(&rig);
}

TEST(a_port_in_use_is_refused_and_free_again_after_the_listener_closed)
{
	struct pair p;
	struct listener *second;

	pair_init(&p);
	assert_int_equal(loop_listen_tcp(p.rig.server, &p.port.addr, &port_ops, &p.port, &second),
			 -EADDRINUSE);
	port_close(&p.port);
	assert_int_equal(
		loop_listen_tcp(p.rig.server, &p.port.addr, &port_ops, &p.port, &p.port.ls), 0);
	pair_connect(&p);
	pair_close(&p);
}

TEST(an_address_of_somebody_else_cannot_be_listened_on)
{
	struct rig rig;
	struct listener *ls;
	struct addr other = { .family = ADDR_IP4 };

	rig_open(&rig);
	assert_int_equal(addr_parse_ip("192.0.2.77", &other), 0);
	assert_int_equal(loop_listen_tcp(rig.server, &other, &port_ops, NULL, &ls), -EADDRNOTAVAIL);
	rig_close(&rig);
}

TEST(bytes_travel_both_ways)
{
	struct pair p;

	pair_open(&p);
	assert_int_equal(end_write(&p.client, "hello"), 0);
	assert_true(rig_run_until(&p.rig, got_something, &p.server));
	assert_bytes(buf_data(&p.server.got), "hello");
	assert_int_equal(end_write(&p.server, "good day"), 0);
	assert_true(rig_run_until(&p.rig, got_something, &p.client));
	assert_bytes(buf_data(&p.client.got), "good day");
	pair_close(&p);
}

TEST(what_is_written_before_the_connection_stands_leaves_when_it_does)
{
	struct pair p;

	pair_init(&p);
	end_connect(&p.client, &p.port.addr);
	assert_int_equal(end_write(&p.client, "early"), 0);
	assert_int_equal(sock_queued(p.client.s), 5);
	assert_true(rig_run_until(&p.rig, got_something, &p.server));
	assert_bytes(buf_data(&p.server.got), "early");
	assert_int_equal(sock_queued(p.client.s), 0);
	pair_close(&p);
}

TEST(many_pieces_arrive_as_one_run)
{
	struct pair p;
	struct bytes v[200];

	pair_open(&p);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		v[i] = i % 3 ? BYTES_LITERAL("ab") : BYTES_LITERAL("");
	assert_int_equal(sock_write(p.client.s, v, ARRAY_SIZE(v)), 0);
	sock_shutdown(p.client.s);
	assert_true(rig_run_until(&p.rig, got_fin, &p.server));
	assert_int_equal(buf_len(&p.server.got), 2 * 133);
	pair_close(&p);
}

/* Whoever keeps his own queue: writes on when there is room. */
struct part_writer {
	struct end *end;
	struct bytes rest;
	size_t n_drains;
};

static void write_on(struct part_writer *w)
{
	struct bytes v[2] = { BYTES(w->rest.p, w->rest.n / 3),
			      BYTES(w->rest.p + w->rest.n / 3, w->rest.n - w->rest.n / 3) };
	size_t taken;

	assert_int_equal(sock_write_part(w->end->s, v, 2, &taken), 0);
	assert_int_equal(sock_queued(w->end->s) > SOCK_QUEUE_LOW, 0);
	w->rest = BYTES(w->rest.p + taken, w->rest.n - taken);
	w->n_drains = w->end->n_drains;
}

static bool wrote_all(void *user)
{
	struct part_writer *w = user;

	if (w->end->n_drains > w->n_drains)
		write_on(w);
	return w->rest.n == 0;
}

static bool got_all(void *user)
{
	struct end *e = user;

	return buf_len(&e->got) >= 8 * 1024 * 1024;
}

TEST(a_part_is_written_and_room_for_the_rest_is_told)
{
	struct bytes all = pattern(8 * 1024 * 1024);
	struct pair p;
	struct part_writer w = { .end = &p.client, .rest = all };

	pair_init(&p);
	p.server.pause_on_accept = true;
	pair_connect(&p);
	write_on(&w);
	assert_true(w.rest.n > 0 && w.rest.n < all.n);
	rig_run_for(&p.rig, 50);
	assert_int_equal(w.n_drains, p.client.n_drains);
	sock_pause(p.server.s, false);
	assert_true(rig_run_until(&p.rig, wrote_all, &w));
	assert_true(rig_run_until(&p.rig, got_all, &p.server));
	assert_true(bytes_equal(buf_data(&p.server.got), all));
	pair_close(&p);
}

TEST(a_part_of_nothing_is_nothing)
{
	struct pair p;
	size_t taken = 7;

	pair_open(&p);
	assert_int_equal(sock_write_part(p.client.s, NULL, 0, &taken), 0);
	assert_int_equal(taken, 0);
	sock_shutdown(p.client.s);
	assert_int_equal(sock_write_part(p.client.s, NULL, 0, &taken), -EPIPE);
	pair_close(&p);
}

TEST(a_paused_reader_makes_the_writers_queue_grow_and_resuming_drains_it)
{
	struct bytes all = pattern(8 * 1024 * 1024);
	struct pair p;

	pair_init(&p);
	p.server.pause_on_accept = true;
	pair_connect(&p);
	assert_int_equal(end_write_bytes(&p.client, all), 0);
	rig_run_for(&p.rig, 50);
	assert_int_equal(p.server.n_reads, 0);
	assert_true(sock_queued(p.client.s) > SOCK_QUEUE_LOW);
	assert_int_equal(p.client.n_drains, 0);

	sock_pause(p.server.s, false);
	assert_true(rig_run_until(&p.rig, got_all, &p.server));
	assert_int_equal(p.client.n_drains, 1);
	assert_int_equal(sock_queued(p.client.s), 0);
	assert_int_equal(buf_len(&p.server.got), all.n);
	assert_memory_equal(buf_data(&p.server.got).p, all.p, all.n);
	assert_true(p.server.read_max <= LIMIT_LOOP_READ);
	pair_close(&p);
}

TEST(a_write_beyond_the_queues_maximum_takes_nothing)
{
	struct pair p;

	pair_init(&p);
	end_connect(&p.client, &p.port.addr);
	assert_int_equal(end_write_bytes(&p.client, pattern(LIMIT_SOCK_QUEUE)), 0);
	assert_int_equal(end_write(&p.client, "x"), -ENOBUFS);
	assert_int_equal(sock_queued(p.client.s), LIMIT_SOCK_QUEUE);
	pair_close(&p);
}

TEST(after_a_fin_the_other_direction_still_works)
{
	struct pair p;

	pair_open(&p);
	assert_int_equal(end_write(&p.client, "last words"), 0);
	sock_shutdown(p.client.s);
	assert_int_equal(end_write(&p.client, "more"), -EPIPE);
	assert_true(rig_run_until(&p.rig, got_fin, &p.server));
	assert_bytes(buf_data(&p.server.got), "last words");

	assert_int_equal(end_write(&p.server, "answer"), 0);
	assert_true(rig_run_until(&p.rig, got_something, &p.client));
	assert_bytes(buf_data(&p.client.got), "answer");
	sock_shutdown(p.server.s);
	assert_true(rig_run_until(&p.rig, got_fin, &p.client));
	rig_run_for(&p.rig, 10);
	assert_int_equal(p.server.n_fins, 1);
	assert_int_equal(p.client.n_fins, 1);
	assert_int_equal(p.client.n_errors + p.server.n_errors, 0);
	pair_close(&p);
}

TEST(a_fin_asked_for_while_bytes_are_queued_comes_after_them)
{
	struct bytes all = pattern(8 * 1024 * 1024);
	struct pair p;

	pair_init(&p);
	p.server.pause_on_accept = true;
	pair_connect(&p);
	assert_int_equal(end_write_bytes(&p.client, all), 0);
	sock_shutdown(p.client.s);
	rig_run_for(&p.rig, 20);
	sock_pause(p.server.s, false);
	assert_true(rig_run_until(&p.rig, got_fin, &p.server));
	assert_int_equal(buf_len(&p.server.got), all.n);
	pair_close(&p);
}

TEST(a_paused_socket_keeps_the_fin_for_later)
{
	struct pair p;

	pair_init(&p);
	p.server.pause_on_accept = true;
	pair_connect(&p);
	assert_int_equal(end_write(&p.client, "kept"), 0);
	end_close(&p.client, false);
	rig_run_for(&p.rig, 20);
	assert_int_equal(p.server.n_reads + p.server.n_fins + p.server.n_errors, 0);
	sock_pause(p.server.s, false);
	assert_true(rig_run_until(&p.rig, got_fin, &p.server));
	assert_bytes(buf_data(&p.server.got), "kept");
	pair_close(&p);
}

TEST(a_reset_is_an_error_at_the_other_end)
{
	struct pair p;

	pair_open(&p);
	end_close(&p.client, true);
	assert_true(rig_run_until(&p.rig, got_error, &p.server));
	assert_int_equal(p.server.error, -ECONNRESET);
	assert_int_equal(p.server.n_fins, 0);
	assert_int_equal(end_write(&p.server, "x"), -EPIPE);
	rig_run_for(&p.rig, 10);
	assert_int_equal(p.server.n_errors, 1);
	pair_close(&p);
}

TEST(what_arrived_before_a_reset_is_read_first)
{
	struct pair p;

	pair_open(&p);
	assert_int_equal(end_write(&p.client, "why I go"), 0);
	end_close(&p.client, true);
	assert_true(rig_run_until(&p.rig, got_error, &p.server));
	assert_bytes(buf_data(&p.server.got), "why I go");
	pair_close(&p);
}

static bool is_told(void *user)
{
	struct pair *p = user;

	/* The first write may still be taken; its answer is a reset. */
	return p->server.n_errors > 0 || (end_write(&p->server, "x"), false);
}

TEST(writing_to_somebody_who_has_gone_is_an_error_not_a_signal)
{
	struct pair p;

	pair_open(&p);
	end_close(&p.client, false);
	assert_true(rig_run_until(&p.rig, is_told, &p));
	assert_true(p.server.error == -EPIPE || p.server.error == -ECONNRESET);
	assert_int_equal(p.server.n_errors, 1);
	pair_close(&p);
}

TEST(closing_gives_what_is_queued_a_last_chance)
{
	struct pair p;

	pair_open(&p);
	assert_int_equal(end_write(&p.client, "bye"), 0);
	end_close(&p.client, false);
	assert_true(rig_run_until(&p.rig, got_fin, &p.server));
	assert_bytes(buf_data(&p.server.got), "bye");
	pair_close(&p);
}

TEST(closing_with_more_queued_than_the_kernel_takes_drops_the_rest)
{
	struct bytes all = pattern(8 * 1024 * 1024);
	struct pair p;

	pair_init(&p);
	p.server.pause_on_accept = true;
	pair_connect(&p);
	assert_int_equal(end_write_bytes(&p.client, all), 0);
	rig_run_for(&p.rig, 20);
	end_close(&p.client, false);
	sock_pause(p.server.s, false);
	assert_true(rig_run_until(&p.rig, got_fin, &p.server));
	assert_in_range(buf_len(&p.server.got), 1, all.n - 1);
	assert_memory_equal(buf_data(&p.server.got).p, all.p, buf_len(&p.server.got));
	pair_close(&p);
}

TEST(closing_with_unread_bytes_resets_the_other_end)
{
	struct pair p;

	pair_init(&p);
	p.server.pause_on_accept = true;
	pair_connect(&p);
	assert_int_equal(end_write(&p.client, "never read"), 0);
	rig_run_for(&p.rig, 20);
	end_close(&p.server, false);
	assert_true(rig_run_until(&p.rig, got_error, &p.client));
	assert_int_equal(p.client.error, -ECONNRESET);
	pair_close(&p);
}

TEST(a_socket_may_be_closed_in_each_of_its_callbacks)
{
	struct pair p;

	pair_init(&p);
	p.client.close_on_connect = true;
	p.server.close_on_fin = true;
	end_connect(&p.client, &p.port.addr);
	assert_true(rig_run_until(&p.rig, is_closed, &p.client));
	rig_run_for(&p.rig, 10);
	assert_null(p.server.s);
	assert_int_equal(p.server.n_fins, 1);
	pair_close(&p);

	pair_init(&p);
	p.server.close_on_read = true;
	p.client.close_on_error = true;
	pair_connect(&p);
	assert_int_equal(end_write(&p.client, "x"), 0);
	assert_true(rig_run_until(&p.rig, is_closed, &p.server));
	while (p.client.s && end_write(&p.client, "y") == 0)
		rig_run_for(&p.rig, 2);
	assert_true(rig_run_until(&p.rig, is_closed, &p.client));
	assert_int_equal(p.client.n_errors, 1);
	pair_close(&p);
}

TEST(after_a_close_nothing_is_called)
{
	struct pair p;

	pair_open(&p);
	assert_int_equal(end_write(&p.client, "x"), 0);
	end_close(&p.server, false);
	rig_run_for(&p.rig, 20);
	assert_int_equal(p.server.n_reads + p.server.n_fins + p.server.n_errors, 0);
	pair_close(&p);
}

TEST(a_dial_can_be_given_up)
{
	struct pair p;

	pair_init(&p);
	end_connect(&p.client, &p.port.addr);
	end_close(&p.client, false);
	rig_run_for(&p.rig, 20);
	assert_int_equal(p.client.n_connects + p.client.n_errors, 0);
	pair_close(&p);
}

TEST(an_accepted_socket_may_be_closed_at_once_and_the_listener_with_it)
{
	struct pair p;

	pair_init(&p);
	p.port.close_accepted = true;
	p.port.close_self = true;
	end_connect(&p.client, &p.port.addr);
	assert_true(rig_run_until(&p.rig, got_fin, &p.client));
	assert_null(p.port.ls);
	pair_close(&p);
}

TEST(an_idle_end_finds_out_that_it_was_reset_when_it_writes)
{
	struct pair p;

	pair_init(&p);
	p.server.pause_on_accept = true;
	pair_connect(&p);
	end_close(&p.client, true);
	rig_run_for(&p.rig, 10);
	if (p.server.n_errors == 0)
		assert_int_equal(end_write(&p.server, "x"), -EPIPE);
	assert_int_equal(p.server.n_errors, 0);
	assert_true(rig_run_until(&p.rig, got_error, &p.server));
	assert_int_equal(p.server.n_errors, 1);
	pair_close(&p);
}

TEST(a_unix_path_that_exists_is_in_use)
{
	struct rig rig;
	struct listener *ls, *second;
	char path[] = "/tmp/peerline-test-XXXXXX/sock";
	char *slash = strrchr(path, '/');

	*slash = '\0';
	assert_non_null(mkdtemp(path));
	*slash = '/';
	rig_open(&rig);
	assert_int_equal(loop_listen_unix(rig.server, path, &port_ops, NULL, &ls), 0);
	assert_int_equal(listener_addr(ls).family, ADDR_NONE);
	assert_int_equal(loop_listen_unix(rig.server, path, &port_ops, NULL, &second), -EADDRINUSE);
	listener_close(ls);
	assert_int_equal(loop_listen_unix(rig.server, path, &port_ops, NULL, &second), 0);
	listener_close(second);
	rig_close(&rig);
	*slash = '\0';
	assert_int_equal(rmdir(path), 0);
}

TEST(a_unix_path_that_is_too_long_is_refused)
{
	struct rig rig;
	struct listener *ls;
	char path[200];

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	rig_open(&rig);
	assert_int_equal(loop_listen_unix(rig.server, path, &port_ops, NULL, &ls), -ENAMETOOLONG);
	rig_close(&rig);
}

TESTS(RUN(both_ends_know_each_others_addresses),
      RUN(an_accepted_socket_can_be_written_to_before_it_is_started),
      RUN(a_port_where_nobody_listens_refuses), RUN(an_address_without_family_is_invalid),
      RUN(a_port_in_use_is_refused_and_free_again_after_the_listener_closed),
      RUN(an_address_of_somebody_else_cannot_be_listened_on), RUN(bytes_travel_both_ways),
      RUN(what_is_written_before_the_connection_stands_leaves_when_it_does),
      RUN(many_pieces_arrive_as_one_run), RUN(a_part_is_written_and_room_for_the_rest_is_told),
      RUN(a_part_of_nothing_is_nothing),
      RUN(a_paused_reader_makes_the_writers_queue_grow_and_resuming_drains_it),
      RUN(a_write_beyond_the_queues_maximum_takes_nothing),
      RUN(after_a_fin_the_other_direction_still_works),
      RUN(a_fin_asked_for_while_bytes_are_queued_comes_after_them),
      RUN(a_paused_socket_keeps_the_fin_for_later), RUN(a_reset_is_an_error_at_the_other_end),
      RUN(what_arrived_before_a_reset_is_read_first),
      RUN(writing_to_somebody_who_has_gone_is_an_error_not_a_signal),
      RUN(closing_gives_what_is_queued_a_last_chance),
      RUN(closing_with_more_queued_than_the_kernel_takes_drops_the_rest),
      RUN(closing_with_unread_bytes_resets_the_other_end),
      RUN(a_socket_may_be_closed_in_each_of_its_callbacks), RUN(after_a_close_nothing_is_called),
      RUN(a_dial_can_be_given_up),
      RUN(an_accepted_socket_may_be_closed_at_once_and_the_listener_with_it),
      RUN(an_idle_end_finds_out_that_it_was_reset_when_it_writes),
      RUN(a_unix_path_that_exists_is_in_use), RUN(a_unix_path_that_is_too_long_is_refused))
