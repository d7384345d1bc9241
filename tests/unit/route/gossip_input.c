#include "engine.h"

/* One joined topic with two peers in its mesh. */
static void engine_init_with_two(struct engine *e)
{
	engine_init(e);
	engine_joins(e, "t");
	fakes_subscribed(e, 0, 2, "t");
	fake_got(&e->fakes[0]);
	fake_got(&e->fakes[1]);
}

TEST(a_message_is_delivered_once_however_often_it_comes)
{
	struct engine e;
	struct shared_bytes *frame;

	engine_init_with_two(&e);
	frame = message_of(&e.fakes[0], "t", BYTES_LITERAL("hello"));
	assert_int_equal(fake_says_bytes(&e.fakes[0], shared_bytes_data(frame)), 0);
	assert_int_equal(fake_says_bytes(&e.fakes[1], shared_bytes_data(frame)), 0);
	assert_int_equal(fake_says_bytes(&e.fakes[0], shared_bytes_data(frame)), 0);
	shared_bytes_unref(frame);
	assert_int_equal(e.n_delivered, 1);
	assert_true(peer_id_equal(&e.last.from, &e.fakes[0].id));
	assert_true(peer_id_equal(&e.last.via, &e.fakes[0].id));
	assert_int_equal(e.last.seqno, 1);
	assert_memory_equal(e.last_data, "hello", 5);
	assert_int_equal(gossip_counts(e.g).duplicates, 2);
	assert_int_equal(gossip_counts(e.g).received, 3);
	engine_deinit(&e);
}

TEST(a_message_is_new_again_when_it_is_forgotten)
{
	struct engine e;
	struct shared_bytes *frame;

	engine_init_with_two(&e);
	frame = message_of(&e.fakes[0], "t", BYTES_LITERAL("hello"));
	assert_int_equal(fake_says_bytes(&e.fakes[0], shared_bytes_data(frame)), 0);
	engine_wait(&e, 118000);
	assert_int_equal(fake_says_bytes(&e.fakes[0], shared_bytes_data(frame)), 0);
	assert_int_equal(e.n_delivered, 1);
	engine_wait(&e, 4000);
	assert_int_equal(fake_says_bytes(&e.fakes[0], shared_bytes_data(frame)), 0);
	assert_int_equal(e.n_delivered, 2);
	shared_bytes_unref(frame);
	engine_deinit(&e);
}

static void remember_for_an_hour(void *user, struct bytes topic, struct gossip_topic_params *io)
{
	(void)user;
	(void)topic;
	io->remember_ms = 3600000;
}

TEST(a_topic_may_remember_for_longer_and_a_replay_then_has_no_effect)
{
	struct engine e;
	struct gossip_ops ops = engine_ops;
	struct shared_bytes *frame;

	ops.topic_params = remember_for_an_hour;
	engine_init(&e);
	e.g->config.ops = &ops;
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 2, "t");
	frame = message_of(&e.fakes[0], "t", BYTES_LITERAL("hello"));
	assert_int_equal(fake_says_bytes(&e.fakes[0], shared_bytes_data(frame)), 0);
	fake_got(&e.fakes[1]);
	engine_wait(&e, 3500000);
	assert_int_equal(fake_says_bytes(&e.fakes[0], shared_bytes_data(frame)), 0);
	assert_int_equal(e.n_delivered, 1);
	assert_int_equal(fake_got(&e.fakes[1])->messages.n, 0);
	assert_int_equal(gossip_counts(e.g).duplicates, 1);
	engine_wait(&e, 102000);
	assert_int_equal(fake_says_bytes(&e.fakes[0], shared_bytes_data(frame)), 0);
	assert_int_equal(e.n_delivered, 2);
	shared_bytes_unref(frame);
	engine_deinit(&e);
}

TEST(a_forgery_does_not_keep_the_true_message_out)
{
	struct engine e;
	struct shared_bytes *frame, *forged;

	engine_init_with_two(&e);
	frame = message_of(&e.fakes[0], "t", BYTES_LITERAL("hello"));
	forged = shared_bytes_copy(shared_bytes_data(frame));
	forged->data[forged->n - 1] ^= 1;
	fake_says_frame(&e.fakes[1], forged);
	assert_int_equal(e.n_delivered, 0);
	assert_int_equal(gossip_counts(e.g).bad_signature, 1);
	fake_says_frame(&e.fakes[0], frame);
	assert_int_equal(e.n_delivered, 1);
	engine_deinit(&e);
}

