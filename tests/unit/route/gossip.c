#include "net.h"

#include "engine.h"

/* ---- nets ---- */

/* Messages from nodes in turn, `gap_ms` apart. */
static void publish_round(struct net *net, uint32_t from, uint32_t to, size_t size, uint64_t gap_ms)
{
	for (uint32_t k = from; k < to; k++) {
		net_publish(net, k % net->n, k, size);
		net_run(net, gap_ms);
	}
}

TEST(two_nodes_hear_each_other_once)
{
	struct net *net = malloc(sizeof(*net));
	struct gossip_params params = gossip_params_default();

	net_init(net, 2, 1, &params);
	net_connect(net, 0, 1);
	net_join_all(net);
	net_run(net, 200);
	publish_round(net, 0, 20, 100, 10);
	net_run(net, 1000);
	net_assert_once(net, 0, 20);
	net_deinit(net);
	free(net);
}

TEST(every_subscriber_of_a_net_gets_every_message_exactly_once)
{
	static const size_t sizes[] = { 3, 8, 20, NET_NODES };
	struct gossip_params params = gossip_params_default();

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct net *net = malloc(sizeof(*net));

		net_init(net, sizes[i], 7 + i, &params);
		net_connect_random(net, 5);
		net_join_all(net);
		net_run(net, 3000);
		publish_round(net, 0, 100, 60 + 20 * i, 15);
		net_run(net, 3000);
		net_assert_once(net, 0, 100);
		net_deinit(net);
		free(net);
	}
}

TEST(lost_frames_are_made_up_for_by_ihave_and_iwant)
{
	struct gossip_params params = gossip_params_default();
	struct net *net = malloc(sizeof(*net));

	net_init(net, 30, 3, &params);
	net_connect_random(net, 6);
	net_join_all(net);
	net_run(net, 3000);
	net->loss_percent = 20;
	publish_round(net, 0, 60, 200, 50);
	net_run(net, 5000);
	net_assert_once(net, 0, 60);
	net_deinit(net);
	free(net);
}

TEST(large_messages_are_announced_and_arrive_once)
{
	struct gossip_params params = gossip_params_default();
	struct net *net = malloc(sizeof(*net));
	uint64_t sent = 0, heeded = 0;

	net_init(net, 20, 5, &params);
	net_connect_random(net, 8);
	net_join_all(net);
	net_run(net, 3000);
	publish_round(net, 0, 40, 3000, 50);
	net_run(net, 2000);
	net_assert_once(net, 0, 40);
	for (size_t i = 0; i < net->n; i++) {
		sent += gossip_counts(net->nodes[i].g).idontwant_sent;
		heeded += gossip_counts(net->nodes[i].g).idontwant_heeded;
	}
	assert_true(sent > 0 && heeded > 0);
	net_deinit(net);
	free(net);
}

TEST(meshes_keep_their_degree)
{
	struct gossip_params params = gossip_params_default();
	struct net *net = malloc(sizeof(*net));

	net_init(net, 40, 11, &params);
	for (size_t a = 0; a < net->n; a++)
		for (size_t b = a + 1; b < net->n; b++)
			net_connect(net, a, b);
	net_join_all(net);
	net_run(net, 100000);
	for (size_t i = 0; i < net->n; i++) {
		assert_true(net_n_mesh(net, i) >= params.d_low);
		assert_true(net_n_mesh(net, i) <= params.d_high);
	}
	net_deinit(net);
	free(net);
}

TEST(meshes_are_mutual)
{
	struct gossip_params params = gossip_params_default();
	struct net *net = malloc(sizeof(*net));

	net_init(net, 30, 12, &params);
	net_connect_random(net, 6);
	net_join_all(net);
	net_run(net, 10300);
	for (size_t a = 0; a < net->n; a++) {
		for (size_t b = 0; b < net->n; b++) {
			struct member *ab, *ba;

			if (a == b || !net->ends[a][b].p)
				continue;
			ab = member_find(net->ends[a][b].p, NET_TOPIC);
			ba = member_find(net->ends[b][a].p, NET_TOPIC);
			assert_true(ab && ba && member_is_in_mesh(ab) == member_is_in_mesh(ba));
		}
	}
	net_deinit(net);
	free(net);
}

