#include "test.h"

#include <stdio.h>

#include "cli/top_frame.h"

static struct top_sample sample(int at_ms, int bytes_in, int received, int delivered)
{
	struct top_sample s;

	s.status = json_pack("{s:s, s:i, s:i, s:[{s:s}, {s:s}], s:[{s:s, s:i, s:i, s:s}]}",
			     "peer_id", "12D3Me", "uptime_ms", at_ms, "links", 3, "consumers", "id",
			     "a", "id", "b", "topics", "topic", "news", "received", received,
			     "published", 0, "health", "no_mesh");
	s.peers = json_pack("{s:i, s:[{s:s, s:s, s:i, s:i}, {s:s, s:s, s:i, s:i}, {s:s, s:s}]}",
			    "uptime_ms", at_ms, "peers", "peer_id", "slow", "state", "connected",
			    "bytes_in", 10, "bytes_out", 10, "peer_id", "busy", "state",
			    "connected", "bytes_in", bytes_in, "bytes_out", 5, "peer_id", "absent",
			    "state", "waiting");
	s.consumers =
		json_pack("{s:i, s:[{s:s, s:i, s:{s:i, s:i}, s:i}, {s:s}]}", "uptime_ms", at_ms,
			  "consumers", "id", "a", "delivered", delivered, "lag", "messages", 7,
			  "since_ms", 3000, "missed", 2, "id", "peerline-top-99");
	assert_non_null(s.status);
	assert_non_null(s.peers);
	assert_non_null(s.consumers);
	return s;
}

static char *text;

static const char *frame(struct top_sample before, struct top_sample now, size_t rows_max)
{
	size_t n;
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &n);
	assert_non_null(out);
	top_frame_write(&before, &now, rows_max, out);
	fclose(out);
	top_sample_deinit(&before);
	top_sample_deinit(&now);
	return text;
}

/* The line that begins with this word. */
static const char *line_of(const char *word)
{
	static char line[256];
	const char *p = text;

	while (p && strncmp(p, word, strlen(word)) != 0) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		fail_msg("no line begins with %s in:\n%s", word, text);
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(p, "\n"), p);
	return line;
}

TEST(counters_become_rates_and_the_busiest_stands_first)
{
	frame(sample(1000, 100, 5, 50), sample(3000, 4196, 25, 51), 10);
	assert_non_null(strstr(line_of("busy"), "2.0 KiB"));
	assert_non_null(strstr(line_of("news"), "10  "));
	assert_non_null(strstr(line_of("a "), "0.5  "));
	assert_true(strstr(text, "\nbusy") < strstr(text, "\nslow"));
	assert_non_null(
		strstr(line_of("peerline "), "2 consumers share 3 links: 3 connections avoided"));
	free(text);
	text = NULL;
}

TEST(lag_and_health_stand_beside_the_rates)
{
	frame(sample(1000, 100, 5, 50), sample(2000, 100, 5, 50), 10);
	assert_non_null(strstr(line_of("a "), "7    3 s"));
	assert_non_null(strstr(line_of("news"), "no mesh"));
	free(text);
	text = NULL;
}

TEST(who_is_not_connected_and_who_asks_are_left_out)
{
	frame(sample(1000, 100, 5, 50), sample(2000, 100, 5, 50), 10);
	assert_null(strstr(text, "absent"));
	assert_null(strstr(text, "peerline-top"));
	free(text);
	text = NULL;
}

TEST(without_a_first_sample_there_are_no_rates)
{
	frame((struct top_sample){ 0 }, sample(2000, 100, 5, 50), 10);
	assert_non_null(strstr(line_of("busy"), "-"));
	assert_non_null(strstr(line_of("news"), "-"));
	free(text);
	text = NULL;
}

TEST(what_has_no_room_is_counted)
{
	frame(sample(1000, 100, 5, 50), sample(2000, 200, 5, 50), 1);
	assert_non_null(strstr(text, "\nbusy"));
	assert_null(strstr(text, "\nslow"));
	assert_non_null(strstr(text, "and 1 more\n"));
	free(text);
	text = NULL;
}

TEST(an_empty_node_has_a_frame_too)
{
	struct top_sample empty = { .status = json_object(),
				    .peers = json_object(),
				    .consumers = json_object() };

	frame((struct top_sample){ 0 }, empty, 10);
	assert_non_null(strstr(text, "no consumers\n"));
	assert_non_null(strstr(text, "no peers\n"));
	free(text);
	text = NULL;
}

TEST(programs_get_numbers_and_null_where_there_is_none)
{
	struct top_sample before = sample(1000, 100, 5, 50), now = sample(2000, 150, 5, 50);
	json_t *o = top_frame_json(&before, &now), *peer, *list;

	assert_int_equal(json_integer_value(json_object_get(o, "uptime_ms")), 2000);
	list = json_object_get(o, "peers");
	assert_int_equal(json_array_size(list), 2);
	peer = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(peer, "peer_id")), "busy");
	assert_true(json_real_value(json_object_get(peer, "bytes_in_per_s")) == 50);
	list = json_object_get(o, "consumers");
	assert_true(json_is_null(json_object_get(json_array_get(list, 0), "bytes_out_per_s")));
	json_decref(o);
	top_sample_deinit(&before);
	top_sample_deinit(&now);
}

TESTS(RUN(counters_become_rates_and_the_busiest_stands_first),
      RUN(lag_and_health_stand_beside_the_rates),
      RUN(who_is_not_connected_and_who_asks_are_left_out),
      RUN(without_a_first_sample_there_are_no_rates), RUN(what_has_no_room_is_counted),
      RUN(an_empty_node_has_a_frame_too), RUN(programs_get_numbers_and_null_where_there_is_none))
