#include "peer/signed_record.h"

#include "wire/public_key.h"

#define PUBLIC_KEY_MAX 64                                   /* ours is Ed25519 */
#define SIGNED_BYTES_MAX ((size_t)LIMIT_SIGNED_RECORD + 64) /* domain, type and lengths */

/* ---- ours ---- */

static int write_record(const struct key_pair *key, uint64_t seq, const struct multiaddr *addresses,
			size_t n, struct buf *out)
{
	struct peer_record record = { .seq = seq };

	public_key_ed25519_peer_id(key->public, &record.id);
	record.n_addresses = size_min(n, ARRAY_SIZE(record.addresses));
	for (size_t i = 0; i < record.n_addresses; i++)
		record.addresses[i] = BYTES(addresses[i].b, addresses[i].n);
	return peer_record_encode(&record, out);
}

static int seal(const struct key_pair *key, struct bytes payload, struct buf *out)
{
	_cleanup_(buf_deinit) struct buf public, covered;
	uint8_t signature[ED25519_SIGNATURE];
	struct public_key k = { .type = KEY_ED25519, .data = BYTES(key->public, ED25519_PUBLIC) };
	int r;

	buf_init(&public, PUBLIC_KEY_MAX);
	buf_init(&covered, SIGNED_BYTES_MAX);
	r = public_key_encode(&k, &public);
	if (r == 0)
		r = peer_record_signed_bytes(payload, &covered);
	if (r < 0)
		return r;
	key_sign(key, buf_data(&covered), signature);
	return envelope_encode(
		&(struct envelope){ .public_key = buf_data(&public),
				    .payload_type = peer_record_payload_type(),
				    .payload = payload,
				    .signature = BYTES(signature, sizeof(signature)) },
		out);
}

int signed_record_make(const struct key_pair *key, uint64_t seq, const struct multiaddr *addresses,
		       size_t n, struct buf *out)
{
	_cleanup_(buf_deinit) struct buf payload, envelope;
	int r;

	buf_init(&payload, LIMIT_SIGNED_RECORD);
	buf_init(&envelope, LIMIT_SIGNED_RECORD);
	r = write_record(key, seq, addresses, n, &payload);
	if (r == 0)
		r = seal(key, buf_data(&payload), &envelope);
	return r < 0 ? r : buf_append(out, buf_data(&envelope).p, buf_len(&envelope));
}

/* ---- others' ---- */

/* The key must be that of the peer the record is about: nobody signs for somebody else. */
static bool key_is_of(struct bytes encoded, const struct peer_id *expected, struct public_key *ret)
{
	struct peer_id id;
	uint8_t hash[32];

	sha256(encoded, hash);
	return public_key_decode(encoded, ret) == 0 &&
	       public_key_peer_id(encoded, hash, &id) == 0 && peer_id_equal(&id, expected);
}

static int verify(const struct envelope *e, const struct public_key *key)
{
	_cleanup_(buf_deinit) struct buf covered;
	int r;

	buf_init(&covered, SIGNED_BYTES_MAX);
	r = peer_record_signed_bytes(e->payload, &covered);
	if (r == 0)
		r = signature_verify((enum key_type)key->type, key->data, buf_data(&covered),
				     e->signature);
	return r > 0 ? SIGNED_RECORD_E_BAD : r;
}

int signed_record_check(struct bytes envelope, const struct peer_id *expected,
			struct peer_record *ret)
{
	struct envelope e;
	struct peer_record record;
	struct public_key key;
	int r;

	/* The signature comes last: it is what costs. */
	if (envelope_decode(envelope, &e) < 0 ||
	    !bytes_equal(e.payload_type, peer_record_payload_type()) ||
	    peer_record_decode(e.payload, &record) < 0 || !peer_id_equal(&record.id, expected) ||
	    !key_is_of(e.public_key, expected, &key))
		return SIGNED_RECORD_E_BAD;
	r = verify(&e, &key);
	if (r == 0)
		*ret = record;
	return r;
}
