#include "wire/peer_record.h"

#include "wire/protobuf.h"

#define DOMAIN BYTES_LITERAL("libp2p-peer-record")

#define ENVELOPE_PUBLIC_KEY 1
#define ENVELOPE_PAYLOAD_TYPE 2
#define ENVELOPE_PAYLOAD 3
#define ENVELOPE_SIGNATURE 5 /* 4 was never given out */

#define RECORD_PEER_ID 1
#define RECORD_SEQ 2
#define RECORD_ADDRESS 3
#define ADDRESS_MULTIADDR 1

/* ---- the envelope ---- */

int envelope_encode(const struct envelope *e, struct buf *out)
{
	struct wr w = wr_to(out);

	protobuf_write_bytes(&w, ENVELOPE_PUBLIC_KEY, e->public_key);
	protobuf_write_bytes(&w, ENVELOPE_PAYLOAD_TYPE, e->payload_type);
	protobuf_write_bytes(&w, ENVELOPE_PAYLOAD, e->payload);
	protobuf_write_bytes(&w, ENVELOPE_SIGNATURE, e->signature);
	return wr_finish(&w);
}

int envelope_decode(struct bytes in, struct envelope *ret)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;
	struct envelope e = { 0 };

	if (in.n > LIMIT_SIGNED_RECORD)
		return -EBADMSG;
	while (protobuf_next(&r, &f)) {
		switch (f.key) {
		case PROTOBUF_KEY(ENVELOPE_PUBLIC_KEY, PROTOBUF_BYTES):
			e.public_key = f.bytes;
			break;
		case PROTOBUF_KEY(ENVELOPE_PAYLOAD_TYPE, PROTOBUF_BYTES):
			e.payload_type = f.bytes;
			break;
		case PROTOBUF_KEY(ENVELOPE_PAYLOAD, PROTOBUF_BYTES):
			e.payload = f.bytes;
			break;
		case PROTOBUF_KEY(ENVELOPE_SIGNATURE, PROTOBUF_BYTES):
			e.signature = f.bytes;
			break;
		}
	}
	if (rd_finish(&r) < 0)
		return -EBADMSG;
	*ret = e;
	return 0;
}

struct bytes peer_record_payload_type(void)
{
	return BYTES_LITERAL("\x03\x01");
}

int peer_record_signed_bytes(struct bytes payload, struct buf *out)
{
	struct wr w = wr_to(out);

	wr_varint_bytes(&w, DOMAIN);
	wr_varint_bytes(&w, peer_record_payload_type());
	wr_varint_bytes(&w, payload);
	return wr_finish(&w);
}

/* ---- the record ---- */

int peer_record_encode(const struct peer_record *r, struct buf *out)
{
	struct wr w = wr_to(out);

	protobuf_write_bytes(&w, RECORD_PEER_ID, peer_id_bytes(&r->id));
	protobuf_write_varint(&w, RECORD_SEQ, r->seq);
	for (size_t i = 0; i < r->n_addresses; i++) {
		protobuf_write_head(&w, RECORD_ADDRESS,
				    protobuf_bytes_size(ADDRESS_MULTIADDR, r->addresses[i].n));
		protobuf_write_bytes(&w, ADDRESS_MULTIADDR, r->addresses[i]);
	}
	return wr_finish(&w);
}

/* An entry that names no address is passed over. */
static int take_address(struct bytes in, struct peer_record *record)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;
	struct bytes address = { 0 };

	while (protobuf_next(&r, &f))
		if (f.key == PROTOBUF_KEY(ADDRESS_MULTIADDR, PROTOBUF_BYTES))
			address = f.bytes;
	if (rd_finish(&r) < 0)
		return -EBADMSG;
	if (address.n > 0 && record->n_addresses < ARRAY_SIZE(record->addresses))
		record->addresses[record->n_addresses++] = address;
	return 0;
}

int peer_record_decode(struct bytes in, struct peer_record *ret)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;
	struct peer_record record = { 0 };

	if (in.n > LIMIT_SIGNED_RECORD)
		return -EBADMSG;
	while (protobuf_next(&r, &f)) {
		switch (f.key) {
		case PROTOBUF_KEY(RECORD_PEER_ID, PROTOBUF_BYTES):
			if (peer_id_decode(f.bytes, &record.id) < 0)
				rd_fail(&r);
			break;
		case PROTOBUF_KEY(RECORD_SEQ, PROTOBUF_VARINT):
			record.seq = f.value;
			break;
		case PROTOBUF_KEY(RECORD_ADDRESS, PROTOBUF_BYTES):
			if (take_address(f.bytes, &record) < 0)
				rd_fail(&r);
			break;
		}
	}
	if (rd_finish(&r) < 0 || !peer_id_is_set(&record.id))
		return -EBADMSG;
	*ret = record;
	return 0;
}
