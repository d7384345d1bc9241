#ifndef PL_TESTS_UNIT_NET_FOREIGN_H
#define PL_TESTS_UNIT_NET_FOREIGN_H

/*
 * Another implementation at the far end of a link, by hand: it speaks Noise and multistream as
 * told, well or badly. Its bytes go straight into the link under test and the link's answers come
 * back.
 */

#include "net/link_end.h"

#include "base/limits.h"
#include "crypto/noise.h"
#include "wire/noise_payload.h"
#include "wire/wr.h"

#define HEADER "\x13/multistream/1.0.0\n"
#define PROPOSE_NOISE HEADER "\x07/noise\n"

struct foreign {
	struct noise noise;
	struct noise_cipher *send, *receive;
	struct key_pair key;
	struct random_seeded seeded;
	struct random random;
	struct buf said;  /* what the link under test said and was not looked at */
	struct buf plain; /* decrypted */

	/* How it differs; zero is an honest Ed25519 peer without early muxers or extension. */
	const char *muxers[3];
	bool bad_signature;
	struct bytes signs_for;  /* another static key than its own */
	struct bytes public_key; /* a whole PublicKey protobuf in place of its own */
	struct bytes signature;
	bool no_key;
};

static inline void foreign_init(struct foreign *f, bool dialer, uint64_t seed)
{
	*f = (struct foreign){ 0 };
	assert_int_equal(crypto_start(), 0);
	random_seeded_init(&f->seeded, seed);
	f->random = random_seeded_source(&f->seeded);
	key_pair_generate(&f->random, &f->key);
	noise_init(&f->noise, dialer, &f->random);
	buf_init(&f->said, 1 << 20);
	buf_init(&f->plain, 1 << 20);
}

static inline void foreign_deinit(struct foreign *f)
{
	noise_deinit(&f->noise);
	noise_cipher_free(f->send);
	noise_cipher_free(f->receive);
	buf_deinit(&f->said);
	buf_deinit(&f->plain);
}

/* What is signed: for its own static key, or for another's. */
static inline struct bytes foreign_signed_text(const struct foreign *f, uint8_t out[56])
{
	struct bytes s = f->signs_for.p ? f->signs_for : noise_static_key(&f->noise);

	memcpy(out, "noise-libp2p-static-key:", 24);
	memcpy(out + 24, s.p, 32);
	return BYTES(out, 56);
}

static inline void foreign_payload(struct foreign *f, struct buf *out)
{
	struct public_key key = { .type = KEY_ED25519, .data = BYTES(f->key.public, 32) };
	struct noise_payload p = { 0 };
	uint8_t text[56], signature[64];
	struct buf encoded;

	buf_init(&encoded, 64);
	assert_int_equal(public_key_encode(&key, &encoded), 0);
	key_sign(&f->key, foreign_signed_text(f, text), signature);
	if (f->bad_signature)
		signature[5] ^= 1;
	p.identity_key = f->public_key.p ? f->public_key : buf_data(&encoded);
	p.identity_sig = f->signature.p ? f->signature : BYTES(signature, 64);
	if (f->no_key)
		p.identity_key = BYTES(NULL, 0);
	for (size_t i = 0; i < 3 && f->muxers[i]; i++)
		p.muxers[p.n_muxers++] = bytes_of_text(f->muxers[i]);
	assert_int_equal(noise_payload_encode(&p, out), 0);
	buf_deinit(&encoded);
}

static inline int foreign_tell(struct end *e, struct bytes b)
{
	return link_input(e->l, b, AT(0));
}

/* One handshake message with this payload; the link's answer to it. */
static inline int foreign_send_noise(struct foreign *f, struct end *e, struct bytes payload)
{
	struct buf m, framed;
	struct wr w;
	int r;

	buf_init(&m, 65535);
	buf_init(&framed, 65537);
	assert_int_equal(noise_write(&f->noise, payload, &m), 0);
	w = wr_to(&framed);
	wr_be16(&w, (uint16_t)buf_len(&m));
	wr_bytes(&w, buf_data(&m));
	r = foreign_tell(e, buf_data(&framed));
	buf_deinit(&m);
	buf_deinit(&framed);
	return r;
}

