#include "test.h"

#include <stdio.h>

#include "base/limits.h"
#include "loop/loop_virtual.h"
#include "node/door_sockets.h"

#define TOKEN "s3cret"
#define HELLO                                                                                      \
	"CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":true,\"auth_token\":\"" TOKEN      \
	"\"}\r\n"
#define HEARD_MAX (16 * MIB)

/* A door behind real (virtual) sockets; nothing else of a node. */
struct fixture {
	struct world *world;
	struct loop *loop;
	struct random_seeded seed;
	struct door_sockets *sockets;
	struct door *door;
	struct addr at;
	size_t consumer_bytes;
};

struct caller {
	struct sock *sock; /* NULL: closed */
	struct buf heard;
	bool ended; /* by a FIN, not by a reset */
};

static void wants_output(void *user, void *connection)
{
	struct fixture *f = user;

	door_sockets_wants_output(f->sockets, connection);
}

static void wants_close(void *user, void *connection)
{
	struct fixture *f = user;

	door_sockets_wants_close(f->sockets, connection);
}

static const struct door_ops door_ops = {
	.wants_output = wants_output,
	.wants_close = wants_close,
};

static void fixture_init(struct fixture *f, size_t consumer_bytes)
{
	struct door_config config = {
		.server_name = "test",
		.version = "1",
		.host = "127.0.0.1",
		.token = TOKEN,
		.topic_prefix = "",
		.consumer_bytes = consumer_bytes,
		.ops = &door_ops,
		.user = f,
	};

	*f = (struct fixture){ 0 };
	random_seeded_init(&f->seed, 1);
	config.random = random_seeded_source(&f->seed);
	assert_int_equal(world_new(1, &f->world), 0);
	assert_int_equal(world_host(f->world, "10.0.0.1", &f->loop), 0);
	assert_int_equal(door_sockets_new(f->loop, &f->sockets), 0);
	assert_int_equal(addr_parse_ip("127.0.0.1", &f->at), 0);
	assert_int_equal(door_sockets_listen_tcp(f->sockets, &f->at), 0);
	config.port = f->at.port;
	assert_int_equal(door_new(&config, &f->door), 0);
	door_sockets_set_door(f->sockets, f->door);
}

static void fixture_deinit(struct fixture *f)
{
	door_sockets_free(f->sockets);
	door_free(f->door);
	loop_free(f->loop);
	world_free(f->world);
}

static void on_connect(void *user)
{
	(void)user;
}

static void on_read(void *user, struct bytes b)
{
	struct caller *c = user;

	if (b.n == 0) {
		c->ended = true;
		sock_close(TAKE_PTR(c->sock), false);
		return;
	}
	assert_int_equal(buf_append(&c->heard, b.p, b.n), 0);
}

static void on_error(void *user, int error)
{
	struct caller *c = user;

	(void)error;
	sock_close(TAKE_PTR(c->sock), false);
}

static const struct sock_ops caller_ops = {
	.on_connect = on_connect,
	.on_read = on_read,
	.on_error = on_error,
};

static void say(struct caller *c, const char *text)
{
	struct bytes b = bytes_of_text(text);

	assert_int_equal(sock_write(c->sock, &b, 1), 0);
}

static void call(struct fixture *f, struct caller *c)
{
	*c = (struct caller){ 0 };
	buf_init(&c->heard, HEARD_MAX);
	assert_int_equal(loop_connect_tcp(f->loop, &f->at, &caller_ops, c, &c->sock), 0);
	world_run_for(f->world, 50);
}

static void hang_up(struct caller *c)
{
	sock_close(TAKE_PTR(c->sock), false);
	buf_deinit(&c->heard);
}

static bool heard(const struct caller *c, const char *text)
{
	struct bytes b = buf_data(&c->heard);

	return b.n > 0 && memmem(b.p, b.n, text, strlen(text)) != NULL;
}

/* A message of `n` bytes from one consumer to whoever wants `x`. */
static void publish(struct fixture *f, struct caller *c, size_t n)
{
	char *text = malloc(n + 64);
	int used = sprintf(text, "PUB x %zu\r\n", n);

	memset(text + used, 'x', n);
	strcpy(text + (size_t)used + n, "\r\n");
	say(c, text);
	free(text);
	world_run_for(f->world, 5);
}

TEST(a_caller_is_greeted_answered_and_forgotten)
{
	struct fixture f;
	struct caller c;

	fixture_init(&f, MIB);
	call(&f, &c);
	assert_true(heard(&c, "INFO {"));
	say(&c, HELLO "PING\r\n");
	world_run_for(f.world, 50);
	assert_true(heard(&c, "PONG\r\n"));
	assert_int_equal(door_n_consumers(f.door), 1);
	hang_up(&c);
	world_run_for(f.world, 50);
	assert_int_equal(door_n_consumers(f.door), 0);
	fixture_deinit(&f);
}

TEST(a_refused_caller_reads_why_before_the_end)
{
	struct fixture f;
	struct caller c;

	fixture_init(&f, MIB);
	call(&f, &c);
	say(&c, "CONNECT {\"auth_token\":\"wrong\"}\r\nPING\r\n");
	world_run_for(f.world, 50);
	assert_true(heard(&c, "-ERR 'Authorization Violation'\r\n"));
	assert_true(c.ended);
	hang_up(&c);
	fixture_deinit(&f);
}

