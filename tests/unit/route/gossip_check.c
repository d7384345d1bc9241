#include "engine.h"

/* An engine whose batches the test keeps, checks and gives back when it likes. */
#define OUT_MAX 16

struct checker {
	struct engine e;
	struct gossip_ops ops;
	struct gossip_batch *out[OUT_MAX];
	size_t n_out;
	bool is_refusing;
	uint64_t seqnos[1024]; /* of what was delivered */
	size_t n_flushed, n_delivered_at_flush;
};

static struct checker *checker_of(void *user)
{
	return container_of((struct engine *)user, struct checker, e);
}

static int take(void *user, struct gossip_batch *b)
{
	struct checker *c = checker_of(user);

	if (c->is_refusing)
		return -EBUSY;
	assert_true(c->n_out < OUT_MAX);
	c->out[c->n_out++] = b;
	return 0;
}

static void note_message(void *user, const struct gossip_delivery *d)
{
	struct checker *c = checker_of(user);

	c->seqnos[c->e.n_delivered] = d->seqno;
	engine_on_message(user, d);
}

static void note_flush(void *user)
{
	struct checker *c = checker_of(user);

	c->n_flushed++;
	c->n_delivered_at_flush = c->e.n_delivered;
}

static void checker_init(struct checker *c)
{
	engine_init(&c->e);
	c->ops = engine_ops;
	c->ops.verify = take;
	c->ops.on_message = note_message;
	c->ops.flush = note_flush;
	c->n_flushed = 0;
	c->e.g->config.ops = &c->ops;
	c->n_out = 0;
	c->is_refusing = false;
	engine_joins(&c->e, "t");
	fakes_subscribed(&c->e, 0, 3, "t");
}

static void give_back(struct checker *c, size_t i)
{
	struct gossip_batch *b = c->out[i];

	memmove(c->out + i, c->out + i + 1, (c->n_out - i - 1) * sizeof(*c->out));
	c->n_out--;
	gossip_batch_check(b);
	gossip_batch_done(b, c->e.now);
}

/* `n` messages of the fake's in one piece. */
static void says_many(struct fake *f, size_t n, bool forged)
{
	struct buf all;

	buf_init(&all, 64 * MIB);
	for (size_t i = 0; i < n; i++) {
		struct shared_bytes *frame = message_of(f, "t", BYTES_LITERAL("x"));

		if (forged)
			frame->data[frame->n - 1] ^= 1;
		assert_int_equal(buf_append(&all, frame->data, frame->n), 0);
		shared_bytes_unref(frame);
	}
	assert_int_equal(fake_says_bytes(f, buf_data(&all)), 0);
	buf_deinit(&all);
}

static void is_in_order(const struct checker *c)
{
	for (size_t i = 0; i < c->e.n_delivered; i++)
		assert_int_equal(c->seqnos[i], i + 1);
}

TEST(few_messages_are_checked_at_once)
{
	struct checker c;

	checker_init(&c);
	says_many(&c.e.fakes[0], 4, false);
	assert_int_equal(c.n_out, 0);
	assert_int_equal(c.e.n_delivered, 4);
	engine_deinit(&c.e);
}

/* All have been relayed by then, and one flush takes them along. */
TEST(peers_are_flushed_once_before_the_last_message_is_delivered)
{
	struct checker c;

	checker_init(&c);
	says_many(&c.e.fakes[0], 1, false);
	assert_int_equal(c.n_flushed, 1);
	assert_int_equal(c.n_delivered_at_flush, 0);
	says_many(&c.e.fakes[0], 4, false);
	assert_int_equal(c.n_flushed, 2);
	assert_int_equal(c.n_delivered_at_flush, 4);
	says_many(&c.e.fakes[0], 20, false);
	give_back(&c, 1);
	assert_int_equal(c.n_flushed, 2);
	give_back(&c, 0);
	assert_int_equal(c.n_flushed, 3);
	assert_int_equal(c.n_delivered_at_flush, 24);
	assert_int_equal(c.e.n_delivered, 25);
	engine_deinit(&c.e);
}

