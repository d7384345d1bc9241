#include "net/foreign.h"

#include "net/link_priv.h"
#include "net/yamux_priv.h"

static void up_against(struct end *e, struct foreign *f)
{
	end_init(e, 1);
	foreign_init(f, true, 60);
	end_start(e, false, NULL);
	f->muxers[0] = "/yamux/1.0.0";
	assert_int_equal(foreign_dial(f, e), 0);
	foreign_split(f);
}

static size_t be16_at(struct bytes b)
{
	return (size_t)b.p[0] << 8 | b.p[1];
}

static void stop(struct end *e, struct foreign *f)
{
	end_deinit(e);
	foreign_deinit(f);
}

/* A ping of yamux, and the record it makes. */
static const uint8_t ping[12] = { 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9 };

static struct bytes sealed(struct foreign *f, struct bytes plain, uint8_t *out)
{
	out[0] = (uint8_t)((plain.n + NOISE_TAG) >> 8);
	out[1] = (uint8_t)(plain.n + NOISE_TAG);
	assert_int_equal(noise_seal(f->send, plain, out + 2), 0);
	return BYTES(out, 2 + plain.n + NOISE_TAG);
}

/* Two pings: one in a record of its own, one over two; an empty record between. */
#define RECORDS_SIZE (4 * 18 + 12 + 12)

TEST(records_read_the_same_in_every_split)
{
	for (size_t split = 1; split < RECORDS_SIZE; split++) {
		uint8_t wire[256];
		struct foreign f;
		struct end e;
		size_t n = 0;

		up_against(&e, &f);
		n += sealed(&f, BYTES(ping, 12), wire + n).n;
		n += sealed(&f, BYTES(NULL, 0), wire + n).n;
		n += sealed(&f, BYTES(ping, 5), wire + n).n;
		n += sealed(&f, BYTES(ping + 5, 7), wire + n).n;
		assert_int_equal(n, RECORDS_SIZE);
		assert_int_equal(link_input(e.l, BYTES(wire, split), AT(1)), 0);
		assert_int_equal(link_input(e.l, BYTES(wire + split, n - split), AT(1)), 0);
		assert_int_equal(buf_len(&e.l->in), 0);
		assert_true(mono_is_never(link_record_deadline(e.l)));
		assert_true(link_has_output(e.l)); /* two pongs */
		stop(&e, &f);
	}
}

TEST(empty_records_are_legal)
{
	struct foreign f;
	struct end e;

	up_against(&e, &f);
	for (int i = 0; i < 10; i++)
		assert_int_equal(foreign_send_sealed(&f, &e, BYTES(NULL, 0)), 0);
	assert_int_equal(foreign_send_sealed(&f, &e, BYTES(ping, 12)), 0);
	assert_true(link_is_up(e.l));
	stop(&e, &f);
}

TEST(a_record_without_room_for_its_tag_ends_the_link)
{
	for (uint8_t n = 0; n < NOISE_TAG; n++) {
		uint8_t wire[2 + NOISE_TAG] = { 0, n };
		struct foreign f;
		struct end e;

		up_against(&e, &f);
		assert_int_equal(link_input(e.l, BYTES(wire, 2u + n), AT(1)), 1);
		assert_int_equal(link_reason(e.l), LINK_PROTOCOL_ERROR);
		stop(&e, &f);
	}
}

TEST(a_flipped_bit_anywhere_in_a_record_ends_the_link)
{
	for (size_t i = 2; i < 30; i++) {
		uint8_t wire[64];
		struct foreign f;
		struct end e;
		struct bytes r;

		up_against(&e, &f);
		r = sealed(&f, BYTES(ping, 12), wire);
		wire[i] ^= 0x40;
		assert_int_equal(link_input(e.l, r, AT(1)), 1);
		assert_int_equal(link_reason(e.l), LINK_PROTOCOL_ERROR);
		stop(&e, &f);
	}
}

TEST(a_record_sent_twice_ends_the_link)
{
	uint8_t wire[64];
	struct foreign f;
	struct end e;
	struct bytes r;

	up_against(&e, &f);
	r = sealed(&f, BYTES(ping, 12), wire);
	assert_int_equal(link_input(e.l, r, AT(1)), 0);
	assert_int_equal(link_input(e.l, r, AT(1)), 1);
	stop(&e, &f);
}

TEST(memory_grows_with_what_came_and_not_with_what_was_announced)
{
	uint8_t wire[100] = { 0xff, 0xff };
	struct foreign f;
	struct end e;

	up_against(&e, &f);
	assert_int_equal(link_input(e.l, BYTES(wire, sizeof(wire)), AT(1)), 0);
	assert_true(e.l->in.cap <= 1024);
	assert_int_equal(buf_len(&e.l->in), sizeof(wire));
	stop(&e, &f);
}

TEST(an_idle_link_keeps_no_buffers)
{
	static uint8_t plain[60000], wire[2 + 60000 + NOISE_TAG];
	struct foreign f;
	struct end e;
	struct bytes r;

	up_against(&e, &f);
	/* A data frame for a stream that does not exist: drained. */
	plain[7] = 99;
	plain[10] = 0xea; /* 59988 */
	plain[11] = 0x54;
	r = sealed(&f, BYTES(plain, sizeof(plain)), wire);
	assert_int_equal(link_input(e.l, BYTES(r.p, 30000), AT(1)), 0);
	assert_int_equal(link_input(e.l, BYTES(r.p + 30000, r.n - 30000), AT(1)), 0);
	assert_null(e.l->in.mem);
	assert_null(e.l->plain.mem);
	end_flush(&e);
	assert_null(e.l->out.mem);
	assert_null(e.l->hs);
	stop(&e, &f);
}

