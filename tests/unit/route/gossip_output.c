#include "engine.h"

TEST(a_new_peer_gets_all_subscriptions_first)
{
	struct engine e;
	const struct gossip_rpc *got;

	engine_init(&e);
	engine_joins(&e, "a");
	engine_joins(&e, "b");
	got = fake_got(fake_add(&e, 0));
	assert_int_equal(got->subscriptions.n, 2);
	assert_true(got->subscriptions.v[0].subscribe);
	assert_bytes(got->subscriptions.v[0].topic, "a");
	assert_bytes(got->subscriptions.v[1].topic, "b");
	engine_deinit(&e);
}

TEST(without_subscriptions_there_is_nothing_to_say)
{
	struct engine e;

	engine_init(&e);
	assert_int_equal(fake_add(&e, 0)->n_frames, 0);
	engine_deinit(&e);
}

TEST(a_long_hello_leaves_in_pieces_that_everybody_takes)
{
	struct engine e;
	struct fake *f;
	char name[LIMIT_GOSSIP_TOPIC_NAME];

	engine_init(&e);
	memset(name, 'x', sizeof(name));
	for (uint32_t i = 0; i < LIMIT_GOSSIP_TOPICS_LOCAL; i++) {
		memcpy(name, &i, sizeof(i));
		assert_int_equal(gossip_join(e.g, BYTES(name, sizeof(name)), e.now), 0);
	}
	f = fake_add(&e, 0);
	assert_true(f->n_frames > 1);
	assert_true(f->frame_max <= 65536);
	assert_false(f->last_may_drop);
	assert_int_equal(fake_got(f)->subscriptions.n, LIMIT_GOSSIP_TOPICS_LOCAL);
	engine_deinit(&e);
}

TEST(joining_tells_everybody_with_one_frame)
{
	struct engine e;

	engine_init(&e);
	fake_add(&e, 0);
	fake_add(&e, 1);
	engine_joins(&e, "t");
	assert_int_equal(fake_got(&e.fakes[0])->subscriptions.n, 1);
	assert_int_equal(fake_got(&e.fakes[1])->subscriptions.n, 1);
	engine_deinit(&e);
}

TEST(control_of_one_call_leaves_as_one_rpc)
{
	struct engine e;
	struct fake *f;
	const char *const topics[] = { "a", "b", "c" };

	engine_init(&e);
	f = fake_add(&e, 0);
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
		fake_subscribes(f, topics[i], true);
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
		engine_joins(&e, topics[i]);
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
		fake_prunes(f, topics[i], 1);
	fake_got(f);
	/* The backoffs and their slack are over: all three are grafted in one heartbeat. */
	engine_wait(&e, 2500);
	assert_int_equal(f->n_frames, 0);
	engine_wait(&e, 1500);
	assert_int_equal(f->n_frames, 1);
	assert_false(f->last_may_drop);
	assert_int_equal(fake_got(f)->graft.n, 3);
	engine_deinit(&e);
}

TEST(a_lost_stream_is_made_good_by_sending_again)
{
	struct engine e;
	struct fake *f;
	const struct gossip_rpc *got;

	engine_init(&e);
	engine_joins(&e, "in");
	engine_joins(&e, "left");
	f = fake_add(&e, 0);
	fake_subscribes(f, "in", true);
	fake_subscribes(f, "left", true);
	gossip_leave(e.g, BYTES_LITERAL("left"), e.now);
	fake_got(f);
	gossip_peer_resend(e.g, f->p);
	got = fake_got(f);
	assert_int_equal(got->subscriptions.n, 2);
	assert_bytes(got->subscriptions.v[0].topic, "in");
	assert_true(got->subscriptions.v[0].subscribe);
	assert_bytes(got->subscriptions.v[1].topic, "left");
	assert_false(got->subscriptions.v[1].subscribe);
	assert_int_equal(got->graft.n, 1);
	assert_bytes(got->graft.v[0], "in");
	engine_deinit(&e);
}