TEST(who_forges_too_much_is_not_heard_until_the_heartbeat)
{
	struct engine e;
	struct shared_bytes *forged;

	engine_init_with_two(&e);
	engine_wait(&e, 150);
	/* Of any other peer no more would be heard after the first few. */
	gossip_peer_set_direct(e.g, e.fakes[0].p, true);
	forged = message_of(&e.fakes[0], "t", BYTES_LITERAL("hello"));
	forged->data[forged->n - 1] ^= 1;
	for (size_t i = 0; i < LIMIT_GOSSIP_BAD + 10; i++)
		assert_int_equal(fake_says_bytes(&e.fakes[0], shared_bytes_data(forged)), 0);
	assert_int_equal(gossip_counts(e.g).bad_signature, LIMIT_GOSSIP_BAD);
	assert_int_equal(gossip_counts(e.g).unheard, 10);
	/* The other is. */
	fake_publishes(&e.fakes[1], "t", "true");
	assert_int_equal(e.n_delivered, 1);
	engine_wait(&e, 1000);
	fake_publishes(&e.fakes[0], "t", "true");
	assert_int_equal(e.n_delivered, 2);
	shared_bytes_unref(forged);
	engine_deinit(&e);
}

TEST(messages_without_signature_are_bad)
{
	struct engine e;

	engine_init_with_two(&e);
	/* topic "t", data "x", and no more */
	assert_int_equal(fake_says_bytes(&e.fakes[0], HEX("08 1206 120178 220174")), 0);
	assert_int_equal(e.n_delivered, 0);
	assert_int_equal(gossip_counts(e.g).bad_signature, 1);
	engine_deinit(&e);
}

TEST(messages_of_topics_we_are_not_in_are_left_alone)
{
	struct engine e;

	engine_init_with_two(&e);
	fake_publishes(&e.fakes[0], "nobody's", "x");
	fake_subscribes(&e.fakes[0], "theirs", true);
	fake_publishes(&e.fakes[0], "theirs", "x");
	assert_int_equal(e.n_delivered, 0);
	assert_int_equal(gossip_counts(e.g).unknown_topic, 2);
	engine_deinit(&e);
}

TEST(our_own_messages_come_back_and_are_counted)
{
	struct engine e;
	struct shared_bytes *frame;

	engine_init_with_two(&e);
	engine_publishes(&e, "t", "ours");
	assert_int_equal(e.n_delivered, 1);
	assert_int_equal(fake_got(&e.fakes[0])->messages.n, 1);
	assert_int_equal(gossip_frame_message(&e.fakes[0].got.messages.v[0], &frame), 0);
	fake_says_frame(&e.fakes[1], frame);
	assert_int_equal(e.n_delivered, 1);
	assert_int_equal(gossip_counts(e.g).own_echo, 1);
	engine_deinit(&e);
}

TEST(too_large_data_is_refused)
{
	struct engine e;
	size_t n = LIMIT_GOSSIP_DATA + 1;
	uint8_t *data = calloc(1, n);

	engine_init_with_two(&e);
	fake_says_frame(&e.fakes[0], message_of(&e.fakes[0], "t", BYTES(data, n)));
	assert_int_equal(gossip_counts(e.g).too_large, 1);
	fake_says_frame(&e.fakes[0], message_of(&e.fakes[0], "t", BYTES(data, n - 1)));
	assert_int_equal(e.n_delivered, 1);
	engine_deinit(&e);
	free(data);
}

TEST(malformed_streams_are_told_apart)
{
	struct engine e;
	struct fake *f;

	engine_init_with_two(&e);
	f = &e.fakes[0];
	assert_int_equal(fake_says_bytes(f, HEX("02 0a05")), GOSSIP_E_MALFORMED);
	gossip_reader_deinit(&f->reader);
	gossip_reader_init(&f->reader);
	assert_int_equal(fake_says_bytes(f, HEX("818040")), GOSSIP_E_TOO_LARGE);
	gossip_reader_deinit(&f->reader);
	gossip_reader_init(&f->reader);
	assert_int_equal(fake_says_bytes(f, HEX("ffffffffffffffffffff")), GOSSIP_E_MALFORMED);
	assert_int_equal(gossip_counts(e.g).malformed, 3);
	engine_deinit(&e);
}

TEST(what_came_before_a_malformed_rpc_counts)
{
	struct engine e;
	struct shared_bytes *frame;
	struct buf b;

	engine_init_with_two(&e);
	buf_init(&b, MIB);
	frame = message_of(&e.fakes[0], "t", BYTES_LITERAL("hello"));
	assert_int_equal(buf_append(&b, frame->data, frame->n), 0);
	assert_int_equal(buf_append(&b, "\x02\x0a\x05", 3), 0);
	assert_int_equal(fake_says_bytes(&e.fakes[0], buf_data(&b)), GOSSIP_E_MALFORMED);
	assert_int_equal(e.n_delivered, 1);
	shared_bytes_unref(frame);
	buf_deinit(&b);
	engine_deinit(&e);
}

