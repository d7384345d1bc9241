#include "wire/yamux_header.h"

#include "test.h"

static struct bytes encoded(const struct yamux_header *h, struct buf *b)
{
	struct wr w = wr_to(b);

	yamux_header_encode(h, &w);
	assert_int_equal(wr_finish(&w), 0);
	return buf_data(b);
}

/* Written down by hand from the field table of the specification. */
static const struct {
	struct yamux_header h;
	const char *hex;
} golden[] = {
	{ { YAMUX_DATA, 0, 1, 5 }, "00 00 0000 00000001 00000005" },
	{ { YAMUX_DATA, YAMUX_SYN | YAMUX_FIN, 3, 65536 }, "00 00 0005 00000003 00010000" },
	{ { YAMUX_WINDOW_UPDATE, YAMUX_SYN, 1, 0 }, "00 01 0001 00000001 00000000" },
	{ { YAMUX_WINDOW_UPDATE, YAMUX_ACK, 2, 0x01020304 }, "00 01 0002 00000002 01020304" },
	{ { YAMUX_WINDOW_UPDATE, YAMUX_RST, 0xfffffffe, 7 }, "00 01 0008 fffffffe 00000007" },
	{ { YAMUX_PING, YAMUX_SYN, 0, 0xdeadbeef }, "00 02 0001 00000000 deadbeef" },
	{ { YAMUX_PING, YAMUX_ACK, 0, 0xdeadbeef }, "00 02 0002 00000000 deadbeef" },
	{ { YAMUX_GO_AWAY, 0, 0, 1 }, "00 03 0000 00000000 00000001" },
};

TEST(headers_are_written_and_read_as_the_specification_says)
{
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct bytes want = HEX(golden[i].hex), got;
		struct yamux_header h;
		struct buf b;

		buf_init(&b, 64);
		got = encoded(&golden[i].h, &b);
		assert_int_equal(got.n, YAMUX_HEADER_SIZE);
		assert_memory_equal(got.p, want.p, want.n);
		assert_int_equal(yamux_header_decode(want, &h), 0);
		assert_int_equal(h.type, golden[i].h.type);
		assert_int_equal(h.flags, golden[i].h.flags);
		assert_int_equal(h.stream_id, golden[i].h.stream_id);
		assert_int_equal(h.length, golden[i].h.length);
		buf_deinit(&b);
	}
}

TEST(every_truncation_and_every_excess_is_bad_and_leaves_ret_alone)
{
	struct bytes whole = HEX("00 01 0002 00000002 01020304 00");

	for (size_t n = 0; n <= whole.n; n++) {
		struct yamux_header h = { .stream_id = 99 };

		if (n == YAMUX_HEADER_SIZE)
			continue;
		assert_int_equal(yamux_header_decode(BYTES(whole.p, n), &h), -EBADMSG);
		assert_int_equal(h.stream_id, 99);
	}
}

TEST(other_versions_types_and_flags_are_named_outcomes)
{
	struct yamux_header h = { .stream_id = 99 };

	assert_int_equal(yamux_header_decode(HEX("01 00 0000 00000001 00000000"), &h),
			 YAMUX_HEADER_E_VERSION);
	assert_int_equal(yamux_header_decode(HEX("00 04 0000 00000001 00000000"), &h),
			 YAMUX_HEADER_E_TYPE);
	assert_int_equal(yamux_header_decode(HEX("00 ff 0000 00000001 00000000"), &h),
			 YAMUX_HEADER_E_TYPE);
	assert_int_equal(yamux_header_decode(HEX("00 00 0010 00000001 00000000"), &h),
			 YAMUX_HEADER_E_FLAGS);
	assert_int_equal(yamux_header_decode(HEX("00 00 8001 00000001 00000000"), &h),
			 YAMUX_HEADER_E_FLAGS);
	assert_int_equal(h.stream_id, 99);
}

TESTS(RUN(headers_are_written_and_read_as_the_specification_says),
      RUN(every_truncation_and_every_excess_is_bad_and_leaves_ret_alone),
      RUN(other_versions_types_and_flags_are_named_outcomes))