TEST(messages_to_a_full_peer_are_dropped_and_counted)
{
	struct engine e;
	struct fake *slow, *other;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 2, "t");
	slow = &e.fakes[0];
	other = &e.fakes[1];
	fake_got(slow);
	fake_got(other);
	slow->is_full = true;
	engine_publishes(&e, "t", "x");
	assert_int_equal(gossip_counts(e.g).send_dropped, 1);
	assert_int_equal(fake_got(slow)->messages.n, 0);
	assert_int_equal(fake_got(other)->messages.n, 1);
	/* What it must know still goes out. */
	gossip_leave(e.g, BYTES_LITERAL("t"), e.now);
	assert_int_equal(fake_got(slow)->prune.n, 1);
	engine_deinit(&e);
}

TEST(a_relayed_message_is_passed_on_byte_for_byte)
{
	struct engine e;
	struct shared_bytes *frame;
	struct rd r;
	struct bytes rpc;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 3, "t");
	for (size_t i = 0; i < 3; i++)
		fake_got(&e.fakes[i]);
	frame = message_of(&e.fakes[0], "t", BYTES_LITERAL("hello"));
	assert_int_equal(fake_says_bytes(&e.fakes[1], shared_bytes_data(frame)), 0);
	r = rd_of(shared_bytes_data(frame));
	rpc = rd_varint_bytes(&r, MIB);
	/* Neither back to who brought it nor to who wrote it. */
	assert_int_equal(buf_len(&e.fakes[0].sent), 0);
	assert_int_equal(buf_len(&e.fakes[1].sent), 0);
	assert_true(bytes_equal(buf_data(&e.fakes[2].sent), rpc));
	assert_int_equal(gossip_counts(e.g).forwarded, 1);
	shared_bytes_unref(frame);
	engine_deinit(&e);
}

TEST(many_ids_are_asked_for_in_pieces)
{
	struct engine e;
	struct fake *f;
	struct bytes ids[LIMIT_GOSSIP_IWANT + 100];
	uint8_t mem[LIMIT_GOSSIP_IWANT + 100][LIMIT_GOSSIP_ID];

	engine_init(&e);
	engine_joins(&e, "t");
	f = fake_add(&e, 0);
	fake_subscribes(f, "t", true);
	fake_got(f);
	memset(mem, 0, sizeof(mem));
	for (uint32_t i = 0; i < ARRAY_SIZE(ids); i++) {
		memcpy(mem[i], &i, sizeof(i));
		ids[i] = BYTES(mem[i], sizeof(mem[i]));
	}
	FAKE_CONTROL(f, gossip_write_ihave(&w, BYTES_LITERAL("t"), ids, ARRAY_SIZE(ids)));
	assert_true(f->n_frames > 1);
	assert_true(f->frame_max <= 65536);
	assert_true(f->last_may_drop);
	assert_int_equal(fake_got(f)->ids.n, LIMIT_GOSSIP_IWANT);
	engine_deinit(&e);
}

TEST(large_messages_are_announced_to_peers_that_know_the_word)
{
	struct engine e;
	uint8_t data[1024] = { 0 };
	struct fake *from, *old, *new;
	struct shared_bytes *frame;
	const struct gossip_rpc *got;

	engine_init(&e);
	engine_joins(&e, "t");
	from = fake_add_as(&e, 0, "/meshsub/1.2.0", false);
	old = fake_add_as(&e, 1, "/meshsub/1.1.0", false);
	new = fake_add_as(&e, 2, "/meshsub/1.2.0", false);
	for (size_t i = 0; i < 3; i++) {
		fake_subscribes(&e.fakes[i], "t", true);
		fake_got(&e.fakes[i]);
	}
	fake_says_frame(from, message_of(from, "t", BYTES(data, sizeof(data))));
	got = fake_got(new);
	assert_int_equal(got->idontwant.n, 1);
	assert_true(bytes_equal(got->ids.v[0], id_of(from, 1)));
	assert_int_equal(fake_got(old)->idontwant.n, 0);
	assert_int_equal(fake_got(from)->idontwant.n, 0);
	/* A smaller one is not worth it, nor is one that is bad. */
	fake_says_frame(from, message_of(from, "t", BYTES(data, sizeof(data) - 1)));
	frame = message_of(from, "t", BYTES(data, sizeof(data)));
	frame->data[frame->n - 1] ^= 1;
	fake_says_frame(from, frame);
	assert_int_equal(fake_got(new)->idontwant.n, 0);
	assert_int_equal(gossip_counts(e.g).idontwant_sent, 1);
	/* A stream that turns out to be newer. */
	gossip_peer_set_protocol(old->p, BYTES_LITERAL("/meshsub/1.3.0"));
	fake_says_frame(from, message_of(from, "t", BYTES(data, sizeof(data))));
	assert_int_equal(fake_got(old)->idontwant.n, 1);
	engine_deinit(&e);
}

