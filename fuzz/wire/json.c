/* covers: src/wire/json.c src/wire/utf8.c */
/* Documents: what passes the guard can be walked whole, every part of it passes too, and a text
 * that was read and is written reads as the same again. */

#include "base/limits.h"
#include "wire/json.h"
#include "wire/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void text_comes_back(struct bytes value)
{
	struct buf text, written, again;
	struct wr w = wr_to(&written);

	buf_init(&text, 3 * value.n);
	buf_init(&written, 18 * value.n + 2);
	buf_init(&again, 3 * value.n);
	ASSERT(json_text_read(value, &text) == 0);
	json_text_write(&w, buf_data(&text));
	ASSERT(wr_finish(&w) == 0 && json_check(buf_data(&written)) == 0);
	ASSERT(json_text_read(buf_data(&written), &again) == 0);
	ASSERT(bytes_equal(buf_data(&text), buf_data(&again)));
	(void)utf8_text_is_printable(buf_data(&text));
	buf_deinit(&text);
	buf_deinit(&written);
	buf_deinit(&again);
}

static void is_inside(struct bytes part, struct bytes whole)
{
	ASSERT(part.n > 0 && part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void read_number(struct bytes value)
{
	uint64_t v;

	if (json_unsigned_read(value, UINT32_MAX, &v) == 0)
		ASSERT(v <= UINT32_MAX);
}

/* Objects in objects, no deeper than the guard allowed. */
static size_t walk(struct bytes value, size_t depth)
{
	struct json_members m;
	struct bytes key, member;
	size_t n = 0;

	ASSERT(depth <= LIMIT_JSON_DEPTH);
	if (json_members_open(&m, value) < 0)
		return 0;
	for (; json_members_next(&m, &key, &member); n++) {
		is_inside(key, value);
		is_inside(member, value);
		ASSERT(json_value_is_text(key) && json_check(member) == 0);
		text_comes_back(key);
		(void)json_key_is(key, "Hash");
		(void)json_key_is(key, "block");
		if (json_value_is_text(member))
			text_comes_back(member);
		else if (!json_value_is_null(member))
			read_number(member);
		if (n < 8)
			(void)walk(member, depth + 1);
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = BYTES(data, size);
	struct buf written, small;
	struct wr w = wr_to(&written);

	if (size > 4096)
		return 0;
	if (json_check(text) == 0) {
		(void)walk(text, 0);
	} else {
		struct json_members m;
		struct bytes key, value;

		/* Whoever forgets to check reads nonsense, but not beyond the end. */
		if (json_members_open(&m, text) == 0)
			while (json_members_next(&m, &key, &value))
				;
	}
	/* Any bytes can be written as a text; one that has no room is cut. */
	buf_init(&written, 6 * size + 2);
	json_text_write(&w, text);
	ASSERT(wr_finish(&w) == 0 && json_check(buf_data(&written)) == 0);
	text_comes_back(buf_data(&written));
	buf_init(&small, 5);
	ASSERT(json_text_read(buf_data(&written), &small) <= 0);
	buf_deinit(&small);
	buf_deinit(&written);
	return 0;
}
