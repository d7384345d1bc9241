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

TEST(run_json_lives_as_long_as_the_node)
{
	struct config_error e = { "" };
	struct datadir *d = open_at(1, 0, &e);

	assert_int_equal(datadir_publish(d, "{}", &e), 0);
	assert_int_equal(access(temp_path("deep/data/run.json"), F_OK), 0);
	datadir_close(d);
	assert_int_equal(access(temp_path("deep/data/run.json"), F_OK), -1);
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
		RUN_IN_TEMP(run_json_lives_as_long_as_the_node),
		RUN_IN_TEMP(a_socket_path_that_is_a_file_is_left_alone),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
