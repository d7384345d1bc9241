#include <stdio.h>

#include "engine.h"

TEST(a_topic_lives_while_somebody_needs_it)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	f = fake_add(&e, 0);
	fake_subscribes(f, "t", true);
	assert_non_null(engine_topic(&e, "t"));
	engine_joins(&e, "t");
	fake_subscribes(f, "t", false);
	assert_non_null(engine_topic(&e, "t"));
	gossip_leave(e.g, BYTES_LITERAL("t"), e.now);
	assert_null(engine_topic(&e, "t"));
	assert_int_equal(e.g->topics.n, 0);
	engine_deinit(&e);
}

TEST(a_topic_with_a_fanout_goes_with_its_last_member)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	f = fake_add(&e, 0);
	fake_subscribes(f, "t", true);
	engine_publishes(&e, "t", "x");
	assert_int_equal(engine_n_mesh(&e, "t"), 1);
	fake_remove(f);
	assert_null(engine_topic(&e, "t"));
	assert_true(list_is_empty(&e.g->active));
	engine_wait(&e, 2000);
	engine_deinit(&e);
}

static void count_topic(void *user, struct bytes topic, bool in_mesh)
{
	size_t *n = user;

	assert_bytes(topic, "t");
	n[in_mesh]++;
}

TEST(the_topics_of_a_peer_are_those_it_subscribed_to)
{
	const struct peer_id nobody = { .n = 0 };
	size_t n[2] = { 0 };
	struct engine e;
	struct fake *f;

	engine_init(&e);
	f = fake_add(&e, 0);
	gossip_peer_topics(e.g, &f->id, count_topic, n);
	fake_subscribes(f, "t", true);
	gossip_peer_topics(e.g, &f->id, count_topic, n);
	gossip_peer_topics(e.g, &nobody, count_topic, n);
	assert_int_equal(n[false], 1);
	engine_joins(&e, "t");
	gossip_peer_topics(e.g, &f->id, count_topic, n);
	assert_int_equal(n[true], 1);
	engine_deinit(&e);
}

TEST(subscribing_twice_is_subscribing_once)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	f = fake_add(&e, 0);
	fake_subscribes(f, "t", true);
	fake_subscribes(f, "t", true);
	assert_int_equal(engine_topic(&e, "t")->n_members, 1);
	fake_subscribes(f, "t", false);
	fake_subscribes(f, "t", false);
	assert_null(engine_topic(&e, "t"));
	engine_deinit(&e);
}

/* Many subscriptions in one frame: numbers [from, to) as names. */
static void subscribe_many(struct fake *f, uint32_t from, uint32_t to)
{
	struct shared_bytes *frame;
	struct buf b;
	struct wr w = wr_to(&b);

	buf_init(&b, MIB);
	for (uint32_t i = from; i < to; i++) {
		struct gossip_subscription s = { .subscribe = true, .topic = BYTES(&i, sizeof(i)) };

		gossip_write_subscription(&w, &s);
	}
	assert_int_equal(wr_finish(&w), 0);
	assert_int_equal(gossip_frame_subscriptions(buf_data(&b), &frame), 0);
	buf_deinit(&b);
	fake_says_frame(f, frame);
}

TEST(one_peer_has_a_maximum_of_topics)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	f = fake_add(&e, 0);
	for (uint32_t i = 0; i < 100000; i += 1000)
		subscribe_many(f, i, i + 1000);
	assert_int_equal(f->p->members.n, LIMIT_GOSSIP_TOPICS_PER_PEER);
	assert_int_equal(e.g->topics.n, LIMIT_GOSSIP_TOPICS_PER_PEER);
	assert_int_equal(gossip_counts(e.g).subscriptions_refused,
			 100000 - LIMIT_GOSSIP_TOPICS_PER_PEER);
	/* Others are not touched by it. */
	subscribe_many(fake_add(&e, 1), 200000, 200010);
	assert_int_equal(e.g->topics.n, LIMIT_GOSSIP_TOPICS_PER_PEER + 10);
	engine_deinit(&e);
}

TEST(peers_together_leave_us_room_to_join)
{
	struct engine e;
	size_t n_peers = LIMIT_GOSSIP_TOPICS / LIMIT_GOSSIP_TOPICS_PER_PEER;

	engine_init(&e);
	assert_true(n_peers <= FAKES_MAX);
	for (size_t i = 0; i < n_peers; i++) {
		struct fake *f = fake_add(&e, i);
		uint32_t from = (uint32_t)i * LIMIT_GOSSIP_TOPICS_PER_PEER;

		subscribe_many(f, from, from + LIMIT_GOSSIP_TOPICS_PER_PEER);
	}
	assert_int_equal(e.g->topics.n, LIMIT_GOSSIP_TOPICS - LIMIT_GOSSIP_TOPICS_LOCAL);
	engine_joins(&e, "ours");
	engine_deinit(&e);
}

