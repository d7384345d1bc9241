/* Proves which files are private enough to hold a secret. */

#include "test.h"

#include "node/private_file.h"
#include "temp.h"

static struct config_error e;

static int check(const char *name)
{
	e.text[0] = '\0';
	return private_file_check(temp_path(name), "take another", &e);
}

TEST(a_file_that_only_we_can_read_is_private)
{
	temp_write("a", "x", 1, 0600);
	assert_int_equal(check("a"), 0);
	temp_write("a", "x", 1, 0400);
	assert_int_equal(check("a"), 0);
	assert_string_equal(e.text, "");
}

TEST(a_file_that_others_can_read_is_not)
{
	static const mode_t modes[] = { 0604, 0640, 0620, 0601, 0666 };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		temp_write("a", "x", 1, modes[i]);
		assert_int_equal(check("a"), -EACCES);
		assert_non_null(strstr(e.text, "chmod 600, or take another"));
	}
}

TEST(a_file_of_another_user_is_not)
{
	if (geteuid() != 0)
		skip();
	temp_write("a", "x", 1, 0600);
	assert_int_equal(chown(temp_path("a"), 1234, 1234), 0);
	assert_int_equal(check("a"), -EPERM);
	assert_non_null(strstr(e.text, "uid 1234"));
}

TEST(what_is_no_file_or_not_there_is_told)
{
	assert_int_equal(check("none"), -ENOENT);
	assert_int_equal(mkfifo(temp_path("fifo"), 0600), 0);
	assert_int_equal(check("fifo"), -EBADMSG);
	assert_int_equal(mkdir(temp_path("folder"), 0700), 0);
	assert_int_equal(check("folder"), -EBADMSG);
}

TESTS(RUN_IN_TEMP(a_file_that_only_we_can_read_is_private),
      RUN_IN_TEMP(a_file_that_others_can_read_is_not), RUN_IN_TEMP(a_file_of_another_user_is_not),
      RUN_IN_TEMP(what_is_no_file_or_not_there_is_told))
