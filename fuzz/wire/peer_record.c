/* covers: src/wire/peer_record.c */

/* The input is an envelope, what is in it a record, and the input itself may be a record too: each
 * that is read is written, and read and written again, as the same bytes. */

#include "wire/peer_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(struct bytes in)
{
	struct peer_record r, again;
	struct buf first, second;

	if (peer_record_decode(in, &r) < 0)
		return;
	ASSERT(peer_id_is_set(&r.id) && r.n_addresses <= LIMIT_IDENTIFY_ADDRESSES);
	/* Shortest lengths and a number that may have been left out: hardly longer. */
	buf_init(&first, LIMIT_SIGNED_RECORD + 16);
	buf_init(&second, LIMIT_SIGNED_RECORD + 16);
	ASSERT(peer_record_encode(&r, &first) == 0);
	if (buf_len(&first) <= LIMIT_SIGNED_RECORD) {
		ASSERT(peer_record_decode(buf_data(&first), &again) == 0);
		ASSERT(again.seq == r.seq && again.n_addresses == r.n_addresses);
		ASSERT(peer_record_encode(&again, &second) == 0);
		ASSERT(bytes_equal(buf_data(&first), buf_data(&second)));
	}
	buf_deinit(&first);
	buf_deinit(&second);
}

static void check_signed(struct bytes payload)
{
	struct buf b;

	buf_init(&b, LIMIT_SIGNED_RECORD + 64);
	ASSERT(peer_record_signed_bytes(payload, &b) == 0);
	ASSERT(buf_len(&b) > payload.n);
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct envelope e, again;
	struct buf b;

	check_record(BYTES(data, size));
	if (envelope_decode(BYTES(data, size), &e) < 0)
		return 0;
	check_record(e.payload);
	check_signed(e.payload);
	/* Fields that were left out are written as empty ones. */
	buf_init(&b, LIMIT_SIGNED_RECORD + 16);
	ASSERT(envelope_encode(&e, &b) == 0);
	if (buf_len(&b) <= LIMIT_SIGNED_RECORD) {
		ASSERT(envelope_decode(buf_data(&b), &again) == 0);
		ASSERT(bytes_equal(again.payload, e.payload));
		ASSERT(bytes_equal(again.signature, e.signature));
	}
	buf_deinit(&b);
	return 0;
}
