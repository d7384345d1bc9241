#include "engine.h"

/* An engine with one validated topic: the test is asked and answers. */
struct judge {
	struct engine e;
	struct gossip_ops ops;
	bool is_asked;      /* somebody validates */
	const char *leaves; /* this topic, with the next message */
	size_t n_asked, n_asked_of_u;
	uint64_t tickets[2 * LIMIT_GOSSIP_AWAITING];
	uint64_t seqnos[2 * LIMIT_GOSSIP_AWAITING];
};

static struct judge *judge_of(void *user)
{
	return container_of((struct engine *)user, struct judge, e);
}

static bool asked(void *user, const struct gossip_delivery *d, uint64_t ticket)
{
	struct judge *j = judge_of(user);

	if (!j->is_asked)
		return false;
	j->n_asked_of_u += bytes_equal(d->topic, BYTES_LITERAL("u"));
	j->tickets[j->n_asked++] = ticket;
	return true;
}

static void note_message(void *user, const struct gossip_delivery *d)
{
	struct judge *j = judge_of(user);

	j->seqnos[j->e.n_delivered] = d->seqno;
	engine_on_message(user, d);
	if (j->leaves)
		gossip_leave(j->e.g, bytes_of_text(j->leaves), j->e.now);
	j->leaves = NULL;
}

static void judge_init(struct judge *j)
{
	engine_init(&j->e);
	j->ops = engine_ops;
	j->ops.on_validate = asked;
	j->ops.on_message = note_message;
	j->e.g->config.ops = &j->ops;
	j->is_asked = true;
	j->n_asked = j->n_asked_of_u = 0;
	j->leaves = NULL;
	engine_joins(&j->e, "t");
	fakes_subscribed(&j->e, 0, 2, "t");
	fake_got(&j->e.fakes[1]);
}

static void judge_says(struct judge *j, size_t i, enum gossip_verdict verdict)
{
	gossip_verdict(j->e.g, j->tickets[i], verdict, j->e.now);
}

static size_t n_relayed(struct judge *j)
{
	return fake_got(&j->e.fakes[1])->messages.n;
}

TEST(a_message_waits_for_its_verdict)
{
	struct judge j;

	judge_init(&j);
	fake_publishes(&j.e.fakes[0], "t", "a");
	assert_int_equal(j.n_asked, 1);
	assert_int_equal(j.e.n_delivered, 0);
	assert_int_equal(n_relayed(&j), 0);
	assert_int_equal(gossip_counts(j.e.g).waiting, 1);
	judge_says(&j, 0, GOSSIP_ACCEPT);
	assert_int_equal(j.e.n_delivered, 1);
	assert_int_equal(n_relayed(&j), 1);
	assert_int_equal(gossip_counts(j.e.g).waiting, 0);
	engine_deinit(&j.e);
}

TEST(what_is_rejected_or_ignored_is_neither_delivered_nor_relayed_nor_asked_about_again)
{
	struct judge j;
	struct shared_bytes *frame;

	judge_init(&j);
	frame = message_of(&j.e.fakes[0], "t", BYTES_LITERAL("a"));
	assert_int_equal(fake_says_bytes(&j.e.fakes[0], shared_bytes_data(frame)), 0);
	judge_says(&j, 0, GOSSIP_REJECT);
	fake_says_frame(&j.e.fakes[1], frame);
	fake_publishes(&j.e.fakes[0], "t", "b");
	judge_says(&j, 1, GOSSIP_IGNORE);
	assert_int_equal(j.n_asked, 2);
	assert_int_equal(j.e.n_delivered, 0);
	assert_int_equal(n_relayed(&j), 0);
	assert_int_equal(gossip_counts(j.e.g).rejected, 1);
	assert_int_equal(gossip_counts(j.e.g).ignored, 1);
	assert_int_equal(gossip_counts(j.e.g).duplicates, 1);
	engine_deinit(&j.e);
}

