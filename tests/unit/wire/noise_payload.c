#include "wire/noise_payload.h"

#include "base/limits.h"
#include "test.h"

static int decode(const char *hex, struct noise_payload *ret)
{
	return noise_payload_decode(HEX(hex), ret);
}

TEST(key_and_signature_alone_are_a_payload)
{
	struct noise_payload p;

	assert_int_equal(decode("0a 03 6b6579 12 03 736967", &p), 0);
	assert_bytes(p.identity_key, "key");
	assert_bytes(p.identity_sig, "sig");
	assert_int_equal(p.n_muxers, 0);
	assert_false(p.has_extension);
}

/* "/yamux/1.0.0" and "/mplex/6.7.0", as go-libp2p offers them. */
#define MUXERS "12 0c 2f79616d75782f312e302e30  12 0c 2f6d706c65782f362e372e30"

TEST(muxers_come_in_their_order)
{
	struct noise_payload p;

	assert_int_equal(decode("0a 03 6b6579 12 03 736967 22 1c" MUXERS, &p), 0);
	assert_int_equal(p.n_muxers, 2);
	assert_bytes(p.muxers[0], "/yamux/1.0.0");
	assert_bytes(p.muxers[1], "/mplex/6.7.0");
	assert_false(p.has_extension);
}

/* version "1.0", network "net", incarnation 300, link id 5 */
#define PEERLINE "0a 03 312e30  12 03 6e6574  18 ac02  20 05"

TEST(a_peerline_says_who_it_is)
{
	struct noise_payload p;

	assert_int_equal(decode("0a 03 6b6579 12 03 736967 22 12 8240 0f" PEERLINE, &p), 0);
	assert_true(p.has_extension);
	assert_string_equal(p.extension.version, "1.0");
	assert_string_equal(p.extension.network, "net");
	assert_int_equal(p.extension.incarnation, 300);
	assert_int_equal(p.extension.link_id, 5);
}

TEST(what_others_put_in_is_skipped)
{
	struct noise_payload p;

	/* Field 3 was early data once; certificate hashes are webtransport's; the rest is nobody's.
	 */
	assert_int_equal(decode("0a 03 6b6579 1a 02 6161 12 03 736967 22 06 0a 02 6868 18 01 28 07"
				" 0801",
				&p),
			 0);
	assert_bytes(p.identity_key, "key");
	assert_int_equal(p.n_muxers, 0);
	/* Inside the peerline field too. */
	assert_int_equal(decode("22 05 8240 02 7801", &p), 0);
	assert_true(p.has_extension);
	assert_string_equal(p.extension.version, "");
}

TEST(an_empty_payload_has_nothing)
{
	struct noise_payload p;

	assert_int_equal(noise_payload_decode(BYTES(NULL, 0), &p), 0);
	assert_int_equal(p.identity_key.n, 0);
	assert_int_equal(p.identity_sig.n, 0);
}

