#include "engine.h"

static void begin(struct engine *e, size_t n)
{
	engine_init(e);
	engine_joins(e, "t");
	fakes_subscribed(e, 0, n, "t");
	engine_wait(e, 150);
	for (size_t i = 0; i < n; i++)
		fake_got(&e->fakes[i]);
}

static void forges(struct fake *f)
{
	struct shared_bytes *forged = message_of(f, "t", BYTES_LITERAL("hello"));

	forged->data[forged->n - 1] ^= 1;
	fake_says_frame(f, forged);
}

TEST(who_brings_new_messages_rises_and_who_repeats_them_does_not)
{
	struct engine e;
	struct shared_bytes *frame;

	begin(&e, 3);
	frame = message_of(&e.fakes[0], "t", BYTES_LITERAL("x"));
	fake_says_frame(&e.fakes[1], shared_bytes_ref(frame));
	fake_says_frame(&e.fakes[2], frame);
	engine_wait(&e, 1000);
	assert_true(fake_score(&e.fakes[1]) > 0.9);
	assert_true(fake_score(&e.fakes[2]) < 0.1);
	engine_deinit(&e);
}

TEST(five_forgeries_and_a_peer_is_not_heard_but_its_subscriptions_are)
{
	struct engine e;
	struct fake *f;
	uint64_t n;

	begin(&e, 2);
	f = &e.fakes[0];
	for (size_t i = 0; i < 20; i++)
		forges(f);
	assert_int_equal(gossip_counts(e.g).bad_signature, 5);
	n = gossip_counts(e.g).graylisted;
	assert_int_equal(n, 15);
	fake_publishes(f, "t", "true, but nobody listens");
	fake_grafts(f, "t");
	assert_int_equal(e.n_delivered, 0);
	assert_int_equal(gossip_counts(e.g).received, 5);
	fake_subscribes(f, "t", false);
	assert_null(member_find(f->p, BYTES_LITERAL("t")));
	fake_subscribes(f, "t", true);
	assert_non_null(member_find(f->p, BYTES_LITERAL("t")));
	/* Minutes later it is welcome again. */
	engine_wait(&e, 600000);
	fake_publishes(f, "t", "true");
	assert_int_equal(e.n_delivered, 1);
	engine_deinit(&e);
}

/* `m` signed by its author, as another implementation would. */
static struct shared_bytes *signed_by(struct fake *author, struct gossip_message *m)
{
	uint8_t signature[ED25519_SIGNATURE];
	struct shared_bytes *frame;
	struct buf scratch;

	buf_init(&scratch, MIB);
	assert_int_equal(gossip_sign(m, &author->key, &scratch, signature), 0);
	buf_deinit(&scratch);
	m->has_signature = true;
	m->signature = BYTES(signature, sizeof(signature));
	assert_int_equal(gossip_frame_message(m, &frame), 0);
	return frame;
}

static struct gossip_message plain(struct fake *author, struct bytes seqno)
{
	return (struct gossip_message){
		.has_from = true,
		.has_data = true,
		.has_seqno = true,
		.has_topic = true,
		.from = peer_id_bytes(&author->id),
		.data = BYTES_LITERAL("x"),
		.seqno = seqno,
		.topic = BYTES_LITERAL("t"),
	};
}

/* go relays whatever its author has signed, with a number of any length. */
static struct shared_bytes *with_a_short_number(struct fake *author)
{
	struct gossip_message m = plain(author, BYTES_LITERAL("1234567"));

	return signed_by(author, &m);
}

/* Every message is so "signed" by an author whose key is the identity, where small orders pass. */
static struct shared_bytes *by_nobody(struct fake *author)
{
	static const uint8_t id[38] = { 0x00, 0x24, 0x08, 0x01, 0x12, 0x20, 0x01 };
	static const uint8_t signature[64] = { 1 };
	struct gossip_message m = plain(author, BYTES_LITERAL("12345678"));
	struct shared_bytes *frame;

	m.from = BYTES(id, sizeof(id));
	m.has_signature = true;
	m.signature = BYTES(signature, sizeof(signature));
	assert_int_equal(gossip_frame_message(&m, &frame), 0);
	return frame;
}

/* The signature covers a field that we do not know, which go appends and signs. */
static struct shared_bytes *with_a_field_of_its_own(struct fake *author)
{
	static const uint8_t unknown[] = { 0x42, 0x01, 'u' }; /* field 8 */
	static const uint8_t data[40];
	struct shared_bytes *frame = message_of(author, "t", BYTES(data, sizeof(data))), *longer;
	size_t n = frame->n + sizeof(unknown);

