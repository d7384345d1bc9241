/* Proves that NATS lines are read the same however they are split, refused with the right outcome,
 * and written as they are read. */

#include <stdio.h>

#include "test.h"

#include "wire/nats_line.h"

#define LINE_MAX_BYTES 64
#define PAYLOAD_MAX 100

#define CLIENT NATS_VERBS_OF_CLIENT
#define SERVER NATS_VERBS_OF_SERVER

/* Writes what was read as text: one line per operation, `!` and a number for the end. */
static void describe(struct buf *out, const struct nats_op *op)
{
	const struct bytes fields[] = { op->text,  op->subject, op->queue,  op->sid,
					op->reply, op->header,  op->payload };
	char head[32];
	int n = snprintf(head, sizeof(head), "%d.%u", (int)op->verb, op->max);

	assert_int_equal(buf_append(out, head, (size_t)n), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		assert_int_equal(buf_append(out, "|", 1), 0);
		assert_int_equal(buf_append(out, fields[i].p, fields[i].n), 0);
	}
	assert_int_equal(buf_append(out, "\n", 1), 0);
}

/* Reads until the input is used up; the outcome that ended it. */
static int feed(struct nats_parser *p, struct bytes in, struct buf *out)
{
	struct nats_op op;
	int r;

	while ((r = nats_parser_next(p, &in, &op)) == 0)
		describe(out, &op);
	if (r == NATS_E_MORE)
		assert_int_equal(in.n, 0);
	return r;
}

/* Pieces of `step` bytes, each in memory of its own, so that nothing borrowed survives by luck. */
static int feed_in_pieces(uint32_t verbs, const char *text, size_t n, size_t step, struct buf *out)
{
	struct nats_parser p;
	int r = NATS_E_MORE;

	nats_parser_init(&p, verbs, LINE_MAX_BYTES, PAYLOAD_MAX);
	for (size_t at = 0; at < n && r == NATS_E_MORE; at += step) {
		size_t n_piece = size_min(step, n - at);
		uint8_t *piece = malloc(n_piece);

		assert_non_null(piece);
		memcpy(piece, text + at, n_piece);
		r = feed(&p, BYTES(piece, n_piece), out);
		free(piece);
	}
	nats_parser_deinit(&p);
	return r;
}

struct row {
	const char *in;
	const char *out;
	int end;
};

#define MORE NATS_E_MORE
#define BLOCK "NATS/1.0\r\n\r\n"

