#include "test.h"

#include "base/limits.h"
#include "base/random.h"
#include "route/gossip_reader.h"
#include "wire/wr.h"

static const struct mono T0 = { NS_PER_S };

/* The RPCs that come out, lengths and bytes, as one text. */
static int read_all(struct gossip_reader *r, struct bytes in, struct mono now, struct buf *out)
{
	struct bytes rpc;
	int e;

	while ((e = gossip_reader_next(r, &in, now, &rpc)) == GOSSIP_READER_RPC) {
		assert_int_equal(buf_append(out, "[", 1), 0);
		assert_int_equal(buf_append(out, rpc.p, rpc.n), 0);
		assert_int_equal(buf_append(out, "]", 1), 0);
	}
	if (e == 0)
		assert_int_equal(in.n, 0);
	return e;
}

static void write_rpc(struct buf *b, size_t n)
{
	struct wr w = wr_to(b);

	wr_varint(&w, n);
	for (size_t i = 0; i < n; i++)
		wr_u8(&w, (uint8_t)('a' + i % 26));
	assert_int_equal(wr_finish(&w), 0);
}

TEST(whole_rpcs_are_lent_from_the_input)
{
	struct gossip_reader r;
	struct bytes in = HEX("02 6162 00 01 63"), rpc;

	gossip_reader_init(&r);
	assert_int_equal(gossip_reader_next(&r, &in, T0, &rpc), GOSSIP_READER_RPC);
	assert_bytes(rpc, "ab");
	assert_int_equal(gossip_reader_next(&r, &in, T0, &rpc), GOSSIP_READER_RPC);
	assert_int_equal(rpc.n, 0);
	assert_int_equal(gossip_reader_next(&r, &in, T0, &rpc), GOSSIP_READER_RPC);
	assert_bytes(rpc, "c");
	assert_int_equal(gossip_reader_next(&r, &in, T0, &rpc), 0);
	assert_null(r.in.mem);
	gossip_reader_deinit(&r);
}

TEST(every_split_gives_the_same_rpcs)
{
	static const size_t sizes[] = { 0, 1, 5, 127, 128, 300, 0, 20000, 3 };
	struct buf stream, whole, parts;
	struct random_seeded seeded;
	struct random random = random_seeded_source(&seeded);
	struct gossip_reader r;

	random_seeded_init(&seeded, 5);
	buf_init(&stream, MIB);
	buf_init(&whole, MIB);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		write_rpc(&stream, sizes[i]);
	gossip_reader_init(&r);
	assert_int_equal(read_all(&r, buf_data(&stream), T0, &whole), 0);
	for (size_t round = 0; round < 200; round++) {
		struct bytes left = buf_data(&stream);
		/* From byte by byte to almost everything at once. */
		size_t max = 1 + (size_t)random_below(&random, 1 + round * round);

		buf_init(&parts, MIB);
		while (left.n > 0) {
			size_t n = size_min(left.n, 1 + (size_t)random_below(&random, max));

			assert_int_equal(read_all(&r, BYTES(left.p, n), T0, &parts), 0);
			left = BYTES(left.p + n, left.n - n);
		}
		assert_true(bytes_equal(buf_data(&parts), buf_data(&whole)));
		buf_deinit(&parts);
	}
	gossip_reader_deinit(&r);
	buf_deinit(&stream);
	buf_deinit(&whole);
}

TEST(memory_grows_with_what_came_not_with_what_was_announced)
{
	struct gossip_reader r;
	struct buf out;

	buf_init(&out, MIB);
	gossip_reader_init(&r);
	/* 1 MiB follows; then ten bytes. */
	assert_int_equal(read_all(&r, HEX("808040 61616161616161616161"), T0, &out), 0);
	assert_true(r.in.cap <= 1024);
	gossip_reader_deinit(&r);
	buf_deinit(&out);
}

TEST(an_unfinished_rpc_tells_its_size_and_age)
{
	struct gossip_reader r;
	struct mono since, later = mono_add_ms(T0, 500);
	struct buf out;

	buf_init(&out, MIB);
	gossip_reader_init(&r);
	assert_int_equal(gossip_reader_pending(&r, &since), 0);
	assert_true(mono_is_never(since));
	assert_int_equal(read_all(&r, HEX("05 6162"), T0, &out), 0);
	assert_int_equal(gossip_reader_pending(&r, &since), 3);
	assert_int_equal(since.ns, T0.ns);
	assert_int_equal(read_all(&r, HEX("63"), later, &out), 0);
	assert_int_equal(gossip_reader_pending(&r, &since), 4);
	assert_int_equal(since.ns, T0.ns);
	/* The end of it and the length of the next. */
	assert_int_equal(read_all(&r, HEX("6465 80"), later, &out), 0);
	assert_bytes(buf_data(&out), "[abcde]");
	assert_int_equal(gossip_reader_pending(&r, &since), 1);
	assert_int_equal(since.ns, later.ns);
	gossip_reader_deinit(&r);
	buf_deinit(&out);
}

TEST(lengths_beyond_the_maximum_are_refused_before_anything_is_kept)
{
	static const struct {
		const char *in;
		int outcome;
	} cases[] = {
		{ "818040", GOSSIP_READER_E_TOO_LARGE },
		{ "ffffffff07", GOSSIP_READER_E_TOO_LARGE },
		{ "8080808008", GOSSIP_READER_E_TOO_LARGE },
		{ "ffffffffffffffffff01", GOSSIP_READER_E_TOO_LARGE },
		{ "ffffffffffffffffff02", GOSSIP_READER_E_LENGTH },
		{ "ffffffffffffffffffff", GOSSIP_READER_E_LENGTH },
	};
	struct gossip_reader r;
	struct buf out;

	buf_init(&out, MIB);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes in = HEX(cases[i].in);

		gossip_reader_init(&r);
		assert_int_equal(read_all(&r, in, T0, &out), cases[i].outcome);
		gossip_reader_deinit(&r);
		/* Byte by byte. */
		gossip_reader_init(&r);
		for (size_t k = 0; k < in.n; k++)
			assert_int_equal(read_all(&r, BYTES(in.p + k, 1), T0, &out),
					 k + 1 < in.n ? 0 : cases[i].outcome);
		gossip_reader_deinit(&r);
	}
	buf_deinit(&out);
}

TEST(the_largest_rpc_passes)
{
	struct gossip_reader r;
	struct buf stream;
	struct bytes in, rpc;

	buf_init(&stream, 2 * MIB);
	write_rpc(&stream, LIMIT_GOSSIP_RPC);
	gossip_reader_init(&r);
	in = BYTES(buf_data(&stream).p, 1000);
	assert_int_equal(gossip_reader_next(&r, &in, T0, &rpc), 0);
	in = BYTES(buf_data(&stream).p + 1000, buf_len(&stream) - 1000);
	assert_int_equal(gossip_reader_next(&r, &in, T0, &rpc), GOSSIP_READER_RPC);
	assert_int_equal(rpc.n, LIMIT_GOSSIP_RPC);
	assert_int_equal(gossip_reader_next(&r, &in, T0, &rpc), 0);
	/* And its memory is given back. */
	assert_null(r.in.mem);
	gossip_reader_deinit(&r);
	buf_deinit(&stream);
}

TESTS(RUN(whole_rpcs_are_lent_from_the_input), RUN(every_split_gives_the_same_rpcs),
      RUN(memory_grows_with_what_came_not_with_what_was_announced),
      RUN(an_unfinished_rpc_tells_its_size_and_age),
      RUN(lengths_beyond_the_maximum_are_refused_before_anything_is_kept),
      RUN(the_largest_rpc_passes))
