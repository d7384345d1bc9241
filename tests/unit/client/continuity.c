/* Proves that nothing is missed silently: what numbers tell, over slowness, absence and restarts.
 */

#include <stdio.h>

#include "test.h"

#include "base/limits.h"
#include "client/continuity.h"

struct fixture {
	struct continuity c;
	struct continuity_place at;
};

static void fixture_init(struct fixture *f)
{
	continuity_init(&f->c, 1);
	f->at = (struct continuity_place){ .sid = 1, .subject = BYTES_LITERAL("topic.a") };
}

/* A message with these numbers; `gap` "" or a value of Pl-Gap. */
static struct gap hear(struct fixture *f, unsigned int epoch, uint64_t seq, const char *gap)
{
	char text[256];
	int n = snprintf(text, sizeof(text),
			 "NATS/1.0\r\nPl-Epoch: %016x\r\nPl-Seq: %llu\r\n%s%s%s\r\n", epoch,
			 (unsigned long long)seq, gap[0] ? "Pl-Gap: " : "", gap,
			 gap[0] ? "\r\n" : "");

	return continuity_check(&f->c, &f->at, BYTES(text, (size_t)n));
}

#define assert_gap(g, w, first, last, n, exact)                                                    \
	do {                                                                                       \
		struct gap _g = (g);                                                               \
		assert_int_equal(_g.why, w);                                                       \
		assert_int_equal(_g.from, first);                                                  \
		assert_int_equal(_g.to, last);                                                     \
		assert_int_equal(_g.count, n);                                                     \
		assert_int_equal(_g.is_exact, exact);                                              \
	} while (0)
#define assert_no_gap(g) assert_int_equal((g).why, GAP_NONE)

TEST(numbers_in_order_are_no_gap)
{
	struct fixture f;

	fixture_init(&f);
	for (uint64_t seq = 7; seq < 12; seq++)
		assert_no_gap(hear(&f, 1, seq, ""));
	f.at.subject = BYTES_LITERAL("topic.b"); /* another topic of a wildcard has its own */
	assert_no_gap(hear(&f, 2, 100, ""));
	f.at.sid = 2;
	assert_no_gap(hear(&f, 2, 50, ""));
	continuity_deinit(&f.c);
}

TEST(what_the_node_tells_is_believed)
{
	struct fixture f;

	fixture_init(&f);
	assert_gap(hear(&f, 1, 9, "3-8"), GAP_SLOW, 3, 8, 6, true);
	assert_no_gap(hear(&f, 1, 10, ""));
	assert_gap(hear(&f, 1, 14, "11-13; why=slow"), GAP_SLOW, 11, 13, 3, true);
	f.at.sid = 7;
	f.at.is_named = true; /* it was there before, in another process perhaps */
	assert_gap(hear(&f, 1, 20, "15-19"), GAP_AWAY, 15, 19, 5, true);
	assert_gap(hear(&f, 1, 23, "21-22"), GAP_SLOW, 21, 22, 2, true);
	f.at.is_shared = true;
	assert_gap(hear(&f, 1, 20, "15-19"), GAP_SLOW, 15, 19, 5, false);
	assert_no_gap(hear(&f, 1, 40, ""));
	continuity_deinit(&f.c);
}

TEST(a_hole_that_nobody_told_is_found)
{
	struct fixture f;

	fixture_init(&f);
	assert_no_gap(hear(&f, 1, 5, ""));
	assert_gap(hear(&f, 1, 8, ""), GAP_SLOW, 6, 7, 2, true);
	continuity_deinit(&f.c);
}

TEST(who_was_away_learns_exactly_what_passed_while_the_node_went_on)
{
	struct fixture f;

	fixture_init(&f);
	assert_no_gap(hear(&f, 1, 5, ""));
	continuity_absent(&f.c, false);
	assert_no_gap(hear(&f, 1, 6, ""));
	continuity_absent(&f.c, false);
	assert_gap(hear(&f, 1, 9, ""), GAP_AWAY, 7, 8, 2, true);
	assert_no_gap(hear(&f, 1, 10, ""));
	continuity_deinit(&f.c);
}

