#include "streams_world.h"

TEST(peers_have_a_message_on_its_way_before_it_is_delivered_here)
{
	struct gnode *a, *b, *c;

	world_begin(30);
	two_nodes(&a, &b);
	c = node_new();
	node_join(c);
	node_manage(c, b);
	world_run_for(w, 2000);
	node_publish(a, 1, 100);
	world_run_for(w, 200);
	assert_int_equal(b->got[1], 1);
	assert_int_equal(c->got[1], 1);
	assert_int_equal(b->n_unsent, 0);
	world_end();
}

TEST(who_opens_a_stream_but_refuses_ours_is_dropped)
{
	struct gnode *a, *s;

	world_begin(7);
	a = node_new();
	s = stranger_new(false);
	node_manage(a, s);
	world_run_for(w, 500);
	stranger_opens(s, a);
	stranger_says(s, s->out, HEX("07 0a05 0801 120174"));
	world_run_for(w, 500);
	assert_int_equal(counts(a).accepted, 1);
	assert_int_equal(counts(a).n_peers, 0);
	assert_int_equal(s->n_out_closed, 1);
	assert_true(peer_is_connected(peer_at(a, s)));
	world_end();
}

TEST(a_stream_the_peer_reset_is_opened_again_with_everything)
{
	struct gnode *a, *s;
	struct gossip_rpc rpc;
	struct buf mem;

	world_begin(9);
	node_and_stranger(&a, &s);
	gossip_rpc_init(&rpc);
	buf_init(&mem, MIB);
	stream_reset(s->in, 0);
	s->in = NULL;
	world_run_for(w, 500);
	/* Meanwhile messages are dropped, and counted. */
	node_publish(a, 1, 100);
	assert_int_equal(engine_counts(a).send_dropped, 1);
	assert_int_equal(s->n_in, 1);
	world_run_for(w, 1000);
	assert_int_equal(s->n_in, 2);
	stranger_heard(s, &rpc, &mem);
	assert_int_equal(rpc.subscriptions.n, 1);
	assert_int_equal(rpc.graft.n, 1);
	/* The second time we wait longer. */
	stream_reset(s->in, 0);
	s->in = NULL;
	world_run_for(w, 1500);
	assert_int_equal(s->n_in, 2);
	world_run_for(w, 1000);
	assert_int_equal(s->n_in, 3);
	/* A stream that had lasted is opened again at once. */
	world_run_for(w, 70000);
	stream_reset(s->in, 0);
	s->in = NULL;
	world_run_for(w, 1200);
	assert_int_equal(s->n_in, 4);
	gossip_rpc_deinit(&rpc);
	buf_deinit(&mem);
	world_end();
}

/* What a stream had not delivered when it died, and what was said before the next one. */
TEST(messages_that_were_lost_with_a_stream_are_told_of_on_the_next_one)
{
	struct gnode *a, *s;
	struct gossip_rpc rpc;
	struct buf mem;

	world_begin(34);
	node_and_stranger(&a, &s);
	/* Who has come into the mesh is told of what was before. */
	world_run_for(w, 1500);
	stream_hold(s->in, true);
	node_publish(a, 1, 100);
	stream_reset(s->in, 0);
	s->in = NULL;
	world_run_for(w, 100);
	node_publish(a, 2, 100);
	assert_int_equal(engine_counts(a).send_dropped, 1);
	world_run_for(w, 2100);
	assert_int_equal(s->n_in, 2);
	gossip_rpc_init(&rpc);
	buf_init(&mem, MIB);
	stranger_heard(s, &rpc, &mem);
	assert_int_equal(rpc.messages.n, 0);
	assert_int_equal(rpc.ihave.n, 1);
	assert_bytes(rpc.ihave.v[0].topic, "t");
	assert_int_equal(rpc.ihave.v[0].n, 2);
	/* And not again. */
	node_publish(a, 3, 100);
	world_run_for(w, 3000);
	stranger_heard(s, &rpc, &mem);
	assert_int_equal(rpc.messages.n, 1);
	assert_int_equal(rpc.ihave.n, 1);
	gossip_rpc_deinit(&rpc);
	buf_deinit(&mem);
	world_end();
}

