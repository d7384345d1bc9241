/* Look-ups against a name server of our own on 127.0.0.1. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rig.h"
#include "test.h"

#include "base/limits.h"
#include "loop/loop_uv_state.h"

#define TYPE_A 1
#define TYPE_TXT 16
#define TYPE_AAAA 28

/* Answers every question with the same records, or not at all. */
struct server {
	struct rig rig;
	char address[32];
	int udp, tcp;
	struct timer tick;
	bool is_silent, wants_tcp;
	unsigned rcode;
	size_t n_a, n_aaaa, n_txt;
	struct bytes txt[24]; /* RDATA */
	size_t n_questions, n_tcp;
};

struct answer {
	size_t n;
	int error;
	struct resolve_result result;
};

static void on_answer(void *user, int error, const struct resolve_result *result)
{
	struct answer *a = user;

	a->n++;
	a->error = error;
	a->result = *result;
}

static bool is_answered(void *user)
{
	return ((struct answer *)user)->n > 0;
}

static void put(uint8_t *out, size_t *n, struct bytes b)
{
	memcpy(out + *n, b.p, b.n);
	*n += b.n;
}

static void put_u16(uint8_t *out, size_t *n, unsigned v)
{
	out[(*n)++] = (uint8_t)(v >> 8);
	out[(*n)++] = (uint8_t)v;
}

static void put_record(uint8_t *out, size_t *n, unsigned type, struct bytes rdata)
{
	put_u16(out, n, 0xc00c); /* the name of the question */
	put_u16(out, n, type);
	put_u16(out, n, 1);
	put_u16(out, n, 0);
	put_u16(out, n, 60);
	put_u16(out, n, (unsigned)rdata.n);
	put(out, n, rdata);
}

/* The question as it came, then the records of its type. */
static size_t reply(const struct server *s, const uint8_t *q, size_t n_q, bool truncated,
		    uint8_t *out)
{
	size_t end = 12, n = 0, n_records = 0;
	unsigned type;

	while (end < n_q && q[end])
		end += 1 + q[end];
	type = (unsigned)q[end + 1] << 8 | q[end + 2];
	if (!truncated)
		n_records = type == TYPE_A ? s->n_a : type == TYPE_AAAA ? s->n_aaaa : s->n_txt;
	put(out, &n, BYTES(q, 2));
	put_u16(out, &n, 0x8180 | (truncated ? 0x0200 : 0) | s->rcode);
	put_u16(out, &n, 1);
	put_u16(out, &n, (unsigned)n_records);
	put_u16(out, &n, 0);
	put_u16(out, &n, 0);
	put(out, &n, BYTES(q + 12, end + 5 - 12));
	for (size_t i = 0; i < n_records; i++) {
		if (type == TYPE_A)
			put_record(out, &n, type, HEX("c0000207"));
		else if (type == TYPE_AAAA)
			put_record(out, &n, type, HEX("20010db8000000000000000000000007"));
		else
			put_record(out, &n, type, s->txt[i]);
	}
	return n;
}

static void serve_udp(struct server *s)
{
	uint8_t q[512], out[8192];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(s->udp, q, sizeof(q), MSG_DONTWAIT, (struct sockaddr *)&from, &len);
	size_t n_out;

	if (n <= 12)
		return;
	s->n_questions++;
	if (s->is_silent)
		return;
	n_out = reply(s, q, (size_t)n, s->wants_tcp, out);
	assert_int_equal(sendto(s->udp, out, n_out, 0, (const struct sockaddr *)&from, len),
			 (ssize_t)n_out);
}

static void serve_tcp(struct server *s)
{
	uint8_t q[514], out[8194];
	int fd = accept4(s->tcp, NULL, NULL, SOCK_CLOEXEC);
	size_t n_out, at = 0;
	ssize_t n;

	if (fd < 0)
		return;
	n = recv(fd, q, sizeof(q), 0);
	assert_true(n > 14);
	n_out = reply(s, q + 2, (size_t)n - 2, false, out + 2);
	put_u16(out, &at, (unsigned)n_out);
	assert_int_equal(send(fd, out, n_out + 2, 0), (ssize_t)n_out + 2);
	close(fd);
	s->n_tcp++;
}

static void on_tick(struct timer *t)
{
	struct server *s = container_of(t, struct server, tick);

	serve_udp(s);
	serve_tcp(s);
	loop_timer_set(s->rig.server, t, mono_add_ms(loop_now(s->rig.server), 1));
}

/* A datagram port that the kernel chose, and the same number for streams: false where that one is
 * taken, or was until lately. */
static bool bind_both(struct server *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(s->udp, (const struct sockaddr *)&in, len), 0);
	assert_int_equal(getsockname(s->udp, (struct sockaddr *)&in, &len), 0);
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", ntohs(in.sin_port));
	if (bind(s->tcp, (const struct sockaddr *)&in, len) == 0)
		return true;
	assert_int_equal(errno, EADDRINUSE);
	close(s->udp);
	close(s->tcp);
	return false;
}

