/* Proves what the public calls add to the client inside: checks, texts, copies. Against an embedded
 * node, so it is no unit test. */

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "test.h"

#include "../node/temp.h"
#include "peerline/consumer.h"

static struct pl_line *open_line(void)
{
	static const struct pl_setting given[] = {
		{ "p2p_host", "127.0.0.1" },
		{ "p2p_port", "auto" },
		{ "door_port", "auto" },
	};
	struct pl_line *line;
	char address[512];

	snprintf(address, sizeof(address), "embedded:%s", temp_path("data"));
	assert_int_equal(pl_line_open(address, given, ARRAY_SIZE(given), &line), 0);
	return line;
}

static struct pl_consumer *open_consumer(struct pl_line *line)
{
	struct pl_consumer *c;

	assert_int_equal(pl_consumer_open(line, NULL, &c), 0);
	return c;
}

TEST(a_message_has_its_texts_headers_and_data)
{
	const struct pl_header headers[] = { { "Colour", "blue" }, { "Empty", "" } };
	const struct pl_publication pub = {
		.size = sizeof(pub),
		.subject = "local.a",
		.reply = "local.b",
		.headers = headers,
		.n_headers = ARRAY_SIZE(headers),
		.data = "\0data",
		.data_size = 5,
	};
	struct pl_line *line = open_line();
	struct pl_consumer *c = open_consumer(line);
	struct pl_counts counts = { .size = sizeof(counts) };
	const struct pl_message *m;
	const char *value;
	uint64_t sid;
	size_t n;

	assert_int_equal(pl_consumer_subscribe(c, "local.>", NULL, &sid), 0);
	assert_int_equal(pl_consumer_publish_message(c, &pub), 0);
	assert_int_equal(pl_consumer_next(c, 5000, &m), 0);
	assert_int_equal(m->kind, PL_MESSAGE);
	assert_int_equal(m->sid, sid);
	assert_string_equal(m->subject, "local.a");
	assert_string_equal(m->reply, "local.b");
	assert_int_equal(m->data_size, 5);
	assert_memory_equal(m->data, "\0data", 5);
	value = pl_message_header(m, "Colour", &n);
	assert_int_equal(n, 4);
	assert_memory_equal(value, "blue", 4);
	assert_string_equal(pl_message_header(m, "Empty", &n), "");
	assert_null(pl_message_header(m, "colour", &n));
	assert_int_equal(pl_consumer_respond(c, m, "yes", 3), 0);
	assert_int_equal(pl_consumer_next(c, 5000, &m), 0);
	assert_string_equal(m->subject, "local.b");
	assert_string_equal(m->reply, "");
	assert_null(pl_message_header(m, "Colour", &n));
	assert_int_equal(pl_consumer_respond(c, m, "yes", 3), -EINVAL);
	assert_int_equal(pl_consumer_counts(c, &counts), 0);
	assert_int_equal(counts.received, 2);
	assert_int_equal(counts.published, 2);
	pl_consumer_close(c);
	pl_line_close(line);
}