/* Some give a stream up by a FIN alone, and then drop what still comes without a word. */
TEST(who_ends_its_side_of_our_stream_reads_no_more_and_gets_another)
{
	struct gnode *a, *s;
	struct gossip_rpc rpc;
	struct buf mem;

	world_begin(36);
	node_and_stranger(&a, &s);
	stream_close(s->in);
	world_run_for(w, 500);
	assert_int_equal(s->n_in_closed, 1);
	node_publish(a, 1, 100);
	assert_int_equal(engine_counts(a).send_dropped, 1);
	world_run_for(w, 2000);
	assert_int_equal(s->n_in, 2);
	gossip_rpc_init(&rpc);
	buf_init(&mem, MIB);
	stranger_heard(s, &rpc, &mem);
	assert_int_equal(rpc.subscriptions.n, 1);
	assert_int_equal(rpc.graft.n, 1);
	assert_int_equal(rpc.ihave.n, 1);
	gossip_rpc_deinit(&rpc);
	buf_deinit(&mem);
	world_end();
}

TEST(what_is_said_on_our_stream_is_not_listened_to)
{
	struct gnode *a, *s;

	world_begin(31);
	node_and_stranger(&a, &s);
	stranger_says(s, s->in, HEX("ffffffffffffffffffffffff"));
	world_run_for(w, 500);
	node_publish(a, 1, 100);
	world_run_for(w, 100);
	assert_int_equal(engine_counts(a).send_dropped, 0);
	assert_int_equal(counts(a).reset_malformed, 0);
	assert_true(buf_len(&s->heard) > 100);
	world_end();
}

TEST(a_peer_that_does_not_read_holds_a_bounded_queue)
{
	struct gnode *a, *b, *s;
	struct stream *held;

	world_begin(34);
	a = node_new();
	s = stranger_new(true);
	s->holds = true;
	b = node_new();
	node_join(a);
	node_join(b);
	node_manage(a, s);
	node_manage(a, b);
	world_run_for(w, 500);
	stranger_opens(s, a);
	stranger_says(s, s->out, HEX("07 0a05 0801 120174"));
	world_run_for(w, 1000);
	held = s->in;
	for (uint32_t k = 0; k < 200; k++) {
		node_publish(a, k, 20000);
		world_run_for(w, 50);
	}
	/* The other got everything; the silent one a window and what we hold for it. */
	assert_int_equal(b->n_got, 200);
	assert_in_range(engine_counts(a).send_dropped, 100, 200);
	assert_true(link_queued(peer_primary(peer_at(a, s))) <= LIMIT_GOSSIP_SEND);
	assert_int_equal(counts(a).reset_full, 0);
	assert_ptr_equal(s->in, held);
	/* What must not be lost fits into the reserve for a while, then the stream is reset. */
	for (uint32_t k = 0; k < 1200 && counts(a).reset_full == 0; k++) {
		char name[200];

		memset(name, 'x', sizeof(name));
		memcpy(name, &k, sizeof(k));
		assert_int_equal(gossip_streams_join(a->gossip, BYTES(name, sizeof(name))), 0);
		gossip_streams_leave(a->gossip, BYTES(name, sizeof(name)));
	}
	assert_int_equal(counts(a).reset_full, 1);
	s->holds = false;
	world_run_for(w, 3000);
	assert_int_equal(s->n_in, 2);
	assert_true(peer_is_connected(peer_at(a, s)));
	node_publish(a, 201, 100);
	world_run_for(w, 100);
	assert_true(buf_len(&s->heard) > 100);
	world_end();
}

/* It answers pings, and reads now and then or never. */
static void hold_back(uint64_t seed, bool reads_slowly, bool ends)
{
	struct gnode *a, *s;

	world_begin(seed);
	a = node_new();
	s = stranger_new(true);
	s->holds = true;
	node_join(a);
	node_manage(a, s);
	world_run_for(w, 500);
	stranger_opens(s, a);
	stranger_says(s, s->out, HEX("07 0a05 0801 120174"));
	world_run_for(w, 1000);
	for (uint32_t k = 0; k < 240 && peer_is_connected(peer_at(a, s)); k++) {
		node_publish(a, k, 20000);
		world_run_for(w, 100);
		if (reads_slowly && k % 60 == 59) {
			stream_hold(s->in, false);
			world_run_for(w, 5);
			stream_hold(s->in, true);
		}
	}
	assert_true(engine_counts(a).send_dropped > 0);
	assert_int_equal(peer_is_connected(peer_at(a, s)), !ends);
	assert_int_equal(counts(a).stalled, ends);
	if (ends)
		assert_int_equal(a->down_reason, LINK_STALLED);
	world_end();
}

