#include "test.h"

#include "base/limits.h"
#include "route/gossip_cache.h"

struct fixture {
	struct gossip_cache c;
	struct gossip_cache_topic topic;
};

static void fixture_init(struct fixture *f)
{
	gossip_cache_init(&f->c, 1, 5, 3);
	gossip_cache_topic_init(&f->topic);
}

static void fixture_deinit(struct fixture *f)
{
	gossip_cache_topic_deinit(&f->topic);
	gossip_cache_deinit(&f->c);
}

static int put(struct fixture *f, const char *id, size_t n)
{
	struct shared_bytes *frame = shared_bytes_new(n);
	int r;

	assert_non_null(frame);
	memset(frame->data, id[0], n);
	r = gossip_cache_put(&f->c, &f->topic, bytes_of_text(id), frame);
	shared_bytes_unref(frame);
	return r;
}

static int serve(struct fixture *f, const char *id, uint64_t peer)
{
	struct shared_bytes *frame;
	int r = gossip_cache_serve(&f->c, bytes_of_text(id), peer, &frame);

	if (r == 0)
		assert_int_equal(frame->data[0], id[0]);
	return r;
}

static size_t n_told(struct fixture *f)
{
	struct bytes ids[16];

	return gossip_cache_ids(&f->c, &f->topic, SIZE_MAX, ids, ARRAY_SIZE(ids));
}

TEST(a_message_is_told_for_three_heartbeats_and_served_for_five)
{
	struct fixture f;

	fixture_init(&f);
	assert_int_equal(put(&f, "a", 10), 0);
	for (size_t heartbeat = 0; heartbeat < 5; heartbeat++) {
		assert_int_equal(n_told(&f), heartbeat < 3 ? 1 : 0);
		assert_int_equal(serve(&f, "a", heartbeat), 0);
		gossip_cache_shift(&f.c);
	}
	assert_int_equal(serve(&f, "a", 9), GOSSIP_CACHE_E_UNKNOWN);
	assert_int_equal(f.c.bytes, 0);
	fixture_deinit(&f);
}

TEST(one_peer_gets_one_message_three_times)
{
	struct fixture f;

	fixture_init(&f);
	assert_int_equal(put(&f, "a", 10), 0);
	for (uint64_t peer = 0; peer < 20; peer++)
		for (size_t i = 0; i < LIMIT_GOSSIP_SERVED; i++)
			assert_int_equal(serve(&f, "a", peer), 0);
	for (uint64_t peer = 0; peer < 20; peer++)
		assert_int_equal(serve(&f, "a", peer), GOSSIP_CACHE_E_ENOUGH);
	fixture_deinit(&f);
}

TEST(the_newest_are_told_first)
{
	struct fixture f;
	struct bytes ids[2];

	fixture_init(&f);
	assert_int_equal(put(&f, "a", 1), 0);
	assert_int_equal(put(&f, "b", 1), 0);
	gossip_cache_shift(&f.c);
	assert_int_equal(put(&f, "c", 1), 0);
	assert_int_equal(put(&f, "c", 1), -EEXIST);
	assert_int_equal(n_told(&f), 3);
	assert_int_equal(gossip_cache_ids(&f.c, &f.topic, SIZE_MAX, ids, 2), 2);
	assert_bytes(ids[0], "c");
	assert_bytes(ids[1], "b");
	fixture_deinit(&f);
}

TEST(a_topic_that_goes_leaves_its_messages)
{
	struct fixture f;

	fixture_init(&f);
	assert_int_equal(put(&f, "a", 1), 0);
	gossip_cache_topic_deinit(&f.topic);
	assert_int_equal(n_told(&f), 0);
	assert_int_equal(serve(&f, "a", 1), 0);
	fixture_deinit(&f);
}

TEST(beyond_the_maximum_the_oldest_go)
{
	struct fixture f;
	struct shared_bytes *frame = shared_bytes_new(1);
	size_t large = LIMIT_GOSSIP_CACHE_BYTES / 4;

	fixture_init(&f);
	assert_int_equal(put(&f, "a", large), 0);
	assert_int_equal(put(&f, "b", large), 0);
	assert_int_equal(put(&f, "c", large), 0);
	assert_int_equal(put(&f, "d", large), 0);
	assert_int_equal(put(&f, "e", large), 0);
	assert_int_equal(serve(&f, "a", 1), GOSSIP_CACHE_E_UNKNOWN);
	assert_int_equal(serve(&f, "b", 1), 0);
	assert_true(f.c.bytes <= LIMIT_GOSSIP_CACHE_BYTES);

	for (uint32_t i = 0; i < LIMIT_GOSSIP_CACHE + 10; i++)
		assert_int_equal(gossip_cache_put(&f.c, NULL, BYTES(&i, sizeof(i)), frame), 0);
	assert_int_equal(f.c.map.n, LIMIT_GOSSIP_CACHE);
	assert_int_equal(serve(&f, "e", 1), GOSSIP_CACHE_E_UNKNOWN);
	shared_bytes_unref(frame);
	fixture_deinit(&f);
}

TESTS(RUN(a_message_is_told_for_three_heartbeats_and_served_for_five),
      RUN(one_peer_gets_one_message_three_times), RUN(the_newest_are_told_first),
      RUN(a_topic_that_goes_leaves_its_messages), RUN(beyond_the_maximum_the_oldest_go))