TEST(names_that_are_empty_or_too_long_are_refused)
{
	struct engine e;
	struct fake *f;
	char name[LIMIT_GOSSIP_TOPIC_NAME + 2];

	engine_init(&e);
	f = fake_add(&e, 0);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	fake_subscribes(f, name, true);
	fake_subscribes(f, "", true);
	assert_int_equal(e.g->topics.n, 0);
	assert_int_equal(gossip_counts(e.g).subscriptions_refused, 2);
	engine_deinit(&e);
}

TEST(choosing_is_random_and_never_takes_one_twice)
{
	struct engine e;
	size_t chosen[20] = { 0 };

	engine_init(&e);
	fakes_subscribed(&e, 0, 20, "t");
	for (size_t round = 0; round < 1000; round++) {
		size_t n = members_choose(e.g, engine_topic(&e, "t"), member_is_outside, 5, e.now);
		uint32_t seen = 0;

		assert_int_equal(n, 5);
		for (size_t i = 0; i < n; i++) {
			size_t number = (size_t)((struct fake *)e.g->pick[i]->peer->user - e.fakes);

			assert_int_equal(seen >> number & 1, 0);
			seen |= UINT32_C(1) << number;
			chosen[number]++;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(chosen); i++)
		assert_in_range(chosen[i], 180, 320);
	assert_int_equal(members_choose(e.g, engine_topic(&e, "t"), member_is_outside, 99, e.now),
			 20);
	assert_int_equal(members_choose(e.g, engine_topic(&e, "t"), member_is_inside, 99, e.now),
			 0);
	engine_deinit(&e);
}

TEST(subscriptions_and_what_is_not_wanted_are_charged_to_their_peer)
{
	struct budget budget;
	struct budget_account account, others;
	struct charge of_others;
	struct engine e;
	struct fake *f;
	char name[32];
	size_t one;

	engine_init(&e);
	budget_init(&budget, 8 * MIB);
	budget_account_init(&account, &budget);
	budget_account_init(&others, &budget);
	charge_init(&of_others, &others);
	f = fake_add(&e, 0);
	fake_subscribes(f, "t", true);
	one = f->p->charge.held[BUDGET_GOSSIP];
	assert_true(one > sizeof(struct topic));
	gossip_peer_charge_to(f->p, &account);
	assert_int_equal(budget.kinds[BUDGET_GOSSIP], one);
	fake_does_not_want(f, BYTES_LITERAL("some id"));
	assert_int_equal(budget.held, one + GOSSIP_DONTWANT_COST);
	engine_wait(&e, 10000);
	assert_int_equal(budget.held, one);
	/* It has its share of what others leave. */
	for (size_t i = 0; i < 1000; i++) {
		if (i == 20)
			charge_take(&of_others, BUDGET_SEND, 7 * MIB);
		snprintf(name, sizeof(name), "topic %zu", i);
		fake_subscribes(f, name, true);
	}
	assert_in_range(account.held, 100 * KIB, MIB / 9);
	assert_int_equal(charge_room(&f->p->charge) / 1024, 0);
	assert_true(gossip_counts(e.g).subscriptions_refused > 500);
	one = budget.held;
	fake_does_not_want(f, BYTES_LITERAL("some id"));
	assert_int_equal(budget.held, one);
	fake_subscribes(f, "topic 0", false);
	assert_true(budget.held < one);
	fake_remove(f);
	assert_int_equal(account.held, 0);
	charge_deinit(&of_others);
	budget_account_deinit(&account);
	engine_deinit(&e);
}

TESTS(RUN(subscriptions_and_what_is_not_wanted_are_charged_to_their_peer),
      RUN(a_topic_lives_while_somebody_needs_it),
      RUN(a_topic_with_a_fanout_goes_with_its_last_member),
      RUN(the_topics_of_a_peer_are_those_it_subscribed_to),
      RUN(subscribing_twice_is_subscribing_once), RUN(one_peer_has_a_maximum_of_topics),
      RUN(peers_together_leave_us_room_to_join), RUN(names_that_are_empty_or_too_long_are_refused),
      RUN(choosing_is_random_and_never_takes_one_twice))
