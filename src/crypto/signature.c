#include "crypto/keys.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

#include "base/limits.h"
#include "crypto/der.h"
#include "crypto/ed25519_point.h"

#define SECP256K1_PUBLIC 33
#define POINT_UNCOMPRESSED 0x04
#define RSA_EXPONENT_MAX 4 /* bytes: 65537 is what the world uses; each more is work for us */

#define DEFINE_CLEANUP(name, type, free_fn)                                                        \
	static void name(type **p)                                                                 \
	{                                                                                          \
		free_fn(*p);                                                                       \
	}

DEFINE_CLEANUP(drop_pkey, EVP_PKEY, EVP_PKEY_free)
DEFINE_CLEANUP(drop_pkey_ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
DEFINE_CLEANUP(drop_md_ctx, EVP_MD_CTX, EVP_MD_CTX_free)
DEFINE_CLEANUP(drop_number, BIGNUM, BN_free)
DEFINE_CLEANUP(drop_builder, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
DEFINE_CLEANUP(drop_params, OSSL_PARAM, OSSL_PARAM_free)

/* A key of `kind` ("RSA", "EC"), or SIGNATURE_E_BAD: not a point of its curve, ... */
static int pkey_new(const char *kind, OSSL_PARAM *params, EVP_PKEY **ret)
{
	_cleanup_(drop_pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);

	if (!ctx)
		return -ENOMEM;
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, ret, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return SIGNATURE_E_BAD;
	return 0;
}

/* RSA is PKCS#1 v1.5, elliptic curves are DER of ECDSA (high S included), both over SHA-256. */
static int pkey_verify(EVP_PKEY *pkey, struct bytes message, struct bytes signature)
{
	_cleanup_(drop_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx)
		return -ENOMEM;
	if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) != 1)
		return -EIO;
	if (EVP_DigestVerify(ctx, signature.p, signature.n, message.p, message.n) != 1)
		return SIGNATURE_E_BAD;
	return 0;
}

static int ec_verify(const char *group, struct bytes point, struct bytes message,
		     struct bytes signature)
{
	_cleanup_(drop_pkey) EVP_PKEY *pkey = NULL;
	/* OSSL_PARAM wants non-const pointers and reads only. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						 (char *)(uintptr_t)group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
						  (void *)(uintptr_t)point.p, point.n),
		OSSL_PARAM_construct_end(),
	};
	int r;

	r = pkey_new("EC", params, &pkey);
	if (r != 0)
		return r;
	return pkey_verify(pkey, message, signature);
}

static int secp256k1_verify(struct bytes key, struct bytes message, struct bytes signature)
{
	if (key.n != SECP256K1_PUBLIC || (key.p[0] != 2 && key.p[0] != 3))
		return SIGNATURE_E_BAD;
	return ec_verify("secp256k1", key, message, signature);
}

struct curve {
	struct bytes
		parameters; /* of the key's algorithm identifier: the curve's DER-encoded name */
	const char *group;
	size_t coordinate; /* bytes */
};