static const struct row client_rows[] = {
	{ "PING\r\n", "1.0|||||||\n", MORE },
	{ "ping\n", "1.0|||||||\n", MORE },
	{ "PiNg junk \r\n", "1.0|||||||\n", MORE },
	{ "PONG\r\n+OK\r\n", "2.0|||||||\n8.0|||||||\n", MORE },
	{ "CONNECT {\"a\": 1} \r\n", "0.0|{\"a\": 1}||||||\n", MORE },
	{ "INFO {}\r\n", "7.0|{}||||||\n", MORE },
	{ "SUB a.b 1\r\n", "3.0||a.b||1|||\n", MORE },
	{ "sub\ta  q\t \t7 \r\n", "3.0||a|q|7|||\n", MORE },
	{ "SUB t.a  1\r\n", "3.0||t.a||1|||\n", MORE },
	{ "UNSUB 2 \r\n", "4.0||||2|||\n", MORE },
	{ "UNSUB 2 30\r\n", "4.30||||2|||\n", MORE },
	{ "UNSUB 2 x\r\n", "4.0||||2|||\n", MORE },
	{ "UNSUB 2 99999999999\r\n", "4.0||||2|||\n", MORE },
	{ "PUB a 2\r\nhi\r\n", "5.0||a|||||hi\n", MORE },
	{ "Pub a r.1 2\nhi\r\nPING\r\n", "5.0||a|||r.1||hi\n1.0|||||||\n", MORE },
	{ "PUB a 0\r\n\r\n", "5.0||a|||||\n", MORE },
	{ "PUB a 4\r\n\r\n\r\n\r\n", "5.0||a|||||\r\n\r\n\n", MORE },
	{ "HPUB a 12 14\r\n" BLOCK "hi\r\n", "6.0||a||||" BLOCK "|hi\n", MORE },
	{ "HPUB a r 12 12\r\n" BLOCK "\r\n", "6.0||a|||r|" BLOCK "|\n", MORE },
	{ "HPUB a r 0 3\r\nabc\r\n", "6.0||a|||r||abc\n", MORE },
	{ "-ERR 'no'\r\n-ERR no\r\n", "9.0|no||||||\n9.0|no||||||\n", MORE },
	{ "-ERR '\r\n-ERR \r\n", "9.0|'||||||\n9.0|||||||\n", MORE },
	{ "PUB a 2\r\nh", "", MORE },
	{ "PUB a 2\r\nhi!\r\n", "", NATS_E_VERB },
	{ "PUB a 2\r\nhi\n", "", NATS_E_VERB },
	{ "PUB a 2\r\nhi\rx", "", NATS_E_VERB },
	{ "HELLO there\r\n", "", NATS_E_VERB },
	{ "PINGS\r\n", "", NATS_E_VERB },
	{ " PING\r\n", "", NATS_E_VERB },
	{ "\r\n", "", NATS_E_VERB },
	{ "PUB\r\n", "", NATS_E_VERB },
	{ "PUB \r\n", "", NATS_E_FIELDS },
	{ "PUB a\r\n", "", NATS_E_FIELDS },
	{ "PUB a b c 1\r\n", "", NATS_E_FIELDS },
	{ "PUB a b c d e f 1\r\n", "", NATS_E_FIELDS },
	{ "PUB a x\r\n", "", NATS_E_FIELDS },
	{ "PUB a -1\r\n", "", NATS_E_FIELDS },
	{ "PUB a 1234567890\r\n", "", NATS_E_FIELDS },
	{ "PUB a\rb 1\r\n", "", NATS_E_FIELDS },
	{ "HPUB a 20 10\r\n", "", NATS_E_FIELDS },
	{ "HPUB a x 10\r\n", "", NATS_E_FIELDS },
	{ "HPUB a 10\r\n", "", NATS_E_FIELDS },
	{ "SUB a\r\n", "", NATS_E_FIELDS },
	{ "SUB a b c d\r\n", "", NATS_E_FIELDS },
	{ "SUB a\rb 1\r\n", "", NATS_E_FIELDS },
	{ "UNSUB \r\n", "", NATS_E_FIELDS },
	{ "UNSUB 1 2 3\r\n", "", NATS_E_FIELDS },
	{ "CONNECT \r\n", "", NATS_E_FIELDS },
	{ "PUB a 101\r\n", "", NATS_E_PAYLOAD },
	{ "HPUB a 1 101\r\n", "", NATS_E_PAYLOAD },
	{ "MSG a 1 1\r\nx\r\n", "", NATS_E_REFUSED },
	{ "GET / HTTP/1.1\r\n", "", NATS_E_HTTP },
	{ "POST /x HTTP/1.1\r\n", "", NATS_E_HTTP },
	{ "OPTIONS * HTTP/1.1\r\n", "", NATS_E_HTTP },
	{ "PING\r\nGET / HTTP/1.1\r\n", "1.0|||||||\n", NATS_E_VERB },
};

static const struct row server_rows[] = {
	{ "INFO {\"max_payload\":1}\r\n", "7.0|{\"max_payload\":1}||||||\n", MORE },
	{ "+OK\r\nPING\r\nPONG\r\n", "8.0|||||||\n1.0|||||||\n2.0|||||||\n", MORE },
	{ "-ERR 'Stale Connection'\r\n", "9.0|Stale Connection||||||\n", MORE },
	{ "MSG a 1 2\r\nhi\r\n", "10.0||a||1|||hi\n", MORE },
	{ "MSG a 1 r 0\r\n\r\n", "10.0||a||1|r||\n", MORE },
	{ "HMSG a 1 12 14\r\n" BLOCK "hi\r\n", "11.0||a||1||" BLOCK "|hi\n", MORE },
	{ "HMSG a 1 r 12 12\r\n" BLOCK "\r\n", "11.0||a||1|r|" BLOCK "|\n", MORE },
	{ "HMSG a 1 12\r\n", "", NATS_E_FIELDS },
	{ "MSG a 1 r x 3\r\n", "", NATS_E_FIELDS },
	{ "MSG a 1\r\n", "", NATS_E_FIELDS },
	{ "SUB a 1\r\n", "", NATS_E_REFUSED },
	{ "CONNECT {}\r\n", "", NATS_E_REFUSED },
};

