/* Ports and addresses of virtual hosts. */

#include "end.h"

#include "loop/loop_virtual.h"

static struct addr at(const char *ip, uint16_t port)
{
	struct addr a = { .family = ADDR_NONE };

	assert_int_equal(addr_parse_ip(ip, &a), 0);
	a.port = port;
	return a;
}

struct scene {
	struct world *w;
	struct loop *a;
	struct end client, server;
	struct port port;
};

static void scene_open(struct scene *s, const char *listen)
{
	struct addr ip = at(listen, 0);

	*s = (struct scene){ 0 };
	assert_int_equal(world_new(5, &s->w), 0);
	assert_int_equal(world_host(s->w, "10.0.0.1", &s->a), 0);
	end_init(&s->client, s->a);
	end_init(&s->server, s->a);
	port_open(&s->port, s->a, &ip, &s->server);
}

static void scene_close(struct scene *s)
{
	end_deinit(&s->client);
	end_deinit(&s->server);
	port_close(&s->port);
	s->w = world_free(s->w);
}

static bool can_reach(struct scene *s, const char *ip)
{
	struct addr to = at(ip, s->port.addr.port);
	bool ok;

	s->client.n_connects = s->client.n_errors = 0;
	s->port.accepted = &s->server;
	end_connect(&s->client, &to);
	world_run_for(s->w, 5000);
	ok = s->client.n_connects > 0;
	end_close(&s->client, false);
	world_run_for(s->w, 10);
	end_close(&s->server, false);
	s->server.n_fins = 0;
	return ok;
}

TEST(a_host_reaches_itself_by_loopback_and_by_its_own_address)
{
	struct scene s;

	scene_open(&s, "0.0.0.0");
	assert_true(can_reach(&s, "127.0.0.1"));
	assert_true(addr_is_loopback(&s.port.from));
	assert_true(can_reach(&s, "127.9.9.9"));
	assert_true(can_reach(&s, "10.0.0.1"));
	assert_false(addr_is_loopback(&s.port.from));
	assert_false(can_reach(&s, "::1"));
	scene_close(&s);
}

TEST(a_loopback_listener_is_not_reached_from_outside)
{
	struct scene s;

	scene_open(&s, "127.0.0.1");
	assert_true(can_reach(&s, "127.0.0.1"));
	assert_false(can_reach(&s, "10.0.0.1"));
	scene_close(&s);
}

TEST(a_family_the_host_does_not_have_is_unreachable)
{
	struct addr to = at("2001:db8::9", 80);
	struct scene s;
	struct sock *sock;

	scene_open(&s, "0.0.0.0");
	assert_int_equal(loop_connect_tcp(s.a, &to, &end_ops, NULL, &sock), -ENETUNREACH);
	scene_close(&s);
}

TEST(one_port_serves_several_addresses_unless_one_is_all_of_them)
{
	struct addr own, loopback, all;
	struct listener *second;
	struct scene s;

	scene_open(&s, "10.0.0.1");
	own = s.port.addr;
	loopback = at("127.0.0.1", own.port);
	all = at("0.0.0.0", own.port);
	assert_int_equal(loop_listen_tcp(s.a, &all, &port_ops, NULL, &second), -EADDRINUSE);
	assert_int_equal(loop_listen_tcp(s.a, &loopback, &port_ops, NULL, &second), 0);
	listener_close(second);
	all = at("::", own.port);
	assert_int_equal(loop_listen_tcp(s.a, &all, &port_ops, NULL, &second), 0);
	listener_close(second);
	scene_close(&s);
}

TEST(chosen_ports_are_those_of_the_kernel_and_all_different)
{
	struct scene s;
	struct addr ip = at("10.0.0.1", 0);
	struct port ports[3];

	scene_open(&s, "10.0.0.1");
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		port_open(&ports[i], s.a, &ip, NULL);
		assert_true(ports[i].addr.port >= 32768);
		assert_int_not_equal(ports[i].addr.port, s.port.addr.port);
	}
	assert_int_not_equal(ports[0].addr.port, ports[1].addr.port);
	assert_int_not_equal(ports[1].addr.port, ports[2].addr.port);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		port_close(&ports[i]);
	scene_close(&s);
}

TEST(the_chosen_ports_begin_again_when_they_are_used_up)
{
	struct scene s;
	struct addr ip = at("10.0.0.1", 0);

	scene_open(&s, "10.0.0.1");
	for (size_t i = 0; i < 30000; i++) {
		struct port p;

		port_open(&p, s.a, &ip, NULL);
		assert_true(p.addr.port >= 32768 && p.addr.port <= 60999);
		assert_int_not_equal(p.addr.port, s.port.addr.port);
		port_close(&p);
	}
	scene_close(&s);
}

TESTS(RUN(a_host_reaches_itself_by_loopback_and_by_its_own_address),
      RUN(a_loopback_listener_is_not_reached_from_outside),
      RUN(a_family_the_host_does_not_have_is_unreachable),
      RUN(one_port_serves_several_addresses_unless_one_is_all_of_them),
      RUN(chosen_ports_are_those_of_the_kernel_and_all_different),
      RUN(the_chosen_ports_begin_again_when_they_are_used_up))