	/* Two bytes of length, the field, two bytes of its length. */
	longer = shared_bytes_new(n);
	assert_non_null(longer);
	memcpy(longer->data, frame->data, frame->n);
	memcpy(longer->data + frame->n, unknown, sizeof(unknown));
	assert_true((frame->data[0] & 0x80) && (frame->data[3] & 0x80));
	longer->data[0] = (uint8_t)(longer->data[0] + sizeof(unknown));
	longer->data[3] = (uint8_t)(longer->data[3] + sizeof(unknown));
	/* Somewhere in the signature: what go signed is not what we check. */
	longer->data[frame->n - 1] ^= 1;
	shared_bytes_unref(frame);
	return longer;
}

TEST(what_others_may_hold_for_good_is_not_held_against_who_passes_it_on)
{
	struct shared_bytes *(*const makers[])(struct fake *) = {
		with_a_short_number,
		by_nobody,
		with_a_field_of_its_own,
	};

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		struct engine e;

		begin(&e, 3);
		for (size_t k = 0; k < 100; k++) {
			struct shared_bytes *frame = makers[i](&e.fakes[2]);

			fake_says_frame(&e.fakes[0], shared_bytes_ref(frame));
			fake_says_frame(&e.fakes[1], frame);
		}
		assert_int_equal(e.n_delivered, 0);
		assert_int_equal(gossip_counts(e.g).bad_signature, 200);
		assert_true(fake_score(&e.fakes[0]) >= 0 && fake_score(&e.fakes[1]) >= 0);
		/* And both are heard. */
		fake_publishes(&e.fakes[0], "t", "true");
		fake_publishes(&e.fakes[1], "t", "true");
		assert_int_equal(e.n_delivered, 2);
		engine_deinit(&e);
	}
}

TEST(coming_back_does_not_make_a_bad_peer_good)
{
	struct engine e;
	struct fake *f;

	begin(&e, 1);
	f = &e.fakes[0];
	for (size_t i = 0; i < 3; i++)
		forges(f);
	assert_true(fake_score(f) < -40);
	fake_remove(f);
	engine_wait(&e, 60000);
	fakes_subscribed(&e, 0, 1, "t");
	assert_true(fake_score(f) < -40);
	assert_false(fake_is_in_mesh(f, "t"));
	engine_deinit(&e);
}

TEST(messages_without_form_count_as_invalid)
{
	struct engine e;

	begin(&e, 1);
	assert_int_equal(fake_says_bytes(&e.fakes[0], HEX("08 1206 120178 220174")), 0);
	assert_true(fake_score(&e.fakes[0]) < -4);
	engine_deinit(&e);
}

TEST(topics_that_nobody_joined_cost_no_records)
{
	struct engine e;

	begin(&e, 1);
	for (size_t i = 0; i < 100; i++)
		fake_publishes(&e.fakes[0], "nobody's", "x");
	assert_true(fake_score(&e.fakes[0]) < 0.1);
	assert_true(fake_score(&e.fakes[0]) >= 0);
	engine_deinit(&e);
}

TEST(leaving_a_topic_forgets_what_happened_in_it)
{
	struct engine e;

	begin(&e, 1);
	forges(&e.fakes[0]);
	assert_true(fake_score(&e.fakes[0]) < 0);
	gossip_leave(e.g, BYTES_LITERAL("t"), e.now);
	assert_true(fake_score(&e.fakes[0]) == 0);
	engine_deinit(&e);
}

static void count_topics(void *user, const struct score_topic_parts *parts)
{
	assert_bytes(parts->topic, "t");
	assert_true(parts->in_mesh);
	(*(size_t *)user)++;
}

TEST(scores_can_be_asked_for_with_their_parts)
{
	struct gossip_peer_score score;
	struct engine e;
	struct peer_id nobody = { .n = 1 };
	size_t n = 0;

	begin(&e, 1);
	gossip_set_app_score(e.g, &e.fakes[0].id, -7);
	gossip_set_app_score(e.g, &nobody, -7);
	fake_publishes(&e.fakes[0], "t", "x");
	assert_true(gossip_peer_score(e.g, &e.fakes[0].id, e.now, &score));
	assert_true(score.parts.application == -7 && score.parts.topics >= 1);
	assert_true(score.parts.colocation == 0 && score.parts.behaviour == 0);
	assert_false(score.is_direct);
	assert_int_equal(score.rpc_max, LIMIT_GOSSIP_RPC_UNKNOWN);
	assert_false(gossip_peer_score(e.g, &nobody, e.now, &score));
	gossip_peer_topic_scores(e.g, &e.fakes[0].id, e.now, count_topics, &n);
	gossip_peer_topic_scores(e.g, &nobody, e.now, count_topics, &n);
	assert_int_equal(n, 1);
	engine_deinit(&e);
}