static void server_open(struct server *s)
{
	size_t n_tries = 0;

	*s = (struct server){ .tick.fire = on_tick };
	while (!bind_both(s))
		assert_true(++n_tries < 1000);
	assert_int_equal(listen(s->tcp, 5), 0);

	rig_open(&s->rig);
	loop_uv_of(s->rig.client)->name_servers = s->address;
	loop_timer_set(s->rig.server, &s->tick, loop_now(s->rig.server));
}

static void server_close(struct server *s)
{
	loop_timer_stop(s->rig.server, &s->tick);
	rig_close(&s->rig);
	close(s->udp);
	close(s->tcp);
}

static struct answer ask(struct server *s, enum resolve_kind kind)
{
	struct answer a = { 0 };
	struct resolve *q;

	assert_int_equal(loop_resolve(s->rig.client, kind, "peer.example.org", on_answer, &a, &q),
			 0);
	assert_int_equal(a.n, 0);
	assert_true(rig_run_until(&s->rig, is_answered, &a));
	assert_int_equal(a.n, 1);
	return a;
}

TEST(addresses_of_each_family_are_found)
{
	char text[ADDR_TEXT_MAX];
	struct server s;
	struct answer a;

	server_open(&s);
	s.n_a = s.n_aaaa = 1;
	a = ask(&s, RESOLVE_IP4);
	assert_int_equal(a.error, 0);
	assert_int_equal(a.result.n, 1);
	assert_string_equal(addr_ip_text(&a.result.addrs[0], text), "192.0.2.7");
	a = ask(&s, RESOLVE_IP6);
	assert_int_equal(a.result.n, 1);
	assert_string_equal(addr_ip_text(&a.result.addrs[0], text), "2001:db8::7");
	assert_int_equal(ask(&s, RESOLVE_IP_ANY).result.n, 2);
	rig_run_for(&s.rig, 5);
	assert_null(loop_uv_of(s.rig.client)->names); /* and nothing of c-ares stays */
	server_close(&s);
}

TEST(more_addresses_than_there_is_room_for_are_left_out)
{
	struct server s;

	server_open(&s);
	s.n_a = RESOLVE_RESULTS_MAX + 4;
	assert_int_equal(ask(&s, RESOLVE_IP4).result.n, RESOLVE_RESULTS_MAX);
	server_close(&s);
}

TEST(pieces_of_a_text_record_are_joined_and_records_kept_apart)
{
	struct server s;
	struct answer a;

	server_open(&s);
	s.n_txt = 2;
	s.txt[0] = HEX("08646e73616464723d 052f69703421");
	s.txt[1] = HEX("067365636f6e64");
	a = ask(&s, RESOLVE_TXT);
	assert_int_equal(a.error, 0);
	assert_int_equal(a.result.n, 2);
	assert_string_equal(a.result.texts[0], "dnsaddr=/ip4!");
	assert_string_equal(a.result.texts[1], "second");
	server_close(&s);
}

TEST(text_records_that_are_too_long_or_not_text_are_left_out)
{
	static uint8_t longest[3 * 256];
	struct server s;
	struct answer a;

	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = i % 256 == 0 ? 255 : 'x';
	server_open(&s);
	s.n_txt = 4;
	s.txt[0] = BYTES(longest, sizeof(longest));
	s.txt[1] = HEX("036100 62");
	s.txt[2] = HEX("00");
	s.txt[3] = HEX("026f6b");
	a = ask(&s, RESOLVE_TXT);
	assert_int_equal(a.result.n, 2);
	assert_string_equal(a.result.texts[0], "");
	assert_string_equal(a.result.texts[1], "ok");
	server_close(&s);
}

TEST(a_text_record_of_two_full_pieces_is_the_longest_kept)
{
	static uint8_t full[2 * 256];
	struct server s;
	struct answer a;

	for (size_t i = 0; i < sizeof(full); i++)
		full[i] = i % 256 == 0 ? 255 : 'y';
	server_open(&s);
	s.n_txt = 1;
	s.txt[0] = BYTES(full, sizeof(full));
	a = ask(&s, RESOLVE_TXT);
	assert_int_equal(a.result.n, 1);
	assert_int_equal(strlen(a.result.texts[0]), 510);
	server_close(&s);
}

TEST(more_text_records_than_there_is_room_for_are_left_out)
{
	struct server s;

	server_open(&s);
	s.n_txt = RESOLVE_RESULTS_MAX + 2;
	for (size_t i = 0; i < s.n_txt; i++)
		s.txt[i] = HEX("0161");
	assert_int_equal(ask(&s, RESOLVE_TXT).result.n, RESOLVE_RESULTS_MAX);
	server_close(&s);
}

