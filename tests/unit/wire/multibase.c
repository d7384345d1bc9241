#include "wire/multibase.h"

#include "test.h"

typedef int (*encode_fn)(struct bytes in, char *out, size_t out_max);
typedef int (*decode_fn)(struct bytes text, uint8_t *out, size_t out_max);

static void check_text(encode_fn encode, decode_fn decode, struct bytes in, const char *text)
{
	char out[300];
	uint8_t back[300];
	int n = encode(in, out, sizeof(out));

	assert_true(n >= 0);
	assert_true(bytes_equal(BYTES(out, n), bytes_of_text(text)));
	n = decode(bytes_of_text(text), back, sizeof(back));
	assert_true(n >= 0);
	assert_true(bytes_equal(BYTES(back, n), in));
	/* The room is exactly what is needed; one less is too little. */
	if (in.n > 0) {
		assert_int_equal(encode(in, out, strlen(text)), strlen(text));
		assert_int_equal(encode(in, out, strlen(text) - 1), -ENOBUFS);
		assert_int_equal(decode(bytes_of_text(text), back, in.n), in.n);
		assert_int_equal(decode(bytes_of_text(text), back, in.n - 1), -ENOBUFS);
	}
}

TEST(base58_has_the_published_texts)
{
	check_text(base58_encode, base58_decode, BYTES_LITERAL("Hello World!"),
		   "2NEpo7TZRRrLZSi2U");
	check_text(base58_encode, base58_decode,
		   BYTES_LITERAL("The quick brown fox jumps over the lazy dog."),
		   "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z");
	check_text(base58_encode, base58_decode, HEX("0000287fb4cd"), "11233QC4");
	check_text(base58_encode, base58_decode, HEX("000000"), "111");
	check_text(base58_encode, base58_decode, BYTES(NULL, 0), "");
}

/* The work is done four bytes and five letters at a time: every remainder of both. */
TEST(base58_brings_back_every_length_and_every_number_of_leading_zeroes)
{
	uint8_t in[128], back[128];
	char text[200];

	for (size_t n = 0; n <= sizeof(in); n++)
		for (size_t zeroes = 0; zeroes <= n && zeroes < 6; zeroes++)
			for (int fill = 0; fill < 3; fill++) {
				int n_text;

				for (size_t i = 0; i < n; i++)
					in[i] = fill == 0 ? 1 : fill == 1 ? 255 : (uint8_t)(i * 37);
				memset(in, 0, zeroes);
				n_text = base58_encode(BYTES(in, n), text, sizeof(text));
				assert_true(n_text >= 0);
				if (n_text > (int)sizeof(in))
					continue; /* longer than is read */
				assert_int_equal(
					base58_decode(BYTES(text, n_text), back, sizeof(back)), n);
				assert_memory_equal(back, in, n);
			}
}

TEST(base32_has_the_published_texts)
{
	/* RFC 4648, section 10, in lower case and without padding. */
	static const char *const texts[] = {
		"", "my", "mzxq", "mzxw6", "mzxw6yq", "mzxw6ytb", "mzxw6ytboi",
	};

	for (size_t n = 0; n <= 6; n++)
		check_text(base32_encode, base32_decode, BYTES("foobar", n), texts[n]);
}

TEST(base64url_has_the_published_texts)
{
	static const char *const texts[] = {
		"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy",
	};

	for (size_t n = 0; n <= 6; n++)
		check_text(base64url_encode, base64url_decode, BYTES("foobar", n), texts[n]);
	check_text(base64url_encode, base64url_decode, HEX("fbff bf"), "-_-_");
}

TEST(base36_is_read)
{
	uint8_t out[16];
	int n = base36_decode(BYTES_LITERAL("00yes"), out, sizeof(out));

	/* 34 * 36^2 + 14 * 36 + 28 = 44596 */
	assert_true(n >= 0);
	assert_true(bytes_equal(BYTES(out, n), HEX("0000 ae34")));
}

