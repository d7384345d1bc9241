#include "crypto/noise_priv.h"

#include <sodium.h>

#include "base/limits.h"
#include "base/random.h"
#include "test.h"

#define RECORD_MAX (LIMIT_NOISE_MESSAGE - NOISE_TAG)

static const uint8_t KEY[NOISE_KEY] = "an example of a thirty-two-b key";

struct pair {
	struct noise_cipher *seal, *open;
};

static void pair_init(struct pair *p)
{
	assert_int_equal(noise_cipher_new(KEY, false, &p->seal), 0);
	assert_int_equal(noise_cipher_new(KEY, true, &p->open), 0);
}

static void pair_deinit(struct pair *p)
{
	assert_null(noise_cipher_free(p->seal));
	assert_null(noise_cipher_free(p->open));
}

/* Bytes that differ from place to place. */
static const uint8_t *pattern(void)
{
	static uint8_t p[RECORD_MAX];

	for (size_t i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)(i * 7 + (i >> 8));
	return p;
}

/* Either side of where the work goes from one library to the other, of blocks and of the maximum.
 */
static const size_t SIZES[] = { 0,    1,    15,   16,   63,    64,    65,    1024,
				2047, 2048, 2049, 4095, 16384, 16385, 65518, 65519 };

TEST(the_nonce_counts_little_endian_behind_four_zeroes)
{
	uint8_t nonce[NOISE_NONCE];

	noise_nonce(UINT64_C(0x0102030405060708), nonce);
	assert_memory_equal(nonce, HEX("00000000 0807060504030201").p, NOISE_NONCE);
}

/* Long records go to OpenSSL; libsodium, which the published vectors judge, is the measure. */
TEST(both_libraries_seal_alike)
{
	static uint8_t ours[LIMIT_NOISE_MESSAGE], theirs[LIMIT_NOISE_MESSAGE];
	uint8_t nonce[NOISE_NONCE];
	struct pair p;

	pair_init(&p);
	for (size_t i = 0; i < ARRAY_SIZE(SIZES); i++) {
		noise_nonce(i, nonce);
		crypto_aead_chacha20poly1305_ietf_encrypt(theirs, NULL, pattern(), SIZES[i], NULL,
							  0, NULL, nonce, KEY);
		assert_int_equal(noise_seal(p.seal, BYTES(pattern(), SIZES[i]), ours), 0);
		assert_memory_equal(ours, theirs, SIZES[i] + NOISE_TAG);
	}
	pair_deinit(&p);
}

TEST(records_of_every_size_come_back_in_order)
{
	static uint8_t sealed[LIMIT_NOISE_MESSAGE], plain[RECORD_MAX];
	struct pair p;

	pair_init(&p);
	for (size_t i = 0; i < ARRAY_SIZE(SIZES); i++) {
		assert_int_equal(noise_seal(p.seal, BYTES(pattern(), SIZES[i]), sealed), 0);
		assert_int_equal(noise_open(p.open, BYTES(sealed, SIZES[i] + NOISE_TAG), plain), 0);
		assert_memory_equal(plain, pattern(), SIZES[i]);
	}
	assert_int_equal(p.seal->n, ARRAY_SIZE(SIZES));
	assert_int_equal(p.open->n, ARRAY_SIZE(SIZES));
	pair_deinit(&p);
}

TEST(records_are_sealed_and_opened_in_place)
{
	static uint8_t record[LIMIT_NOISE_MESSAGE];
	struct pair p;

	pair_init(&p);
	for (size_t i = 0; i < ARRAY_SIZE(SIZES); i++) {
		memcpy(record, pattern(), SIZES[i]);
		assert_int_equal(noise_seal(p.seal, BYTES(record, SIZES[i]), record), 0);
		assert_int_equal(noise_open(p.open, BYTES(record, SIZES[i] + NOISE_TAG), record),
				 0);
		assert_memory_equal(record, pattern(), SIZES[i]);
	}
	pair_deinit(&p);
}

TEST(pieces_seal_to_what_they_are_together)
{
	static uint8_t whole[LIMIT_NOISE_MESSAGE], pieces[LIMIT_NOISE_MESSAGE];
	struct pair p, q;

	pair_init(&p);
	pair_init(&q);
	for (size_t i = 0; i < ARRAY_SIZE(SIZES); i++) {
		size_t n = SIZES[i], a = n / 3, b = n / 2;
		struct bytes v[] = { BYTES(pattern(), a), BYTES(NULL, 0),
				     BYTES(pattern() + a, b - a), BYTES(pattern() + b, n - b) };

		assert_int_equal(noise_seal(p.seal, BYTES(pattern(), n), whole), 0);
		assert_int_equal(noise_seal_v(q.seal, v, ARRAY_SIZE(v), pieces), 0);
		assert_memory_equal(whole, pieces, n + NOISE_TAG);
	}
	pair_deinit(&p);
	pair_deinit(&q);
}

TEST(only_long_records_need_an_openssl_context)
{
	static uint8_t sealed[LIMIT_NOISE_MESSAGE];
	struct pair p;

	pair_init(&p);
	assert_int_equal(noise_seal(p.seal, BYTES(pattern(), 2047), sealed), 0);
	assert_int_equal(noise_open(p.open, BYTES(sealed, 2047 + NOISE_TAG), sealed), 0);
	assert_null(p.seal->bulk);
	assert_null(p.open->bulk);
	assert_int_equal(noise_seal(p.seal, BYTES(pattern(), 2048), sealed), 0);
	assert_int_equal(noise_open(p.open, BYTES(sealed, 2048 + NOISE_TAG), sealed), 0);
	assert_non_null(p.seal->bulk);
	assert_non_null(p.open->bulk);
	pair_deinit(&p);
}

