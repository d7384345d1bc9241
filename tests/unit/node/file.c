#include "test.h"

#include "node/file.h"
#include "temp.h"

TEST(what_is_written_is_read_again_with_the_mode_asked_for)
{
	_cleanup_(buf_deinit) struct buf b;
	struct stat st;

	buf_init(&b, 100);
	assert_int_equal(file_write_atomic(temp_path("a"), BYTES_LITERAL("hello"), 0600), 0);
	assert_int_equal(file_read(temp_path("a"), &b), 0);
	assert_bytes(buf_data(&b), "hello");
	assert_int_equal(stat(temp_path("a"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

TEST(writing_replaces_and_leaves_no_temporary_file)
{
	_cleanup_(buf_deinit) struct buf b;

	buf_init(&b, 100);
	assert_int_equal(file_write_atomic(temp_path("a"), BYTES_LITERAL("one"), 0644), 0);
	assert_int_equal(file_write_atomic(temp_path("a"), BYTES_LITERAL("two"), 0644), 0);
	assert_int_equal(file_read(temp_path("a"), &b), 0);
	assert_bytes(buf_data(&b), "two");
	assert_int_equal(access(temp_path("a.new"), F_OK), -1);
}

TEST(writing_leaves_alone_what_stands_in_the_place_of_the_temporary_file)
{
	_cleanup_(buf_deinit) struct buf b;

	buf_init(&b, 100);
	temp_write("precious", "mine", 4, 0600);
	assert_int_equal(symlink(temp_path("precious"), temp_path("a.new")), 0);
	assert_int_equal(file_write_atomic(temp_path("a"), BYTES_LITERAL("one"), 0600), 0);
	assert_int_equal(file_read(temp_path("precious"), &b), 0);
	assert_bytes(buf_data(&b), "mine");
	/* Nobody reads there: opening it would wait for ever. */
	assert_int_equal(mkfifo(temp_path("a.new"), 0600), 0);
	assert_int_equal(file_write_atomic(temp_path("a"), BYTES_LITERAL("two"), 0600), 0);
	buf_clear(&b);
	assert_int_equal(file_read(temp_path("a"), &b), 0);
	assert_bytes(buf_data(&b), "two");
}

TEST(a_file_beyond_the_maximum_is_refused)
{
	_cleanup_(buf_deinit) struct buf b;

	buf_init(&b, 4);
	temp_write("a", "12345", 5, 0600);
	assert_int_equal(file_read(temp_path("a"), &b), -EFBIG);
}

TEST(what_is_not_there_or_no_file_is_told)
{
	_cleanup_(buf_deinit) struct buf b;

	buf_init(&b, 4);
	assert_int_equal(file_read(temp_path("none"), &b), -ENOENT);
	assert_int_equal(file_read(temp_folder, &b), -EINVAL);
	assert_int_equal(mkfifo(temp_path("fifo"), 0600), 0);
	assert_int_equal(file_read(temp_path("fifo"), &b), -EINVAL);
	assert_int_equal(file_write_atomic(temp_path("no/such/folder"), BYTES_LITERAL("x"), 0600),
			 -ENOENT);
}

TESTS(RUN_IN_TEMP(what_is_written_is_read_again_with_the_mode_asked_for),
      RUN_IN_TEMP(writing_replaces_and_leaves_no_temporary_file),
      RUN_IN_TEMP(writing_leaves_alone_what_stands_in_the_place_of_the_temporary_file),
      RUN_IN_TEMP(a_file_beyond_the_maximum_is_refused),
      RUN_IN_TEMP(what_is_not_there_or_no_file_is_told))