TEST(what_is_no_digit_is_refused)
{
	uint8_t out[64];

	assert_int_equal(base58_decode(BYTES_LITERAL("2NE0"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base58_decode(BYTES_LITERAL("2NEl"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base58_decode(BYTES_LITERAL("2N\0"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base36_decode(BYTES_LITERAL("Yes"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base32_decode(BYTES_LITERAL("MY"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base32_decode(BYTES_LITERAL("m1"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base32_decode(BYTES_LITERAL("my======"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base64url_decode(BYTES_LITERAL("+/"), out, sizeof(out)), -EINVAL);
	assert_int_equal(hex_decode(BYTES_LITERAL("0g"), out, sizeof(out)), -EINVAL);
}

/* Else two texts would mean the same bytes. */
TEST(what_fills_up_the_last_digit_is_zero)
{
	uint8_t out[64];

	assert_int_equal(base32_decode(BYTES_LITERAL("mz"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base32_decode(BYTES_LITERAL("m"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base32_decode(BYTES_LITERAL("mya"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base64url_decode(BYTES_LITERAL("Zh"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base64url_decode(BYTES_LITERAL("Z"), out, sizeof(out)), -EINVAL);
	assert_int_equal(base64url_decode(BYTES_LITERAL("A"), out, sizeof(out)), -EINVAL);
}

TEST(the_work_of_base58_has_an_end)
{
	static uint8_t in[129], out[300];
	static char text[300];

	memset(in, 0xff, sizeof(in));
	memset(text, 'z', sizeof(text));
	assert_int_equal(base58_encode(BYTES(in, 129), text, sizeof(text)), -ENOBUFS);
	assert_int_equal(base58_encode(BYTES(in, 128), text, sizeof(text)), 175);
	assert_int_equal(base58_decode(BYTES(text, 129), out, sizeof(out)), -EINVAL);
	assert_int_equal(base58_decode(BYTES(text, 128), out, sizeof(out)), 94);
}

TEST(hexadecimal_is_read_in_either_case_and_written_in_lower)
{
	uint8_t out[4];
	char text[9];

	assert_int_equal(hex_decode(BYTES_LITERAL("00fFaB12"), out, 4), 4);
	hex_encode(BYTES(out, 4), text);
	assert_string_equal(text, "00ffab12");
	assert_int_equal(hex_decode(BYTES_LITERAL("00fFaB12"), out, 3), -ENOBUFS);
	assert_int_equal(hex_decode(BYTES_LITERAL("00f"), out, 4), -EINVAL);
	assert_int_equal(hex_decode(BYTES(NULL, 0), out, 4), 0);
	hex_encode(BYTES(NULL, 0), text);
	assert_string_equal(text, "");
}

TEST(the_first_character_tells_the_base)
{
	static const char *const texts[] = { "bpfsxg", "f796573", "k4qir7", "ueWVz", "zhmzS" };
	uint8_t out[8];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int n = multibase_decode(bytes_of_text(texts[i]), out, sizeof(out));

		assert_int_equal(n, 3);
		assert_memory_equal(out, "yes", 3);
	}
	assert_int_equal(multibase_decode(BYTES_LITERAL("b"), out, sizeof(out)), 0);
	assert_int_equal(multibase_decode(BYTES_LITERAL("meWVz"), out, sizeof(out)), -EINVAL);
	assert_int_equal(multibase_decode(BYTES(NULL, 0), out, sizeof(out)), -EINVAL);
}

TESTS(RUN(base58_has_the_published_texts),
      RUN(base58_brings_back_every_length_and_every_number_of_leading_zeroes),
      RUN(base32_has_the_published_texts), RUN(base64url_has_the_published_texts),
      RUN(base36_is_read), RUN(what_is_no_digit_is_refused),
      RUN(what_fills_up_the_last_digit_is_zero), RUN(the_work_of_base58_has_an_end),
      RUN(hexadecimal_is_read_in_either_case_and_written_in_lower),
      RUN(the_first_character_tells_the_base))