TEST(who_says_nothing_is_told_so_by_the_doors_deadline)
{
	struct fixture f;
	struct caller c;

	fixture_init(&f, MIB);
	call(&f, &c);
	world_run_for(f.world, LIMIT_DOOR_AUTH_MS);
	assert_true(heard(&c, "-ERR 'Authentication Timeout'\r\n"));
	assert_true(c.ended);
	hang_up(&c);
	fixture_deinit(&f);
}

TEST(a_frozen_caller_keeps_its_queue_and_harms_nobody)
{
	struct fixture f;
	struct caller frozen, reader, writer;

	fixture_init(&f, 8 * MIB);
	call(&f, &frozen);
	call(&f, &reader);
	call(&f, &writer);
	say(&frozen, HELLO "SUB x 1\r\n");
	say(&reader, HELLO "SUB x 1\r\n");
	say(&writer, HELLO);
	world_run_for(f.world, 50);
	sock_pause(frozen.sock, true);
	for (int i = 0; i < 30; i++)
		publish(&f, &writer, 100000);
	assert_true(buf_len(&reader.heard) > 30 * 100000);
	assert_false(door_sockets_is_flushed(f.sockets));
	sock_pause(frozen.sock, false);
	world_run_for(f.world, 1000);
	assert_int_equal(buf_len(&frozen.heard), buf_len(&reader.heard));
	assert_true(door_sockets_is_flushed(f.sockets));
	hang_up(&frozen);
	hang_up(&reader);
	hang_up(&writer);
	fixture_deinit(&f);
}

/* More than sockets hold waits in front of the last word: all of it gets through. */
TEST(the_last_word_comes_behind_all_that_was_queued)
{
	struct fixture f;
	struct caller slow, writer;

	fixture_init(&f, 8 * MIB);
	call(&f, &slow);
	call(&f, &writer);
	say(&slow, HELLO "SUB x 1\r\n");
	say(&writer, HELLO);
	world_run_for(f.world, 50);
	sock_pause(slow.sock, true);
	for (int i = 0; i < 30; i++)
		publish(&f, &writer, 100000);
	say(&slow, "NONSENSE\r\n");
	world_run_for(f.world, 50);
	sock_pause(slow.sock, false);
	world_run_for(f.world, 500);
	assert_true(buf_len(&slow.heard) > 30 * 100000);
	assert_true(heard(&slow, "-ERR 'Unknown Protocol Operation'\r\n"));
	assert_true(slow.ended);
	hang_up(&slow);
	hang_up(&writer);
	fixture_deinit(&f);
}

TEST(who_does_not_read_its_last_word_is_closed_all_the_same)
{
	struct fixture f;
	struct caller frozen, writer;

	fixture_init(&f, 8 * MIB);
	call(&f, &frozen);
	call(&f, &writer);
	say(&frozen, HELLO "SUB x 1\r\n");
	say(&writer, HELLO);
	world_run_for(f.world, 50);
	sock_pause(frozen.sock, true);
	for (int i = 0; i < 30; i++)
		publish(&f, &writer, 100000);
	say(&frozen, "NONSENSE\r\n");
	world_run_for(f.world, 2000);
	sock_pause(frozen.sock, false);
	world_run_for(f.world, 100);
	assert_null(frozen.sock);
	hang_up(&frozen);
	hang_up(&writer);
	fixture_deinit(&f);
}

TEST(closed_listeners_take_nobody_and_keep_who_is_there)
{
	struct fixture f;
	struct caller there, late;

	fixture_init(&f, MIB);
	call(&f, &there);
	door_sockets_close_listeners(f.sockets);
	call(&f, &late);
	assert_null(late.sock);
	say(&there, HELLO "PING\r\n");
	world_run_for(f.world, 50);
	assert_true(heard(&there, "PONG\r\n"));
	hang_up(&there);
	hang_up(&late);
	fixture_deinit(&f);
}

static void hand_on(void *user, struct sock *s, const struct addr *from)
{
	(void)from;
	door_sockets_adopt(user, s);
}

TEST(a_connection_from_elsewhere_is_taken_as_if_it_had_called)
{
	static const struct listener_ops elsewhere = { .on_accept = hand_on };
	struct listener *listener;
	struct caller c;
	struct fixture f;

	fixture_init(&f, MIB);
	f.at.port = 0;
	assert_int_equal(loop_listen_tcp(f.loop, &f.at, &elsewhere, f.sockets, &listener), 0);
	f.at = listener_addr(listener);
	call(&f, &c);
	say(&c, HELLO "PING\r\n");
	world_run_for(f.world, 50);
	assert_true(heard(&c, "INFO {") && heard(&c, "PONG\r\n"));
	hang_up(&c);
	listener_close(listener);
	fixture_deinit(&f);
}

TEST(a_port_that_is_taken_is_told)
{
	struct fixture f;
	struct addr at;

	fixture_init(&f, MIB);
	at = f.at;
	assert_int_equal(door_sockets_listen_tcp(f.sockets, &at), -EADDRINUSE);
	fixture_deinit(&f);
}

TESTS(RUN(a_caller_is_greeted_answered_and_forgotten),
      RUN(a_refused_caller_reads_why_before_the_end),
      RUN(who_says_nothing_is_told_so_by_the_doors_deadline),
      RUN(a_frozen_caller_keeps_its_queue_and_harms_nobody),
      RUN(the_last_word_comes_behind_all_that_was_queued),
      RUN(who_does_not_read_its_last_word_is_closed_all_the_same),
      RUN(closed_listeners_take_nobody_and_keep_who_is_there),
      RUN(a_connection_from_elsewhere_is_taken_as_if_it_had_called),
      RUN(a_port_that_is_taken_is_told))