TEST(peers_at_one_address_count_against_each_other)
{
	struct addr a = { 0 };
	struct engine e;

	begin(&e, 10);
	assert_int_equal(addr_parse_ip("192.0.2.1", &a), 0);
	for (size_t i = 0; i < 10; i++)
		gossip_peer_set_address(e.g, e.fakes[i].p, &a);
	assert_true(fake_score(&e.fakes[0]) < -19);
	fake_remove(&e.fakes[9]);
	assert_true(fake_score(&e.fakes[0]) > -6);
	engine_deinit(&e);
}

/* ---- direct peers ---- */

TEST(direct_peers_are_heard_whatever_their_score)
{
	struct gossip_peer_score score;
	struct engine e;
	struct fake *f;

	begin(&e, 1);
	f = &e.fakes[0];
	gossip_peer_set_direct(e.g, f->p, true);
	gossip_set_app_score(e.g, &f->id, -1000);
	fake_publishes(f, "t", "x");
	assert_int_equal(e.n_delivered, 1);
	assert_true(gossip_peer_score(e.g, &f->id, e.now, &score));
	assert_true(score.is_direct);
	gossip_peer_set_direct(e.g, f->p, false);
	fake_publishes(f, "t", "x");
	assert_int_equal(e.n_delivered, 1);
	engine_deinit(&e);
}

TEST(direct_peers_get_every_message_of_their_topics_outside_of_any_mesh)
{
	struct engine e;
	struct fake *direct, *other;

	begin(&e, 2);
	direct = &e.fakes[0];
	other = &e.fakes[1];
	gossip_peer_set_direct(e.g, direct->p, true);
	assert_false(fake_is_in_mesh(direct, "t"));
	assert_int_equal(fake_got(direct)->prune.n, 1);
	fake_publishes(other, "t", "theirs");
	engine_publishes(&e, "t", "ours");
	assert_int_equal(fake_got(direct)->messages.n, 2);
	/* And nothing twice: what it sent itself, what it does not want. */
	fake_publishes(direct, "t", "its");
	fake_does_not_want(direct, id_of(other, other->seqno + 1));
	fake_publishes(other, "t", "not wanted");
	assert_int_equal(fake_got(direct)->messages.n, 0);
	fake_subscribes(direct, "t", false);
	engine_publishes(&e, "t", "ours");
	assert_int_equal(fake_got(direct)->messages.n, 0);
	engine_deinit(&e);
}

TEST(direct_peers_are_never_grafted_and_their_graft_is_refused)
{
	struct engine e;
	struct fake *f;

	engine_init(&e);
	engine_joins(&e, "t");
	f = fake_add(&e, 0);
	gossip_peer_set_direct(e.g, f->p, true);
	fake_subscribes(f, "t", true);
	engine_wait(&e, 5000);
	assert_int_equal(fake_got(f)->graft.n, 0);
	fake_grafts(f, "t");
	assert_int_equal(fake_got(f)->prune.n, 1);
	assert_int_equal(engine_n_mesh(&e, "t"), 0);
	engine_deinit(&e);
}

TEST(direct_peers_get_what_we_publish_without_joining)
{
	struct engine e;

	engine_init(&e);
	fakes_subscribed(&e, 0, 1, "t");
	gossip_peer_set_direct(e.g, e.fakes[0].p, true);
	fake_got(&e.fakes[0]);
	engine_publishes(&e, "t", "x");
	assert_int_equal(fake_got(&e.fakes[0])->messages.n, 1);
	assert_int_equal(engine_n_mesh(&e, "t"), 0);
	/* One that was in the fanout before. */
	fakes_subscribed(&e, 1, 1, "t");
	engine_publishes(&e, "t", "x");
	assert_int_equal(engine_n_mesh(&e, "t"), 1);
	gossip_peer_set_direct(e.g, e.fakes[1].p, true);
	assert_int_equal(engine_n_mesh(&e, "t"), 0);
	fake_got(&e.fakes[1]);
	engine_publishes(&e, "t", "x");
	assert_int_equal(fake_got(&e.fakes[1])->messages.n, 1);
	engine_deinit(&e);
}

TESTS(RUN(what_others_may_hold_for_good_is_not_held_against_who_passes_it_on),
      RUN(who_brings_new_messages_rises_and_who_repeats_them_does_not),
      RUN(five_forgeries_and_a_peer_is_not_heard_but_its_subscriptions_are),
      RUN(coming_back_does_not_make_a_bad_peer_good), RUN(messages_without_form_count_as_invalid),
      RUN(topics_that_nobody_joined_cost_no_records),
      RUN(leaving_a_topic_forgets_what_happened_in_it),
      RUN(scores_can_be_asked_for_with_their_parts),
      RUN(peers_at_one_address_count_against_each_other),
      RUN(direct_peers_are_heard_whatever_their_score),
      RUN(direct_peers_get_every_message_of_their_topics_outside_of_any_mesh),
      RUN(direct_peers_are_never_grafted_and_their_graft_is_refused),
      RUN(direct_peers_get_what_we_publish_without_joining))