/* Only curves with a name: parameters written out by a stranger are arithmetic of his choice. */
static const struct curve *curve_find(struct bytes parameters)
{
	static const struct curve curves[] = {
		{ BYTES_LITERAL("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"), "P-256", 32 },
		{ BYTES_LITERAL("\x06\x05\x2b\x81\x04\x00\x22"), "P-384", 48 },
		{ BYTES_LITERAL("\x06\x05\x2b\x81\x04\x00\x23"), "P-521", 66 },
		{ BYTES_LITERAL("\x06\x05\x2b\x81\x04\x00\x21"), "P-224", 28 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(curves); i++)
		if (bytes_equal(curves[i].parameters, parameters))
			return &curves[i];
	return NULL;
}

static int ecdsa_verify(struct bytes key, struct bytes message, struct bytes signature)
{
	static const struct bytes algorithm = BYTES_LITERAL("\x2a\x86\x48\xce\x3d\x02\x01");
	const struct curve *curve;
	struct der_spki spki;

	if (der_spki_decode(key, &spki) < 0 || !bytes_equal(spki.algorithm, algorithm))
		return SIGNATURE_E_BAD;
	curve = curve_find(spki.parameters);
	if (!curve || spki.key.n != 1 + 2 * curve->coordinate ||
	    spki.key.p[0] != POINT_UNCOMPRESSED)
		return SIGNATURE_E_BAD;
	return ec_verify(curve->group, spki.key, message, signature);
}

struct rsa_key {
	struct bytes n, e;
};

static int rsa_key_decode(struct bytes in, struct rsa_key *ret)
{
	static const struct bytes algorithm = BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
	static const struct bytes null = BYTES_LITERAL("\x05\x00");
	struct der_spki spki;
	struct der outer, pair;
	struct rsa_key k;

	if (der_spki_decode(in, &spki) < 0 || !bytes_equal(spki.algorithm, algorithm) ||
	    !bytes_equal(spki.parameters, null))
		return SIGNATURE_E_BAD;
	outer = der_of(spki.key);
	pair = der_of(der_value(&outer, DER_SEQUENCE));
	k.n = der_positive(&pair);
	k.e = der_positive(&pair);
	if (der_finish(&pair) < 0 || der_finish(&outer) < 0)
		return SIGNATURE_E_BAD;
	*ret = k;
	return 0;
}

static size_t bits_of(struct bytes number)
{
	return 8 * number.n - (size_t)(__builtin_clz(number.p[0]) - 24);
}

static int rsa_key_judge(const struct rsa_key *k)
{
	size_t bits = bits_of(k->n);

	if (bits > LIMIT_RSA_BITS || bits < LIMIT_RSA_BITS_MIN)
		return SIGNATURE_E_KEY_SIZE;
	if (k->e.n > RSA_EXPONENT_MAX || !(k->e.p[k->e.n - 1] & 1) ||
	    (k->e.n == 1 && k->e.p[0] < 3))
		return SIGNATURE_E_BAD;
	return 0;
}

static int rsa_pkey_new(const struct rsa_key *k, EVP_PKEY **ret)
{
	_cleanup_(drop_number) BIGNUM *n = BN_bin2bn(k->n.p, (int)k->n.n, NULL);
	_cleanup_(drop_number) BIGNUM *e = BN_bin2bn(k->e.p, (int)k->e.n, NULL);
	_cleanup_(drop_builder) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	_cleanup_(drop_params) OSSL_PARAM *params = NULL;

	if (!n || !e || !builder ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return -ENOMEM;
	params = OSSL_PARAM_BLD_to_param(builder);
	if (!params)
		return -ENOMEM;
	return pkey_new("RSA", params, ret);
}

static int rsa_verify(struct bytes key, struct bytes message, struct bytes signature)
{
	_cleanup_(drop_pkey) EVP_PKEY *pkey = NULL;
	struct rsa_key k;
	int r;

	r = rsa_key_decode(key, &k);
	if (r != 0)
		return r;
	r = rsa_key_judge(&k);
	if (r != 0)
		return r;
	r = rsa_pkey_new(&k, &pkey);
	if (r != 0)
		return r;
	return pkey_verify(pkey, message, signature);
}

static int ed25519_verify(struct bytes key, struct bytes message, struct bytes signature)
{
	if (key.n != ED25519_PUBLIC || signature.n != ED25519_SIGNATURE)
		return SIGNATURE_E_BAD;
	return crypto_sign_verify_detached(signature.p, message.p, message.n, key.p) == 0
		       ? 0
		       : SIGNATURE_E_BAD;
}

bool ed25519_is_disputed(const uint8_t key[ED25519_PUBLIC],
			 const uint8_t signature[ED25519_SIGNATURE])
{
	struct ed25519_point a, r;

	if (ed25519_decode(key, &a) < 0 || ed25519_is_small(&a))
		return true;
	return ed25519_decode(signature, &r) == 0 && ed25519_is_small(&r);
}

static int verify(enum key_type type, struct bytes key, struct bytes message,
		  struct bytes signature)
{
	switch (type) {
	case KEY_RSA:
		return rsa_verify(key, message, signature);
	case KEY_ED25519:
		return ed25519_verify(key, message, signature);
	case KEY_SECP256K1:
		return secp256k1_verify(key, message, signature);
	case KEY_ECDSA:
		return ecdsa_verify(key, message, signature);
	}
	return SIGNATURE_E_BAD;
}

int signature_verify(enum key_type type, struct bytes key, struct bytes message,
		     struct bytes signature)
{
	int r;

	if (key.n > LIMIT_PUBLIC_KEY)
		return SIGNATURE_E_KEY_SIZE;
	if (key.n == 0 || signature.n == 0 || signature.n > LIMIT_SIGNATURE)
		return SIGNATURE_E_BAD;
	/* OpenSSL notes failures in a queue of the thread; who embeds us may be using it as well.
	 */
	ERR_set_mark();
	r = verify(type, key, message, signature);
	ERR_pop_to_mark();
	return r;
}
