#include "peer/dialled_hosts.h"

#include <stdio.h>

#include "test.h"

static struct dialled_hosts d;

static bool take(const char *ip, uint16_t port, uint64_t at_ms)
{
	struct addr a = { .port = port };

	assert_int_equal(addr_parse_ip(ip, &a), 0);
	return dialled_hosts_take(&d, &a, mono_add_ms((struct mono){ 1 }, at_ms));
}

TEST(a_public_host_is_dialled_once_in_ten_minutes_whatever_the_port)
{
	memset(&d, 0, sizeof(d));
	assert_true(take("203.0.113.7", 1, 0));
	assert_false(take("203.0.113.7", 1, 1));
	assert_false(take("203.0.113.7", 2, LIMIT_HINT_AGAIN_MS - 1));
	assert_true(take("203.0.113.8", 1, LIMIT_HINT_AGAIN_MS - 1));
	assert_true(take("203.0.113.7", 2, LIMIT_HINT_AGAIN_MS));
	assert_false(take("203.0.113.8", 1, LIMIT_HINT_AGAIN_MS));
}

TEST(on_a_private_network_the_port_counts_too)
{
	memset(&d, 0, sizeof(d));
	assert_true(take("127.0.0.1", 1, 0));
	assert_true(take("127.0.0.1", 2, 0));
	assert_false(take("127.0.0.1", 2, 0));
}

TEST(when_the_memory_is_full_nothing_may_be_dialled_until_the_oldest_is_forgotten)
{
	char ip[32];

	memset(&d, 0, sizeof(d));
	for (unsigned round = 0; round < 3; round++) {
		uint64_t at = (uint64_t)round * LIMIT_HINT_AGAIN_MS;

		for (unsigned i = 0; i < LIMIT_HINT_DIALLED; i++) {
			snprintf(ip, sizeof(ip), "203.0.%u.%u", i / 256, i % 256);
			assert_true(take(ip, 1, at + i));
		}
		assert_false(take("198.51.100.1", 1, at + LIMIT_HINT_DIALLED));
	}
	/* One is old enough. */
	assert_true(take("198.51.100.1", 1, UINT64_C(3) * LIMIT_HINT_AGAIN_MS));
	assert_false(take("198.51.100.2", 1, UINT64_C(3) * LIMIT_HINT_AGAIN_MS));
}

TESTS(RUN(a_public_host_is_dialled_once_in_ten_minutes_whatever_the_port),
      RUN(on_a_private_network_the_port_counts_too),
      RUN(when_the_memory_is_full_nothing_may_be_dialled_until_the_oldest_is_forgotten))
