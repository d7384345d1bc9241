#include "bench/door_drain.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "bench/figures.h"

#define PONG_MS 1000

static void say(struct door_drain *d, const char *text)
{
	struct bytes v = bytes_of_text(text);

	if (sock_write(d->sock, &v, 1) < 0)
		give_up("the door cannot be written to");
}

static void on_pong(struct timer *t)
{
	struct door_drain *d = container_of(t, struct door_drain, pong);

	say(d, "PONG\r\n");
	loop_timer_set(d->loop, t, mono_add_ms(loop_now(d->loop), PONG_MS));
}

static void on_connect(void *user)
{
	struct door_drain *d = user;
	char text[1024];

	snprintf(text, sizeof(text),
		 "CONNECT {\"auth_token\":\"%s\",\"verbose\":false,\"headers\":true,"
		 "\"name\":\"drain\"}\r\nSUB %s 1\r\n",
		 d->token, d->subject);
	say(d, text);
	loop_timer_set(d->loop, &d->pong, mono_add_ms(loop_now(d->loop), PONG_MS));
}

static void on_read(void *user, struct bytes b)
{
	struct door_drain *d = user;

	if (b.n == 0)
		give_up("the door closed the connection");
	d->n_bytes += b.n;
}

static void on_drain(void *user)
{
	(void)user;
}

static void on_error(void *user, int error)
{
	(void)user;
	(void)error;
	give_up("the connection to the door failed");
}

static const struct sock_ops ops = {
	.on_connect = on_connect,
	.on_read = on_read,
	.on_drain = on_drain,
	.on_error = on_error,
};

void door_drain_open(struct door_drain *d, struct loop *loop, const char *address,
		     const char *token, const char *subject)
{
	struct addr to = { .family = ADDR_IP4, .ip = { 127, 0, 0, 1 } };
	unsigned int port;

	if (sscanf(address, "127.0.0.1:%u", &port) != 1)
		give_up("a door stands at 127.0.0.1:PORT");
	to.port = (uint16_t)port;
	d->loop = loop;
	d->token = token;
	d->subject = subject;
	d->pong.fire = on_pong;
	if (loop_connect_tcp(loop, &to, &ops, d, &d->sock) < 0)
		give_up("the door cannot be dialled");
}
