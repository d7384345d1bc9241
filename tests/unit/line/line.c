/* Proves how a line begins and ends. It starts threads and nodes, so it is no unit test. */

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#include "../node/temp.h"
#include "line/line_priv.h"

static int open_line(const char *data, struct pl_line **ret)
{
	static const struct pl_setting given[] = {
		{ "p2p_host", "127.0.0.1" },
		{ "p2p_port", "auto" },
		{ "door_port", "auto" },
	};
	char address[512];

	snprintf(address, sizeof(address), "embedded:%s", temp_path(data));
	return pl_line_open(address, given, ARRAY_SIZE(given), ret);
}

TEST(an_embedded_line_is_ready_when_it_is_open_and_gone_when_it_is_closed)
{
	struct pl_line *line;
	int fd = -1;
	char byte;

	assert_int_equal(open_line("data", &line), 0);
	assert_string_equal(pl_line_error(line), "");
	assert_null(line_address(line));
	assert_int_equal(access(temp_path("data/peerline.sock"), F_OK), 0);
	assert_int_equal(line_connect(line, &fd), 0);
	line_ref(line); /* as a consumer does */
	pl_line_close(line);
	assert_int_equal(access(temp_path("data/peerline.sock"), F_OK), -1);
	while (read(fd, &byte, 1) == 1)
		; /* INFO, and that it is about to end */
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
	assert_int_equal(line_connect(line, &fd), -ESHUTDOWN);
	line_unref(line);
}

TEST(a_node_that_cannot_start_says_why_in_a_sentence)
{
	const struct pl_setting bad = { "max_peers", "many" };
	struct pl_line *first, *line;

	assert_int_equal(open_line("data", &first), 0);
	assert_int_equal(open_line("data", &line), -EBUSY);
	assert_non_null(strstr(pl_line_error(line), "another node runs"));
	pl_line_close(line);
	pl_line_close(first);
	assert_int_equal(pl_line_open("embedded:", &bad, 1, &line), -EINVAL);
	assert_non_null(strstr(pl_line_error(line), "MAX_PEERS"));
	pl_line_close(line);
}

TEST(an_attached_line_only_remembers_where)
{
	struct pl_line *line;

	assert_int_equal(pl_line_open("/nonexistent/x.sock", NULL, 0, &line), 0);
	assert_string_equal(line_address(line), "/nonexistent/x.sock");
	pl_line_close(line);
	assert_int_equal(pl_line_open(NULL, NULL, 0, &line), -EINVAL);
	pl_line_close(line);
	assert_int_equal(pl_line_open("what is this", NULL, 0, &line), -EINVAL);
	assert_non_null(strstr(pl_line_error(line), "\"what is this\" is no address"));
	pl_line_close(line);
	pl_line_close(NULL);
	assert_string_equal(pl_line_error(NULL), "");
}

static pthread_t heard_by;

static void on_signal(int number __attribute__((unused)))
{
	heard_by = pthread_self();
}

TEST(signals_stay_the_programs)
{
	struct pl_line *line;

	assert_int_equal(open_line("data", &line), 0);
	assert_true(signal(SIGUSR1, on_signal) != SIG_ERR);
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	assert_true(pthread_equal(heard_by, pthread_self()));
	(void)signal(SIGUSR1, SIG_DFL);
	pl_line_close(line);
}

TESTS(RUN_IN_TEMP(an_embedded_line_is_ready_when_it_is_open_and_gone_when_it_is_closed),
      RUN_IN_TEMP(a_node_that_cannot_start_says_why_in_a_sentence),
      RUN(an_attached_line_only_remembers_where), RUN_IN_TEMP(signals_stay_the_programs))
