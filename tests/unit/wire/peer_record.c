#include "wire/peer_record.h"

#include "test.h"

/* Made by js-libp2p 3 (@libp2p/peer-record) with the Ed25519 key of 32 bytes 07. */
#define ENVELOPE                                                                                   \
	"0a2408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c120203011a5"  \
	"7" PAYLOAD                                                                                \
	"2a40b97650ad8a242bc770ebb9353026e4f542da0fed47ab831e1160a9e218091409f04c53bfe2edbc8b97"   \
	"c1072dae8d0c3e2fbd26832d751df06590854bf9184e07"
#define PEER_ID "002408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"
#define ADDRESS_1 "04cb0071070626b1"
#define ADDRESS_2 "36106e6f64652e6578616d706c652e636f6d0626b1"
#define PAYLOAD                                                                                    \
	"0a26" PEER_ID "108080a8b1e39fe7cb17"                                                      \
	"1a0a0a08" ADDRESS_1 "1a170a15" ADDRESS_2
#define SEQ UINT64_C(1700000000000000000)

TEST(an_envelope_of_js_is_read_and_written_as_it_came)
{
	struct envelope e;
	struct buf b;

	assert_int_equal(envelope_decode(HEX(ENVELOPE), &e), 0);
	assert_int_equal(e.public_key.n, 36);
	assert_true(bytes_equal(e.payload_type, peer_record_payload_type()));
	assert_true(bytes_equal(e.payload, HEX(PAYLOAD)));
	assert_int_equal(e.signature.n, 64);
	buf_init(&b, LIMIT_SIGNED_RECORD);
	assert_int_equal(envelope_encode(&e, &b), 0);
	assert_true(bytes_equal(buf_data(&b), HEX(ENVELOPE)));
	buf_deinit(&b);
}

TEST(a_record_of_js_is_read_and_written_as_it_came)
{
	struct peer_record r;
	struct buf b;

	assert_int_equal(peer_record_decode(HEX(PAYLOAD), &r), 0);
	assert_true(bytes_equal(peer_id_bytes(&r.id), HEX(PEER_ID)));
	assert_true(r.seq == SEQ);
	assert_int_equal(r.n_addresses, 2);
	assert_true(bytes_equal(r.addresses[0], HEX(ADDRESS_1)));
	assert_true(bytes_equal(r.addresses[1], HEX(ADDRESS_2)));
	buf_init(&b, LIMIT_SIGNED_RECORD);
	assert_int_equal(peer_record_encode(&r, &b), 0);
	assert_true(bytes_equal(buf_data(&b), HEX(PAYLOAD)));
	buf_deinit(&b);
}

TEST(what_is_signed_is_domain_type_and_payload_behind_their_lengths)
{
	struct buf b;

	buf_init(&b, LIMIT_SIGNED_RECORD);
	assert_int_equal(peer_record_signed_bytes(BYTES_LITERAL("pay"), &b), 0);
	assert_true(bytes_equal(buf_data(&b), HEX("12 6c69627032702d706565722d7265636f7264"
						  "02 0301 03 706179")));
	buf_clear(&b);
	b.max = 10;
	assert_int_equal(peer_record_signed_bytes(BYTES_LITERAL("pay"), &b), -ENOBUFS);
	buf_deinit(&b);
}

TEST(every_truncation_leaves_what_was_there_alone)
{
	struct bytes envelope = HEX(ENVELOPE), payload = HEX(PAYLOAD);
	struct envelope e, e_before;
	struct peer_record r, r_before;

	memset(&e, 0x55, sizeof(e));
	memset(&r, 0x55, sizeof(r));
	e_before = e;
	r_before = r;
	for (size_t n = 0; n < envelope.n; n++) {
		if (envelope_decode(BYTES(envelope.p, n), &e) == 0) {
			/* Cut between two fields: the rest is missing, which its reader sees. */
			assert_int_equal(e.signature.n, 0);
			e = e_before;
		}
		assert_memory_equal(&e, &e_before, sizeof(e));
	}
	for (size_t n = 0; n < payload.n; n++) {
		if (peer_record_decode(BYTES(payload.p, n), &r) == 0) {
			assert_true(r.n_addresses < 2);
			r = r_before;
		}
		assert_memory_equal(&r, &r_before, sizeof(r));
	}
}

TEST(a_record_without_a_peer_or_with_nonsense_in_it_is_none)
{
	struct peer_record r;

	assert_int_equal(peer_record_decode(HEX(""), &r), -EBADMSG);
	assert_int_equal(peer_record_decode(HEX("1005"), &r), -EBADMSG);
	assert_int_equal(peer_record_decode(HEX("0a02 0000"), &r), -EBADMSG);
	assert_int_equal(peer_record_decode(HEX("0a26" PEER_ID "1a02 0aff"), &r), -EBADMSG);
	/* Unknown fields are skipped, an entry without an address too. */
	assert_int_equal(peer_record_decode(HEX("0a26" PEER_ID "2001 1a00 1a021001"), &r), 0);
	assert_int_equal(r.n_addresses, 0);
	assert_true(r.seq == 0);
}

TEST(addresses_and_sizes_have_an_end)
{
	static uint8_t in[LIMIT_SIGNED_RECORD + 1];
	struct bytes head = HEX("0a26" PEER_ID);
	struct peer_record r;
	struct envelope e;
	size_t n = head.n;

	memcpy(in, head.p, head.n);
	for (size_t i = 0; i < LIMIT_IDENTIFY_ADDRESSES + 9; i++, n += 5)
		memcpy(in + n, "\x1a\x03\x0a\x01\x41", 5);
	assert_int_equal(peer_record_decode(BYTES(in, n), &r), 0);
	assert_int_equal(r.n_addresses, LIMIT_IDENTIFY_ADDRESSES);
	memset(in, 0, sizeof(in));
	/* One long unknown field. */
	n = LIMIT_SIGNED_RECORD - 3;
	in[0] = 0x3a;
	in[1] = (uint8_t)(n & 0x7f) | 0x80;
	in[2] = (uint8_t)(n >> 7);
	assert_int_equal(envelope_decode(BYTES(in, LIMIT_SIGNED_RECORD), &e), 0);
	in[1]++;
	assert_int_equal(envelope_decode(BYTES(in, LIMIT_SIGNED_RECORD + 1), &e), -EBADMSG);
	assert_int_equal(peer_record_decode(BYTES(in, LIMIT_SIGNED_RECORD + 1), &r), -EBADMSG);
}

TEST(what_does_not_fit_is_our_trouble)
{
	struct peer_record r;
	struct envelope e;
	struct buf b;

	buf_init(&b, 20);
	assert_int_equal(peer_record_decode(HEX(PAYLOAD), &r), 0);
	assert_int_equal(peer_record_encode(&r, &b), -ENOBUFS);
	buf_clear(&b);
	assert_int_equal(envelope_decode(HEX(ENVELOPE), &e), 0);
	assert_int_equal(envelope_encode(&e, &b), -ENOBUFS);
	buf_deinit(&b);
}

TESTS(RUN(an_envelope_of_js_is_read_and_written_as_it_came),
      RUN(a_record_of_js_is_read_and_written_as_it_came),
      RUN(what_is_signed_is_domain_type_and_payload_behind_their_lengths),
      RUN(every_truncation_leaves_what_was_there_alone),
      RUN(a_record_without_a_peer_or_with_nonsense_in_it_is_none),
      RUN(addresses_and_sizes_have_an_end), RUN(what_does_not_fit_is_our_trouble))
