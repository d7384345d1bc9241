#include "wire/address_list.h"

#include "test.h"

static struct multiaddr out[64];

static int decode(const char *text, size_t max, size_t *n)
{
	return address_list_decode(bytes_of_text(text), out, max, n);
}

static void assert_text(const struct multiaddr *m, const char *text)
{
	char is[LIMIT_MULTIADDR_TEXT];

	assert_string_equal(multiaddr_text(m, is), text);
}

TEST(what_the_message_bus_writes_is_read)
{
	size_t n = 9;

	assert_int_equal(decode("[\"/ip4/203.0.113.7/tcp/9905\",\"/dns4/a.example/tcp/1\"]", 8, &n),
			 0);
	assert_int_equal(n, 2);
	assert_text(&out[0], "/ip4/203.0.113.7/tcp/9905");
	assert_text(&out[1], "/dns4/a.example/tcp/1");
	assert_int_equal(decode("[]", 8, &n), 0);
	assert_int_equal(n, 0);
}

TEST(entries_that_are_no_address_and_those_beyond_the_maximum_are_passed_over)
{
	size_t n = 9;

	assert_int_equal(decode("[1,null,\"\",\"/new/thing\",[\"/ip4/1.2.3.4/tcp/1\"],"
				"\"/ip4/1.2.3.4/tcp/2\",\"/ip4/1.2.3.4/tcp/3\"]",
				1, &n),
			 0);
	assert_int_equal(n, 1);
	assert_text(&out[0], "/ip4/1.2.3.4/tcp/2");
}

TEST(what_is_no_list_leaves_the_outcome_alone)
{
	static const char *const cases[] = { "",          "{}",  "null", "\"/ip4/1.2.3.4/tcp/1\"",
					     "[",         "[\"", "[]]",  "[,]",
					     "[\"\xff\"]" };
	static char whole[] = "[\"/ip4/203.0.113.7/tcp/9905\",\"/dns4/a.example/tcp/1\"]";
	static char longest[LIMIT_ADDR_ANSWER + 1];
	size_t n = 9;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(decode(cases[i], 8, &n), -EBADMSG);
	for (size_t cut = 0; cut + 1 < sizeof(whole); cut++)
		if (cut < sizeof(whole) - 1)
			assert_int_equal(address_list_decode(BYTES(whole, cut), out, 8, &n),
					 -EBADMSG);
	memset(longest, ' ', sizeof(longest));
	memcpy(longest, "[]", 2);
	assert_int_equal(n, 9);
	assert_int_equal(address_list_decode(BYTES(longest, sizeof(longest) - 1), out, 8, &n), 0);
	assert_int_equal(address_list_decode(BYTES(longest, sizeof(longest)), out, 8, &n),
			 -EBADMSG);
}

TEST(a_list_is_written_as_far_as_it_fits)
{
	struct multiaddr in[3];
	struct buf b;

	for (size_t i = 0; i < ARRAY_SIZE(in); i++)
		assert_int_equal(multiaddr_parse(bytes_of_text("/ip4/1.2.3.4/tcp/5"), &in[i]), 0);
	buf_init(&b, 44);
	assert_int_equal(address_list_encode(in, 3, &b), 0);
	assert_bytes(buf_data(&b), "[\"/ip4/1.2.3.4/tcp/5\",\"/ip4/1.2.3.4/tcp/5\"]");
	buf_clear(&b);
	b.max = 22;
	assert_int_equal(address_list_encode(in, 3, &b), 0);
	assert_bytes(buf_data(&b), "[]");
	buf_clear(&b);
	b.max = 1;
	assert_int_equal(address_list_encode(in, 3, &b), -ENOBUFS);
	assert_int_equal(buf_len(&b), 0);
	buf_deinit(&b);
}

TESTS(RUN(what_the_message_bus_writes_is_read),
      RUN(entries_that_are_no_address_and_those_beyond_the_maximum_are_passed_over),
      RUN(what_is_no_list_leaves_the_outcome_alone), RUN(a_list_is_written_as_far_as_it_fits))