/* A message whose RPC has so many bytes, without its length. */
static struct shared_bytes *message_of_size(struct fake *author, size_t n)
{
	static uint8_t data[200000];
	struct shared_bytes *probe = message_of(author, "t", BYTES(data, n));
	size_t excess = probe->n - 3 - n;

	shared_bytes_unref(probe);
	return message_of(author, "t", BYTES(data, n - excess));
}

TEST(no_peer_gets_more_than_it_takes_to_the_byte)
{
	struct gossip_peer_score score;
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 2, "t");
	f = &e.fakes[0];
	fake_says_frame(&e.fakes[1], message_of_size(&e.fakes[1], 65536));
	assert_int_equal(f->frame_max, 65536 + 3);
	fake_got(f);
	fake_says_frame(&e.fakes[1], message_of_size(&e.fakes[1], 65537));
	assert_int_equal(fake_got(f)->messages.n, 0);
	assert_int_equal(gossip_counts(e.g).too_large_for_peer, 1);
	assert_true(gossip_peer_score(e.g, &f->id, e.now, &score));
	assert_int_equal(score.n_too_large, 1);
	/* Nor when it asks for it. */
	fake_wants(f, id_of(&e.fakes[1], e.fakes[1].seqno));
	assert_int_equal(fake_got(f)->messages.n, 0);
	gossip_peer_set_rpc_max(f->p, 65537);
	fake_wants(f, id_of(&e.fakes[1], e.fakes[1].seqno));
	assert_int_equal(fake_got(f)->messages.n, 1);
	engine_deinit(&e);
}

TEST(what_a_peer_takes_is_within_what_anybody_takes)
{
	struct gossip_peer_score score;
	struct engine e;
	struct fake *f;

	engine_init(&e);
	f = fake_add(&e, 0);
	gossip_peer_set_rpc_max(f->p, 1);
	assert_true(gossip_peer_score(e.g, &f->id, e.now, &score));
	assert_int_equal(score.rpc_max, LIMIT_GOSSIP_RPC_UNKNOWN);
	gossip_peer_set_rpc_max(f->p, SIZE_MAX);
	assert_true(gossip_peer_score(e.g, &f->id, e.now, &score));
	assert_int_equal(score.rpc_max, LIMIT_GOSSIP_RPC);
	assert_int_equal(gossip_peer_rpc_longest(f->p), 0);
	fake_subscribes(f, "t", true);
	assert_int_equal(gossip_peer_rpc_longest(f->p), 7);
	engine_deinit(&e);
}

TESTS(RUN(a_new_peer_gets_all_subscriptions_first),
      RUN(without_subscriptions_there_is_nothing_to_say),
      RUN(a_long_hello_leaves_in_pieces_that_everybody_takes),
      RUN(joining_tells_everybody_with_one_frame), RUN(control_of_one_call_leaves_as_one_rpc),
      RUN(a_lost_stream_is_made_good_by_sending_again),
      RUN(messages_to_a_full_peer_are_dropped_and_counted),
      RUN(a_relayed_message_is_passed_on_byte_for_byte), RUN(many_ids_are_asked_for_in_pieces),
      RUN(large_messages_are_announced_to_peers_that_know_the_word),
      RUN(no_peer_gets_more_than_it_takes_to_the_byte),
      RUN(what_a_peer_takes_is_within_what_anybody_takes))
