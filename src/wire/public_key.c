#include "wire/public_key.h"

#include <string.h>

#include "base/limits.h"
#include "wire/protobuf.h"

/* KeyType, as in crypto/keys.h, which this floor does not see. */
enum {
	TYPE_RSA = 0,
	TYPE_ED25519 = 1,
	TYPE_SECP256K1 = 2,
	TYPE_ECDSA = 3,
};

#define FIELD_TYPE 1
#define FIELD_DATA 2

#define ED25519_KEY 32
#define ED25519_PRIVATE 64        /* seed and public key */
#define ED25519_PRIVATE_LEGACY 96 /* and the public key once more */
#define SECP256K1_KEY 33

/* An Ed25519 identity: multihash code and length, then the envelope up to the key itself. */
static const uint8_t ED25519_ID_HEAD[] = { 0x00, 0x24, 0x08, 0x01, 0x12, 0x20 };

static int envelope_encode(const struct public_key *k, struct buf *out)
{
	struct wr w = wr_to(out);

	protobuf_write_varint(&w, FIELD_TYPE, k->type);
	protobuf_write_bytes(&w, FIELD_DATA, k->data);
	return wr_finish(&w);
}

/* Both fields, in order, once, in the shortest form: what else could be written would give the same
 * key another peer id. */
static int envelope_decode(struct bytes in, struct public_key *ret)
{
	struct rd r = rd_of(in);
	struct protobuf_field type = { 0 }, data = { 0 };

	if (!protobuf_next(&r, &type) || type.key != PROTOBUF_KEY(FIELD_TYPE, PROTOBUF_VARINT) ||
	    !protobuf_next(&r, &data) || data.key != PROTOBUF_KEY(FIELD_DATA, PROTOBUF_BYTES) ||
	    rd_finish(&r) < 0)
		return -EBADMSG;
	if (in.n != protobuf_varint_size(FIELD_TYPE, type.value) +
			    protobuf_bytes_size(FIELD_DATA, data.bytes.n))
		return -EBADMSG;
	*ret = (struct public_key){ .type = type.value, .data = data.bytes };
	return 0;
}

/* Keys of fixed size have it, the others are too long to be a peer id inline, and every type is one
 * we know. */
static bool has_shape(const struct public_key *k)
{
	switch (k->type) {
	case TYPE_ED25519:
		return k->data.n == ED25519_KEY;
	case TYPE_SECP256K1:
		return k->data.n == SECP256K1_KEY;
	case TYPE_RSA:
	case TYPE_ECDSA:
		return k->data.n > PUBLIC_KEY_INLINE_MAX;
	default:
		return false;
	}
}

int public_key_encode(const struct public_key *k, struct buf *out)
{
	return envelope_encode(k, out);
}

int public_key_decode(struct bytes in, struct public_key *ret)
{
	struct public_key k;

	if (in.n > LIMIT_PUBLIC_KEY || envelope_decode(in, &k) < 0 || !has_shape(&k))
		return -EBADMSG;
	*ret = k;
	return 0;
}

int public_key_peer_id(struct bytes encoded, const uint8_t sha256[32], struct peer_id *ret)
{
	struct peer_id id = { 0 };
	struct public_key k;
	bool is_inline = encoded.n <= PUBLIC_KEY_INLINE_MAX;
	struct bytes digest = is_inline ? encoded : BYTES(sha256, 32);

	if (public_key_decode(encoded, &k) < 0)
		return -EBADMSG;
	id.b[0] = is_inline ? 0x00 : 0x12;
	id.b[1] = (uint8_t)digest.n;
	memcpy(id.b + 2, digest.p, digest.n);
	id.n = (uint8_t)(2 + digest.n);
	*ret = id;
	return 0;
}

void public_key_ed25519_peer_id(const uint8_t key[32], struct peer_id *ret)
{
	*ret = (struct peer_id){ .n = sizeof(ED25519_ID_HEAD) + ED25519_KEY };
	memcpy(ret->b, ED25519_ID_HEAD, sizeof(ED25519_ID_HEAD));
	memcpy(ret->b + sizeof(ED25519_ID_HEAD), key, ED25519_KEY);
}

int public_key_ed25519_of(const struct peer_id *id, uint8_t ret[32])
{
	if (id->n != sizeof(ED25519_ID_HEAD) + ED25519_KEY ||
	    memcmp(id->b, ED25519_ID_HEAD, sizeof(ED25519_ID_HEAD)) != 0)
		return -ENOENT;
	memcpy(ret, id->b + sizeof(ED25519_ID_HEAD), ED25519_KEY);
	return 0;
}

int private_key_decode_ed25519(struct bytes in, uint8_t ret_seed[32], uint8_t ret_public[32])
{
	struct public_key k;
	const uint8_t *seed, *public;

	if (envelope_decode(in, &k) < 0)
		return -EBADMSG;
	if (k.type != TYPE_ED25519)
		return -ENOTSUP;
	if (k.data.n != ED25519_PRIVATE && k.data.n != ED25519_PRIVATE_LEGACY)
		return -EBADMSG;
	seed = k.data.p;
	public = seed + ED25519_KEY;
	if (k.data.n == ED25519_PRIVATE_LEGACY &&
	    memcmp(public, public + ED25519_KEY, ED25519_KEY) != 0)
		return -EBADMSG;
	memcpy(ret_seed, seed, ED25519_KEY);
	memcpy(ret_public, public, ED25519_KEY);
	return 0;
}

int private_key_encode_ed25519(const uint8_t seed[32], const uint8_t public[32], struct buf *out)
{
	struct wr w = wr_to(out);

	protobuf_write_varint(&w, FIELD_TYPE, TYPE_ED25519);
	protobuf_write_head(&w, FIELD_DATA, ED25519_PRIVATE);
	wr_bytes(&w, BYTES(seed, ED25519_KEY));
	wr_bytes(&w, BYTES(public, ED25519_KEY));
	return wr_finish(&w);
}
