#include "crypto/keys.h"

#include "test.h"

TEST(sha256_gives_the_published_digests)
{
	/* FIPS 180-4: the empty text, one block, two blocks. */
	static const struct {
		const char *text, *digest;
	} vectors[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	uint8_t digest[32];

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		sha256(bytes_of_text(vectors[i].text), digest);
		assert_memory_equal(digest, HEX(vectors[i].digest).p, 32);
	}
	sha256(BYTES(NULL, 0), digest);
	assert_memory_equal(digest, HEX(vectors[0].digest).p, 32);
}

TEST(secrets_are_compared_whole)
{
	assert_true(secret_equal("abcd", "abcd", 4));
	assert_false(secret_equal("abcd", "abce", 4));
	assert_false(secret_equal("abcd", "bbcd", 4));
	assert_true(secret_equal("abcd", "abce", 3));
	assert_true(secret_equal(NULL, NULL, 0));
}

TEST(a_wiped_secret_is_gone)
{
	char secret[] = "secret", zero[sizeof(secret)] = { 0 };

	secret_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, zero, sizeof(secret));
}

TEST(a_buffer_of_secrets_may_be_empty)
{
	struct buf b;

	buf_init(&b, 100);
	secret_buf_deinit(&b);
	assert_int_equal(buf_append(&b, "secret", 6), 0);
	secret_buf_deinit(&b);
	assert_int_equal(buf_len(&b), 0);
	assert_null(b.mem);
}

TESTS(RUN(sha256_gives_the_published_digests), RUN(secrets_are_compared_whole),
      RUN(a_wiped_secret_is_gone), RUN(a_buffer_of_secrets_may_be_empty))