TEST(a_topic_keeps_its_order)
{
	struct judge j;

	judge_init(&j);
	for (size_t i = 0; i < 4; i++)
		fake_publishes(&j.e.fakes[0], "t", "a");
	j.is_asked = false;
	fake_publishes(&j.e.fakes[0], "t", "nobody asks about this one");
	judge_says(&j, 3, GOSSIP_ACCEPT);
	judge_says(&j, 1, GOSSIP_IGNORE);
	assert_int_equal(j.e.n_delivered, 0);
	judge_says(&j, 0, GOSSIP_ACCEPT);
	assert_int_equal(j.e.n_delivered, 1);
	judge_says(&j, 2, GOSSIP_ACCEPT);
	assert_int_equal(j.e.n_delivered, 4);
	assert_int_equal(j.seqnos[0], 1);
	assert_int_equal(j.seqnos[1], 3);
	assert_int_equal(j.seqnos[2], 4);
	assert_int_equal(j.seqnos[3], 5);
	engine_deinit(&j.e);
}

TEST(silence_is_consent)
{
	struct judge j;

	judge_init(&j);
	fake_publishes(&j.e.fakes[0], "t", "a");
	engine_wait(&j.e, LIMIT_GOSSIP_VALIDATE_MS - 1);
	fake_publishes(&j.e.fakes[0], "t", "b");
	assert_int_equal(j.e.n_delivered, 0);
	engine_wait(&j.e, 1);
	assert_int_equal(j.e.n_delivered, 1);
	assert_int_equal(gossip_counts(j.e.g).verdicts_late, 1);
	judge_says(&j, 0, GOSSIP_REJECT);
	assert_int_equal(gossip_counts(j.e.g).rejected, 0);
	engine_wait(&j.e, LIMIT_GOSSIP_VALIDATE_MS);
	assert_int_equal(j.e.n_delivered, 2);
	engine_deinit(&j.e);
}

TEST(when_too_many_wait_the_oldest_go_on)
{
	struct judge j;

	judge_init(&j);
	for (size_t i = 0; i < LIMIT_GOSSIP_AWAITING + 10; i++)
		fake_publishes(&j.e.fakes[0], "t", "a");
	assert_int_equal(gossip_counts(j.e.g).waiting, LIMIT_GOSSIP_AWAITING);
	assert_int_equal(j.e.n_delivered, 10);
	assert_int_equal(gossip_counts(j.e.g).verdicts_late, 10);
	assert_int_equal(j.seqnos[9], 10);
	engine_deinit(&j.e);
}

/* Otherwise whoever floods one topic could have what it likes believed in all of them. */
TEST(a_flood_in_one_topic_leaves_the_verdicts_of_another_alone)
{
	struct judge j;

	judge_init(&j);
	engine_joins(&j.e, "u");
	for (size_t i = 0; i < LIMIT_GOSSIP_AWAITING; i++)
		fake_publishes(&j.e.fakes[0], "t", "a");
	for (size_t i = 0; i < 10; i++) {
		fake_publishes(&j.e.fakes[0], "u", "is asked about");
		assert_int_equal(j.n_asked_of_u, i + 1);
		assert_int_equal(j.e.n_delivered, i + 1); /* the oldest of the flood */
		assert_int_equal(j.seqnos[i], i + 1);
	}
	judge_says(&j, LIMIT_GOSSIP_AWAITING, GOSSIP_REJECT);
	assert_int_equal(gossip_counts(j.e.g).rejected, 1);
	assert_int_equal(gossip_counts(j.e.g).waiting, LIMIT_GOSSIP_AWAITING - 1);
	engine_deinit(&j.e);
}

