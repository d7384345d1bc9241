#include <sys/socket.h>

#include "test.h"

#include "node/embed.h"
#include "temp.h"

/* The public node on the real loop, in a folder of its own. */
struct told {
	struct pl_node *node; /* set: stopped as soon as it is ready */
	char error[1024];
	size_t n_ready, n_warnings;
	int attach_fd; /* handed to it as soon as it is ready; 0: none */
};

static void on_event(void *user, enum pl_level level, const char *event, const char *json)
{
	struct told *t = user;

	if (strcmp(event, "error") == 0) {
		assert_int_equal(level, PL_LEVEL_ERROR);
		snprintf(t->error, sizeof(t->error), "%s", json);
	}
	t->n_warnings += level == PL_LEVEL_WARN;
	if (strcmp(event, "ready") != 0)
		return;
	t->n_ready++;
	if (t->attach_fd > 0)
		assert_int_equal(embed_attach(t->node, t->attach_fd), 0);
	assert_int_equal(access(temp_path("data/run.json"), F_OK), 0);
	assert_int_equal(access(temp_path("data/peerline.sock"), F_OK), 0);
	pl_node_stop(t->node);
}

static int new_node(struct told *t, const char *key, const char *value, struct pl_node **ret)
{
	const struct pl_setting given[] = {
		{ "data", temp_path("data") },
		{ "p2p_host", "127.0.0.1" },
		{ "p2p_port", "auto" },
		{ "door_port", "auto" },
		{ key, value },
	};

	return pl_node_new(given, key ? 5 : 4, on_event, t, ret);
}

TEST(a_node_runs_until_it_is_stopped_and_leaves_nothing_open)
{
	struct told t = { 0 };

	assert_int_equal(new_node(&t, NULL, NULL, &t.node), 0);
	assert_int_equal(pl_node_run(t.node), 0);
	assert_int_equal(t.n_ready, 1);
	pl_node_free(t.node);
	assert_int_equal(access(temp_path("data/run.json"), F_OK), -1);
	assert_int_equal(access(temp_path("data/peerline.sock"), F_OK), -1);
	assert_int_equal(access(temp_path("data/node.key"), F_OK), 0);
}

static void open_pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
}

TEST(a_consumer_inside_the_process_is_let_in_while_the_node_runs)
{
	char text[1024] = "";
	struct told t = { 0 };
	int fds[2];

	open_pair(fds);
	t.attach_fd = fds[1];
	assert_int_equal(new_node(&t, NULL, NULL, &t.node), 0);
	assert_int_equal(pl_node_run(t.node), 0);
	assert_true(read(fds[0], text, sizeof(text) - 1) > 0);
	assert_non_null(strstr(text, "INFO {"));
	assert_null(strstr(text, "auth_required\":true"));
	close(fds[0]);
	open_pair(fds);
	assert_int_equal(embed_attach(t.node, fds[1]), -ESHUTDOWN);
	assert_int_equal(read(fds[0], text, sizeof(text)), 0);
	close(fds[0]);
	pl_node_free(t.node);
}

TEST(a_node_that_was_never_run_is_freed)
{
	struct told t = { 0 };

	assert_int_equal(new_node(&t, NULL, NULL, &t.node), 0);
	pl_node_free(t.node);
	pl_node_free(NULL);
	assert_int_equal(t.n_ready, 0);
}

TEST(mistakes_are_told_in_a_sentence)
{
	struct pl_node *first, *second = NULL;
	struct told t = { 0 };

	assert_int_equal(new_node(&t, "max_peers", "0", &second), -EINVAL);
	assert_non_null(strstr(t.error, "MAX_PEERS"));
	assert_int_equal(new_node(&t, "max_peer", "7", &second), -ENOENT);
	assert_non_null(strstr(t.error, "did you mean max_peers?"));
	assert_int_equal(new_node(&t, "config", "/nonexistent/x.conf", &second), -ENOENT);
	assert_non_null(strstr(t.error, "/nonexistent/x.conf does not exist"));
	assert_int_equal(new_node(&t, NULL, NULL, &first), 0);
	assert_int_equal(new_node(&t, NULL, NULL, &second), -EBUSY);
	assert_non_null(strstr(t.error, "another node runs"));
	assert_null(second);
	pl_node_free(first);
}

TEST(the_file_in_the_data_directory_is_read)
{
	static const char text[] = "max_peers = none\n";
	struct told t = { 0 };

	assert_int_equal(mkdir(temp_path("data"), 0700), 0);
	temp_write("data/peerline.conf", text, strlen(text), 0600);
	assert_int_equal(new_node(&t, NULL, NULL, &t.node), -EINVAL);
	assert_non_null(strstr(t.error, "peerline.conf, line 1"));
	assert_non_null(strstr(t.error, "\\\"none\\\""));
}

TEST(a_malformed_bootstrap_entry_is_a_warning)
{
	struct told t = { 0 };

	assert_int_equal(new_node(&t, "bootstrap_peers", "nonsense", &t.node), 0);
	assert_int_equal(t.n_warnings, 1);
	pl_node_free(t.node);
}

TEST(a_peer_cache_that_is_not_there_or_empty_is_a_warning)
{
	struct told t = { 0 };

	assert_int_equal(new_node(&t, "import_peer_cache", temp_path("cache"), &t.node), 0);
	assert_int_equal(t.n_warnings, 1);
	pl_node_free(t.node);
	temp_write("cache", "", 0, 0600);
	t = (struct told){ 0 };
	assert_int_equal(new_node(&t, "import_peer_cache", temp_path("cache"), &t.node), 0);
	assert_int_equal(t.n_warnings, 1);
	pl_node_free(t.node);
	temp_write("cache", "[]", 2, 0600);
	t = (struct told){ 0 };
	assert_int_equal(new_node(&t, "import_peer_cache", temp_path("cache"), &t.node), 0);
	assert_int_equal(t.n_warnings, 0);
	pl_node_free(t.node);
}

TEST(the_version_is_that_of_the_build)
{
	assert_string_equal(pl_version(), PL_VERSION);
}

TESTS(RUN_IN_TEMP(a_node_runs_until_it_is_stopped_and_leaves_nothing_open),
      RUN_IN_TEMP(a_consumer_inside_the_process_is_let_in_while_the_node_runs),
      RUN_IN_TEMP(a_node_that_was_never_run_is_freed), RUN_IN_TEMP(mistakes_are_told_in_a_sentence),
      RUN_IN_TEMP(the_file_in_the_data_directory_is_read),
      RUN_IN_TEMP(a_malformed_bootstrap_entry_is_a_warning),
      RUN_IN_TEMP(a_peer_cache_that_is_not_there_or_empty_is_a_warning),
      RUN(the_version_is_that_of_the_build))
