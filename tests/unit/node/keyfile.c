#include "test.h"

#include "node/key_format.h"
#include "node/keyfile.h"
#include "temp.h"
#include "wire/public_key.h"

/* Seed of 32 times 01. */
#define KEY_HEX                                                                                    \
	"08011240"                                                                                 \
	"0101010101010101010101010101010101010101010101010101010101010101"                         \
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

TEST(a_created_key_is_private_loads_again_and_is_never_overwritten)
{
	struct config_error e = { "" };
	struct key_pair key, again;
	struct stat st;

	assert_int_equal(key_format_decode(HEX(KEY_HEX), &key, &e), 0);
	assert_int_equal(keyfile_create(temp_path("k"), &key, &e), 0);
	assert_int_equal(stat(temp_path("k"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(keyfile_load(temp_path("k"), &again, &e), 0);
	assert_vector(&again);
	assert_int_equal(keyfile_create(temp_path("k"), &key, &e), -EEXIST);
	assert_non_null(strstr(e.text, "left alone"));
}

TEST(a_key_that_others_can_read_is_refused)
{
	struct config_error e = { "" };
	struct key_pair key;

	temp_write("k", KEY_HEX, strlen(KEY_HEX), 0640);
	assert_int_equal(keyfile_load(temp_path("k"), &key, &e), -EACCES);
	assert_non_null(strstr(e.text, "chmod 600"));
}

TEST(a_file_that_is_missing_or_no_key_is_refused_and_left_alone)
{
	struct config_error e = { "" };
	struct key_pair key;

	assert_int_equal(keyfile_load(temp_path("none"), &key, &e), -ENOENT);
	assert_int_equal(keyfile_load(temp_path("."), &key, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "not a file"));
	temp_write("k", "garbage", 7, 0600);
	assert_int_equal(keyfile_load(temp_path("k"), &key, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "left alone"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_IN_TEMP(a_created_key_is_private_loads_again_and_is_never_overwritten),
		RUN_IN_TEMP(a_key_that_others_can_read_is_refused),
		RUN_IN_TEMP(a_file_that_is_missing_or_no_key_is_refused_and_left_alone),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
