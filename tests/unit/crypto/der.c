#include "crypto/der.h"

#include "test.h"

static struct der reader(const char *hex)
{
	return der_of(HEX(hex));
}

TEST(a_value_has_the_tag_and_the_length_it_says)
{
	struct der d = reader("0403 010203 0500");

	assert_true(bytes_equal(der_value(&d, 0x04), HEX("010203")));
	assert_int_equal(der_finish(&d), -EBADMSG);
	assert_int_equal(der_value(&d, DER_NULL).n, 0);
	assert_int_equal(der_finish(&d), 0);
}

TEST(another_tag_makes_the_reader_bad_for_good)
{
	struct der d = reader("0403 010203 0500");

	assert_int_equal(der_value(&d, DER_OID).n, 0);
	assert_int_equal(der_finish(&d), -EBADMSG);
	assert_int_equal(der_value(&d, 0x04).n, 0);
	assert_int_equal(der_finish(&d), -EBADMSG);
}

TEST(lengths_are_in_their_shortest_form)
{
	static uint8_t big[4 + 0x100] = { 0x04, 0x82, 0x01, 0x00 };
	static uint8_t middle[3 + 0x80] = { 0x04, 0x81, 0x80 };
	struct der d = der_of(BYTES(big, sizeof(big)));

	assert_int_equal(der_value(&d, 0x04).n, 0x100);
	assert_int_equal(der_finish(&d), 0);
	d = der_of(BYTES(middle, sizeof(middle)));
	assert_int_equal(der_value(&d, 0x04).n, 0x80);
	assert_int_equal(der_finish(&d), 0);
}

TEST(other_lengths_are_bad)
{
	static const char *const bad[] = {
		"",
		"04",
		"0401",          /* nothing follows */
		"048101 00",     /* fits the short form */
		"0482007f",      /* fits one byte */
		"04820001 00",   /* fits the short form */
		"0480 00 0000",  /* indefinite */
		"0483000001 00", /* three bytes of length */
		"04ff 00",
		"0481",
		"048201",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct der d = reader(bad[i]);

		der_value(&d, 0x04);
		if (der_finish(&d) != -EBADMSG)
			fail_msg("%s", bad[i]);
	}
}

TEST(a_positive_number_comes_without_its_sign)
{
	struct der d = reader("02020080 02017f 020100 ");

	assert_true(bytes_equal(der_positive(&d), HEX("80")));
	assert_true(bytes_equal(der_positive(&d), HEX("7f")));
	/* Zero is not positive. */
	assert_int_equal(der_positive(&d).n, 0);
	assert_int_equal(der_finish(&d), -EBADMSG);
}

TEST(other_numbers_are_bad)
{
	static const char *const bad[] = {
		"0200",       /* no digit */
		"020180",     /* negative */
		"0202007f",   /* a zero too many */
		"0203000080", /* likewise */
		"0401 01",    /* no number */
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct der d = reader(bad[i]);

		assert_int_equal(der_positive(&d).n, 0);
		if (der_finish(&d) != -EBADMSG)
			fail_msg("%s", bad[i]);
	}
}

TEST(a_bit_string_is_of_whole_bytes)
{
	struct der d = reader("0303 00 abcd");

	assert_true(bytes_equal(der_bit_string(&d), HEX("abcd")));
	assert_int_equal(der_finish(&d), 0);
	d = reader("0303 01 abcc");
	assert_int_equal(der_bit_string(&d).n, 0);
	assert_int_equal(der_finish(&d), -EBADMSG);
	d = reader("0300");
	assert_int_equal(der_bit_string(&d).n, 0);
	assert_int_equal(der_finish(&d), -EBADMSG);
}

/* A key of an algorithm 1.2.3 that exists nowhere. */
#define SPKI "3010 3008 06022a03 05000500 0304 00 010203"

TEST(a_public_key_info_comes_apart)
{
	struct der_spki spki;

	assert_int_equal(der_spki_decode(HEX(SPKI), &spki), 0);
	assert_true(bytes_equal(spki.algorithm, HEX("2a03")));
	assert_true(bytes_equal(spki.parameters, HEX("05000500")));
	assert_true(bytes_equal(spki.key, HEX("010203")));
}

TEST(every_truncation_is_bad_and_leaves_ret_alone)
{
	struct bytes whole = HEX(SPKI);
	struct der_spki spki = { .key = BYTES_LITERAL("mine") };

	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(der_spki_decode(BYTES(whole.p, n), &spki), -EBADMSG);
	assert_bytes(spki.key, "mine");
}

TEST(what_is_too_much_is_bad)
{
	struct der_spki spki;

	assert_int_equal(der_spki_decode(HEX(SPKI "00"), &spki), -EBADMSG);
	/* Something behind the key, inside the info. */
	assert_int_equal(der_spki_decode(HEX("300f 3004 06022a03 0304 00 010203 0101 00"), &spki),
			 -EBADMSG);
	/* The identifier reaches into the key. */
	assert_int_equal(der_spki_decode(HEX("300c 3009 06022a03 0304 00 010203"), &spki),
			 -EBADMSG);
}

TESTS(RUN(a_value_has_the_tag_and_the_length_it_says),
      RUN(another_tag_makes_the_reader_bad_for_good), RUN(lengths_are_in_their_shortest_form),
      RUN(other_lengths_are_bad), RUN(a_positive_number_comes_without_its_sign),
      RUN(other_numbers_are_bad), RUN(a_bit_string_is_of_whole_bytes),
      RUN(a_public_key_info_comes_apart), RUN(every_truncation_is_bad_and_leaves_ret_alone),
      RUN(what_is_too_much_is_bad))