TEST(a_late_joiner_gets_what_comes_after_and_what_is_still_told)
{
	struct gossip_params params = gossip_params_default();
	struct net *net = malloc(sizeof(*net));
	size_t late;

	net_init(net, 21, 13, &params);
	net_connect_random(net, 5);
	late = net->n - 1;
	for (size_t i = 0; i < late; i++)
		net_join(net, i);
	net_run(net, 3000);
	publish_round(net, 0, 20, 100, 10);
	net_join(net, late);
	net_run(net, 500);
	publish_round(net, 20, 60, 100, 10);
	net_run(net, 3000);
	net_assert_once(net, 20, 60);
	for (size_t i = 0; i < late; i++)
		for (uint32_t k = 0; k < 20; k++)
			assert_int_equal(net->nodes[i].got[k], 1);
	net_deinit(net);
	free(net);
}

TEST(a_net_that_loses_nodes_goes_on)
{
	struct gossip_params params = gossip_params_default();
	struct net *net = malloc(sizeof(*net));
	size_t gone = 10;

	net_init(net, 40, 17, &params);
	net_connect_random(net, 8);
	net_join_all(net);
	net_run(net, 3000);
	for (size_t a = 0; a < gone; a++)
		for (size_t b = 0; b < net->n; b++)
			net_disconnect(net, a, b);
	net_run(net, 3000);
	for (uint32_t k = 0; k < 40; k++) {
		net_publish(net, gone + k % (net->n - gone), k, 100);
		net_run(net, 20);
	}
	net_run(net, 5000);
	for (size_t i = gone; i < net->n; i++)
		for (uint32_t k = 0; k < 40; k++)
			assert_int_equal(net->nodes[i].got[k], 1);
	net_deinit(net);
	free(net);
}

TEST(a_publisher_that_did_not_join_is_heard)
{
	struct gossip_params params = gossip_params_default();
	struct net *net = malloc(sizeof(*net));

	net_init(net, 15, 19, &params);
	net_connect_random(net, 4);
	for (size_t i = 1; i < net->n; i++)
		net_join(net, i);
	net_run(net, 3000);
	for (uint32_t k = 0; k < 20; k++) {
		net_publish(net, 0, k, 100);
		net_run(net, 30);
	}
	net_run(net, 3000);
	net_assert_once(net, 0, 20);
	assert_int_equal(net->nodes[0].got[0], 0);
	net_deinit(net);
	free(net);
}

static uint64_t hash_of_run(uint64_t seed)
{
	struct gossip_params params = gossip_params_default();
	struct net *net = malloc(sizeof(*net));
	uint64_t hash;

	net_init(net, 20, seed, &params);
	net_connect_random(net, 5);
	net_join_all(net);
	net->loss_percent = 5;
	publish_round(net, 0, 60, 1500, 20);
	net_run(net, 5000);
	hash = net->hash;
	net_deinit(net);
	free(net);
	return hash;
}

TEST(the_same_seed_gives_the_same_run)
{
	assert_int_equal(hash_of_run(23), hash_of_run(23));
	assert_int_not_equal(hash_of_run(23), hash_of_run(24));
}

/* ---- the calls ---- */

TEST(names_are_checked)
{
	struct engine e;
	char name[LIMIT_GOSSIP_TOPIC_NAME + 1];

	engine_init(&e);
	memset(name, 'x', sizeof(name));
	assert_int_equal(gossip_join(e.g, BYTES("", 0), e.now), -EINVAL);
	assert_int_equal(gossip_join(e.g, BYTES(name, sizeof(name)), e.now), -EINVAL);
	assert_int_equal(gossip_join(e.g, BYTES(name, sizeof(name) - 1), e.now), 0);
	assert_int_equal(gossip_join(e.g, BYTES(name, sizeof(name) - 1), e.now), -EEXIST);
	assert_int_equal(gossip_publish(e.g, BYTES("", 0), BYTES("", 0), e.now, NULL), -EINVAL);
	gossip_leave(e.g, BYTES_LITERAL("never joined"), e.now);
	engine_deinit(&e);
}