TEST(after_a_restart_what_is_unknown_is_said_to_be)
{
	struct fixture f;

	fixture_init(&f);
	assert_no_gap(hear(&f, 1, 5, ""));
	continuity_absent(&f.c, true);
	assert_gap(hear(&f, 2, 1, ""), GAP_RESTART, 0, 0, 0, false);
	assert_no_gap(hear(&f, 2, 2, ""));
	continuity_absent(&f.c, true);
	assert_gap(hear(&f, 3, 4, ""), GAP_RESTART, 1, 3, 3, false);
	continuity_absent(&f.c, true); /* the node knows the numbers again */
	assert_gap(hear(&f, 3, 9, "5-8"), GAP_RESTART, 5, 8, 4, false);
	continuity_absent(&f.c, true);
	assert_gap(hear(&f, 4, 9, "7-8"), GAP_RESTART, 7, 8, 2, false);
	continuity_absent(&f.c, false); /* all left the topic meanwhile: a new epoch */
	assert_gap(hear(&f, 5, 2, ""), GAP_AWAY, 1, 1, 1, false);
	continuity_deinit(&f.c);
}

TEST(a_topic_that_all_left_and_joined_again_begins_anew_without_a_gap)
{
	struct fixture f;

	fixture_init(&f);
	assert_no_gap(hear(&f, 1, 5, ""));
	assert_no_gap(hear(&f, 2, 1, ""));
	assert_no_gap(hear(&f, 2, 2, ""));
	continuity_deinit(&f.c);
}

TEST(a_subscription_that_heard_nothing_before_the_absence_is_told_too)
{
	struct fixture f;

	fixture_init(&f);
	continuity_absent(&f.c, true);
	assert_gap(hear(&f, 1, 3, ""), GAP_RESTART, 1, 2, 2, false);
	f.at.sid = 2;
	f.at.n_absences = 1; /* made afterwards */
	assert_no_gap(hear(&f, 1, 4, ""));
	f.at.sid = 3;
	f.at.n_absences = 0;
	f.at.has_wildcard = true; /* which joins nothing: this topic may be new */
	assert_no_gap(hear(&f, 1, 5, ""));
	continuity_deinit(&f.c);
}

TEST(what_has_no_numbers_or_odd_ones_is_left_alone)
{
	static const char *const rows[] = {
		"",
		"NATS/1.0\r\n\r\n",
		"NATS/1.0\r\nPl-Seq: 1\r\n\r\n",
		"NATS/1.0\r\nPl-Epoch: 1\r\n\r\n",
		"NATS/1.0\r\nPl-Epoch: x\r\nPl-Seq: 1\r\n\r\n",
		"NATS/1.0\r\nPl-Epoch: 1\r\nPl-Seq: 99999999999999999999\r\n\r\n",
		"NATS/1.0\r\nPl-Epoch: 1\r\nPl-Seq: 18446744073709551616\r\n\r\n",
		"HTTP/1.0\r\n\r\n",
	};
	struct fixture f;

	fixture_init(&f);
	assert_no_gap(hear(&f, 1, 5, "9-3")); /* backwards: none */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_no_gap(continuity_check(&f.c, &f.at, bytes_of_text(rows[i])));
	assert_no_gap(hear(&f, 1, 6, "7-"));
	assert_no_gap(hear(&f, 1, 7, "x"));
	assert_no_gap(hear(&f, 1, 8, "0-18446744073709551615")); /* numbers begin with 1 */
	continuity_deinit(&f.c);
}

TEST(an_ended_subscription_is_forgotten_and_memory_is_bounded)
{
	struct fixture f;

	fixture_init(&f);
	for (uint64_t i = 0; i < LIMIT_CLIENT_VIEWS + 100; i++) {
		f.at.sid = i % 2;
		f.at.subject = BYTES(&i, sizeof(i));
		assert_no_gap(hear(&f, 1, 5, ""));
	}
	assert_int_equal(f.c.views.n, LIMIT_CLIENT_VIEWS);
	continuity_forget(&f.c, 0);
	assert_int_equal(f.c.views.n, LIMIT_CLIENT_VIEWS / 2);
	continuity_forget(&f.c, 1);
	assert_int_equal(f.c.views.n, 0);
	continuity_deinit(&f.c);
}

TESTS(RUN(numbers_in_order_are_no_gap), RUN(what_the_node_tells_is_believed),
      RUN(a_hole_that_nobody_told_is_found),
      RUN(who_was_away_learns_exactly_what_passed_while_the_node_went_on),
      RUN(after_a_restart_what_is_unknown_is_said_to_be),
      RUN(a_topic_that_all_left_and_joined_again_begins_anew_without_a_gap),
      RUN(a_subscription_that_heard_nothing_before_the_absence_is_told_too),
      RUN(what_has_no_numbers_or_odd_ones_is_left_alone),
      RUN(an_ended_subscription_is_forgotten_and_memory_is_bounded))
