/* Proves that exactly the last reply subjects are known. */

#include <stdio.h>

#include "test.h"

#include "base/limits.h"
#include "share/reply_ring.h"

static struct bytes subject(int i)
{
	static char text[32];

	snprintf(text, sizeof(text), "_INBOX.%d", i);
	return bytes_of_text(text);
}

TEST(what_was_never_given_is_not_known)
{
	struct reply_ring r = { 0 };

	assert_false(reply_ring_has(&r, subject(1)));
	reply_ring_deinit(&r);
}

TEST(the_last_ones_are_known_and_the_ones_before_are_not)
{
	struct random_seeded seed;
	struct random random;
	struct reply_ring r = { 0 };

	random_seeded_init(&seed, 3);
	random = random_seeded_source(&seed);
	for (int i = 0; i < LIMIT_DOOR_REPLIES + 10; i++)
		reply_ring_add(&r, &random, subject(i));
	for (int i = 0; i < 10; i++)
		assert_false(reply_ring_has(&r, subject(i)));
	for (int i = 10; i < LIMIT_DOOR_REPLIES + 10; i++)
		assert_true(reply_ring_has(&r, subject(i)));
	assert_false(reply_ring_has(&r, subject(LIMIT_DOOR_REPLIES + 10)));
	reply_ring_deinit(&r);
	assert_false(reply_ring_has(&r, subject(10)));
}

TESTS(RUN(what_was_never_given_is_not_known),
      RUN(the_last_ones_are_known_and_the_ones_before_are_not))
