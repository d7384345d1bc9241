/* Proves the format of what the door remembers across a restart: byte for byte, and that nothing
 * damaged is taken for it. */

#include <stdlib.h>

#include "test.h"

#include "share/numbers.h"

#define HEAD "peerline numbers 1\n\0\0\0\0\0\0\0\x07"
#define VIEW_A "\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x05"
#define VIEW_B "\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x06"
#define VIEW_C "\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\0"
#define TOPIC "\0\x02/t" VIEW_A VIEW_B VIEW_C
#define WHO                                                                                        \
	"\0\x03"                                                                                   \
	"c\0x\0\0\x03\xe8"
#define RECORD                                                                                     \
	"\0\0\x01\x01"                                                                             \
	"\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x01"
#define GOOD HEAD "\0\x01" TOPIC "\0\x01" WHO "\0\x01" RECORD

static int decode(struct bytes in)
{
	struct numbers *n = malloc(sizeof(*n));
	int r;

	assert_non_null(n);
	r = numbers_decode(in, n);
	free(n);
	return r;
}

TEST(what_is_read_is_written_again_byte_for_byte)
{
	struct numbers *n = malloc(sizeof(*n));
	struct buf out;

	assert_non_null(n);
	buf_init(&out, NUMBERS_BYTES_MAX);
	assert_int_equal(numbers_decode(BYTES_LITERAL(GOOD), n), 0);
	assert_int_equal(n->saved_at_ns, 7);
	assert_int_equal(n->n_topics, 1);
	assert_int_equal(n->topics[0].seq[TOPIC_PAYLOAD], 6);
	assert_int_equal(n->topics[0].epoch[TOPIC_VALIDATE], 3);
	assert_int_equal(n->n_away, 1);
	assert_int_equal(n->away[0].left_ms, 1000);
	assert_int_equal(n->views[0].view, TOPIC_PAYLOAD);
	assert_true(n->views[0].keeps);
	assert_int_equal(n->views[0].told_from, 6);
	assert_int_equal(numbers_encode(n, &out), 0);
	assert_int_equal(buf_len(&out), sizeof(GOOD) - 1);
	assert_memory_equal(buf_data(&out).p, GOOD, sizeof(GOOD) - 1);
	buf_deinit(&out);
	free(n);
}

TEST(every_truncation_and_anything_behind_it_is_bad)
{
	for (size_t n = 0; n < sizeof(GOOD) - 1; n++)
		assert_int_equal(decode(BYTES(GOOD, n)), -EBADMSG);
	assert_int_equal(decode(BYTES_LITERAL(GOOD "x")), -EBADMSG);
}

TEST(what_does_not_fit_together_is_bad)
{
	static const struct bytes bad[] = {
		BYTES_LITERAL("peerline numbers 2\n\0\0\0\0\0\0\0\x07\0\0\0\0"),
		BYTES_LITERAL(HEAD "\0\x02" TOPIC TOPIC "\0\0"),              /* twice */
		BYTES_LITERAL(HEAD "\0\x01\0\0" VIEW_A VIEW_B VIEW_C "\0\0"), /* no name */
		BYTES_LITERAL(HEAD "\x7f\xff" TOPIC "\0\0"),
		BYTES_LITERAL(HEAD "\0\x01\0\x02/t" VIEW_A VIEW_B
				   "\0\0\0\0\0\0\0\x01\xff\0\0\0\0\0\0\0"
				   "\0\0"), /* a number that no topic reaches */
		BYTES_LITERAL(HEAD "\0\x01" TOPIC "\0\x01\0\0\0\0\0\x01\0\0"), /* nobody */
		BYTES_LITERAL(HEAD "\0\x01" TOPIC "\0\x01\0\x03"
				   "c\0x\x7f\0\0\0\0\0"),             /* for too long */
		BYTES_LITERAL(HEAD "\0\0\0\x01" WHO "\0\x01" RECORD), /* of no topic */
		BYTES_LITERAL(HEAD "\0\x01" TOPIC "\0\x01" WHO "\0\x01"
				   "\0\0\x03\x01"
				   "\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0"), /* of no view */
		BYTES_LITERAL(HEAD "\0\x01" TOPIC "\0\x01" WHO "\0\x01"
				   "\0\0\x01\x02"
				   "\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0"), /* neither yes nor no */
		BYTES_LITERAL(HEAD "\0\x01" TOPIC "\0\x01" WHO "\0\x01"
				   "\0\0\x01\x01"
				   "\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0"), /* told before it was missed */
		BYTES_LITERAL(HEAD "\0\x01" TOPIC "\0\x01" WHO "\0\x01"
				   "\0\0\x01\x01"
				   "\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0"), /* not numbered yet */
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(decode(bad[i]), -EBADMSG);
}

TESTS(RUN(what_is_read_is_written_again_byte_for_byte),
      RUN(every_truncation_and_anything_behind_it_is_bad), RUN(what_does_not_fit_together_is_bad))