TEST(many_are_shared_out_and_passed_on_in_order)
{
	struct checker c;

	checker_init(&c);
	says_many(&c.e.fakes[0], 20, false);
	assert_int_equal(c.n_out, 2);
	assert_int_equal(gossip_batch_n(c.out[0]), 10);
	assert_int_equal(gossip_batch_n(c.out[1]), 10);
	assert_int_equal(gossip_counts(c.e.g).waiting, 20);
	give_back(&c, 1);
	assert_int_equal(c.e.n_delivered, 0);
	give_back(&c, 0);
	assert_int_equal(c.e.n_delivered, 20);
	is_in_order(&c);
	assert_int_equal(gossip_counts(c.e.g).waiting, 0);
	engine_deinit(&c.e);
}

/* From then on with a table, at once or in batches; what is forged is found all the same. */
TEST(an_author_that_has_signed_enough_is_checked_faster_and_as_well)
{
	struct checker c;

	checker_init(&c);
	for (size_t i = 0; i < LIMIT_GOSSIP_KEY_PROOFS; i++) {
		assert_int_equal(c.e.g->keys.n_tables, 0);
		says_many(&c.e.fakes[0], 1, false);
	}
	assert_int_equal(c.e.g->keys.n_tables, 1);
	says_many(&c.e.fakes[0], 3, false);
	says_many(&c.e.fakes[0], 2, true);
	assert_int_equal(gossip_counts(c.e.g).bad_signature, 2);
	says_many(&c.e.fakes[0], 20, false);
	while (c.n_out > 0) {
		assert_non_null(gossip_batch_at(c.out[0], 0)->tables.key);
		give_back(&c, 0);
	}
	assert_int_equal(c.e.n_delivered, LIMIT_GOSSIP_KEY_PROOFS + 3 + 20);
	engine_deinit(&c.e);
}

TEST(a_batch_that_is_out_keeps_its_tables_when_the_engine_goes)
{
	struct checker c;

	checker_init(&c);
	says_many(&c.e.fakes[0], 4, false);
	for (size_t i = 4; i < LIMIT_GOSSIP_KEY_PROOFS; i++)
		says_many(&c.e.fakes[0], 1, false);
	says_many(&c.e.fakes[0], 20, false);
	assert_true(c.n_out > 0);
	engine_deinit(&c.e);
	for (size_t i = 0; i < c.n_out; i++) {
		gossip_batch_check(c.out[i]);
		for (size_t k = 0; k < gossip_batch_n(c.out[i]); k++)
			assert_int_equal(gossip_batch_at(c.out[i], k)->result, 0);
		gossip_batch_done(c.out[i], c.e.now);
	}
}

TEST(what_comes_meanwhile_waits_for_the_next_batch)
{
	struct checker c;

	checker_init(&c);
	says_many(&c.e.fakes[0], 20, false);
	says_many(&c.e.fakes[0], 30, false);
	assert_int_equal(c.n_out, 2);
	give_back(&c, 0);
	assert_int_equal(c.e.n_delivered, 10);
	assert_int_equal(c.n_out, 2);
	while (c.n_out > 0)
		give_back(&c, c.n_out - 1);
	assert_int_equal(c.e.n_delivered, 50);
	is_in_order(&c);
	engine_deinit(&c.e);
}

TEST(when_too_many_wait_they_are_checked_here)
{
	struct checker c;

	checker_init(&c);
	says_many(&c.e.fakes[0], 20, false);
	says_many(&c.e.fakes[0], LIMIT_GOSSIP_UNCHECKED + 100, false);
	assert_int_equal(c.n_out, 2);
	assert_true(c.e.g->n_unchecked <= LIMIT_GOSSIP_UNCHECKED);
	/* Checked, but behind others. */
	assert_int_equal(c.e.n_delivered, 0);
	while (c.n_out > 0)
		give_back(&c, 0);
	assert_int_equal(c.e.n_delivered, LIMIT_GOSSIP_UNCHECKED + 120);
	is_in_order(&c);
	engine_deinit(&c.e);
}

