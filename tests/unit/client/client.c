/* Proves the blocking calls against a door that has already said everything: its words lie in one
 * end of a socket pair before they are read from the other, so nothing here waits for anybody. */

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#include "client/client.h"

#define GREETING "INFO {}\r\nPONG\r\n"

struct pair {
	int theirs;
	struct client *c;
	int r;
};

static void door_says(struct pair *p, const char *text)
{
	assert_int_equal(write(p->theirs, text, strlen(text)), strlen(text));
}

/* What the client has written, once. */
static struct bytes door_heard(struct pair *p)
{
	static char text[65536];
	ssize_t n = recv(p->theirs, text, sizeof(text), MSG_DONTWAIT);

	return BYTES(text, n < 0 ? 0 : (size_t)n);
}

static struct pair open_pair(const char *greeting)
{
	const struct client_config config = { .name = "me", .timeout_ms = 50 };
	struct pair p;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	p.theirs = fds[1];
	p.c = NULL;
	door_says(&p, greeting);
	p.r = client_open_fd(fds[0], &config, &p.c);
	return p;
}

static struct pair open_greeted(void)
{
	struct pair p = open_pair(GREETING);

	assert_int_equal(p.r, 0);
	(void)door_heard(&p);
	return p;
}

static void close_pair(struct pair *p)
{
	client_close(p->c);
	close(p->theirs);
}

TEST(opening_succeeds_when_the_door_answers_the_first_ping)
{
	struct pair p = open_pair(GREETING);
	struct bytes heard;

	assert_int_equal(p.r, 0);
	assert_string_equal(client_error(p.c), "");
	assert_int_equal(client_publish(p.c, "a", BYTES_LITERAL("x")), 0);
	door_says(&p, "PONG\r\nPONG\r\n");
	assert_int_equal(client_flush(p.c, 50), 0);
	heard = door_heard(&p);
	assert_non_null(memmem(heard.p, heard.n, "PING\r\nPUB a 1\r\nx\r\nPING\r\n", 24));
	close_pair(&p);
}

TEST(opening_tells_why_the_door_refused)
{
	struct pair p = open_pair("INFO {}\r\n-ERR 'Authorization Violation'\r\n");

	assert_int_equal(p.r, CLIENT_E_REFUSED);
	assert_string_equal(client_error(p.c), "Authorization Violation");
	close_pair(&p);
}

TEST(a_door_that_says_nothing_times_out_and_one_that_leaves_is_told)
{
	struct pair p = open_pair("INFO {}\r\n");
	struct client_message m;

	assert_int_equal(p.r, CLIENT_E_TIMEOUT);
	close_pair(&p);
	p = open_greeted();
	close(p.theirs);
	assert_int_equal(client_next(p.c, 50, &m), CLIENT_E_CLOSED);
	client_close(p.c);
}

TEST(what_is_no_nats_server_is_refused)
{
	struct pair p = open_pair("SSH-2.0-OpenSSH_9.2\r\n");

	assert_int_equal(p.r, -EPROTO);
	assert_null(p.c);
	close_pair(&p);
	p = open_pair("INFO {}\r\nMSG a 1 0\r\n\r\n");
	assert_int_equal(p.r, -EPROTO);
	close_pair(&p);
}

TEST(messages_come_one_by_one_with_their_headers)
{
	struct pair p = open_greeted();
	struct client_message m;
	struct bytes heard;
	uint64_t sid;

	assert_int_equal(client_subscribe(p.c, "a.*", &sid), 0);
	door_says(&p, "HMSG a.b 1 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPING\r\nMSG a.c 1 0\r\n\r\n");
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.subject, "a.b");
	assert_bytes(m.reply, "r");
	assert_bytes(m.header, "NATS/1.0\r\n\r\n");
	assert_bytes(m.payload, "hi");
	assert_int_equal(m.sid, sid);
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.subject, "a.c");
	assert_int_equal(client_next(p.c, 1, &m), CLIENT_E_TIMEOUT);
	heard = door_heard(&p);
	assert_non_null(memmem(heard.p, heard.n, "SUB a.* 1\r\nPONG\r\n", 17));
	close_pair(&p);
}

