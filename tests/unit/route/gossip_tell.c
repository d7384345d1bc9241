#include "engine.h"

#include <stdio.h>

static struct bytes js_id_of(struct fake *f, uint64_t seqno)
{
	static uint8_t out[GOSSIP_ID_MAX];
	struct bytes id = id_of(f, seqno);

	memcpy(out, id.p + 2, id.n - 2);
	return BYTES(out, id.n - 2);
}

static struct bytes rust_id_of(struct fake *f, uint64_t seqno)
{
	static char out[GOSSIP_ID_MAX];
	char text[PEER_ID_TEXT_MAX];

	snprintf(out, sizeof(out), "%s%llu", peer_id_text(&f->id, text), (unsigned long long)seqno);
	return bytes_of_text(out);
}

/* Three outside of the mesh, and an author. */
static void begin(struct engine *e)
{
	engine_init(e);
	engine_joins(e, "t");
	fakes_subscribed(e, 0, 4, "t");
	for (size_t i = 0; i < 3; i++)
		fake_prunes(&e->fakes[i], "t", 3600);
	engine_wait(e, 150);
}

static void is_told(struct fake *f, struct bytes id)
{
	const struct gossip_rpc *got = fake_got(f);

	assert_int_equal(got->ihave.n, 1);
	assert_int_equal(got->ids.n, 1);
	assert_true(bytes_equal(got->ids.v[0], id));
}

TEST(everybody_is_told_in_the_words_it_is_thought_to_use)
{
	struct engine e;

	begin(&e);
	gossip_peer_set_words(e.fakes[1].p, GOSSIP_ID_JS);
	gossip_peer_set_words(e.fakes[2].p, GOSSIP_ID_RUST);
	fake_publishes(&e.fakes[3], "t", "x");
	engine_wait(&e, 1000);
	is_told(&e.fakes[0], id_of(&e.fakes[3], 1));
	is_told(&e.fakes[1], js_id_of(&e.fakes[3], 1));
	is_told(&e.fakes[2], rust_id_of(&e.fakes[3], 1));
	/* And served when it asks in them. */
	fake_wants(&e.fakes[1], js_id_of(&e.fakes[3], 1));
	assert_int_equal(fake_got(&e.fakes[1])->messages.n, 1);
	fake_wants(&e.fakes[2], rust_id_of(&e.fakes[3], 1));
	assert_int_equal(fake_got(&e.fakes[2])->messages.n, 1);
	engine_deinit(&e);
}

TEST(what_a_peer_uses_itself_counts_more_than_what_is_thought)
{
	struct engine e;

	begin(&e);
	fake_has(&e.fakes[0], "t", js_id_of(&e.fakes[2], 7));
	gossip_peer_set_words(e.fakes[0].p, GOSSIP_ID_RUST);
	fake_does_not_want(&e.fakes[1], rust_id_of(&e.fakes[2], 7));
	gossip_peer_set_words(e.fakes[2].p, GOSSIP_ID_JS);
	fake_has(&e.fakes[2], "t", BYTES_LITERAL("nobody's words"));
	fake_has(&e.fakes[2], "t", id_of(&e.fakes[1], 7));
	for (size_t i = 0; i < 3; i++)
		fake_got(&e.fakes[i]);
	fake_publishes(&e.fakes[3], "t", "x");
	engine_wait(&e, 1000);
	assert_true(bytes_equal(fake_got(&e.fakes[0])->ids.v[0], js_id_of(&e.fakes[3], 1)));
	is_told(&e.fakes[1], rust_id_of(&e.fakes[3], 1));
	assert_true(bytes_equal(fake_got(&e.fakes[2])->ids.v[0], id_of(&e.fakes[3], 1)));
	engine_deinit(&e);
}

TEST(idontwant_is_said_in_the_words_of_each)
{
	static uint8_t data[2000];
	struct engine e;
	const struct gossip_rpc *got;

	engine_init(&e);
	engine_joins(&e, "t");
	for (size_t i = 0; i < 3; i++)
		fake_subscribes(fake_add_as(&e, i, "/meshsub/1.2.0", false), "t", true);
	gossip_peer_set_words(e.fakes[1].p, GOSSIP_ID_JS);
	engine_wait(&e, 150);
	for (size_t i = 0; i < 3; i++)
		fake_got(&e.fakes[i]);
	fake_says_frame(&e.fakes[2], message_of(&e.fakes[2], "t", BYTES(data, sizeof(data))));
	got = fake_got(&e.fakes[0]);
	assert_int_equal(got->idontwant.n, 1);
	assert_true(bytes_equal(got->ids.v[0], id_of(&e.fakes[2], 1)));
	got = fake_got(&e.fakes[1]);
	assert_int_equal(got->idontwant.n, 1);
	assert_true(bytes_equal(got->ids.v[0], js_id_of(&e.fakes[2], 1)));
	assert_int_equal(gossip_counts(e.g).idontwant_sent, 2);
	engine_deinit(&e);
}

TEST(many_ids_in_other_words_are_all_told)
{
	struct engine e;
	struct fake *f;

	begin(&e);
	f = &e.fakes[0];
	gossip_peer_set_words(f->p, GOSSIP_ID_RUST);
	for (size_t i = 0; i < 1000; i++)
		engine_publishes(&e, "t", "x");
	fake_got(f);
	engine_wait(&e, 1000);
	assert_true(f->frame_max <= 65536 + 3);
	assert_int_equal(fake_got(f)->ids.n, 1000);
	for (size_t i = 0; i < 1000; i++) {
		enum gossip_id_kind kind;

		assert_true(gossip_id_kind_of(f->got.ids.v[i], &kind));
		assert_int_equal(kind, GOSSIP_ID_RUST);
	}
	engine_deinit(&e);
}

TESTS(RUN(everybody_is_told_in_the_words_it_is_thought_to_use),
      RUN(what_a_peer_uses_itself_counts_more_than_what_is_thought),
      RUN(idontwant_is_said_in_the_words_of_each), RUN(many_ids_in_other_words_are_all_told))
