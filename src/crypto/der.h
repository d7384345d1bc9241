#ifndef PL_CRYPTO_DER_H
#define PL_CRYPTO_DER_H

/*
 * As much DER as public keys need, read without OpenSSL: what a stranger sends is measured before
 * any arithmetic begins, and the very numbers that were measured are the ones the arithmetic gets.
 * Works as the checked reader of wire/ does: read in a straight line, ask once.
 */

#include "base/def.h"

enum {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
};

struct der {
	struct bytes left;
	bool bad;
};

static inline struct der der_of(struct bytes b)
{
	return (struct der){ .left = b };
}

/* 0 when everything was read and nothing was bad, else -EBADMSG. */
_nodiscard_ int der_finish(const struct der *d);

/* The contents of the next value, which must have this tag; empty when the reader is or becomes
 * bad. Only lengths in their shortest form. */
struct bytes der_value(struct der *d, uint8_t tag);
/* A positive number in its shortest form, without the sign's zero byte. */
struct bytes der_positive(struct der *d);
/* A bit string of whole bytes. */
struct bytes der_bit_string(struct der *d);

/* What stands in a SubjectPublicKeyInfo (RFC 5280). All borrowed. */
struct der_spki {
	struct bytes algorithm;  /* the identifier's contents */
	struct bytes parameters; /* still encoded: a NULL, a curve's identifier, ... */
	struct bytes key;
};

_nodiscard_ int der_spki_decode(struct bytes in, struct der_spki *ret);

#endif