static void check_rows(uint32_t verbs, const struct row *rows, size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++) {
		size_t n = strlen(rows[i].in);

		for (size_t step = 1; step <= n; step++) {
			struct buf out;
			int r;

			buf_init(&out, 4096);
			r = feed_in_pieces(verbs, rows[i].in, n, step, &out);
			if (r != rows[i].end)
				print_message("row %s in steps of %zu\n", rows[i].in, step);
			assert_int_equal(r, rows[i].end);
			assert_bytes(buf_data(&out), rows[i].out);
			buf_deinit(&out);
		}
	}
}

TEST(a_clients_lines_read_the_same_at_every_split)
{
	check_rows(CLIENT, client_rows, ARRAY_SIZE(client_rows));
}

TEST(a_servers_lines_read_the_same_at_every_split)
{
	check_rows(SERVER, server_rows, ARRAY_SIZE(server_rows));
}

TEST(every_truncation_waits_for_more)
{
	static const char whole[] = "HPUB a.b r.1 12 14\r\n" BLOCK "hi\r\n";

	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		struct nats_op op = { .max = 77 };
		struct nats_parser p;
		struct bytes in = BYTES(whole, n);

		nats_parser_init(&p, CLIENT, LINE_MAX_BYTES, PAYLOAD_MAX);
		assert_int_equal(nats_parser_next(&p, &in, &op), NATS_E_MORE);
		assert_int_equal(op.max, 77);
		assert_int_equal(nats_parser_held(&p), n);
		nats_parser_deinit(&p);
	}
}

/* `n` bytes follow "SUB ". */
static int read_long_line(size_t n, size_t step)
{
	static char line[LINE_MAX_BYTES * 4];
	struct buf out;
	int r;

	memcpy(line, "SUB ", 4);
	memset(line + 4, 'a', n);
	memcpy(line + 4 + n - 2, " 1\r\n", 4);
	buf_init(&out, 4096);
	r = feed_in_pieces(CLIENT, line, 4 + n + 2, step, &out);
	assert_int_equal(buf_len(&out) > 0, r == MORE);
	buf_deinit(&out);
	return r;
}

TEST(what_follows_the_verb_may_be_as_long_as_the_limit_and_no_longer)
{
	for (size_t step = 1; step < 100; step++) {
		assert_int_equal(read_long_line(LINE_MAX_BYTES, step), MORE);
		assert_int_equal(read_long_line(LINE_MAX_BYTES + 1, step), NATS_E_LINE);
		assert_int_equal(read_long_line(LINE_MAX_BYTES + 50, step), NATS_E_LINE);
	}
}

TEST(a_line_that_never_ends_is_refused_at_the_limit_and_not_kept)
{
	struct nats_parser p;
	struct nats_op op;
	int r = MORE;

	nats_parser_init(&p, CLIENT, LINE_MAX_BYTES, PAYLOAD_MAX);
	for (size_t i = 0; i < 1000 && r == MORE; i++) {
		struct bytes in = i == 0 ? BYTES_LITERAL("PING ") : BYTES_LITERAL("aaaaaaa");

		r = nats_parser_next(&p, &in, &op);
		assert_true(nats_parser_held(&p) <= LINE_MAX_BYTES + 16);
	}
	assert_int_equal(r, NATS_E_LINE);
	nats_parser_deinit(&p);
}

TEST(nothing_is_read_after_a_mistake)
{
	struct nats_parser p;
	struct nats_op op;
	struct bytes in = BYTES_LITERAL("BAD x\r\nPING\r\n");

	nats_parser_init(&p, CLIENT, LINE_MAX_BYTES, PAYLOAD_MAX);
	assert_int_equal(nats_parser_next(&p, &in, &op), NATS_E_VERB);
	in = BYTES_LITERAL("PING\r\n");
	assert_int_equal(nats_parser_next(&p, &in, &op), NATS_E_VERB);
	nats_parser_deinit(&p);
}

TEST(a_verb_that_may_not_come_yet_is_refused_before_its_payload)
{
	struct nats_parser p;
	struct nats_op op;
	struct bytes in = BYTES_LITERAL("PUB a");

	nats_parser_init(&p, NATS_VERB_BIT(NATS_CONNECT), LINE_MAX_BYTES, PAYLOAD_MAX);
	assert_int_equal(nats_parser_next(&p, &in, &op), NATS_E_REFUSED);
	nats_parser_deinit(&p);
}