TEST(what_makes_room_may_have_its_own_or_the_other_topic_left)
{
	static const char *const topics[] = { "t", "u" };

	for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
		struct judge j;

		judge_init(&j);
		engine_joins(&j.e, "u");
		for (size_t k = 0; k < LIMIT_GOSSIP_AWAITING; k++)
			fake_publishes(&j.e.fakes[0], "t", "a");
		j.leaves = topics[i];
		fake_publishes(&j.e.fakes[0], "u", "b");
		assert_int_equal(j.e.n_delivered, 1);
		assert_int_equal(gossip_counts(j.e.g).waiting,
				 i == 0 ? 1 : LIMIT_GOSSIP_AWAITING - 1);
		engine_deinit(&j.e);
	}
}

TEST(what_waits_is_bounded_in_bytes_whatever_came_first)
{
	static uint8_t small[4 * KIB], large[900 * KIB];
	struct judge j;

	judge_init(&j);
	for (size_t i = 0; i < LIMIT_GOSSIP_AWAITING - 1; i++)
		fake_says_frame(&j.e.fakes[0],
				message_of(&j.e.fakes[0], "t", BYTES(small, sizeof(small))));
	for (size_t i = 0; i < 12; i++) {
		fake_says_frame(&j.e.fakes[0],
				message_of(&j.e.fakes[0], "t", BYTES(large, sizeof(large))));
		assert_true(j.e.g->awaiting_bytes <= LIMIT_GOSSIP_AWAITING_BYTES);
	}
	engine_deinit(&j.e);
}

TEST(a_topic_that_is_left_waits_for_nobody)
{
	struct judge j;

	judge_init(&j);
	fake_publishes(&j.e.fakes[0], "t", "a");
	gossip_leave(j.e.g, BYTES_LITERAL("t"), j.e.now);
	judge_says(&j, 0, GOSSIP_ACCEPT);
	assert_int_equal(j.e.n_delivered, 0);
	assert_int_equal(gossip_counts(j.e.g).waiting, 0);
	assert_int_equal(gossip_counts(j.e.g).not_checked, 1);
	engine_deinit(&j.e);
}

TEST(our_own_messages_are_not_asked_about)
{
	struct judge j;

	judge_init(&j);
	engine_publishes(&j.e, "t", "mine");
	assert_int_equal(j.n_asked, 0);
	assert_int_equal(j.e.n_delivered, 1);
	engine_deinit(&j.e);
}

TEST(a_forgery_is_not_asked_about)
{
	struct judge j;
	struct shared_bytes *frame;

	judge_init(&j);
	frame = message_of(&j.e.fakes[0], "t", BYTES_LITERAL("a"));
	frame->data[frame->n - 1] ^= 1;
	fake_says_frame(&j.e.fakes[0], frame);
	assert_int_equal(j.n_asked, 0);
	engine_deinit(&j.e);
}

TEST(who_wrote_or_sent_a_message_does_not_get_it_back_after_its_verdict)
{
	struct judge j;

	judge_init(&j);
	fake_got(&j.e.fakes[0]);
	fake_publishes(&j.e.fakes[0], "t", "a");
	judge_says(&j, 0, GOSSIP_ACCEPT);
	assert_int_equal(fake_got(&j.e.fakes[0])->messages.n, 0);
	engine_deinit(&j.e);
}

TESTS(RUN(what_waits_is_bounded_in_bytes_whatever_came_first),
      RUN(a_flood_in_one_topic_leaves_the_verdicts_of_another_alone),
      RUN(what_makes_room_may_have_its_own_or_the_other_topic_left),
      RUN(a_message_waits_for_its_verdict),
      RUN(what_is_rejected_or_ignored_is_neither_delivered_nor_relayed_nor_asked_about_again),
      RUN(a_topic_keeps_its_order), RUN(silence_is_consent),
      RUN(when_too_many_wait_the_oldest_go_on), RUN(a_topic_that_is_left_waits_for_nobody),
      RUN(our_own_messages_are_not_asked_about), RUN(a_forgery_is_not_asked_about),
      RUN(who_wrote_or_sent_a_message_does_not_get_it_back_after_its_verdict))