/* The inbox is random: the line of a first request, which nobody answers in time, tells it. */
static void learn_inbox(struct pair *p, char out[64])
{
	struct client_message m;
	struct bytes heard;
	const char *at, *end;

	assert_int_equal(client_request(p->c, "svc", BYTES_LITERAL("q"), 1, &m), CLIENT_E_TIMEOUT);
	heard = door_heard(p);
	at = memmem(heard.p, heard.n, "_INBOX.", 7);
	assert_non_null(at);
	end = strchr(at, '*');
	memcpy(out, at, (size_t)(end - at));
	out[end - at] = 0;
}

TEST(a_request_gets_its_own_answer_and_keeps_other_messages_for_later)
{
	struct pair p = open_greeted();
	struct client_message m;
	char inbox[64], text[512];
	uint64_t sid;

	assert_int_equal(client_subscribe(p.c, "news", &sid), 0);
	learn_inbox(&p, inbox);
	snprintf(text, sizeof(text),
		 "MSG news 1 1\r\n1\r\nMSG %s1 2 4\r\nlate\r\nMSG news 1 1\r\n2\r\nMSG %s2 2 "
		 "2\r\nok\r\n",
		 inbox, inbox);
	door_says(&p, text);
	assert_int_equal(client_request(p.c, "svc", BYTES_LITERAL("q"), 50, &m), 0);
	assert_bytes(m.payload, "ok");
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.payload, "1");
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.payload, "2");
	assert_int_equal(client_next(p.c, 1, &m), CLIENT_E_TIMEOUT);
	snprintf(text, sizeof(text), "HMSG %s3 2 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", inbox);
	door_says(&p, text);
	assert_int_equal(client_request(p.c, "svc", BYTES_LITERAL("q"), 50, &m),
			 CLIENT_E_NO_RESPONDERS);
	close_pair(&p);
}

TEST(a_refusal_is_told_by_flush_and_does_not_end_the_connection)
{
	struct pair p = open_greeted();
	struct client_message m;

	assert_int_equal(client_publish(p.c, "a", BYTES_LITERAL("x")), 0);
	door_says(
		&p,
		"MSG b 1 1\r\ny\r\n-ERR 'Permissions Violation for Publish to \"a\"'\r\nPONG\r\n");
	assert_int_equal(client_flush(p.c, 50), CLIENT_E_REFUSED);
	assert_string_equal(client_error(p.c), "Permissions Violation for Publish to \"a\"");
	assert_int_equal(client_next(p.c, 50, &m), 0);
	assert_bytes(m.payload, "y");
	assert_int_equal(client_flush(p.c, 1), CLIENT_E_TIMEOUT);
	close_pair(&p);
}

TEST(nobody_there_is_an_error_by_its_number)
{
	struct client_config config = { .address = "/nonexistent/peerline.sock", .timeout_ms = 50 };
	struct client *c;

	assert_int_equal(client_open(&config, &c), -ENOENT);
	assert_null(c);
	config.address = "nats://not-an-ip:1";
	assert_int_equal(client_open(&config, &c), -EINVAL);
	assert_string_equal(client_error(NULL), "");
	assert_null(client_close(NULL));
}

TESTS(RUN(opening_succeeds_when_the_door_answers_the_first_ping),
      RUN(opening_tells_why_the_door_refused),
      RUN(a_door_that_says_nothing_times_out_and_one_that_leaves_is_told),
      RUN(what_is_no_nats_server_is_refused), RUN(messages_come_one_by_one_with_their_headers),
      RUN(a_request_gets_its_own_answer_and_keeps_other_messages_for_later),
      RUN(a_refusal_is_told_by_flush_and_does_not_end_the_connection),
      RUN(nobody_there_is_an_error_by_its_number))
