#include "test.h"

#include "node/key_format.h"
#include "wire/public_key.h"

/* Seed of 32 times 01. */
#define KEY_HEX                                                                                    \
	"08011240"                                                                                 \
	"0101010101010101010101010101010101010101010101010101010101010101"                         \
	"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
#define LEGACY_HEX                                                                                 \
	"08011260"                                                                                 \
	"0101010101010101010101010101010101010101010101010101010101010101"                         \
	"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"                         \
	"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"

static void assert_vector(const struct key_pair *key)
{
	char text[PEER_ID_TEXT_MAX];
	struct peer_id id;

	public_key_ed25519_peer_id(key->public, &id);
	assert_string_equal(peer_id_text(&id, text),
			    "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5");
}

static int start(void **state)
{
	(void)state;
	return crypto_start();
}

TEST(all_forms_of_a_key_give_the_same_peer)
{
	struct config_error e = { "" };
	struct key_pair key;

	assert_int_equal(key_format_decode(HEX(KEY_HEX), &key, &e), 0);
	assert_vector(&key);
	assert_int_equal(key_format_decode(HEX(LEGACY_HEX), &key, &e), 0);
	assert_vector(&key);
	assert_int_equal(key_format_decode(BYTES_LITERAL("  " KEY_HEX "\n"), &key, &e), 0);
	assert_vector(&key);
}

TEST(what_is_no_key_is_refused_and_every_truncation_is)
{
	struct config_error e = { "" };
	struct key_pair key;
	struct bytes whole = HEX(KEY_HEX);
	uint8_t mixed[68];

	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(key_format_decode(BYTES(whole.p, n), &key, &e), -EBADMSG);
	memcpy(mixed, whole.p, sizeof(mixed));
	mixed[67] ^= 1;
	assert_int_equal(key_format_decode(BYTES(mixed, sizeof(mixed)), &key, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "halves"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(all_forms_of_a_key_give_the_same_peer),
		RUN(what_is_no_key_is_refused_and_every_truncation_is),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