TEST(topics_have_a_maximum)
{
	struct engine e;

	engine_init(&e);
	for (uint32_t i = 0; i < LIMIT_GOSSIP_TOPICS_LOCAL; i++)
		assert_int_equal(gossip_join(e.g, BYTES(&i, sizeof(i)), e.now), 0);
	assert_int_equal(gossip_join(e.g, BYTES_LITERAL("one more"), e.now), -ENOSPC);
	gossip_leave(e.g, BYTES(&(uint32_t){ 0 }, 4), e.now);
	assert_int_equal(gossip_join(e.g, BYTES_LITERAL("one more"), e.now), 0);
	engine_deinit(&e);
}

TEST(too_large_a_message_is_not_published)
{
	struct engine e;
	uint8_t *data = calloc(1, LIMIT_GOSSIP_DATA + 1);
	struct fake *f;

	engine_init(&e);
	f = fake_add(&e, 0);
	fake_subscribes(f, "t", true);
	assert_int_equal(gossip_publish(e.g, BYTES_LITERAL("t"), BYTES(data, LIMIT_GOSSIP_DATA + 1),
					e.now, NULL),
			 -EMSGSIZE);
	assert_int_equal(gossip_seqno(e.g), 0);
	gossip_peer_set_rpc_max(f->p, LIMIT_GOSSIP_RPC);
	assert_int_equal(gossip_publish(e.g, BYTES_LITERAL("t"), BYTES(data, LIMIT_GOSSIP_DATA),
					e.now, NULL),
			 0);
	assert_int_equal(fake_got(f)->messages.n, 1);
	engine_deinit(&e);
	free(data);
}

TEST(a_published_message_is_delivered_here_and_numbered_upwards)
{
	struct engine e;
	struct gossip_id first, second;

	engine_init(&e);
	engine_joins(&e, "t");
	assert_int_equal(gossip_publish(e.g, BYTES_LITERAL("t"), BYTES_LITERAL("a"), e.now, &first),
			 0);
	assert_int_equal(
		gossip_publish(e.g, BYTES_LITERAL("t"), BYTES_LITERAL("b"), e.now, &second), 0);
	assert_int_equal(e.n_delivered, 2);
	assert_true(peer_id_equal(&e.last.from, &e.id) && peer_id_equal(&e.last.via, &e.id));
	assert_int_equal(e.last.seqno, 2);
	assert_int_equal(first.n, second.n);
	assert_true(memcmp(first.b, second.b, first.n) < 0);
	assert_memory_equal(e.last.id.b, second.b, second.n);
	engine_deinit(&e);
}

TEST(numbers_go_on_where_they_ended)
{
	struct engine e;
	struct gossip_config config = { .params = gossip_params_default(), .ops = &engine_ops };
	struct gossip *g;

	engine_init(&e);
	config.key = &e.key;
	config.id = e.id;
	config.random = random_seeded_source(&e.seeded);
	config.seqno_last = 1750000000000000000;
	config.user = &e;
	assert_int_equal(gossip_new(&config, e.now, &g), 0);
	assert_int_equal(gossip_publish(g, BYTES_LITERAL("t"), BYTES_LITERAL("a"), e.now, NULL), 0);
	assert_int_equal(gossip_seqno(g), 1750000000000000001);
	gossip_free(g);
	engine_deinit(&e);
}

TEST(a_peer_is_added_once)
{
	struct engine e;
	struct fake *f;
	struct gossip_peer *again;

	engine_init(&e);
	f = fake_add(&e, 0);
	assert_int_equal(gossip_peer_add(e.g, &f->id, BYTES("", 0), false, NULL, &again), -EEXIST);
	fake_remove(f);
	gossip_peer_remove(e.g, NULL);
	fake_add(&e, 0);
	engine_deinit(&e);
}

