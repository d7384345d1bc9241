#include "wire/peer_cache.h"

#include <stdio.h>

#include "test.h"

#define A "12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7"
#define B "16Uiu2HAmCAdJa9WjLZVmoEWXecDPo5MZqkVBBHgE7fHHQEKKs6Hb"
#define NOW_S INT64_C(1763645400) /* 2025-11-20T13:30:00Z */

static struct peer_cache_entry got[8];
static size_t n_got;
static struct peer_cache_report report;

static void each(void *user, const struct peer_cache_entry *e)
{
	assert_ptr_equal(user, &n_got);
	if (n_got < ARRAY_SIZE(got))
		got[n_got] = *e;
	n_got++;
}

static int decode(struct bytes in)
{
	n_got = 0;
	return peer_cache_decode(in, (struct wall){ NOW_S * (int64_t)NS_PER_S }, each, &n_got,
				 &report);
}

static int decode_text(const char *text)
{
	return decode(bytes_of_text(text));
}

TEST(what_the_message_bus_writes_is_read)
{
	char text[LIMIT_MULTIADDR_TEXT], id[PEER_ID_TEXT_MAX];

	assert_int_equal(
		decode_text("[\n  {\n    \"id\": \"" A "\",\n    \"name\": \"node\",\n"
			    "    \"addrs\": [\"/ip4/203.0.113.7/tcp/9905\",\"/dns4/a/tcp/1\"],\n"
			    "    \"last_seen\": \"2025-11-20T13:29:59.123456789Z\"\n  },\n"
			    "  {\"id\":\"" B "\",\"addrs\":[\"/ip4/10.0.0.1/tcp/2\"]}\n]"),
		0);
	assert_int_equal(report.n_used, 2);
	assert_int_equal(report.n_malformed, 0);
	assert_int_equal(n_got, 2);
	assert_string_equal(peer_id_text(&got[0].id, id), A);
	assert_int_equal(got[0].n_addresses, 2);
	assert_string_equal(multiaddr_text(&got[0].addresses[1], text), "/dns4/a/tcp/1");
	assert_string_equal(peer_id_text(&got[1].id, id), B);
}

TEST(what_was_seen_a_day_ago_is_used_and_what_is_older_is_not)
{
	static const struct {
		const char *seen;
		size_t n_used, n_expired;
	} cases[] = {
		{ "\"2025-11-19T13:30:00Z\"", 1, 0 },
		{ "\"2025-11-19T13:29:59Z\"", 0, 1 },
		{ "\"2025-11-19T15:30:00+02:00\"", 1, 0 },
		{ "\"2025-11-19T15:29:59+02:00\"", 0, 1 },
		{ "\"2025-11-19t08:00:00.5-05:30\"", 1, 0 },
		{ "\"2025-11-19 07:59:59-05:30\"", 0, 1 },
		{ "\"2031-01-01T00:00:00Z\"", 1, 0 }, /* their clock is ahead */
		{ "\"2024-02-29T00:00:00Z\"", 0, 1 },
		{ "\"0001-01-01T00:00:00Z\"", 0, 1 },
		{ "null", 1, 0 },
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text),
			 "[{\"id\":\"%s\",\"addrs\":[\"/ip4/1.2.3.4/tcp/1\"],\"last_seen\":%s}]", A,
			 cases[i].seen);
		assert_int_equal(decode_text(text), 0);
		assert_int_equal(report.n_used, cases[i].n_used);
		assert_int_equal(report.n_expired, cases[i].n_expired);
		assert_int_equal(report.n_malformed, 0);
	}
}

