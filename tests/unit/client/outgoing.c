/* Proves what is said again after a connection was lost, and what is not. */

#include "test.h"

#include "client/outgoing.h"
#include "client/session.h"

#define INBOX BYTES_LITERAL("_INBOX.1.")

static struct buf with(const char *text)
{
	struct buf b;

	buf_init(&b, 100000);
	assert_int_equal(buf_append(&b, text, strlen(text)), 0);
	return b;
}

TEST(what_waits_is_taken_whole_and_written_in_any_pieces)
{
	struct buf next = with("PUB a 1\r\nx\r\n");
	struct outgoing o;

	outgoing_init(&o);
	assert_true(outgoing_is_empty(&o));
	outgoing_fill(&o, &next);
	assert_int_equal(buf_len(&next), 0);
	assert_int_equal(next.max, 100000);
	assert_bytes(outgoing_data(&o), "PUB a 1\r\nx\r\n");
	outgoing_sent(&o, 5);
	assert_bytes(outgoing_data(&o), " 1\r\nx\r\n");
	assert_int_equal(buf_append(&next, "PING\r\n", 6), 0);
	outgoing_fill(&o, &next); /* not yet */
	assert_int_equal(buf_len(&next), 6);
	outgoing_sent(&o, outgoing_data(&o).n);
	assert_true(outgoing_is_empty(&o));
	outgoing_fill(&o, &next);
	assert_bytes(outgoing_data(&o), "PING\r\n");
	outgoing_deinit(&o);
	buf_deinit(&next);
}

TEST(publications_that_did_not_leave_whole_are_said_again_in_their_order)
{
	static const char first[] =
		"PUB a 1\r\n1\r\nSUB s 1\r\nHPUB b 12 13\r\nNATS/1.0\r\n\r\n2\r\n";
	static const char later[] =
		"PUB c r 1\r\n3\r\nUNSUB 1\r\nPING\r\nPUB d _INBOX.1.7 1\r\n4\r\n";
	/* After so many bytes that were written this many publications of `first` are over. */
	static const struct {
		size_t n_sent;
		const char *again;
	} rows[] = {
		{ 0, "PUB a 1\r\n1\r\nHPUB b 12 13\r\nNATS/1.0\r\n\r\n2\r\nPUB c r 1\r\n3\r\n" },
		{ 11, "PUB a 1\r\n1\r\nHPUB b 12 13\r\nNATS/1.0\r\n\r\n2\r\nPUB c r 1\r\n3\r\n" },
		{ 12, "HPUB b 12 13\r\nNATS/1.0\r\n\r\n2\r\nPUB c r 1\r\n3\r\n" },
		{ sizeof(first) - 2, "HPUB b 12 13\r\nNATS/1.0\r\n\r\n2\r\nPUB c r 1\r\n3\r\n" },
		{ sizeof(first) - 1, "PUB c r 1\r\n3\r\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf next = with(first), out = with(later);
		struct outgoing o;

		outgoing_init(&o);
		outgoing_fill(&o, &next);
		outgoing_sent(&o, rows[i].n_sent);
		assert_int_equal(outgoing_salvage(&o, &out, INBOX), 0);
		assert_bytes(buf_data(&out), rows[i].again);
		assert_true(outgoing_is_empty(&o));
		outgoing_deinit(&o);
		buf_deinit(&next);
		buf_deinit(&out);
	}
}

TEST(what_does_not_fit_is_told)
{
	struct buf next = with("PUB a 1\r\n1\r\n"), out;
	struct outgoing o;

	buf_init(&out, 5);
	outgoing_init(&o);
	outgoing_fill(&o, &next);
	assert_int_equal(outgoing_salvage(&o, &out, INBOX), -ENOBUFS);
	assert_true(outgoing_is_empty(&o));
	outgoing_deinit(&o);
	buf_deinit(&next);
	buf_deinit(&out);
}

TESTS(RUN(what_waits_is_taken_whole_and_written_in_any_pieces),
      RUN(publications_that_did_not_leave_whole_are_said_again_in_their_order),
      RUN(what_does_not_fit_is_told))
