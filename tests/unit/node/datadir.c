#include "test.h"

#include "node/datadir.h"
#include "temp.h"

static struct random_seeded generator;

static struct datadir *open_at(int64_t seconds, int expected, struct config_error *e)
{
	struct random random = random_seeded_source(&generator);
	struct wall now = { seconds * (int64_t)NS_PER_S };
	struct datadir *d = NULL;

	assert_int_equal(datadir_open(temp_path("deep/data"), &random, now, &d, e), expected);
	return d;
}

static int start(void **state)
{
	(void)state;
	random_seeded_init(&generator, 1);
	return crypto_start();
}

TEST(key_and_token_stay_and_the_numbers_grow_with_every_start)
{
	struct config_error e = { "" };
	struct datadir *d = open_at(1000, 0, &e);
	struct datadir first = *d;

	assert_int_equal(strlen(d->token), DOOR_TOKEN_CHARS);
	datadir_close(d);

	/* The clock jumped back: the numbers do not. */
	d = open_at(10, 0, &e);
	assert_memory_equal(d->key.public, first.key.public, 32);
	assert_string_equal(d->token, first.token);
	assert_true(d->incarnation > first.incarnation);
	assert_true(d->seqno_last > first.seqno_last + UINT32_MAX);
	datadir_close(d);

	d = open_at(2000, 0, &e);
	assert_true(d->incarnation >= 2000);
	assert_true(d->seqno_last >= 2000 * NS_PER_S);
	datadir_close(d);
}

TEST(a_second_node_is_refused_and_told_the_pid)
{
	struct config_error e = { "" };
	struct datadir *d = open_at(1, 0, &e);
	char pid[32];

	snprintf(pid, sizeof(pid), "pid %ld", (long)getpid());
	assert_null(open_at(1, -EBUSY, &e));
	assert_non_null(strstr(e.text, pid));
	datadir_close(d);
	datadir_close(open_at(1, 0, &e));
}

TEST(damaged_files_are_refused_and_left_alone)
{
	static const struct {
		const char *name, *content;
	} cases[] = {
		{ "deep/data/node.key", "garbage" },
		{ "deep/data/door.token", "short" },
		{ "deep/data/node.state", "not numbers" },
		{ "deep/data/node.state", "-1 -1" },
		{ "deep/data/node.state", "1 9223372036854775808" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config_error e = { "" };
		char kept[256] = { 0 };
		FILE *f;

		datadir_close(open_at(1, 0, &e));
		assert_int_equal(rename(temp_path(cases[i].name), temp_path("kept")), 0);
		temp_write(cases[i].name, cases[i].content, strlen(cases[i].content), 0600);
		assert_null(open_at(1, -EBADMSG, &e));
		assert_non_null(strstr(e.text, temp_path(cases[i].name)));
		f = fopen(temp_path(cases[i].name), "r");
		assert_true(fread(kept, 1, sizeof(kept) - 1, f) > 0);
		fclose(f);
		assert_string_equal(kept, cases[i].content);
		assert_int_equal(rename(temp_path("kept"), temp_path(cases[i].name)), 0);
	}
}

TEST(a_folder_that_everybody_can_write_or_of_another_user_is_refused)
{
	struct config_error e = { "" };

	datadir_close(open_at(1, 0, &e));
	assert_int_equal(chmod(temp_path("deep/data"), 0777), 0);
	assert_null(open_at(1, -EACCES, &e));
	assert_non_null(strstr(e.text, "chmod 700"));
	assert_int_equal(chmod(temp_path("deep/data"), 0770), 0);
	datadir_close(open_at(1, 0, &e));
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(temp_path("deep/data"), 1234, 1234), 0);
	assert_null(open_at(1, -EPERM, &e));
	assert_non_null(strstr(e.text, "uid 1234"));
}

TEST(a_token_that_others_can_read_is_refused)
{
	struct config_error e = { "" };

	datadir_close(open_at(1, 0, &e));
	assert_int_equal(chmod(temp_path("deep/data/door.token"), 0644), 0);
	assert_null(open_at(1, -EACCES, &e));
	assert_non_null(strstr(e.text, "delete it to get a new one"));
}

TEST(a_lock_that_leads_elsewhere_is_refused)
{
	struct config_error e = { "" };
	struct stat st;

	datadir_close(open_at(1, 0, &e));
	temp_write("precious", "", 0, 0600);
	assert_int_equal(unlink(temp_path("deep/data/node.lock")), 0);
	assert_int_equal(symlink(temp_path("precious"), temp_path("deep/data/node.lock")), 0);
	assert_null(open_at(1, -ELOOP, &e));
	assert_int_equal(stat(temp_path("precious"), &st), 0);
	assert_int_equal(st.st_size, 0);
}

TEST(run_json_lives_as_long_as_the_node)
{
	struct config_error e = { "" };
	struct datadir *d = open_at(1, 0, &e);

	assert_int_equal(datadir_publish(d, "{}", &e), 0);
	assert_int_equal(access(temp_path("deep/data/run.json"), F_OK), 0);
	datadir_close(d);
	assert_int_equal(access(temp_path("deep/data/run.json"), F_OK), -1);
}

TEST(a_socket_is_not_made_where_others_could_take_its_place)
{
	struct config_error e = { "" };

	assert_int_equal(mkdir(temp_path("open"), 0700), 0);
	assert_int_equal(chmod(temp_path("open"), 0777), 0);
	assert_int_equal(datadir_clear_socket(temp_path("open/s"), &e), -EACCES);
	assert_non_null(strstr(e.text, "can be written by everybody (mode 0777)"));
	/* As /tmp: there nobody can take away what is not his. */
	assert_int_equal(chmod(temp_path("open"), 01777), 0);
	assert_int_equal(datadir_clear_socket(temp_path("open/s"), &e), 0);
	assert_int_equal(datadir_clear_socket(temp_path("none/s"), &e), -ENOENT);
}

TEST(a_socket_path_that_is_a_file_is_left_alone)
{
	struct config_error e = { "" };

	temp_write("f", "x", 1, 0600);
	assert_int_equal(datadir_clear_socket(temp_path("f"), &e), -EADDRINUSE);
	assert_int_equal(access(temp_path("f"), F_OK), 0);
	assert_int_equal(datadir_clear_socket(temp_path("none"), &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_IN_TEMP(key_and_token_stay_and_the_numbers_grow_with_every_start),
		RUN_IN_TEMP(a_second_node_is_refused_and_told_the_pid),
		RUN_IN_TEMP(damaged_files_are_refused_and_left_alone),
		RUN_IN_TEMP(a_folder_that_everybody_can_write_or_of_another_user_is_refused),
		RUN_IN_TEMP(a_token_that_others_can_read_is_refused),
		RUN_IN_TEMP(a_lock_that_leads_elsewhere_is_refused),
		RUN_IN_TEMP(run_json_lives_as_long_as_the_node),
		RUN_IN_TEMP(a_socket_is_not_made_where_others_could_take_its_place),
		RUN_IN_TEMP(a_socket_path_that_is_a_file_is_left_alone),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