TEST(every_split_of_a_stream_gives_the_same)
{
	struct engine e;
	struct shared_bytes *frame;
	size_t n = 2;

	engine_init_with_two(&e);
	for (size_t cut = 1; cut < n; cut++) {
		frame = message_of(&e.fakes[0], "t", BYTES_LITERAL("hello"));
		n = frame->n;
		assert_int_equal(fake_says_bytes(&e.fakes[0], BYTES(frame->data, cut)), 0);
		assert_int_equal(fake_says_bytes(&e.fakes[0], BYTES(frame->data + cut, n - cut)),
				 0);
		shared_bytes_unref(frame);
	}
	assert_int_equal(e.n_delivered, n - 1);
	engine_deinit(&e);
}

/* ---- control ---- */

TEST(what_we_lack_is_asked_for_and_what_we_have_is_not)
{
	struct engine e;
	struct fake *f;
	const struct gossip_rpc *got;

	engine_init_with_two(&e);
	f = &e.fakes[0];
	fake_publishes(&e.fakes[1], "t", "known");
	fake_got(f);
	fake_has(f, "t", id_of(&e.fakes[1], 1));
	assert_int_equal(fake_got(f)->iwant.n, 0);
	fake_has(f, "other", id_of(&e.fakes[1], 2));
	assert_int_equal(fake_got(f)->iwant.n, 0);
	fake_has(f, "t", id_of(&e.fakes[1], 2));
	got = fake_got(f);
	assert_int_equal(got->iwant.n, 1);
	assert_true(bytes_equal(got->ids.v[0], id_of(&e.fakes[1], 2)));
	assert_int_equal(gossip_counts(e.g).iwant_asked, 1);
	engine_deinit(&e);
}

TEST(ten_ihaves_are_heeded_in_a_heartbeat)
{
	struct engine e;
	struct fake *f;
	uint32_t id = 0;

	engine_init_with_two(&e);
	f = &e.fakes[0];
	/* And one for each topic of ours. */
	for (; id < LIMIT_GOSSIP_IHAVES + 1 + 5; id++)
		fake_has(f, "t", BYTES(&id, sizeof(id)));
	assert_int_equal(fake_got(f)->ids.n, LIMIT_GOSSIP_IHAVES + 1);
	assert_int_equal(gossip_counts(e.g).ihave_ignored, 5);
	engine_wait(&e, 1100);
	fake_got(f);
	fake_has(f, "t", BYTES(&id, sizeof(id)));
	/* It owes us the others, and is asked when nobody else can be. */
	engine_wait(&e, 1000);
	assert_int_equal(fake_got(f)->ids.n, 1);
	engine_deinit(&e);
}

TEST(ids_that_are_empty_or_too_long_are_not_asked_for)
{
	struct engine e;
	uint8_t id[LIMIT_GOSSIP_ID + 1] = { 1 };

	engine_init_with_two(&e);
	fake_has(&e.fakes[0], "t", BYTES(id, sizeof(id)));
	fake_has(&e.fakes[0], "t", BYTES(id, 0));
	assert_int_equal(fake_got(&e.fakes[0])->iwant.n, 0);
	fake_has(&e.fakes[0], "t", BYTES(id, sizeof(id) - 1));
	assert_int_equal(fake_got(&e.fakes[0])->iwant.n, 1);
	engine_deinit(&e);
}

TEST(who_asks_gets_the_message_three_times)
{
	struct engine e;
	struct fake *f;

	engine_init_with_two(&e);
	fake_publishes(&e.fakes[1], "t", "x");
	f = fake_add(&e, 2);
	fake_got(f);
	for (size_t i = 0; i < 10; i++)
		fake_wants(f, id_of(&e.fakes[1], 1));
	assert_int_equal(fake_got(f)->messages.n, LIMIT_GOSSIP_SERVED);
	/* A new link does not make it a new peer. */
	fake_remove(f);
	f = fake_add(&e, 2);
	fake_got(f);
	fake_wants(f, id_of(&e.fakes[1], 1));
	fake_wants(f, id_of(&e.fakes[1], 2));
	assert_int_equal(fake_got(f)->messages.n, 0);
	assert_int_equal(gossip_counts(e.g).iwant_served, LIMIT_GOSSIP_SERVED);
	engine_deinit(&e);
}

