#include "test.h"

#include "base/limits.h"
#include "node/topic_trouble.h"

#define NOW ((struct mono){ 100000 * NS_PER_S })

static struct gossip_topic_info topic(enum topic_health_state health, size_t n_peers, size_t n_mesh)
{
	return (struct gossip_topic_info){
		.topic = BYTES_LITERAL("t/block"),
		.health = health,
		.n_peers = n_peers,
		.n_mesh = n_mesh,
	};
}

static void assert_trouble(const struct gossip_topic_info *info, size_t n_connected,
			   const char *text)
{
	char got[TOPIC_TROUBLE_MAX];

	assert_true(topic_trouble(info, n_connected, NOW, got));
	assert_string_equal(got, text);
}

TEST(a_topic_that_starts_or_is_well_has_no_trouble)
{
	struct gossip_topic_info starting = topic(TOPIC_STARTING, 0, 0), ok = topic(TOPIC_OK, 3, 2);
	char got[TOPIC_TROUBLE_MAX];

	assert_false(topic_trouble(&starting, 0, NOW, got));
	assert_false(topic_trouble(&ok, 3, NOW, got));
}

TEST(to_be_without_peers_and_to_be_without_a_mesh_are_two_troubles)
{
	struct gossip_topic_info alone = topic(TOPIC_NO_PEERS, 0, 0),
				 unwanted = topic(TOPIC_NO_MESH, 0, 0),
				 one = topic(TOPIC_NO_MESH, 1, 0),
				 some = topic(TOPIC_NO_MESH, 2, 0);

	assert_true(topic_is_alone(&alone));
	assert_false(topic_is_alone(&unwanted));
	assert_trouble(&alone, 0, "topic t/block hears nobody: no peer is connected");
	assert_trouble(&unwanted, 1,
		       "topic t/block hears nobody: the only connected peer is not subscribed to "
		       "it");
	assert_trouble(&unwanted, 5,
		       "topic t/block hears nobody: none of the 5 connected peers is subscribed to "
		       "it");
	assert_trouble(&one, 5,
		       "topic t/block has no mesh: 1 connected peer is subscribed to it (they are "
		       "full, refused us lately, have a bad score, or take us for a direct peer)");
	assert_trouble(&some, 5,
		       "topic t/block has no mesh: 2 connected peers are subscribed to it (they "
		       "are full, refused us lately, have a bad score, or take us for a direct "
		       "peer)");
}

static void assert_silence(uint64_t age_ms, uint64_t pace_ms, const char *text)
{
	struct gossip_topic_info info = topic(TOPIC_SILENT, 5, 3);

	info.quiet_since = (struct mono){ NOW.ns - age_ms * NS_PER_MS };
	info.pace_ms = pace_ms;
	assert_trouble(&info, 5, text);
}

TEST(a_silence_is_told_with_what_is_usual)
{
	assert_silence(
		61000, 9600,
		"topic t/block has been silent for 61 seconds, with 3 peers to hear it from; "
		"its usual pause is 10 seconds");
	assert_silence(
		7300000, 610000,
		"topic t/block has been silent for 2 hours, with 3 peers to hear it from; its "
		"usual pause is 10 minutes");
	assert_silence(
		5400000, 1000,
		"topic t/block has been silent for 90 minutes, with 3 peers to hear it from; "
		"its usual pause is 1 second");
	assert_silence(
		80000000, 400,
		"topic t/block has been silent for 22 hours, with 3 peers to hear it from; its "
		"usual pause is less than a second");
}

TEST(a_long_name_is_cut_and_the_trouble_is_still_told)
{
	struct gossip_topic_info info = topic(TOPIC_NO_MESH, 2, 0);
	char name[LIMIT_GOSSIP_TOPIC_NAME], got[TOPIC_TROUBLE_MAX];

	memset(name, 'x', sizeof(name));
	info.topic = BYTES(name, sizeof(name));
	assert_true(topic_trouble(&info, 5, NOW, got));
	assert_non_null(strstr(got, "xxx... has no mesh: 2 connected peers"));
	assert_null(strstr(got, "topic t/"));
}

TESTS(RUN(a_topic_that_starts_or_is_well_has_no_trouble),
      RUN(to_be_without_peers_and_to_be_without_a_mesh_are_two_troubles),
      RUN(a_silence_is_told_with_what_is_usual),
      RUN(a_long_name_is_cut_and_the_trouble_is_still_told))