TEST(what_is_no_publication_is_refused_before_it_leaves)
{
	static const struct pl_header bad[] = {
		{ "", "x" },   { "a b", "x" },    { "a:b", "x" }, { "a\r\n", "x" },
		{ NULL, "x" }, { "a", "x\r\ny" }, { "a", NULL },
	};
	struct pl_publication pub = { .size = sizeof(pub), .subject = "a", .n_headers = 1 };
	struct pl_line *line = open_line();
	struct pl_consumer *c = open_consumer(line);
	struct pl_counts counts = { .size = 8 };
	char long_value[4096];
	struct pl_header many[300];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		pub.headers = &bad[i];
		assert_int_equal(pl_consumer_publish_message(c, &pub), -EINVAL);
	}
	memset(long_value, 'x', sizeof(long_value) - 1);
	long_value[sizeof(long_value) - 1] = 0;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct pl_header){ "a", long_value };
	pub.headers = many;
	pub.n_headers = ARRAY_SIZE(many);
	assert_int_equal(pl_consumer_publish_message(c, &pub), -EMSGSIZE);
	pub = (struct pl_publication){ .size = 8, .subject = "a" };
	assert_int_equal(pl_consumer_publish_message(c, &pub), -EINVAL);
	pub = (struct pl_publication){ .size = sizeof(pub) };
	assert_int_equal(pl_consumer_publish_message(c, &pub), -EINVAL);
	assert_int_equal(pl_consumer_publish(c, "a b", "x", 1), -EINVAL);
	assert_int_equal(pl_consumer_subscribe(c, "", NULL, NULL), -EINVAL);
	assert_int_equal(pl_consumer_subscribe(c, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(pl_consumer_publish(c, NULL, "x", 1), -EINVAL);
	assert_int_equal(pl_consumer_publish(c, "a", NULL, 1), -EINVAL);
	pub = (struct pl_publication){ .size = sizeof(pub), .subject = "a", .data_size = 1 };
	assert_int_equal(pl_consumer_publish_message(c, &pub), -EINVAL);
	pub = (struct pl_publication){ .size = sizeof(pub), .subject = "a", .n_headers = 1 };
	assert_int_equal(pl_consumer_publish_message(c, &pub), -EINVAL);
	assert_int_equal(pl_consumer_unsubscribe(c, 99, 0), -ENOENT);
	assert_int_equal(pl_consumer_counts(c, &counts), -EINVAL);
	pl_consumer_close(c);
	pl_line_close(line);
}

TEST(opening_checks_what_it_is_given_and_tells_who_refused)
{
	const struct pl_consumer_options small = { .size = 8 };
	const struct pl_consumer_options named = { .size = sizeof(named), .name = "one" };
	struct pl_line *line = open_line(), *nowhere;
	struct pl_consumer *first, *c;

	assert_int_equal(pl_consumer_open(NULL, NULL, &c), -EINVAL);
	assert_int_equal(pl_consumer_open(line, &small, &c), -EINVAL);
	assert_null(c);
	assert_int_equal(pl_consumer_open(line, &named, &first), 0);
	assert_true(pl_consumer_fd(first) >= 0);
	pl_consumer_close(first);
	assert_int_equal(pl_line_open("/nonexistent/x.sock", NULL, 0, &nowhere), 0);
	assert_int_equal(pl_consumer_open(nowhere, NULL, &c), -ENOENT);
	assert_null(c);
	pl_line_close(nowhere);
	pl_line_close(line);
	pl_consumer_close(NULL);
	assert_string_equal(pl_consumer_error(NULL), "");
}

static atomic_bool is_over;

/* Answers the node's question whether it lives. */
static void *hold(void *user)
{
	const struct pl_message *m;

	while (!atomic_load(&is_over))
		assert_int_equal(pl_consumer_next(user, 20, &m), PL_E_TIMEOUT);
	return user;
}

TEST(a_name_that_a_live_consumer_has_is_refused_with_a_sentence)
{
	const struct pl_consumer_options named = { .size = sizeof(named), .name = "one" };
	struct pl_line *line = open_line();
	struct pl_consumer *first, *second;
	pthread_t thread;

	atomic_store(&is_over, false);
	assert_int_equal(pl_consumer_open(line, &named, &first), 0);
	assert_int_equal(pthread_create(&thread, NULL, hold, first), 0);
	assert_int_equal(pl_consumer_open(line, &named, &second), PL_E_REFUSED);
	assert_non_null(strstr(pl_consumer_error(second), "is held by another live connection"));
	pl_consumer_close(second);
	atomic_store(&is_over, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pl_consumer_close(first);
	pl_line_close(line);
}

TEST(a_consumer_outlives_its_line_and_finds_it_closed)
{
	const struct pl_consumer_options stays = { .size = sizeof(stays), .stays_lost = 1 };
	struct pl_line *line = open_line();
	struct pl_consumer *c = open_consumer(line), *once;
	const struct pl_message *m;
	int r;

	assert_int_equal(pl_consumer_open(line, &stays, &once), 0);
	pl_line_close(line);
	assert_int_equal(pl_consumer_next(once, 5000, &m), PL_E_CLOSED);
	pl_consumer_close(once);
	do
		r = pl_consumer_next(c, 5000, &m);
	while (r == 0 && m->kind == PL_LOST);
	assert_int_equal(r, PL_E_CLOSED);
	assert_int_equal(pl_consumer_publish(c, "a", "x", 1), PL_E_CLOSED);
	pl_consumer_close(c);
}

TEST(the_node_that_was_embedded_answers_requests)
{
	const struct pl_publication status = {
		.size = sizeof(status), .subject = "$PL.API.STATUS", .data = "{}", .data_size = 2
	};
	const struct pl_publication nobody = { .size = sizeof(nobody), .subject = "nobody.there" };
	struct pl_line *line = open_line();
	struct pl_consumer *c = open_consumer(line);
	const struct pl_message *m;
	uint64_t ticket;

	assert_int_equal(pl_consumer_request(c, &status, 5000, &m), 0);
	assert_non_null(memmem(m->data, m->data_size, "\"peer_id\"", 9));
	assert_int_equal(pl_consumer_request(c, &nobody, 5000, &m), PL_E_NO_RESPONDERS);
	assert_int_equal(pl_consumer_ask(c, &status, 5000, &ticket), 0);
	assert_int_equal(pl_consumer_next(c, 5000, &m), 0);
	assert_int_equal(m->kind, PL_ANSWER);
	assert_int_equal(m->ticket, ticket);
	assert_int_equal(pl_consumer_flush(c, 5000), 0);
	assert_int_equal(pl_consumer_drain(c), 0);
	assert_int_equal(pl_consumer_next(c, 5000, &m), PL_E_CLOSED);
	pl_consumer_close(c);
	pl_line_close(line);
}

#define WRITERS 4
#define EACH 500

static void *write_many(void *user)
{
	struct pl_consumer *c = open_consumer(user);

	for (int i = 0; i < EACH; i++)
		assert_int_equal(pl_consumer_publish(c, "local.many", &i, sizeof(i)), 0);
	assert_int_equal(pl_consumer_flush(c, 20000), 0);
	pl_consumer_close(c);
	return user;
}

TEST(many_threads_have_a_consumer_each)
{
	struct pl_line *line = open_line();
	struct pl_consumer *reader = open_consumer(line);
	const struct pl_message *m;
	pthread_t writers[WRITERS];

	assert_int_equal(pl_consumer_subscribe(reader, "local.many", NULL, NULL), 0);
	assert_int_equal(pl_consumer_flush(reader, 20000), 0);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&writers[i], NULL, write_many, line), 0);
	for (int i = 0; i < WRITERS * EACH; i++)
		assert_int_equal(pl_consumer_next(reader, 20000, &m), 0);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_join(writers[i], NULL), 0);
	assert_int_equal(pl_consumer_next(reader, 0, &m), PL_E_TIMEOUT);
	pl_consumer_close(reader);
	pl_line_close(line);
}