TEST(an_announced_payload_takes_no_memory_before_it_comes)
{
	struct bytes in = BYTES_LITERAL("PUB a 1000000\r\n0123456789");
	struct nats_parser p;
	struct nats_op op;

	nats_parser_init(&p, CLIENT, 4096, 1 << 20);
	assert_int_equal(nats_parser_next(&p, &in, &op), MORE);
	assert_true(p.payload.cap + p.line.cap <= 1024);
	nats_parser_deinit(&p);
}

TEST(a_whole_message_is_read_in_place)
{
	static const char text[] = "PUB a 2\r\nhi\r\nPUB b 2\r\nho\r\n";
	struct bytes in = BYTES(text, sizeof(text) - 1);
	struct nats_parser p;
	struct nats_op op;

	nats_parser_init(&p, CLIENT, 4096, 1 << 20);
	assert_int_equal(nats_parser_next(&p, &in, &op), 0);
	assert_ptr_equal(op.payload.p, text + 9);
	assert_int_equal(nats_parser_next(&p, &in, &op), 0);
	assert_ptr_equal(op.payload.p, text + 22);
	assert_int_equal(p.line.cap + p.payload.cap, 0);
	nats_parser_deinit(&p);
}

TEST(operations_are_written_with_single_blanks_and_upper_case)
{
	static const struct {
		struct nats_op op;
		const char *text;
	} rows[] = {
		{ { .verb = NATS_PING }, "PING\r\n" },
		{ { .verb = NATS_OK }, "+OK\r\n" },
		{ { .verb = NATS_CONNECT, .text = { (const uint8_t *)"{}", 2 } },
		  "CONNECT {}\r\n" },
		{ { .verb = NATS_ERR, .text = { (const uint8_t *)"no", 2 } }, "-ERR 'no'\r\n" },
		{ { .verb = NATS_SUB,
		    .subject = { (const uint8_t *)"a", 1 },
		    .queue = { (const uint8_t *)"q", 1 },
		    .sid = { (const uint8_t *)"9", 1 } },
		  "SUB a q 9\r\n" },
		{ { .verb = NATS_UNSUB, .sid = { (const uint8_t *)"9", 1 }, .max = 3 },
		  "UNSUB 9 3\r\n" },
		{ { .verb = NATS_UNSUB, .sid = { (const uint8_t *)"9", 1 } }, "UNSUB 9\r\n" },
		{ { .verb = NATS_PUB,
		    .subject = { (const uint8_t *)"a", 1 },
		    .reply = { (const uint8_t *)"r", 1 },
		    .payload = { (const uint8_t *)"hi", 2 } },
		  "PUB a r 2\r\nhi\r\n" },
		{ { .verb = NATS_HMSG,
		    .subject = { (const uint8_t *)"a", 1 },
		    .sid = { (const uint8_t *)"9", 1 },
		    .header = { (const uint8_t *)BLOCK, 12 } },
		  "HMSG a 9 12 12\r\n" BLOCK "\r\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf out;

		buf_init(&out, 1024);
		assert_int_equal(nats_op_encode(&rows[i].op, &out), 0);
		assert_bytes(buf_data(&out), rows[i].text);
		buf_deinit(&out);
		buf_init(&out, strlen(rows[i].text) - 1);
		assert_int_equal(nats_op_encode(&rows[i].op, &out), -ENOBUFS);
		buf_deinit(&out);
	}
}

TEST(decimals_are_written_from_zero_to_the_largest)
{
	static const struct {
		uint64_t v;
		const char *text;
	} rows[] = { { 0, "0" }, { 7, "7" }, { 10, "10" }, { UINT64_MAX, "18446744073709551615" } };
	char out[NATS_DECIMAL_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_bytes(BYTES(out, nats_decimal(rows[i].v, out)), rows[i].text);
}

TESTS(RUN(a_clients_lines_read_the_same_at_every_split),
      RUN(a_servers_lines_read_the_same_at_every_split), RUN(every_truncation_waits_for_more),
      RUN(what_follows_the_verb_may_be_as_long_as_the_limit_and_no_longer),
      RUN(a_line_that_never_ends_is_refused_at_the_limit_and_not_kept),
      RUN(nothing_is_read_after_a_mistake),
      RUN(a_verb_that_may_not_come_yet_is_refused_before_its_payload),
      RUN(an_announced_payload_takes_no_memory_before_it_comes),
      RUN(a_whole_message_is_read_in_place),
      RUN(operations_are_written_with_single_blanks_and_upper_case),
      RUN(decimals_are_written_from_zero_to_the_largest))
