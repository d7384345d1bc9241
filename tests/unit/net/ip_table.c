#include "test.h"

#include "net/ip_table.h"

static struct addr ip(const char *text)
{
	struct addr a = { 0 };

	assert_int_equal(addr_parse_ip(text, &a), 0);
	return a;
}

TEST(an_address_has_its_number_and_no_more)
{
	struct ip_table t;
	struct addr a = ip("10.0.0.1"), b = ip("10.0.0.2");

	ip_table_init(&t, 1, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ip_table_add(&t, &a), 0);
	a.port = 77; /* ports do not make another address */
	assert_int_equal(ip_table_add(&t, &a), -EDQUOT);
	assert_int_equal(ip_table_add(&t, &b), 0);
	assert_int_equal(ip_table_count(&t, &a), 3);
	ip_table_remove(&t, &a);
	assert_int_equal(ip_table_add(&t, &a), 0);
	ip_table_deinit(&t);
}

TEST(an_address_that_has_none_left_is_forgotten)
{
	struct ip_table t;
	struct addr a = ip("127.0.0.1");

	ip_table_init(&t, 1, 8);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(ip_table_add(&t, &a), 0);
		ip_table_remove(&t, &a);
	}
	assert_int_equal(ip_table_count(&t, &a), 0);
	assert_int_equal(t.map.n, 0);
	ip_table_deinit(&t);
}

TEST(an_ipv6_stranger_counts_as_its_subnet)
{
	struct ip_table t;
	struct addr a = ip("2001:db8:1:2::1"), same = ip("2001:db8:1:2:ffff::9"),
		    other = ip("2001:db8:1:3::1");

	ip_table_init(&t, 1, 1);
	assert_int_equal(ip_table_add(&t, &a), 0);
	assert_int_equal(ip_table_add(&t, &same), -EDQUOT);
	assert_int_equal(ip_table_add(&t, &other), 0);
	ip_table_deinit(&t);
}

TEST(a_number_of_none_lets_nobody_in)
{
	struct ip_table t;
	struct addr a = ip("10.0.0.1");

	ip_table_init(&t, 1, 0);
	assert_int_equal(ip_table_add(&t, &a), -EDQUOT);
	ip_table_deinit(&t);
}

TESTS(RUN(an_address_has_its_number_and_no_more), RUN(an_address_that_has_none_left_is_forgotten),
      RUN(an_ipv6_stranger_counts_as_its_subnet), RUN(a_number_of_none_lets_nobody_in))