static inline int foreign_send_identity(struct foreign *f, struct end *e)
{
	struct buf payload;
	int r;

	buf_init(&payload, 8192);
	foreign_payload(f, &payload);
	r = foreign_send_noise(f, e, buf_data(&payload));
	buf_deinit(&payload);
	return r;
}

/* What the link says next must begin with `text`. */
static inline void foreign_expect(struct foreign *f, struct end *e, const char *text)
{
	size_t n = strlen(text);

	link_output(e->l, &f->said, 100000);
	assert_true(buf_len(&f->said) >= n);
	assert_memory_equal(buf_data(&f->said).p, text, n);
	buf_consume(&f->said, n);
}

/* Reads the link's next record; false when there is none. */
static inline bool foreign_take(struct foreign *f, struct end *e, struct bytes *ret)
{
	struct bytes b;
	size_t n;

	link_output(e->l, &f->said, 100000);
	b = buf_data(&f->said);
	if (b.n == 0)
		return false;
	assert_true(b.n >= 2);
	n = (size_t)b.p[0] << 8 | b.p[1];
	assert_true(b.n >= 2 + n);
	*ret = BYTES(b.p + 2, n);
	return true;
}

static inline void foreign_read_noise(struct foreign *f, struct end *e)
{
	struct bytes m;

	assert_true(foreign_take(f, e, &m));
	assert_int_equal(noise_read(&f->noise, m, &f->plain), 0);
	buf_consume(&f->said, 2 + m.n);
}

static inline void foreign_split(struct foreign *f)
{
	assert_int_equal(noise_split(&f->noise, &f->send, &f->receive), 0);
}

/* Everything the link has said since, decrypted, must be `text`. */
static inline void foreign_expect_sealed(struct foreign *f, struct end *e, const char *text)
{
	struct bytes m;

	buf_clear(&f->plain);
	while (foreign_take(f, e, &m)) {
		uint8_t *at;

		assert_int_equal(buf_reserve(&f->plain, m.n, &at), 0);
		assert_int_equal(noise_open(f->receive, m, at), 0);
		buf_commit(&f->plain, m.n - NOISE_TAG);
		buf_consume(&f->said, 2 + m.n);
	}
	assert_bytes(buf_data(&f->plain), text);
}

static inline int foreign_send_sealed(struct foreign *f, struct end *e, struct bytes plain)
{
	uint8_t *m = malloc(2 + plain.n + NOISE_TAG);
	int r;

	m[0] = (uint8_t)((plain.n + NOISE_TAG) >> 8);
	m[1] = (uint8_t)(plain.n + NOISE_TAG);
	assert_int_equal(noise_seal(f->send, plain, m + 2), 0);
	r = foreign_tell(e, BYTES(m, 2 + plain.n + NOISE_TAG));
	free(m);
	return r;
}

/* A foreign dialer as far as message 3; what the link made of it. */
static inline int foreign_dial(struct foreign *f, struct end *e)
{
	assert_int_equal(foreign_tell(e, BYTES_LITERAL(PROPOSE_NOISE)), 0);
	foreign_expect(f, e, PROPOSE_NOISE);
	assert_int_equal(foreign_send_noise(f, e, BYTES(NULL, 0)), 0);
	foreign_read_noise(f, e);
	return foreign_send_identity(f, e);
}

/* A foreign listener as far as message 2; what the link made of it. */
static inline int foreign_answer(struct foreign *f, struct end *e)
{
	foreign_expect(f, e, PROPOSE_NOISE);
	assert_int_equal(foreign_tell(e, BYTES_LITERAL(PROPOSE_NOISE)), 0);
	foreign_read_noise(f, e);
	return foreign_send_identity(f, e);
}

#endif
