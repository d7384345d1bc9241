#include "crypto/ed25519_field.h"

#include "base/random.h"
#include "crypto/keys.h"
#include "test.h"

#define ROUNDS 200
#define LOOSE ((UINT64_C(1) << 54) - 1)

static struct fe any(void)
{
	struct random random = crypto_random();
	uint8_t b[FE_SIZE];
	struct fe a;

	random_fill(&random, b, sizeof(b));
	fe_decode(&a, b);
	return a;
}

static void assert_hex(const struct fe *a, const char *hex)
{
	uint8_t b[FE_SIZE];

	fe_encode(a, b);
	assert_memory_equal(b, HEX(hex).p, FE_SIZE);
}

#define P_MINUS_1 "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
#define P "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
#define P_PLUS_1 "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
#define GREATEST "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0100000000000000000000000000000000000000000000000000000000000000"

TEST(a_number_has_one_encoding)
{
	static const struct {
		const char *in, *out;
	} pairs[] = {
		{ ZERO, ZERO },
		{ ONE, ONE },
		{ P_MINUS_1, P_MINUS_1 },
		{ P, ZERO },
		{ P_PLUS_1, ONE },
		{ GREATEST, "1200000000000000000000000000000000000000000000000000000000000000" },
	};
	struct fe a;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		fe_decode(&a, HEX(pairs[i].in).p);
		assert_hex(&a, pairs[i].out);
	}
}

TEST(the_top_bit_is_not_part_of_the_number)
{
	uint8_t b[FE_SIZE] = { 7, [31] = 0x80 };
	struct fe a;

	fe_decode(&a, b);
	assert_hex(&a, "0700000000000000000000000000000000000000000000000000000000000000");
}

TEST(the_greatest_limbs_that_are_allowed_multiply_as_their_values_do)
{
	struct fe loose = { { LOOSE, LOOSE, LOOSE, LOOSE, LOOSE } }, tight, one = FE_ONE, a, b;
	uint8_t bytes[FE_SIZE];

	fe_encode(&loose, bytes);
	fe_decode(&tight, bytes);
	fe_mul(&a, &loose, &loose);
	fe_mul(&b, &tight, &tight);
	assert_true(fe_equal(&a, &b));
	fe_sq(&a, &loose);
	assert_true(fe_equal(&a, &b));
	fe_mul(&a, &loose, &one);
	assert_true(fe_equal(&a, &tight));
}

TEST(products_come_out_tight)
{
	struct fe a = { { LOOSE, LOOSE, LOOSE, LOOSE, LOOSE } };

	for (int i = 0; i < ROUNDS; i++) {
		fe_mul(&a, &a, &a);
		for (int k = 0; k < 5; k++)
			assert_true(a.v[k] < (UINT64_C(1) << 51) + (1 << 14));
	}
}

TEST(sums_products_and_squares_agree)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct fe a = any(), b = any(), sum, left, ab, right;

		fe_add(&sum, &a, &b);
		fe_sq(&left, &sum); /* (a + b)^2 = a^2 + 2ab + b^2 */
		fe_mul(&ab, &a, &b);
		fe_add(&right, &ab, &ab);
		fe_sub(&left, &left, &right);
		fe_mul(&a, &a, &a);
		fe_sq(&b, &b);
		fe_add(&right, &a, &b);
		fe_sub(&left, &left, &right);
		assert_true(fe_is_zero(&left));
	}
}

TEST(a_number_times_its_inverse_is_one)
{
	struct fe zero = FE_ZERO, one = FE_ONE, inverse;

	for (int i = 0; i < ROUNDS; i++) {
		struct fe a = any();

		fe_invert(&inverse, &a);
		fe_mul(&inverse, &inverse, &a);
		assert_true(fe_equal(&inverse, &one));
	}
	fe_invert(&inverse, &zero);
	assert_true(fe_is_zero(&inverse));
}

/* a^8 raised to (p - 5)/8 and multiplied by a^4 is a^(p - 1). */
TEST(the_power_for_roots_is_the_right_one)
{
	struct fe one = FE_ONE;

	for (int i = 0; i < ROUNDS; i++) {
		struct fe a = any(), a4, t;

		fe_sq(&a4, &a);
		fe_sq(&a4, &a4);
		fe_sq(&t, &a4);
		fe_pow_p58(&t, &t);
		fe_mul(&t, &t, &a4);
		assert_true(fe_equal(&t, &one));
	}
}

TEST(a_number_and_its_negative_are_zero_together)
{
	struct fe zero = FE_ZERO, negative, sum;

	for (int i = 0; i < ROUNDS; i++) {
		struct fe a = any();

		fe_neg(&negative, &a);
		fe_add(&sum, &a, &negative);
		assert_true(fe_is_zero(&sum));
		assert_true(fe_is_odd(&a) != fe_is_odd(&negative) || fe_is_zero(&a));
	}
	fe_neg(&negative, &zero);
	assert_true(fe_is_zero(&negative));
}

TESTS(RUN(a_number_has_one_encoding), RUN(the_top_bit_is_not_part_of_the_number),
      RUN(the_greatest_limbs_that_are_allowed_multiply_as_their_values_do),
      RUN(products_come_out_tight), RUN(sums_products_and_squares_agree),
      RUN(a_number_times_its_inverse_is_one), RUN(the_power_for_roots_is_the_right_one),
      RUN(a_number_and_its_negative_are_zero_together))
