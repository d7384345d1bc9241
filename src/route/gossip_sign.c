#include "route/gossip_sign.h"

#include "base/limits.h"
#include "wire/public_key.h"
#include "wire/rd.h"

/* An identity multihash: code 0 and a length, then the encoded key itself. */
#define IDENTITY_CODE 0
#define IDENTITY_HEAD 2

int gossip_sign_form(const struct gossip_message *m, struct peer_id *ret_author,
		     uint64_t *ret_seqno)
{
	struct rd r = rd_of(m->seqno);

	if (!m->has_from || !m->has_signature || !m->has_topic)
		return GOSSIP_SIGN_E_FORM;
	if (m->seqno.n != GOSSIP_SEQNO || m->signature.n > LIMIT_SIGNATURE)
		return GOSSIP_SIGN_E_ODD;
	if (peer_id_decode(m->from, ret_author) < 0)
		return GOSSIP_SIGN_E_ODD;
	*ret_seqno = rd_be64(&r);
	return 0;
}

/* The encoded key in the key field is the author's when it gives the author's id. */
static bool is_key_of(struct bytes encoded, const struct peer_id *author)
{
	struct peer_id id;
	uint8_t hash[32] = { 0 };

	if (encoded.n > PUBLIC_KEY_INLINE_MAX)
		sha256(encoded, hash);
	return public_key_peer_id(encoded, hash, &id) == 0 && peer_id_equal(&id, author);
}

static int find_key(const struct gossip_message *m, const struct peer_id *author,
		    struct public_key *ret)
{
	struct bytes encoded;

	if (m->has_key) {
		if (m->key.n > LIMIT_PUBLIC_KEY || !is_key_of(m->key, author))
			return GOSSIP_SIGN_E_KEY;
		encoded = m->key;
	} else {
		if (author->n < IDENTITY_HEAD || author->b[0] != IDENTITY_CODE)
			return GOSSIP_SIGN_E_KEY;
		encoded = BYTES(author->b + IDENTITY_HEAD, author->n - IDENTITY_HEAD);
	}
	return public_key_decode(encoded, ret) < 0 ? GOSSIP_SIGN_E_ODD : 0;
}

/* `r` is what signature_verify() says. */
static int outcome_of(int r, const struct public_key *key, struct bytes signature)
{
	if (r <= 0)
		return r;
	if (r == SIGNATURE_E_KEY_SIZE)
		return GOSSIP_SIGN_E_ODD;
	if (key->type == KEY_ED25519 && signature.n == ED25519_SIGNATURE &&
	    ed25519_is_disputed(key->data.p, signature.p))
		return GOSSIP_SIGN_E_ODD;
	return GOSSIP_SIGN_E_BAD;
}

int gossip_sign_verify(const struct gossip_message *m, const struct peer_id *author,
		       struct buf *scratch)
{
	struct public_key key;
	int r;

	r = find_key(m, author, &key);
	if (r != 0)
		return r;
	buf_clear(scratch);
	r = gossip_message_signed_bytes(m, scratch);
	if (r < 0)
		return r;
	r = signature_verify((enum key_type)key.type, key.data, buf_data(scratch), m->signature);
	return outcome_of(r, &key, m->signature);
}

int gossip_sign_verify_with(const struct gossip_message *m, const struct peer_id *author,
			    const struct gossip_key_tables *tables, struct buf *scratch)
{
	struct public_key key;
	int r;

	r = find_key(m, author, &key);
	if (r != 0)
		return r;
	buf_clear(scratch);
	r = gossip_message_signed_bytes(m, scratch);
	if (r < 0)
		return r;
	r = ed25519_table_verify(tables->base, tables->key, buf_data(scratch), m->signature);
	return outcome_of(r, &key, m->signature);
}

int gossip_sign(const struct gossip_message *m, const struct key_pair *key, struct buf *scratch,
		uint8_t ret_signature[ED25519_SIGNATURE])
{
	int r;

	buf_clear(scratch);
	r = gossip_message_signed_bytes(m, scratch);
	if (r < 0)
		return r;
	key_sign(key, buf_data(scratch), ret_signature);
	return 0;
}