TEST(a_peer_that_takes_nothing_after_its_queue_was_full_loses_its_link)
{
	hold_back(35, false, true);
}

TEST(it_loses_its_link_although_there_is_nothing_more_to_drop)
{
	struct gnode *a, *s;

	world_begin(37);
	a = node_new();
	s = stranger_new(true);
	s->holds = true;
	node_join(a);
	node_manage(a, s);
	world_run_for(w, 500);
	stranger_opens(s, a);
	stranger_says(s, s->out, HEX("07 0a05 0801 120174"));
	world_run_for(w, 1000);
	for (uint32_t k = 0; k < 100; k++)
		node_publish(a, k, 20000);
	assert_true(engine_counts(a).send_dropped > 0);
	world_run_for(w, LIMIT_GOSSIP_FULL_MS - 100);
	assert_true(peer_is_connected(peer_at(a, s)));
	world_run_for(w, 1200);
	assert_false(peer_is_connected(peer_at(a, s)));
	assert_int_equal(counts(a).stalled, 1);
	assert_int_equal(a->down_reason, LINK_STALLED);
	world_end();
}

TEST(a_peer_that_is_slow_keeps_its_link)
{
	hold_back(36, true, false);
}

static size_t rpc_max_of(struct gnode *n, struct gnode *other)
{
	struct gossip_peer_score score;

	assert_true(gossip_peer_score(gossip_streams_engine(n->gossip), &other->id,
				      loop_now(n->loop), &score));
	return score.rpc_max;
}

TEST(who_resets_the_stream_right_after_a_long_rpc_gets_no_more_of_them)
{
	struct gnode *a, *s;

	world_begin(50);
	node_and_stranger(&a, &s);
	assert_int_equal(rpc_max_of(a, s), LIMIT_GOSSIP_RPC);
	node_publish(a, 1, 100000);
	world_run_for(w, 500);
	assert_true(buf_len(&s->heard) > 100000);
	stream_reset(s->in, 0);
	s->in = NULL;
	world_run_for(w, 2000);
	assert_int_equal(s->n_in, 2);
	assert_int_equal(rpc_max_of(a, s), LIMIT_GOSSIP_RPC_UNKNOWN);
	node_publish(a, 2, 100000);
	world_run_for(w, 2000);
	assert_true(buf_len(&s->heard) < 10000);
	assert_true(engine_counts(a).too_large_for_peer > 0);
	/* A short one arrives, and nothing more is reset. */
	node_publish(a, 3, 1000);
	world_run_for(w, 1000);
	assert_int_equal(s->n_in, 2);
	assert_in_range(buf_len(&s->heard), 1000, 10000);
	world_end();
}

TEST(a_stream_that_is_reset_long_after_a_long_rpc_has_other_reasons)
{
	struct gnode *a, *s;

	world_begin(51);
	node_and_stranger(&a, &s);
	node_publish(a, 1, 100000);
	world_run_for(w, LIMIT_GOSSIP_BIG_MS + 500);
	stream_reset(s->in, 0);
	s->in = NULL;
	world_run_for(w, 2000);
	assert_int_equal(rpc_max_of(a, s), LIMIT_GOSSIP_RPC);
	world_end();
}

TESTS(RUN(peers_have_a_message_on_its_way_before_it_is_delivered_here),
      RUN(who_opens_a_stream_but_refuses_ours_is_dropped),
      RUN(a_stream_the_peer_reset_is_opened_again_with_everything),
      RUN(messages_that_were_lost_with_a_stream_are_told_of_on_the_next_one),
      RUN(who_ends_its_side_of_our_stream_reads_no_more_and_gets_another),
      RUN(what_is_said_on_our_stream_is_not_listened_to),
      RUN(a_peer_that_does_not_read_holds_a_bounded_queue),
      RUN(a_peer_that_takes_nothing_after_its_queue_was_full_loses_its_link),
      RUN(it_loses_its_link_although_there_is_nothing_more_to_drop),
      RUN(a_peer_that_is_slow_keeps_its_link),
      RUN(who_resets_the_stream_right_after_a_long_rpc_gets_no_more_of_them),
      RUN(a_stream_that_is_reset_long_after_a_long_rpc_has_other_reasons))