static void check_refused(size_t n, size_t at)
{
	static uint8_t sealed[LIMIT_NOISE_MESSAGE], out[RECORD_MAX];
	static const uint8_t zero[RECORD_MAX];
	struct pair p;

	pair_init(&p);
	assert_int_equal(noise_seal(p.seal, BYTES(pattern(), n), sealed), 0);
	sealed[at] ^= 1;
	memset(out, 1, sizeof(out));
	assert_int_equal(noise_open(p.open, BYTES(sealed, n + NOISE_TAG), out), NOISE_E_BAD);
	assert_memory_equal(out, zero, n);
	pair_deinit(&p);
}

/* F-10: and what did not verify can be read by nobody. */
TEST(a_changed_byte_anywhere_is_refused_and_wiped)
{
	for (size_t at = 0; at < 40 + NOISE_TAG; at++)
		check_refused(40, at);
	for (size_t at = 0; at < 3000 + NOISE_TAG; at += 71)
		check_refused(3000, at);
}

/* F-10: a million frames with one to eight bits, or whole bytes, changed; then the true one still
 * opens. */
TEST(of_a_million_mutated_records_none_is_taken)
{
	uint8_t sealed[64 + NOISE_TAG], mutated[sizeof(sealed)], out[64];
	struct random_seeded generator;
	struct random random;
	size_t n_taken = 0;
	struct pair p;

	random_seeded_init(&generator, 10);
	random = random_seeded_source(&generator);
	pair_init(&p);
	assert_int_equal(noise_seal(p.seal, BYTES(pattern(), 64), sealed), 0);
	for (size_t i = 0; i < 1000000; i++) {
		memcpy(mutated, sealed, sizeof(sealed));
		for (size_t n = 1 + i % 8; n > 0; n--) {
			uint64_t what = random_u64(&random);

			mutated[what % sizeof(mutated)] ^= (uint8_t)(what >> 56 | 1);
		}
		if (memcmp(mutated, sealed, sizeof(sealed)) != 0)
			n_taken += noise_open(p.open, BYTES(mutated, sizeof(mutated)), out) == 0;
	}
	assert_int_equal(n_taken, 0);
	assert_int_equal(noise_open(p.open, BYTES(sealed, sizeof(sealed)), out), 0);
	assert_memory_equal(out, pattern(), sizeof(out));
	pair_deinit(&p);
}

TEST(every_truncation_is_refused)
{
	uint8_t sealed[40 + NOISE_TAG], out[40];
	struct pair p;

	pair_init(&p);
	assert_int_equal(noise_seal(p.seal, BYTES(pattern(), 40), sealed), 0);
	for (size_t n = 0; n < sizeof(sealed); n++)
		assert_int_equal(noise_open(p.open, BYTES(sealed, n), out), NOISE_E_BAD);
	/* None of them moved the counter. */
	assert_int_equal(noise_open(p.open, BYTES(sealed, sizeof(sealed)), out), 0);
	pair_deinit(&p);
}

TEST(a_record_longer_than_a_message_is_refused)
{
	static uint8_t long_record[LIMIT_NOISE_MESSAGE + 1];
	struct pair p;

	pair_init(&p);
	assert_int_equal(noise_open(p.open, BYTES(long_record, sizeof(long_record)), long_record),
			 NOISE_E_BAD);
	pair_deinit(&p);
}

TEST(a_record_is_opened_once_and_in_its_place)
{
	uint8_t first[4 + NOISE_TAG], second[4 + NOISE_TAG], out[4];
	struct pair p;

	pair_init(&p);
	assert_int_equal(noise_seal(p.seal, BYTES_LITERAL("one!"), first), 0);
	assert_int_equal(noise_seal(p.seal, BYTES_LITERAL("two!"), second), 0);
	assert_int_equal(noise_open(p.open, BYTES(second, sizeof(second)), out), NOISE_E_BAD);
	assert_int_equal(noise_open(p.open, BYTES(first, sizeof(first)), out), 0);
	assert_int_equal(noise_open(p.open, BYTES(first, sizeof(first)), out), NOISE_E_BAD);
	assert_int_equal(noise_open(p.open, BYTES(second, sizeof(second)), out), 0);
	pair_deinit(&p);
}

TEST(the_last_nonce_is_never_used)
{
	uint8_t sealed[4 + NOISE_TAG], out[4];
	struct pair p;

	pair_init(&p);
	p.seal->n = p.open->n = UINT64_MAX - 1;
	assert_int_equal(noise_seal(p.seal, BYTES_LITERAL("last"), sealed), 0);
	assert_int_equal(noise_open(p.open, BYTES(sealed, sizeof(sealed)), out), 0);
	assert_int_equal(noise_seal(p.seal, BYTES_LITERAL("none"), sealed), -EOVERFLOW);
	assert_int_equal(noise_open(p.open, BYTES(sealed, sizeof(sealed)), out), -EOVERFLOW);
	pair_deinit(&p);
}

TEST(nothing_is_freed_for_nothing)
{
	assert_null(noise_cipher_free(NULL));
}

TESTS(RUN(the_nonce_counts_little_endian_behind_four_zeroes), RUN(both_libraries_seal_alike),
      RUN(records_of_every_size_come_back_in_order), RUN(records_are_sealed_and_opened_in_place),
      RUN(pieces_seal_to_what_they_are_together), RUN(only_long_records_need_an_openssl_context),
      RUN(a_changed_byte_anywhere_is_refused_and_wiped),
      RUN(of_a_million_mutated_records_none_is_taken), RUN(every_truncation_is_refused),
      RUN(a_record_longer_than_a_message_is_refused), RUN(a_record_is_opened_once_and_in_its_place),
      RUN(the_last_nonce_is_never_used), RUN(nothing_is_freed_for_nothing))
