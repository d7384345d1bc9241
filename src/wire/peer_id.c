#include "wire/peer_id.h"

#include <string.h>

#include "wire/multibase.h"
#include "wire/public_key.h"
#include "wire/rd.h"

#define MULTIHASH_IDENTITY 0x00
#define MULTIHASH_SHA256 0x12
#define CID_VERSION 0x01
#define CID_LIBP2P_KEY 0x72
#define CID_MAX (2 + PEER_ID_MAX)

bool peer_id_equal(const struct peer_id *a, const struct peer_id *b)
{
	return bytes_equal(peer_id_bytes(a), peer_id_bytes(b));
}

int peer_id_compare(const struct peer_id *a, const struct peer_id *b)
{
	int r = memcmp(a->b, b->b, size_min(a->n, b->n));

	return r != 0 ? r : (int)a->n - (int)b->n;
}

static bool is_digest(uint64_t code, struct bytes digest)
{
	struct public_key k;

	if (code == MULTIHASH_SHA256)
		return digest.n == 32;
	return code == MULTIHASH_IDENTITY && digest.n <= PUBLIC_KEY_INLINE_MAX &&
	       public_key_decode(digest, &k) == 0;
}

int peer_id_decode(struct bytes b, struct peer_id *ret)
{
	struct rd r = rd_of(b);
	struct peer_id id = { 0 };
	/* Single bytes: both codes and both lengths are below 128, and their one canonical varint
	 * is the byte itself. */
	uint8_t code = rd_u8(&r);
	struct bytes digest = rd_bytes(&r, rd_u8(&r));

	if (rd_finish(&r) < 0 || !is_digest(code, digest))
		return -EBADMSG;
	id.n = (uint8_t)b.n;
	memcpy(id.b, b.p, b.n);
	*ret = id;
	return 0;
}

const char *peer_id_text(const struct peer_id *id, char out[PEER_ID_TEXT_MAX])
{
	int n = base58_encode(peer_id_bytes(id), out, PEER_ID_TEXT_MAX - 1);

	out[n < 0 ? 0 : n] = '\0';
	return out;
}

static int parse_cid(struct bytes text, struct peer_id *ret)
{
	uint8_t cid[CID_MAX];
	int n = multibase_decode(text, cid, sizeof(cid));

	if (n < 2 || cid[0] != CID_VERSION || cid[1] != CID_LIBP2P_KEY ||
	    peer_id_decode(BYTES(cid + 2, n - 2), ret) < 0)
		return -EINVAL;
	return 0;
}

/* Nothing but a bare multihash of one of our two kinds begins so. */
static bool is_bare(struct bytes text)
{
	return (text.n >= 1 && text.p[0] == '1') ||
	       (text.n >= 2 && text.p[0] == 'Q' && text.p[1] == 'm');
}

int peer_id_parse(struct bytes text, struct peer_id *ret)
{
	uint8_t b[PEER_ID_MAX];
	int n;

	if (!is_bare(text))
		return parse_cid(text, ret);
	n = base58_decode(text, b, sizeof(b));
	if (n < 0 || peer_id_decode(BYTES(b, n), ret) < 0)
		return -EINVAL;
	return 0;
}
