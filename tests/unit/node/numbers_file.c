/* Proves that the numbers of one run are good for one start. */

#include "test.h"

#include "node/numbers_file.h"
#include "temp.h"

TEST(what_was_saved_is_taken_once_and_lies_there_to_be_looked_at)
{
	_cleanup_(buf_deinit) struct buf b;
	struct stat st;

	buf_init(&b, 100);
	assert_int_equal(numbers_file_take(temp_folder, &b), -ENOENT);
	assert_int_equal(numbers_file_save(temp_folder, BYTES_LITERAL("numbers")), 0);
	assert_int_equal(stat(temp_path("door.numbers"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(numbers_file_take(temp_folder, &b), 0);
	assert_bytes(buf_data(&b), "numbers");
	assert_int_equal(numbers_file_take(temp_folder, &b), -ENOENT);
	assert_int_equal(access(temp_path("door.numbers.used"), F_OK), 0);
}

TEST(a_file_that_is_too_long_is_set_aside_and_not_used)
{
	_cleanup_(buf_deinit) struct buf b;

	buf_init(&b, 3);
	assert_int_equal(numbers_file_save(temp_folder, BYTES_LITERAL("numbers")), 0);
	assert_int_equal(numbers_file_take(temp_folder, &b), -EFBIG);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(access(temp_path("door.numbers"), F_OK), -1);
}

TESTS(RUN_IN_TEMP(what_was_saved_is_taken_once_and_lies_there_to_be_looked_at),
      RUN_IN_TEMP(a_file_that_is_too_long_is_set_aside_and_not_used))