TEST(malformed_payloads_are_bad_and_leave_ret_alone)
{
	static const char *const bad[] = {
		"0a 04 6b6579",           /* cut */
		"0a 03 6b6579 12",        /* cut */
		"22 02 12 05",            /* a muxer reaches out of the extensions */
		"22 04 8240 05 0a",       /* the peerline field likewise */
		"22 05 8240 02 0a 05",    /* the version out of it */
		"22 06 8240 03 0a 01 00", /* a NUL in the version */
		"22 06 8240 03 12 01 0a", /* a newline in the network */
		"22 06 8240 03 12 01 7f",
		"22 06 8240 03 12 01 ff",
		"00 00",
	};
	struct noise_payload p = { .n_muxers = 77 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (decode(bad[i], &p) != -EBADMSG)
			fail_msg("%s", bad[i]);
	assert_int_equal(p.n_muxers, 77);
}

static int decode_version_of(size_t n)
{
	uint8_t in[200] = {
		0x22, (uint8_t)(n + 6), 0x82, 0x40, (uint8_t)(n + 2), 0x0a, (uint8_t)n
	};
	struct noise_payload p;

	in[1] = (uint8_t)(3 + n + 2);
	memset(in + 7, 'v', n);
	return noise_payload_decode(BYTES(in, 7 + n), &p);
}

TEST(texts_of_the_extension_have_an_end)
{
	assert_int_equal(decode_version_of(NOISE_EXTENSION_TEXT_MAX - 1), 0);
	assert_int_equal(decode_version_of(NOISE_EXTENSION_TEXT_MAX), -EBADMSG);
}

TEST(more_muxers_than_we_count_are_ignored)
{
	uint8_t in[2 + 3 * 20] = { 0x22, 3 * 20 };
	struct noise_payload p;

	for (size_t i = 0; i < 20; i++)
		memcpy(in + 2 + 3 * i, "\x12\x01m", 3);
	assert_int_equal(noise_payload_decode(BYTES(in, sizeof(in)), &p), 0);
	assert_int_equal(p.n_muxers, NOISE_PAYLOAD_MUXERS_MAX);
}

static void full_payload(struct noise_payload *p)
{
	*p = (struct noise_payload){
		.identity_key = BYTES_LITERAL("key"),
		.identity_sig = BYTES_LITERAL("sig"),
		.n_muxers = 2,
		.muxers = { BYTES_LITERAL("/yamux/1.0.0"), BYTES_LITERAL("/mplex/6.7.0") },
		.has_extension = true,
		.extension = { .version = "1.0",
			       .network = "net",
			       .incarnation = 300,
			       .link_id = 5 },
	};
}

TEST(a_payload_is_written_in_the_order_of_its_fields)
{
	struct noise_payload p;
	struct buf b;

	buf_init(&b, LIMIT_NOISE_PAYLOAD);
	full_payload(&p);
	assert_int_equal(noise_payload_encode(&p, &b), 0);
	assert_true(bytes_equal(buf_data(&b),
				HEX("0a 03 6b6579 12 03 736967 22 2e" MUXERS "8240 0f" PEERLINE)));
	buf_clear(&b);
	p.n_muxers = 0;
	p.has_extension = false;
	assert_int_equal(noise_payload_encode(&p, &b), 0);
	assert_true(bytes_equal(buf_data(&b), HEX("0a 03 6b6579 12 03 736967")));
	buf_deinit(&b);
}

TEST(every_truncation_is_bad_or_ends_between_fields)
{
	struct noise_payload p, q;
	struct buf b;

	buf_init(&b, LIMIT_NOISE_PAYLOAD);
	full_payload(&p);
	assert_int_equal(noise_payload_encode(&p, &b), 0);
	for (size_t n = 0; n < buf_len(&b); n++) {
		bool is_between = n == 0 || n == 5 || n == 10;

		assert_int_equal(noise_payload_decode(BYTES(buf_data(&b).p, n), &q),
				 is_between ? 0 : -EBADMSG);
	}
	buf_deinit(&b);
}

TEST(without_room_encoding_fails)
{
	struct noise_payload p;

	full_payload(&p);
	for (size_t n = 0; n < 57; n++) {
		struct buf b;

		buf_init(&b, n);
		assert_int_equal(noise_payload_encode(&p, &b), -ENOBUFS);
		buf_deinit(&b);
	}
}

TESTS(RUN(key_and_signature_alone_are_a_payload), RUN(muxers_come_in_their_order),
      RUN(a_peerline_says_who_it_is), RUN(what_others_put_in_is_skipped),
      RUN(an_empty_payload_has_nothing), RUN(malformed_payloads_are_bad_and_leave_ret_alone),
      RUN(texts_of_the_extension_have_an_end), RUN(more_muxers_than_we_count_are_ignored),
      RUN(a_payload_is_written_in_the_order_of_its_fields),
      RUN(every_truncation_is_bad_or_ends_between_fields), RUN(without_room_encoding_fails))