TEST(names_that_do_not_exist_and_records_a_name_lacks_are_not_found)
{
	struct server s;
	struct answer a;

	server_open(&s);
	assert_int_equal(ask(&s, RESOLVE_IP4).error, -ENOENT);
	assert_int_equal(ask(&s, RESOLVE_TXT).error, -ENOENT);
	s.rcode = 3;
	a = ask(&s, RESOLVE_IP_ANY);
	assert_int_equal(a.error, -ENOENT);
	assert_int_equal(a.result.n, 0);
	assert_int_equal(ask(&s, RESOLVE_TXT).error, -ENOENT);
	server_close(&s);
}

TEST(a_server_that_refuses_is_an_error)
{
	struct server s;

	server_open(&s);
	s.rcode = 5;
	assert_true(ask(&s, RESOLVE_TXT).error < 0);
	server_close(&s);
}

TEST(a_name_that_cannot_be_one_is_an_error_later)
{
	struct answer a = { 0 };
	struct resolve *q;
	struct server s;

	server_open(&s);
	assert_int_equal(loop_resolve(s.rig.client, RESOLVE_TXT, "two..dots", on_answer, &a, &q),
			 0);
	assert_int_equal(a.n, 0);
	assert_true(rig_run_until(&s.rig, is_answered, &a));
	assert_int_equal(a.error, -EINVAL);
	server_close(&s);
}

TEST(an_answer_too_long_for_a_datagram_comes_by_tcp)
{
	static uint8_t text[256];
	struct server s;

	memset(text, 'z', sizeof(text));
	text[0] = 255;
	server_open(&s);
	s.wants_tcp = true;
	s.n_txt = 12;
	for (size_t i = 0; i < s.n_txt; i++)
		s.txt[i] = BYTES(text, sizeof(text));
	assert_int_equal(ask(&s, RESOLVE_TXT).result.n, 12);
	assert_int_equal(s.n_tcp, 1);
	server_close(&s);
}

TEST(a_cancelled_question_is_not_answered_when_the_server_does)
{
	struct answer a = { 0 }, b = { 0 };
	struct resolve *first, *second;
	struct server s;

	server_open(&s);
	s.n_a = 1;
	assert_int_equal(
		loop_resolve(s.rig.client, RESOLVE_IP4, "one.example.org", on_answer, &a, &first),
		0);
	assert_int_equal(
		loop_resolve(s.rig.client, RESOLVE_IP4, "two.example.org", on_answer, &b, &second),
		0);
	loop_resolve_cancel(s.rig.client, first);
	assert_true(rig_run_until(&s.rig, is_answered, &b));
	rig_run_for(&s.rig, 20);
	assert_int_equal(a.n, 0);
	assert_int_equal(b.result.n, 1);
	server_close(&s);
}

TEST(a_silent_server_is_asked_again)
{
	struct server s;
	struct answer a = { 0 };
	struct resolve *q;

	server_open(&s);
	s.is_silent = true;
	s.n_a = 1;
	assert_int_equal(
		loop_resolve(s.rig.client, RESOLVE_IP4, "peer.example.org", on_answer, &a, &q), 0);
	rig_run_for(&s.rig, 500);
	assert_int_equal(a.n, 0);
	assert_true(s.n_questions >= 1);
	s.is_silent = false;
	assert_true(rig_run_until(&s.rig, is_answered, &a));
	assert_int_equal(a.error, 0);
	server_close(&s);
}

TEST(a_loop_may_end_in_the_middle_of_a_question)
{
	struct answer a = { 0 };
	struct resolve *q;
	struct server s;

	server_open(&s);
	s.is_silent = true;
	assert_int_equal(
		loop_resolve(s.rig.client, RESOLVE_TXT, "peer.example.org", on_answer, &a, &q), 0);
	rig_run_for(&s.rig, 10);
	server_close(&s);
	assert_int_equal(a.n, 0);
}

TESTS(RUN(addresses_of_each_family_are_found),
      RUN(more_addresses_than_there_is_room_for_are_left_out),
      RUN(pieces_of_a_text_record_are_joined_and_records_kept_apart),
      RUN(text_records_that_are_too_long_or_not_text_are_left_out),
      RUN(a_text_record_of_two_full_pieces_is_the_longest_kept),
      RUN(more_text_records_than_there_is_room_for_are_left_out),
      RUN(names_that_do_not_exist_and_records_a_name_lacks_are_not_found),
      RUN(a_server_that_refuses_is_an_error), RUN(a_name_that_cannot_be_one_is_an_error_later),
      RUN(an_answer_too_long_for_a_datagram_comes_by_tcp),
      RUN(a_cancelled_question_is_not_answered_when_the_server_does),
      RUN(a_silent_server_is_asked_again), RUN(a_loop_may_end_in_the_middle_of_a_question))
