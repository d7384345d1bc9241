#include "node/key_format.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "wire/multibase.h"
#include "wire/public_key.h"

/* Beyond every form of a key, in bytes after hexadecimal is undone. */
#define KEY_FORMAT_MAX 1024

static int refuse(struct config_error *e, int error, const char *text)
{
	snprintf(e->text, sizeof(e->text), "%s", text);
	return error;
}

static struct bytes trim(struct bytes b)
{
	while (b.n > 0 && isspace(b.p[b.n - 1]))
		b.n--;
	while (b.n > 0 && isspace(b.p[0])) {
		b.p++;
		b.n--;
	}
	return b;
}

static int decode_parts(struct bytes content, uint8_t seed[ED25519_SEED], struct key_pair *key,
			struct config_error *e)
{
	uint8_t public[ED25519_PUBLIC];
	int r = private_key_decode_ed25519(content, seed, public);

	if (r == -ENOTSUP)
		return refuse(e, -EBADMSG, "the key is not Ed25519, the only kind a node may have");
	if (r < 0)
		return refuse(
			e, -EBADMSG,
			"not a libp2p private key (protobuf 08011240 and 64 bytes, or that in "
			"hexadecimal)");
	key_pair_from_seed(seed, key);
	if (memcmp(key->public, public, sizeof(public)) != 0)
		return refuse(e, -EBADMSG, "the two halves of the key do not belong together");
	return 0;
}

static int decode_protobuf(struct bytes content, struct key_pair *ret, struct config_error *e)
{
	_cleanup_(key_pair_wipe) struct key_pair key = { 0 };
	uint8_t seed[ED25519_SEED];
	int r = decode_parts(content, seed, &key, e);

	secret_wipe(seed, sizeof(seed));
	if (r == 0)
		*ret = key;
	return r;
}

int key_format_decode(struct bytes content, struct key_pair *ret, struct config_error *ret_error)
{
	uint8_t binary[KEY_FORMAT_MAX];
	int n = hex_decode(trim(content), binary, sizeof(binary)), r;

	/* A binary key begins with the byte 08, hexadecimal text with the character '0': no
	 * mistaking. */
	r = decode_protobuf(n > 0 ? BYTES(binary, n) : content, ret, ret_error);
	secret_wipe(binary, sizeof(binary));
	return r;
}