TEST(what_a_peer_does_not_want_is_not_sent)
{
	struct engine e;

	engine_init_with_two(&e);
	fake_does_not_want(&e.fakes[0], id_of(&e.fakes[1], 1));
	fake_publishes(&e.fakes[1], "t", "x");
	fake_wants(&e.fakes[0], id_of(&e.fakes[1], 1));
	assert_int_equal(fake_got(&e.fakes[0])->messages.n, 0);
	assert_int_equal(gossip_counts(e.g).idontwant_heeded, 1);
	/* For three heartbeats. */
	engine_wait(&e, 3200);
	fake_wants(&e.fakes[0], id_of(&e.fakes[1], 1));
	assert_int_equal(fake_got(&e.fakes[0])->messages.n, 1);
	engine_deinit(&e);
}

TEST(idontwants_have_a_maximum)
{
	struct engine e;
	struct fake *f;

	engine_init_with_two(&e);
	f = &e.fakes[0];
	for (uint32_t i = 0; i < LIMIT_GOSSIP_IDONTWANT + 100; i++)
		fake_does_not_want(f, BYTES(&i, sizeof(i)));
	assert_int_equal(gossip_seen_n(&f->p->dontwant), LIMIT_GOSSIP_IDONTWANT);
	engine_deinit(&e);
}

TEST(a_peer_that_comes_or_goes_in_a_topic_is_told)
{
	struct engine e;

	engine_init_with_two(&e);
	assert_int_equal(e.n_topic_peers, 2);
	assert_int_equal(e.n_grafted, 2);
	fake_subscribes(&e.fakes[0], "t", false);
	assert_int_equal(e.n_topic_peers, 1);
	assert_int_equal(e.n_pruned, 1);
	fake_subscribes(&e.fakes[0], "other", true);
	assert_int_equal(e.n_topic_peers, 1);
	engine_deinit(&e);
}

TEST(who_comes_and_goes_without_end_is_stopped_until_the_heartbeat)
{
	struct engine e;
	struct gossip_subscription s = { .topic = BYTES_LITERAL("t") };
	struct shared_bytes *frames[2];
	struct buf b;
	size_t n = 0;

	engine_init_with_two(&e);
	engine_wait(&e, 150);
	buf_init(&b, 64);
	for (size_t i = 0; i < 2; i++) {
		struct wr w = wr_to(&b);

		buf_clear(&b);
		s.subscribe = i == 1;
		gossip_write_subscription(&w, &s);
		assert_int_equal(wr_finish(&w), 0);
		assert_int_equal(gossip_frame_subscriptions(buf_data(&b), &frames[i]), 0);
	}
	while (fake_says_bytes(&e.fakes[0], shared_bytes_data(frames[n % 2])) == 0)
		n++;
	assert_int_equal(n, LIMIT_GOSSIP_CHANGES);
	assert_int_equal(fake_says_bytes(&e.fakes[0], shared_bytes_data(frames[n % 2])),
			 GOSSIP_E_MALFORMED);
	engine_wait(&e, 1000);
	assert_int_equal(fake_says_bytes(&e.fakes[0], shared_bytes_data(frames[n % 2])), 0);
	/* Saying again what is known changes nothing. */
	for (size_t i = 0; i <= LIMIT_GOSSIP_CHANGES; i++)
		assert_int_equal(fake_says_bytes(&e.fakes[1], shared_bytes_data(frames[1])), 0);
	shared_bytes_unref(frames[0]);
	shared_bytes_unref(frames[1]);
	buf_deinit(&b);
	engine_deinit(&e);
}

TESTS(RUN(a_message_is_delivered_once_however_often_it_comes),
      RUN(a_message_is_new_again_when_it_is_forgotten),
      RUN(a_topic_may_remember_for_longer_and_a_replay_then_has_no_effect),
      RUN(a_forgery_does_not_keep_the_true_message_out),
      RUN(who_forges_too_much_is_not_heard_until_the_heartbeat),
      RUN(messages_without_signature_are_bad), RUN(messages_of_topics_we_are_not_in_are_left_alone),
      RUN(our_own_messages_come_back_and_are_counted), RUN(too_large_data_is_refused),
      RUN(malformed_streams_are_told_apart), RUN(what_came_before_a_malformed_rpc_counts),
      RUN(every_split_of_a_stream_gives_the_same),
      RUN(what_we_lack_is_asked_for_and_what_we_have_is_not),
      RUN(ten_ihaves_are_heeded_in_a_heartbeat),
      RUN(ids_that_are_empty_or_too_long_are_not_asked_for),
      RUN(who_asks_gets_the_message_three_times), RUN(what_a_peer_does_not_want_is_not_sent),
      RUN(idontwants_have_a_maximum), RUN(a_peer_that_comes_or_goes_in_a_topic_is_told),
      RUN(who_comes_and_goes_without_end_is_stopped_until_the_heartbeat))