TEST(the_deadline_is_the_heartbeat)
{
	struct engine e;

	engine_init(&e);
	assert_int_equal(gossip_deadline(e.g).ns, mono_add_ms(e.now, 100).ns);
	gossip_tick(e.g, e.now);
	assert_int_equal(gossip_deadline(e.g).ns, mono_add_ms(e.now, 100).ns);
	/* A late tick does not bring several heartbeats. */
	e.now = mono_add_ms(e.now, 60000);
	gossip_tick(e.g, e.now);
	assert_int_equal(gossip_deadline(e.g).ns, mono_add_ms(e.now, 1000).ns);
	engine_deinit(&e);
}

static void count_topic(void *user, const struct gossip_topic_info *info)
{
	struct gossip_topic_info *last = user;

	*last = *info;
}

TEST(topics_tell_their_figures)
{
	struct engine e;
	struct gossip_topic_info info = { 0 };

	engine_init(&e);
	gossip_topics(e.g, count_topic, &info);
	assert_int_equal(info.topic.n, 0);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 3, "t");
	fake_publishes(&e.fakes[0], "t", "x");
	engine_publishes(&e, "t", "y");
	gossip_topics(e.g, count_topic, &info);
	assert_bytes(info.topic, "t");
	assert_int_equal(info.n_peers, 3);
	assert_int_equal(info.n_mesh, 3);
	assert_int_equal(info.received, 1);
	assert_int_equal(info.published, 1);
	assert_int_equal(info.last_message_at.ns, e.now.ns);
	engine_deinit(&e);
}

TEST(leaving_prunes_the_mesh_and_unsubscribes)
{
	struct engine e;
	const struct gossip_rpc *got;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 2, "t");
	assert_int_equal(e.n_grafted, 2);
	fake_got(&e.fakes[0]);
	gossip_leave(e.g, BYTES_LITERAL("t"), e.now);
	got = fake_got(&e.fakes[0]);
	assert_int_equal(got->prune.n, 1);
	assert_int_equal(got->prune.v[0].backoff_s, 10);
	assert_int_equal(got->subscriptions.n, 1);
	assert_false(got->subscriptions.v[0].subscribe);
	assert_int_equal(e.n_pruned, 2);
	assert_false(gossip_is_joined(e.g, BYTES_LITERAL("t")));
	engine_deinit(&e);
}

TEST(who_subscribed_before_we_joined_is_told_and_grafted)
{
	struct engine e;
	const struct gossip_rpc *got;

	engine_init(&e);
	fakes_subscribed(&e, 0, 3, "t");
	assert_int_equal(e.n_topic_peers, 0);
	engine_joins(&e, "t");
	assert_int_equal(e.n_topic_peers, 3);
	got = fake_got(&e.fakes[1]);
	assert_int_equal(got->subscriptions.n, 1);
	assert_int_equal(got->graft.n, 1);
	fake_remove(&e.fakes[1]);
	assert_int_equal(e.n_topic_peers, 2);
	assert_int_equal(engine_n_mesh(&e, "t"), 2);
	engine_deinit(&e);
}

TEST(flood_publishing_reaches_everybody)
{
	struct engine e;

	engine_init(&e);
	engine_joins(&e, "t");
	fakes_subscribed(&e, 0, 20, "t");
	for (size_t i = 0; i < 20; i++)
		fake_got(&e.fakes[i]);
	engine_publishes(&e, "t", "x");
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(fake_got(&e.fakes[i])->messages.n, 1);
	engine_deinit(&e);
}

TEST(without_a_mesh_a_message_still_goes_to_d_peers)
{
	struct gossip_params params = gossip_params_default();
	struct engine e;
	size_t n = 0;

	params.flood_publish = false;
	engine_init_with(&e, &params);
	fakes_subscribed(&e, 0, 20, "t");
	for (size_t i = 0; i < 20; i++)
		fake_prunes(&e.fakes[i], "t", 3600);
	engine_joins(&e, "t");
	for (size_t i = 0; i < 20; i++)
		fake_prunes(&e.fakes[i], "t", 3600);
	assert_int_equal(engine_n_mesh(&e, "t"), 0);
	for (size_t i = 0; i < 20; i++)
		fake_got(&e.fakes[i]);
	engine_publishes(&e, "t", "x");
	for (size_t i = 0; i < 20; i++)
		n += fake_got(&e.fakes[i])->messages.n;
	assert_int_equal(n, params.d);
	engine_deinit(&e);
}

