/* Proves that messages and bytes are counted by the peer that brought them, and that the peers of
 * an account are bounded. */

#include "test.h"

#include "base/limits.h"
#include "share/account.h"

static struct peer_id peer(uint8_t last)
{
	struct peer_id id = { .n = 38, .b = "\x00\x24\x08\x01\x12\x20" };

	id.b[37] = last;
	return id;
}

static void count(struct account *a, uint8_t via, size_t bytes)
{
	const struct peer_id id = peer(via);

	account_count(a, &id, bytes);
}

TEST(messages_are_counted_by_peer)
{
	struct account a;

	account_init(&a);
	count(&a, 1, 10);
	count(&a, 2, 20);
	count(&a, 1, 30);
	account_count(&a, NULL, 5);
	assert_int_equal(a.bytes, 65);
	assert_int_equal(a.n_peers, 2);
	assert_int_equal(a.peers[0].id.b[37], 1);
	assert_int_equal(a.peers[0].messages, 2);
	assert_int_equal(a.peers[0].bytes, 40);
	assert_int_equal(a.peers[1].messages, 1);
	assert_int_equal(a.peers[1].bytes, 20);
	assert_int_equal(a.other_messages, 0);
	account_deinit(&a);
}

TEST(peers_beyond_the_maximum_are_the_others)
{
	struct account a;

	account_init(&a);
	for (uint8_t i = 0; i < 2 * LIMIT_DOOR_ACCOUNT_PEERS; i++)
		count(&a, i, 3);
	count(&a, 0, 7);
	assert_int_equal(a.n_peers, LIMIT_DOOR_ACCOUNT_PEERS);
	assert_int_equal(a.other_messages, LIMIT_DOOR_ACCOUNT_PEERS);
	assert_int_equal(a.other_bytes, 3 * LIMIT_DOOR_ACCOUNT_PEERS);
	assert_int_equal(a.peers[0].bytes, 10);
	assert_int_equal(a.bytes, 6 * LIMIT_DOOR_ACCOUNT_PEERS + 7);
	account_deinit(&a);
}

TESTS(RUN(messages_are_counted_by_peer), RUN(peers_beyond_the_maximum_are_the_others))
