/* covers: src/wire/teranode.c src/wire/base64.c */
/*
 * Envelopes and payloads: an envelope that was opened and is written opens as the same; a payload's
 * values lie inside it. The input is both: a document that may be an envelope with a payload in it,
 * and a payload; what stands before the first `{` is also taken for a topic.
 */

#include <string.h>

#include "base/limits.h"
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/teranode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_payload(struct bytes json)
{
	struct peer_id id = { .n = 34, .b = { 0x12, 0x20, 1 } };

	for (int kind = TERANODE_BLOCK; kind <= TERANODE_NODE_STATUS; kind++) {
		struct teranode_payload p;

		if (teranode_payload_decode((enum teranode_kind)kind, json, &p) < 0)
			return;
		for (int i = 0; i < TERANODE_FIELDS; i++) {
			struct bytes v = p.values[i];

			if (v.n == 0)
				continue;
			ASSERT(teranode_key((enum teranode_kind)kind, (enum teranode_field)i));
			ASSERT(v.p >= json.p && v.p + v.n <= json.p + json.n);
			ASSERT(json_check(v) == 0 && !json_value_is_null(v));
		}
		(void)teranode_author_is(&p, &id);
	}
}

static void base64_comes_back(struct bytes b)
{
	struct buf text, again;
	struct wr w = wr_to(&text);

	buf_init(&text, 2 * b.n + 4);
	buf_init(&again, b.n + 3);
	base64_write(&w, b);
	ASSERT(wr_finish(&w) == 0);
	ASSERT(base64_decode(buf_data(&text), &again) == 0);
	ASSERT(bytes_equal(buf_data(&again), b));
	buf_clear(&again);
	ASSERT(base64_decode(b, &again) <= 0);
	buf_deinit(&text);
	buf_deinit(&again);
}

static void open_envelope(struct bytes json)
{
	struct buf name, data, written, name_again, data_again;

	buf_init(&name, 64);
	buf_init(&data, json.n + 3);
	buf_init(&written, 6 * 64 + 2 * json.n + 64);
	buf_init(&name_again, 64);
	buf_init(&data_again, 2 * json.n + 3);
	if (teranode_envelope_decode(json, &name, &data) == 0) {
		ASSERT(teranode_envelope_encode(buf_data(&name), buf_data(&data), &written) == 0);
		ASSERT(teranode_envelope_decode(buf_data(&written), &name_again, &data_again) == 0);
		ASSERT(bytes_equal(buf_data(&name), buf_data(&name_again)));
		ASSERT(bytes_equal(buf_data(&data), buf_data(&data_again)));
		read_payload(buf_data(&data));
	}
	buf_deinit(&name);
	buf_deinit(&data);
	buf_deinit(&written);
	buf_deinit(&name_again);
	buf_deinit(&data_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *brace = size > 0 ? memchr(data, '{', size) : NULL;
	size_t n_topic = brace ? (size_t)(brace - data) : size;

	if (size > 4096)
		return 0;
	(void)teranode_kind_of(BYTES(data, n_topic));
	open_envelope(BYTES(data + n_topic, size - n_topic));
	read_payload(BYTES(data + n_topic, size - n_topic));
	base64_comes_back(BYTES(data, size));
	return 0;
}