TEST(malformed_entries_are_named_and_the_others_used)
{
	static const char *const times[] = { "\"yesterday\"",
					     "5",
					     "\"\"",
					     "\"2025-13-01T00:00:00Z\"",
					     "\"2025-00-01T00:00:00Z\"",
					     "\"2025-01-32T00:00:00Z\"",
					     "\"2025-01-01T24:00:00Z\"",
					     "\"2025-01-01T00:60:00Z\"",
					     "\"2025-01-01T00:00:61Z\"",
					     "\"2025-01-01T00:00:00\"",
					     "\"2025-01-01T00:00:00.Z\"",
					     "\"2025-01-01T00:00:00Zx\"",
					     "\"2025-01-01T00:00:00+24:00\"" };
	char text[256];

	assert_int_equal(decode_text("[1,{},{\"id\":7},{\"id\":\"nobody\",\"addrs\":[]},"
				     "{\"id\":\"" A "\"},{\"id\":\"" A "\",\"addrs\":[\"x\",2]},"
				     "{\"id\":\"" A
				     "\",\"addrs\":[\"x\",\"/ip4/1.2.3.4/tcp/1\"]}]"),
			 0);
	assert_int_equal(report.n_malformed, 6);
	assert_int_equal(report.n_used, 1);
	assert_int_equal(got[0].n_addresses, 1);
	assert_non_null(strstr(report.faults, "entry 1: no peer id, entry 2: no peer id"));
	assert_non_null(strstr(report.faults, "entry 6: no address"));
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		snprintf(text, sizeof(text),
			 "[{\"id\":\"%s\",\"addrs\":[\"/ip4/1.2.3.4/tcp/1\"],\"last_seen\":%s}]", A,
			 times[i]);
		assert_int_equal(decode_text(text), 0);
		assert_string_equal(report.faults, "entry 1: last_seen is no time");
		assert_int_equal(n_got, 0);
	}
}

TEST(more_faults_than_can_be_shown_are_counted)
{
	char text[256] = "[1";

	for (int i = 0; i < 99; i++)
		strcat(text, ",1");
	strcat(text, "]");
	assert_int_equal(decode_text(text), 0);
	assert_int_equal(report.n_malformed, 100);
	assert_true(strlen(report.faults) < sizeof(report.faults));
	assert_null(strstr(report.faults, "entry 100:"));
}

TEST(more_entries_than_are_kept_are_counted)
{
	static char text[LIMIT_PEER_CACHE];
	static const char entry[] = ",{\"id\":\"" A "\",\"addrs\":[\"/ip4/1.2.3.4/tcp/1\"]}";
	size_t n = 0;

	for (size_t i = 0; i < LIMIT_HINTS_IMPORTED + 5; i++, n += sizeof(entry) - 1)
		memcpy(text + n, entry, sizeof(entry) - 1);
	text[0] = '[';
	text[n++] = ']';
	assert_int_equal(decode(BYTES(text, n)), 0);
	assert_int_equal(report.n_used, LIMIT_HINTS_IMPORTED);
	assert_int_equal(n_got, LIMIT_HINTS_IMPORTED);
	assert_int_equal(report.n_beyond, 5);
}

TEST(what_is_no_such_file_is_refused_whole)
{
	static const char whole[] = "[{\"id\":\"" A "\",\"addrs\":[\"/ip4/1.2.3.4/tcp/1\"]}]";
	static char longest[LIMIT_PEER_CACHE + 1];

	memset(&report, 0x55, sizeof(report));
	for (size_t cut = 0; cut < sizeof(whole) - 1; cut++)
		assert_int_equal(decode(BYTES(whole, cut)), -EBADMSG);
	assert_int_equal(decode_text("{}"), -EBADMSG);
	memset(longest, ' ', sizeof(longest));
	memcpy(longest, "[]", 2);
	assert_int_equal(decode(BYTES(longest, sizeof(longest))), -EBADMSG);
	assert_int_equal(report.faults[0], 0x55);
	assert_int_equal(n_got, 0);
	assert_int_equal(decode(BYTES(longest, sizeof(longest) - 1)), 0);
}

TESTS(RUN(what_the_message_bus_writes_is_read),
      RUN(what_was_seen_a_day_ago_is_used_and_what_is_older_is_not),
      RUN(malformed_entries_are_named_and_the_others_used),
      RUN(more_faults_than_can_be_shown_are_counted), RUN(more_entries_than_are_kept_are_counted),
      RUN(what_is_no_such_file_is_refused_whole))