/* Leaves, joins another topic and answers in it, all from inside on_message. */
static void on_message_that_acts(void *user, const struct gossip_delivery *d)
{
	struct engine *e = user;

	e->n_delivered++;
	if (!bytes_equal(d->topic, BYTES_LITERAL("t")))
		return;
	gossip_leave(e->g, d->topic, e->now);
	assert_int_equal(gossip_join(e->g, BYTES_LITERAL("answers"), e->now), 0);
	assert_int_equal(gossip_publish(e->g, BYTES_LITERAL("answers"), d->data, e->now, NULL), 0);
}

TEST(a_delivery_may_leave_join_and_publish)
{
	struct gossip_ops ops = engine_ops;
	struct engine e;
	const struct gossip_rpc *got;
	struct shared_bytes *first, *second;
	struct buf both;

	ops.on_message = on_message_that_acts;
	for (size_t round = 0; round < 2; round++) {
		engine_init(&e);
		e.g->config.ops = &ops;
		engine_joins(&e, "t");
		fakes_subscribed(&e, 0, 2, "t");
		fake_got(&e.fakes[0]);
		if (round == 0) {
			engine_publishes(&e, "t", "x");
		} else {
			/* Two in one piece: the second finds the topic left. */
			first = message_of(&e.fakes[1], "t", BYTES_LITERAL("x"));
			second = message_of(&e.fakes[1], "t", BYTES_LITERAL("y"));
			buf_init(&both, MIB);
			assert_int_equal(buf_append(&both, first->data, first->n), 0);
			assert_int_equal(buf_append(&both, second->data, second->n), 0);
			assert_int_equal(fake_says_bytes(&e.fakes[1], buf_data(&both)), 0);
			buf_deinit(&both);
			shared_bytes_unref(first);
			shared_bytes_unref(second);
		}
		assert_int_equal(e.n_delivered, 2);
		assert_false(gossip_is_joined(e.g, BYTES_LITERAL("t")));
		assert_true(gossip_is_joined(e.g, BYTES_LITERAL("answers")));
		got = fake_got(&e.fakes[0]);
		assert_int_equal(got->messages.n, 1);
		assert_int_equal(got->prune.n, 1);
		assert_int_equal(got->subscriptions.n, 2);
		engine_deinit(&e);
	}
}

TESTS(RUN(a_delivery_may_leave_join_and_publish), RUN(two_nodes_hear_each_other_once),
      RUN(every_subscriber_of_a_net_gets_every_message_exactly_once),
      RUN(lost_frames_are_made_up_for_by_ihave_and_iwant),
      RUN(large_messages_are_announced_and_arrive_once), RUN(meshes_keep_their_degree),
      RUN(meshes_are_mutual), RUN(a_late_joiner_gets_what_comes_after_and_what_is_still_told),
      RUN(a_net_that_loses_nodes_goes_on), RUN(a_publisher_that_did_not_join_is_heard),
      RUN(the_same_seed_gives_the_same_run), RUN(names_are_checked), RUN(topics_have_a_maximum),
      RUN(too_large_a_message_is_not_published),
      RUN(a_published_message_is_delivered_here_and_numbered_upwards),
      RUN(numbers_go_on_where_they_ended), RUN(a_peer_is_added_once),
      RUN(the_deadline_is_the_heartbeat), RUN(topics_tell_their_figures),
      RUN(leaving_prunes_the_mesh_and_unsubscribes),
      RUN(who_subscribed_before_we_joined_is_told_and_grafted),
      RUN(flood_publishing_reaches_everybody), RUN(without_a_mesh_a_message_still_goes_to_d_peers))
