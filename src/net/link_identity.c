#include "net/link_identity.h"

#include <string.h>

#include "base/limits.h"
#include "crypto/noise.h"
#include "wire/public_key.h"

#define SIGNED_PREFIX "noise-libp2p-static-key:"
#define SIGNED_SIZE (sizeof(SIGNED_PREFIX) - 1 + NOISE_KEY)
#define OWN_KEY_MAX 64 /* an Ed25519 PublicKey protobuf has 36 bytes */

/* Binds the identity to this handshake: "noise-libp2p-static-key:" and the static key. */
static void signed_text(struct bytes static_key, uint8_t ret[SIGNED_SIZE])
{
	ASSERT(static_key.n == NOISE_KEY);
	memcpy(ret, SIGNED_PREFIX, sizeof(SIGNED_PREFIX) - 1);
	memcpy(ret + sizeof(SIGNED_PREFIX) - 1, static_key.p, NOISE_KEY);
}

int link_identity_write(const struct link_config *config, uint64_t link_id, struct bytes static_key,
			struct buf *out)
{
	struct public_key key = { .type = KEY_ED25519,
				  .data = BYTES(config->key->public, ED25519_PUBLIC) };
	struct noise_payload payload = { .has_extension = true, .extension = config->extension };
	uint8_t text[SIGNED_SIZE], signature[ED25519_SIGNATURE];
	_cleanup_(buf_deinit) struct buf encoded = { 0 };
	int r;

	buf_init(&encoded, OWN_KEY_MAX);
	r = public_key_encode(&key, &encoded);
	if (r < 0)
		return r;
	signed_text(static_key, text);
	key_sign(config->key, BYTES(text, sizeof(text)), signature);

	payload.identity_key = buf_data(&encoded);
	payload.identity_sig = BYTES(signature, sizeof(signature));
	payload.muxers[payload.n_muxers++] = BYTES_LITERAL(LINK_MUXER);
	payload.extension.link_id = link_id;
	return noise_payload_encode(&payload, out);
}

static bool type_is_known(uint64_t type)
{
	return type == KEY_RSA || type == KEY_ED25519 || type == KEY_SECP256K1 || type == KEY_ECDSA;
}

static bool names_muxer(const struct noise_payload *p)
{
	for (size_t i = 0; i < p->n_muxers; i++)
		if (bytes_equal(p->muxers[i], BYTES_LITERAL(LINK_MUXER)))
			return true;
	return false;
}

/* The key, proven, and the peer id it gives. */
static int identity_verify(const struct noise_payload *p, struct bytes static_key,
			   struct peer_id *ret)
{
	uint8_t text[SIGNED_SIZE], hash[32];
	struct public_key key;

	if (p->identity_sig.n > LIMIT_SIGNATURE || public_key_decode(p->identity_key, &key) != 0 ||
	    !type_is_known(key.type))
		return LINK_IDENTITY_E_UNPROVEN;
	signed_text(static_key, text);
	if (signature_verify((enum key_type)key.type, key.data, BYTES(text, sizeof(text)),
			     p->identity_sig) != 0)
		return LINK_IDENTITY_E_UNPROVEN;
	sha256(p->identity_key, hash);
	return public_key_peer_id(p->identity_key, hash, ret) == 0 ? 0 : LINK_IDENTITY_E_UNPROVEN;
}

int link_identity_read(struct bytes payload, struct bytes static_key, struct link_identity *ret)
{
	struct noise_payload p;
	struct peer_id id;
	int r;

	if (noise_payload_decode(payload, &p) != 0)
		return LINK_IDENTITY_E_MALFORMED;
	r = identity_verify(&p, static_key, &id);
	if (r != 0)
		return r;
	*ret = (struct link_identity){ .id = id,
				       .key = p.identity_key,
				       .has_muxer = names_muxer(&p),
				       .has_extension = p.has_extension,
				       .extension = p.extension };
	return 0;
}