static size_t n_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(folder);
	while (readdir(folder))
		n++;
	closedir(folder);
	return n;
}

TEST(consumers_and_lines_that_are_closed_leave_nothing_open)
{
	size_t before = n_descriptors();

	for (int i = 0; i < 5; i++) {
		struct pl_line *line = open_line();

		for (int j = 0; j < 100; j++) {
			struct pl_consumer *c = open_consumer(line);

			assert_true(pl_consumer_fd(c) >= 0);
			pl_consumer_close(c);
		}
		pl_line_close(line);
	}
	assert_int_equal(n_descriptors(), before);
}

TESTS(RUN_IN_TEMP(many_threads_have_a_consumer_each),
      RUN_IN_TEMP(consumers_and_lines_that_are_closed_leave_nothing_open),
      RUN_IN_TEMP(a_message_has_its_texts_headers_and_data),
      RUN_IN_TEMP(what_is_no_publication_is_refused_before_it_leaves),
      RUN_IN_TEMP(opening_checks_what_it_is_given_and_tells_who_refused),
      RUN_IN_TEMP(a_name_that_a_live_consumer_has_is_refused_with_a_sentence),
      RUN_IN_TEMP(a_consumer_outlives_its_line_and_finds_it_closed),
      RUN_IN_TEMP(the_node_that_was_embedded_answers_requests))
