/* What only the real loop can show: files, credentials, the lack of descriptors. */

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "end.h"
#include "rig.h"

#include "base/limits.h"

static char path[] = "/tmp/peerline-test-XXXXXX/sock";

static void make_path(void)
{
	strcpy(path, "/tmp/peerline-test-XXXXXX");
	assert_non_null(mkdtemp(path));
	strcat(path, "/sock");
}

static void remove_path(void)
{
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
}

static int connect_unix(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(un.sun_path, path);
	assert_int_equal(connect(fd, (const struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

static bool has_accepted(void *user)
{
	return ((struct end *)user)->s != NULL;
}

static bool got_fin(void *user)
{
	return ((struct end *)user)->n_fins > 0;
}

TEST(a_unix_socket_is_for_owner_and_group_and_tells_who_came)
{
	struct rig rig;
	struct port port = { 0 };
	struct end server;
	struct stat st;
	char text[8] = "";
	int fd;

	make_path();
	rig_open(&rig);
	end_init(&server, rig.server);
	port.accepted = &server;
	assert_int_equal(loop_listen_unix(rig.server, path, &port_ops, &port, &port.ls), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);

	fd = connect_unix();
	assert_true(rig_run_until(&rig, has_accepted, &server));
	assert_int_equal(port.from.family, ADDR_NONE);
	assert_true(sock_credentials(server.s).known);
	assert_int_equal(sock_credentials(server.s).uid, getuid());
	assert_int_equal(sock_credentials(server.s).gid, getgid());
	assert_int_equal(sock_credentials(server.s).pid, getpid());
	assert_int_equal(sock_remote(server.s).family, ADDR_NONE);
	assert_int_equal(sock_local(server.s).family, ADDR_NONE);

	assert_int_equal(write(fd, "abc", 3), 3);
	assert_int_equal(end_write(&server, "xyz"), 0);
	assert_int_equal(read(fd, text, 3), 3);
	assert_string_equal(text, "xyz");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_true(rig_run_until(&rig, got_fin, &server));
	assert_bytes(buf_data(&server.got), "abc");
	end_close(&server, true); /* there is no reset on a Unix socket: an ordinary close */
	assert_int_equal(read(fd, text, 3), 0);

	close(fd);
	end_deinit(&server);
	port_close(&port);
	assert_int_equal(access(path, F_OK), -1);
	rig_close(&rig);
	remove_path();
}

TEST(a_path_that_somebody_else_took_over_is_left_alone)
{
	struct rig rig;
	struct port port = { 0 };
	int fd;

	make_path();
	rig_open(&rig);
	assert_int_equal(loop_listen_unix(rig.server, path, &port_ops, &port, &port.ls), 0);
	assert_int_equal(unlink(path), 0);
	/* Another file first, so that the number of ours is not given out again. */
	fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	close(open(path, O_CREAT | O_CLOEXEC | O_WRONLY, 0600));
	port_close(&port);
	if (fd >= 0)
		close(fd);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(unlink(path), 0);
	rig_close(&rig);
	remove_path();
}

TEST(a_directory_that_does_not_exist_is_said_so)
{
	struct rig rig;
	struct listener *ls;

	rig_open(&rig);
	assert_int_equal(loop_listen_unix(rig.server, "/nonexistent/x", &port_ops, NULL, &ls),
			 -ENOENT);
	rig_close(&rig);
}

TEST(both_families_can_listen_on_the_same_port)
{
	struct addr any = { .family = ADDR_NONE };
	struct listener *four, *six;
	struct rig rig;

	rig_open(&rig);
	assert_int_equal(addr_parse_ip("::", &any), 0);
	assert_int_equal(loop_listen_tcp(rig.server, &any, &port_ops, NULL, &six), 0);
	any.port = listener_addr(six).port;
	assert_int_equal(addr_parse_ip("0.0.0.0", &any), 0);
	assert_int_equal(loop_listen_tcp(rig.server, &any, &port_ops, NULL, &four), 0);
	listener_close(four);
	listener_close(six);
	rig_close(&rig);
}

/* ---- descriptors ---- */

#define FEW 96

static struct rlimit before;

/* A loop that may have FEW descriptors, of which peers may use FEW - LIMIT_FD_RESERVED. */
static void open_narrow(struct rig *rig)
{
	struct rlimit narrow;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	narrow = (struct rlimit){ .rlim_cur = FEW, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &narrow), 0);
	rig_open(rig);
}

static void close_narrow(struct rig *rig)
{
	rig_close(rig);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* Takes descriptors until only `n` numbers are left below `end`. */
static size_t fill(int *fds, size_t max, int end, size_t n)
{
	size_t n_fds = 0;

	while (n_fds < max) {
		int fd = dup(0);

		if (fd < 0 || fd >= end) {
			if (fd >= 0)
				close(fd);
			break;
		}
		fds[n_fds++] = fd;
	}
	for (; n > 0; n--)
		close(fds[--n_fds]);
	return n_fds;
}

static void release(const int *fds, size_t n)
{
	while (n > 0)
		close(fds[--n]);
}

TEST(dials_leave_the_reserved_descriptors_alone)
{
	struct rig rig;
	struct port port;
	struct end ends[FEW];
	size_t n = 0;
	int r = 0, fd;

	open_narrow(&rig);
	port_open(&port, rig.server, &rig.server_ip, NULL);
	while (r == 0) {
		end_init(&ends[n], rig.client);
		r = loop_connect_tcp(rig.client, &port.addr, &end_ops, &ends[n], &ends[n].s);
		n += r == 0;
	}
	assert_int_equal(r, -EMFILE);
	assert_in_range(n, 20, FEW - LIMIT_FD_RESERVED);
	fd = dup(0); /* files can still be opened */
	assert_int_equal(fd, FEW - LIMIT_FD_RESERVED);
	close(fd);

	end_close(&ends[0], true); /* and with one gone, one more is possible */
	end_connect(&ends[0], &port.addr);
	for (size_t i = 0; i < n; i++)
		end_deinit(&ends[i]);
	port_close(&port);
	close_narrow(&rig);
}

static int dial_raw(const struct addr *to)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(to->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(&in.sin_addr, to->ip, 4);
	assert_int_equal(connect(fd, (const struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

static bool has_refused(void *user)
{
	return ((struct port *)user)->n_refused > 0;
}

TEST(a_connection_that_would_take_a_reserved_descriptor_is_closed_and_counted)
{
	struct rig rig;
	struct port peers, door = { 0 };
	struct listener_ops door_ops = port_ops;
	struct end peer, consumer;
	int fds[FEW], a, b;
	size_t n;
	char c;

	open_narrow(&rig);
	end_init(&peer, rig.server);
	end_init(&consumer, rig.server);
	port_open(&peers, rig.server, &rig.server_ip, &peer);
	door_ops.may_use_reserved = true;
	door.accepted = &consumer;
	assert_int_equal(loop_listen_tcp(rig.server, &rig.server_ip, &door_ops, &door, &door.ls),
			 0);
	door.addr = listener_addr(door.ls);

	a = dial_raw(&peers.addr);
	b = dial_raw(&door.addr);
	n = fill(fds, FEW, FEW - LIMIT_FD_RESERVED, 0);
	assert_true(rig_run_until(&rig, has_accepted, &consumer));
	assert_true(rig_run_until(&rig, has_refused, &peers));
	assert_int_equal(peers.refused_error, -EMFILE);
	assert_int_equal(peers.n_accepts, 0);
	assert_int_equal(read(a, &c, 1), 0);

	release(fds, n);
	close(a);
	a = dial_raw(&peers.addr);
	assert_true(rig_run_until(&rig, has_accepted, &peer));
	close(a);
	close(b);
	end_deinit(&peer);
	end_deinit(&consumer);
	port_close(&peers);
	port_close(&door);
	close_narrow(&rig);
}

TEST(without_any_descriptor_a_listener_rests_instead_of_spinning_and_recovers)
{
	struct rig rig;
	struct port port;
	struct end server;
	int fds[FEW], a;
	size_t n;
	clock_t cpu;

	open_narrow(&rig);
	end_init(&server, rig.server);
	port_open(&port, rig.server, &rig.server_ip, &server);
	a = dial_raw(&port.addr);
	n = fill(fds, FEW, FEW, 0);
	cpu = clock();
	rig_run_for(&rig, 350);
	assert_in_range(port.n_refused, 2, 5);
	assert_int_equal(port.refused_error, -EMFILE);
	assert_true(clock() - cpu < CLOCKS_PER_SEC / 5);

	release(fds, n);
	assert_true(rig_run_until(&rig, has_accepted, &server));
	close(a);
	end_deinit(&server);
	port_close(&port);
	close_narrow(&rig);
}

TEST(a_resting_listener_can_be_closed)
{
	struct rig rig;
	struct port port;
	int fds[FEW], a;
	size_t n;

	open_narrow(&rig);
	port_open(&port, rig.server, &rig.server_ip, NULL);
	a = dial_raw(&port.addr);
	n = fill(fds, FEW, FEW, 0);
	assert_true(rig_run_until(&rig, has_refused, &port));
	port_close(&port);
	release(fds, n);
	rig_run_for(&rig, 150);
	assert_int_equal(port.n_accepts, 0);
	close(a);
	close_narrow(&rig);
}

static bool has_failed(void *user)
{
	return ((struct end *)user)->n_errors > 0;
}

TEST(who_was_reset_before_the_accept_is_an_error_after_the_start)
{
	struct linger linger = { .l_onoff = 1 };
	struct rig rig;
	struct port port;
	struct end server;
	int fd;

	rig_open(&rig);
	end_init(&server, rig.server);
	port_open(&port, rig.server, &rig.server_ip, &server);
	port.write_first = true;
	fd = dial_raw(&port.addr);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(fd);
	assert_true(rig_run_until(&rig, has_failed, &server));
	assert_int_equal(port.write_result, -EPIPE);
	assert_int_equal(server.n_errors, 1);
	end_deinit(&server);
	port_close(&port);
	rig_close(&rig);
}

TEST(what_cannot_be_dialled_fails_at_once)
{
	struct addr multicast = { .port = 80 };
	struct rig rig;
	struct sock *s;

	rig_open(&rig);
	assert_int_equal(addr_parse_ip("224.0.0.1", &multicast), 0);
	assert_int_equal(loop_connect_tcp(rig.client, &multicast, &end_ops, NULL, &s),
			 -ENETUNREACH);
	rig_close(&rig);
}

TEST(many_at_once_are_all_accepted)
{
	struct rig rig;
	struct port port;
	int fds[3 * LIMIT_ACCEPTS];

	rig_open(&rig);
	port_open(&port, rig.server, &rig.server_ip, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = dial_raw(&port.addr);
	rig_run_for(&rig, 100);
	assert_int_equal(port.n_accepts, ARRAY_SIZE(fds));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	port_close(&port);
	rig_close(&rig);
}

TEST(everything_left_open_is_closed_with_the_loop)
{
	struct rig rig;
	struct port port;
	struct end client, server;

	make_path();
	rig_open(&rig);
	end_init(&client, rig.client);
	end_init(&server, rig.server);
	port_open(&port, rig.server, &rig.server_ip, &server);
	end_connect(&client, &port.addr);
	assert_true(rig_run_until(&rig, has_accepted, &server));
	assert_int_equal(loop_listen_unix(rig.server, path, &port_ops, &port, &port.ls), 0);
	rig_close(&rig);
	assert_int_equal(access(path, F_OK), -1);
	remove_path();
}

TESTS(RUN(a_unix_socket_is_for_owner_and_group_and_tells_who_came),
      RUN(a_path_that_somebody_else_took_over_is_left_alone),
      RUN(a_directory_that_does_not_exist_is_said_so),
      RUN(both_families_can_listen_on_the_same_port),
      RUN(dials_leave_the_reserved_descriptors_alone),
      RUN(a_connection_that_would_take_a_reserved_descriptor_is_closed_and_counted),
      RUN(without_any_descriptor_a_listener_rests_instead_of_spinning_and_recovers),
      RUN(a_resting_listener_can_be_closed),
      RUN(who_was_reset_before_the_accept_is_an_error_after_the_start),
      RUN(what_cannot_be_dialled_fails_at_once), RUN(many_at_once_are_all_accepted),
      RUN(everything_left_open_is_closed_with_the_loop))
