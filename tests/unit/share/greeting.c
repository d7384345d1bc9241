/* Proves what CONNECT may say, and that INFO says what stock clients need. */

#include <jansson.h>
#include <stdio.h>

#include "test.h"

#include "share/greeting.h"

static int read_connect(const char *json, struct greeting_options *io, char token[16])
{
	return greeting_read_connect(bytes_of_text(json), io, token, 16);
}

TEST(what_connect_leaves_out_keeps_its_value)
{
	struct greeting_options o = greeting_defaults();
	char token[16];

	assert_int_equal(read_connect("{}", &o, token), 0);
	assert_true(o.verbose && o.pedantic && o.echo);
	assert_false(o.headers || o.no_responders);
	assert_int_equal(
		read_connect("{\"verbose\":false,\"headers\":true,\"name\":\"x\",\"protocol\":1,"
			     "\"auth_token\":\"t\"}",
			     &o, token),
		0);
	assert_int_equal(read_connect("{\"echo\":false,\"name\":null}", &o, token), 0);
	assert_false(o.verbose || o.echo);
	assert_true(o.headers);
	assert_string_equal(o.name, "x");
	assert_int_equal(o.protocol, 1);
	assert_string_equal(token, "");
}

TEST(stock_clients_connect_lines_are_read)
{
	static const char *const lines[] = {
		"{\"no_responders\":true,\"protocol\":1,\"verbose\":false,\"pedantic\":false,"
		"\"auth_token\":\"tok\",\"name\":\"me\",\"lang\":\"nats.js\",\"version\":\"3.4.0\","
		"\"headers\":true}",
		"{\"verbose\":false,\"pedantic\":false,\"auth_token\":\"tok\",\"tls_required\":"
		"false,"
		"\"name\":\"me\",\"lang\":\"go\",\"version\":\"1.48.0\",\"protocol\":1,\"echo\":"
		"true,"
		"\"headers\":true,\"no_responders\":true}",
		"{\"auth_token\": \"tok\", \"echo\": true, \"headers\": true, \"lang\": "
		"\"python3\", "
		"\"name\": \"me\", \"no_responders\": true, \"pedantic\": false, \"protocol\": 1, "
		"\"verbose\": false, \"version\": \"2.15.0\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct greeting_options o = greeting_defaults();
		char token[16];

		assert_int_equal(read_connect(lines[i], &o, token), 0);
		assert_string_equal(token, "tok");
		assert_string_equal(o.name, "me");
		assert_true(o.headers && o.no_responders && o.echo && !o.verbose && !o.pedantic);
	}
}

TEST(what_is_no_connect_is_refused_and_changes_nothing)
{
	static const char *const rows[] = {
		"",
		"x",
		"[]",
		"{",
		"null",
		"{\"verbose\":1}",
		"{}x",
		"{\"verbose\":false,\"name\":7}",
		"\"{}\"",
		"{\"verbose\":false,\"auth_token\":[]}",
		"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
		"{\"verbose\":false,\"protocol\":1.5}",
		"{\"verbose\":false,\"name\":\"\xff\"}",
		"{\"verbose\":false,\"lang\":{}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct greeting_options o = greeting_defaults();
		char token[16];

		assert_int_equal(read_connect(rows[i], &o, token), -EBADMSG);
		assert_true(o.verbose);
	}
}

TEST(brackets_inside_texts_are_no_depth)
{
	struct greeting_options o = greeting_defaults();
	char token[16];

	assert_int_equal(
		read_connect("{\"lang\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"}", &o,
			     token),
		0);
}

TEST(a_token_or_name_that_does_not_fit_is_none)
{
	struct greeting_options o = greeting_defaults();
	char token[16] = "left over", json[512];

	assert_int_equal(read_connect("{\"auth_token\":\"0123456789abcdef\"}", &o, token), 0);
	assert_string_equal(token, "");
	snprintf(json, sizeof(json), "{\"name\":\"%0*d\"}", LIMIT_CONSUMER_ID, 1);
	assert_int_equal(read_connect(json, &o, token), 0);
	assert_int_equal(strlen(o.name), LIMIT_CONSUMER_ID);
	snprintf(json, sizeof(json), "{\"name\":\"%0*d\"}", LIMIT_CONSUMER_ID + 1, 1);
	assert_int_equal(read_connect(json, &o, token), 0);
	assert_true(o.name_too_long);
}

static json_t *written(const struct greeting_info *info)
{
	struct buf out;
	json_t *o;

	buf_init(&out, 4096);
	assert_int_equal(greeting_write_info(info, &out), 0);
	assert_memory_equal(buf_data(&out).p, "INFO {", 6);
	assert_memory_equal(buf_data(&out).p + buf_len(&out) - 3, "}\r\n", 3);
	o = json_loadb((const char *)buf_data(&out).p + 5, buf_len(&out) - 7, 0, NULL);
	assert_non_null(o);
	buf_deinit(&out);
	return o;
}

TEST(info_says_what_clients_ask_of_a_server)
{
	struct greeting_info info = {
		.server_id = "N1",
		.server_name = "here",
		.version = "0.1.0",
		.host = "127.0.0.1",
		.port = 4222,
		.client_id = 9,
		.auth_required = true,
	};
	json_t *o = written(&info);

	assert_string_equal(json_string_value(json_object_get(o, "version")),
			    "2.10.0-peerline.0.1.0");
	assert_true(json_is_true(json_object_get(o, "headers")));
	assert_true(json_is_true(json_object_get(o, "auth_required")));
	assert_int_equal(json_integer_value(json_object_get(o, "max_payload")), LIMIT_DOOR_PAYLOAD);
	assert_int_equal(json_integer_value(json_object_get(o, "proto")), 1);
	assert_int_equal(json_integer_value(json_object_get(o, "client_id")), 9);
	assert_null(json_object_get(o, "ldm"));
	assert_null(json_object_get(o, "connect_urls"));
	assert_null(json_object_get(o, "jetstream"));
	json_decref(o);
	info.auth_required = false;
	info.lame_duck = true;
	o = written(&info);
	assert_null(json_object_get(o, "auth_required"));
	assert_true(json_is_true(json_object_get(o, "ldm")));
	json_decref(o);
}

TESTS(RUN(what_connect_leaves_out_keeps_its_value), RUN(stock_clients_connect_lines_are_read),
      RUN(what_is_no_connect_is_refused_and_changes_nothing),
      RUN(brackets_inside_texts_are_no_depth), RUN(a_token_or_name_that_does_not_fit_is_none),
      RUN(info_says_what_clients_ask_of_a_server))