TEST(a_record_that_does_not_come_ends_the_link_as_stalled)
{
	uint8_t wire[3] = { 0xff, 0xff, 0 };
	struct foreign f;
	struct end e;

	up_against(&e, &f);
	assert_int_equal(link_input(e.l, BYTES(wire, 3), AT(100)), 0);
	for (uint64_t ms = 1100; ms < 30000; ms += 1000) {
		/* One byte a second is not enough. */
		assert_int_equal(link_input(e.l, BYTES(wire + 2, 1), AT(ms)), 0);
		assert_int_equal(link_tick(e.l, AT(ms)), 0);
	}
	assert_int_equal(link_deadline(e.l).ns, AT(100 + LIMIT_STALL_MS).ns);
	assert_int_equal(link_tick(e.l, AT(100 + LIMIT_STALL_MS)), 1);
	assert_int_equal(link_reason(e.l), LINK_STALLED);
	stop(&e, &f);
}

TEST(a_record_that_comes_at_the_least_rate_has_the_time_it_needs)
{
	static uint8_t wire[65537] = { 0xff, 0xff };
	struct foreign f;
	struct end e;

	up_against(&e, &f);
	assert_int_equal(link_input(e.l, BYTES(wire, 50000), AT(0)), 0);
	assert_int_equal(link_deadline(e.l).ns, AT(50000 * 1000 / LIMIT_STALL_RATE).ns);
	stop(&e, &f);
}

TEST(a_text_is_sealed_whole_or_not_at_all)
{
	static const uint8_t plain[1000];
	struct buf out, none;
	struct foreign f;
	struct end e;

	up_against(&e, &f);
	end_flush(&e);
	buf_init(&out, 1 << 20);
	assert_int_equal(link_record_seal(e.l, BYTES(plain, sizeof(plain)), &out), 0);
	assert_int_equal(buf_len(&out), 2 + sizeof(plain) + NOISE_TAG);
	assert_int_equal(be16_at(buf_data(&out)), sizeof(plain) + NOISE_TAG);
	buf_deinit(&out);

	buf_init(&none, 100);
	assert_int_equal(link_record_seal(e.l, BYTES(plain, sizeof(plain)), &none), -ENOBUFS);
	assert_int_equal(buf_len(&none), 0);
	stop(&e, &f);
}

/* Checks the records of `b` and answers how many they are. */
static size_t count_records(struct foreign *f, struct bytes b, size_t max)
{
	static uint8_t plain[LIMIT_NOISE_MESSAGE];
	size_t count = 0;

	while (b.n > 0) {
		size_t n = be16_at(b);

		assert_true(b.n >= 2 + n && n <= max + NOISE_TAG);
		assert_int_equal(noise_open(f->receive, BYTES(b.p + 2, n), plain), 0);
		b = BYTES(b.p + 2 + n, b.n - 2 - n);
		count++;
	}
	return count;
}

TEST(long_output_leaves_in_records_of_a_handy_size)
{
	static const char *const protocols[] = { "/x", NULL };
	static const struct stream_ops nothing;
	static const uint8_t data[200000];
	struct bytes v = BYTES(data, sizeof(data));
	struct stream *s;
	struct foreign f;
	struct buf out;
	struct end e;

	up_against(&e, &f);
	end_flush(&e);
	assert_int_equal(link_open_stream_lazy(e.l, protocols[0], &nothing, NULL, &s), 0);
	assert_int_equal(stream_write(s, &v, 1), 0);
	buf_init(&out, 1 << 20);
	assert_true(link_output(e.l, &out, 100000));
	assert_true(buf_len(&out) >= 100000);
	assert_false(link_output(e.l, &out, 200000));
	assert_int_equal(count_records(&f, buf_data(&out), LIMIT_NOISE_RECORD), 7);
	buf_deinit(&out);
	stop(&e, &f);
}

TEST(all_that_a_session_may_owe_fits_into_one_record)
{
	struct foreign f;
	struct buf out;
	struct end e;

	up_against(&e, &f);
	end_flush(&e);
	for (uint32_t i = 0; i < LIMIT_YAMUX_RESETS; i++)
		yamux_queue_reset(e.l->yamux, 1 + 2 * i, 0);
	buf_init(&out, 1 << 20);
	assert_false(link_output(e.l, &out, 1 << 20));
	assert_int_equal(count_records(&f, buf_data(&out), LIMIT_NOISE_RECORD + YAMUX_OUTPUT_OVER),
			 1);
	buf_deinit(&out);
	stop(&e, &f);
}

TESTS(RUN(records_read_the_same_in_every_split), RUN(empty_records_are_legal),
      RUN(a_record_without_room_for_its_tag_ends_the_link),
      RUN(a_flipped_bit_anywhere_in_a_record_ends_the_link), RUN(a_record_sent_twice_ends_the_link),
      RUN(memory_grows_with_what_came_and_not_with_what_was_announced),
      RUN(an_idle_link_keeps_no_buffers), RUN(a_record_that_does_not_come_ends_the_link_as_stalled),
      RUN(a_record_that_comes_at_the_least_rate_has_the_time_it_needs),
      RUN(a_text_is_sealed_whole_or_not_at_all), RUN(long_output_leaves_in_records_of_a_handy_size),
      RUN(all_that_a_session_may_owe_fits_into_one_record))