TEST(what_nobody_takes_is_checked_here)
{
	struct checker c;

	checker_init(&c);
	c.is_refusing = true;
	says_many(&c.e.fakes[0], 100, false);
	assert_int_equal(c.e.n_delivered, 100);
	is_in_order(&c);
	engine_deinit(&c.e);
}

TEST(a_copy_that_comes_meanwhile_is_a_duplicate_and_is_not_sent_back)
{
	struct checker c;
	struct shared_bytes *frame;

	checker_init(&c);
	says_many(&c.e.fakes[0], 20, false);
	c.e.fakes[0].seqno = 4;
	frame = message_of(&c.e.fakes[0], "t", BYTES_LITERAL("x"));
	fake_got(&c.e.fakes[1]);
	fake_says_frame(&c.e.fakes[1], frame);
	assert_int_equal(gossip_counts(c.e.g).duplicates, 1);
	give_back(&c, 0);
	give_back(&c, 0);
	assert_int_equal(c.e.n_delivered, 20);
	assert_int_equal(fake_got(&c.e.fakes[1])->messages.n, 19);
	assert_int_equal(fake_got(&c.e.fakes[2])->messages.n, 20);
	engine_deinit(&c.e);
}

TEST(a_forgery_that_is_being_checked_does_not_keep_the_true_message_out)
{
	struct checker c;
	struct shared_bytes *frame;

	checker_init(&c);
	says_many(&c.e.fakes[0], 19, false);
	frame = message_of(&c.e.fakes[0], "t", BYTES_LITERAL("true"));
	frame->data[frame->n - 1] ^= 1;
	assert_int_equal(fake_says_bytes(&c.e.fakes[1], shared_bytes_data(frame)), 0);
	frame->data[frame->n - 1] ^= 1;
	fake_says_frame(&c.e.fakes[0], frame);
	while (c.n_out > 0)
		give_back(&c, 0);
	assert_int_equal(gossip_counts(c.e.g).bad_signature, 1);
	assert_int_equal(gossip_counts(c.e.g).duplicates, 0);
	assert_int_equal(c.e.n_delivered, 20);
	is_in_order(&c);
	engine_deinit(&c.e);
}

TEST(an_announced_message_that_is_being_checked_is_not_asked_for)
{
	struct checker c;

	checker_init(&c);
	says_many(&c.e.fakes[0], 20, false);
	fake_got(&c.e.fakes[1]);
	fake_has(&c.e.fakes[1], "t", id_of(&c.e.fakes[0], 7));
	assert_int_equal(fake_got(&c.e.fakes[1])->iwant.n, 0);
	while (c.n_out > 0)
		give_back(&c, 0);
	engine_deinit(&c.e);
}

TEST(of_who_forges_too_much_what_waits_is_not_checked)
{
	struct checker c;

	checker_init(&c);
	engine_wait(&c.e, 150);
	says_many(&c.e.fakes[0], LIMIT_GOSSIP_UNCHECKED, true);
	while (c.n_out > 0)
		give_back(&c, 0);
	assert_true(gossip_counts(c.e.g).bad_signature >= LIMIT_GOSSIP_BAD);
	assert_true(gossip_counts(c.e.g).bad_signature <=
		    LIMIT_GOSSIP_BAD + 2 * LIMIT_GOSSIP_BATCH);
	assert_int_equal(gossip_counts(c.e.g).bad_signature + gossip_counts(c.e.g).unheard,
			 LIMIT_GOSSIP_UNCHECKED);
	engine_deinit(&c.e);
}

TEST(who_is_gone_still_gets_its_message_delivered)
{
	struct checker c;

	checker_init(&c);
	says_many(&c.e.fakes[0], 20, false);
	fake_remove(&c.e.fakes[0]);
	while (c.n_out > 0)
		give_back(&c, 0);
	assert_int_equal(c.e.n_delivered, 20);
	engine_deinit(&c.e);
}

TEST(a_topic_that_was_left_meanwhile_gets_nothing)
{
	struct checker c;

	checker_init(&c);
	says_many(&c.e.fakes[0], 20, false);
	gossip_leave(c.e.g, BYTES_LITERAL("t"), c.e.now);
	while (c.n_out > 0)
		give_back(&c, 0);
	assert_int_equal(c.e.n_delivered, 0);
	assert_int_equal(gossip_counts(c.e.g).not_checked, 20);
	engine_deinit(&c.e);
}

