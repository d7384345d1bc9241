#include "bench/door_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/figures.h"

#define LINE_MAX_ 8192

static void say(struct door_client *c, const char *text)
{
	size_t n = strlen(text);

	if (write(c->fd, text, n) != (ssize_t)n)
		give_up("the server cannot be written to");
}

/* Byte by byte: nothing that follows the line is taken. */
static void read_line(struct door_client *c, char line[LINE_MAX_])
{
	size_t n = 0;

	do {
		if (n + 1 >= LINE_MAX_ || read(c->fd, line + n, 1) != 1)
			give_up("the server closed the connection");
	} while (line[n++] != '\n');
	line[n] = 0;
}

static void await_pong(struct door_client *c)
{
	char line[LINE_MAX_];

	do {
		read_line(c, line);
		if (strncmp(line, "-ERR", 4) == 0)
			give_up(line);
	} while (strncmp(line, "PONG", 4) != 0);
}

void door_client_open(struct door_client *c, const char *address, const char *token)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	char line[LINE_MAX_];
	unsigned int port;
	int on = 1;

	if (sscanf(address, "127.0.0.1:%u", &port) != 1)
		give_up("a server stands at 127.0.0.1:PORT");
	to.sin_port = htons((uint16_t)port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*c = (struct door_client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		give_up("the server cannot be dialled");
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	read_line(c, line); /* INFO */
	snprintf(line, sizeof(line),
		 "CONNECT {\"auth_token\":\"%s\",\"verbose\":false,\"pedantic\":false,"
		 "\"headers\":true,\"no_responders\":true,\"echo\":true}\r\nPING\r\n",
		 token);
	say(c, line);
	await_pong(c);
}

void door_client_subscribe(struct door_client *c, const char *subject, size_t sid, size_t n_reply,
			   size_t n_payload)
{
	char line[LINE_MAX_];

	snprintf(line, sizeof(line), "SUB %s %zu\r\nPING\r\n", subject, sid);
	say(c, line);
	await_pong(c);
	/* MSG subject sid [reply ]size CR LF payload CR LF */
	c->frame = (size_t)snprintf(NULL, 0, "MSG %s %zu %zu\r\n", subject, sid, n_payload) +
		   (n_reply > 0 ? n_reply + 1 : 0) + n_payload + 2;
}

void door_client_go(struct door_client *c)
{
	if (fcntl(c->fd, F_SETFL, O_NONBLOCK) < 0)
		give_up("fcntl");
}

bool door_client_read(struct door_client *c)
{
	static char into[DOOR_CLIENT_READ];
	ssize_t n = recv(c->fd, into, sizeof(into), 0);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		give_up("the server closed a connection that was being read");
	if (n < 0)
		return false;
	c->n_bytes += (size_t)n;
	return true;
}

size_t door_client_write(struct door_client *c, const void *p, size_t n)
{
	ssize_t r = send(c->fd, p, n, MSG_NOSIGNAL);

	if (r < 0 && errno != EAGAIN)
		give_up("the server closed the publisher's connection");
	return r > 0 ? (size_t)r : 0;
}