TEST(batches_outlive_the_engine)
{
	struct checker c;
	struct gossip_batch *first, *second;

	checker_init(&c);
	says_many(&c.e.fakes[0], 50, false);
	assert_int_equal(c.n_out, 2);
	first = c.out[0];
	second = c.out[1];
	engine_deinit(&c.e);
	gossip_batch_check(first);
	gossip_batch_done(first, c.e.now);
	gossip_batch_done(second, c.e.now);
}

TEST(a_forger_that_passes_a_true_message_on_first_does_not_take_it_with_it)
{
	struct checker c;
	struct shared_bytes *frame;

	checker_init(&c);
	c.e.g->config.params.n_checkers = 1;
	says_many(&c.e.fakes[0], LIMIT_GOSSIP_BAD, true);
	assert_int_equal(c.n_out, 1);
	frame = message_of(&c.e.fakes[2], "t", BYTES_LITERAL("true"));
	fake_says_frame(&c.e.fakes[0], shared_bytes_ref(frame));
	fake_says_frame(&c.e.fakes[1], shared_bytes_ref(frame));
	while (c.n_out > 0)
		give_back(&c, 0);
	assert_true(gossip_counts(c.e.g).bad_signature >= LIMIT_GOSSIP_BAD);
	assert_int_equal(c.e.n_delivered, 1);
	/* What only the forger has is not looked at. */
	fake_publishes(&c.e.fakes[0], "t", "true as well");
	assert_int_equal(c.e.n_delivered, 1);
	shared_bytes_unref(frame);
	engine_deinit(&c.e);
}

/* Of more senders than are remembered nobody knows whether all are forgers. */
TEST(as_many_forgers_as_are_remembered_do_not_take_a_true_message_with_them)
{
	struct checker c;
	struct shared_bytes *frame;
	size_t n = LIMIT_GOSSIP_SENDERS;

	checker_init(&c);
	c.e.g->config.params.n_checkers = 1;
	fakes_subscribed(&c.e, 3, n, "t");
	for (size_t i = 3; i < 3 + n; i++)
		says_many(&c.e.fakes[i], LIMIT_GOSSIP_BAD / 2, true);
	frame = message_of(&c.e.fakes[2], "t", BYTES_LITERAL("true"));
	for (size_t i = 3; i < 3 + n; i++) {
		fake_says_frame(&c.e.fakes[i], shared_bytes_ref(frame));
		c.e.fakes[i].p->n_bad = LIMIT_GOSSIP_BAD;
	}
	fake_says_frame(&c.e.fakes[1], frame);
	while (c.n_out > 0)
		give_back(&c, 0);
	assert_int_equal(c.e.n_delivered, 1);
	engine_deinit(&c.e);
}

TESTS(RUN(as_many_forgers_as_are_remembered_do_not_take_a_true_message_with_them),
      RUN(a_forger_that_passes_a_true_message_on_first_does_not_take_it_with_it),
      RUN(few_messages_are_checked_at_once),
      RUN(peers_are_flushed_once_before_the_last_message_is_delivered),
      RUN(many_are_shared_out_and_passed_on_in_order),
      RUN(an_author_that_has_signed_enough_is_checked_faster_and_as_well),
      RUN(a_batch_that_is_out_keeps_its_tables_when_the_engine_goes),
      RUN(what_comes_meanwhile_waits_for_the_next_batch),
      RUN(when_too_many_wait_they_are_checked_here), RUN(what_nobody_takes_is_checked_here),
      RUN(a_copy_that_comes_meanwhile_is_a_duplicate_and_is_not_sent_back),
      RUN(a_forgery_that_is_being_checked_does_not_keep_the_true_message_out),
      RUN(an_announced_message_that_is_being_checked_is_not_asked_for),
      RUN(of_who_forges_too_much_what_waits_is_not_checked),
      RUN(who_is_gone_still_gets_its_message_delivered),
      RUN(a_topic_that_was_left_meanwhile_gets_nothing), RUN(batches_outlive_the_engine))
