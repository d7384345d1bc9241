#include "wire/json.h"

#include <string.h>

#include "base/limits.h"
#include "wire/multibase.h"
#include "wire/utf8.h"

/* ---- tokens ---- */

static uint8_t peek(const struct rd *r)
{
	return r->left > 0 ? *r->p : 0;
}

static void skip_blanks(struct rd *r)
{
	while (peek(r) == ' ' || peek(r) == '\n' || peek(r) == '\r' || peek(r) == '\t')
		(void)rd_u8(r);
}

static void expect(struct rd *r, uint8_t byte)
{
	if (rd_u8(r) != byte)
		rd_fail(r);
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static void skip_digits(struct rd *r)
{
	size_t n = 0;

	while (n < r->left && is_digit(r->p[n]))
		n++;
	if (n == 0)
		rd_fail(r);
	(void)rd_bytes(r, n);
}

static void skip_number(struct rd *r)
{
	if (peek(r) == '-')
		(void)rd_u8(r);
	if (peek(r) == '0')
		(void)rd_u8(r); /* nothing may follow a leading zero */
	else
		skip_digits(r);
	if (peek(r) == '.') {
		(void)rd_u8(r);
		skip_digits(r);
	}
	if (peek(r) == 'e' || peek(r) == 'E') {
		(void)rd_u8(r);
		if (peek(r) == '+' || peek(r) == '-')
			(void)rd_u8(r);
		skip_digits(r);
	}
}

static uint32_t read_hex4(struct rd *r)
{
	struct bytes digits = rd_bytes(r, 4);
	uint8_t b[2];

	if (hex_decode(digits, b, sizeof(b)) != 2) {
		rd_fail(r);
		return 0;
	}
	return (uint32_t)b[0] << 8 | b[1];
}

/* What stands behind a backslash, as a code unit. */
static uint32_t read_escape(struct rd *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint8_t byte = rd_u8(r);
	const char *found;

	if (byte == 'u')
		return read_hex4(r);
	found = byte ? strchr(from, byte) : NULL;
	if (!found) {
		rd_fail(r);
		return 0;
	}
	return (uint8_t)to[found - from];
}

/* How many bytes stand for themselves, beginning here. */
static size_t plain_run(const struct rd *r)
{
	size_t n = 0;

	while (n < r->left && r->p[n] >= ' ' && r->p[n] != '"' && r->p[n] != '\\')
		n++;
	return n;
}

static void skip_text(struct rd *r)
{
	expect(r, '"');
	while (!r->bad) {
		(void)rd_bytes(r, plain_run(r));
		if (peek(r) != '\\')
			break;
		(void)rd_u8(r);
		(void)read_escape(r);
	}
	expect(r, '"');
}

static void skip_word(struct rd *r, const char *word)
{
	if (!bytes_equal(rd_bytes(r, strlen(word)), bytes_of_text(word)))
		rd_fail(r);
}

static void skip_scalar(struct rd *r)
{
	switch (peek(r)) {
	case '"':
		skip_text(r);
		return;
	case 't':
		skip_word(r, "true");
		return;
	case 'f':
		skip_word(r, "false");
		return;
	case 'n':
		skip_word(r, "null");
		return;
	default: /* a number, or nothing */
		skip_number(r);
		return;
	}
}

/* ---- values ---- */

/* The brackets that are open, the innermost in the lowest bit. */
struct nest {
	struct rd *r;
	uint64_t are_objects;
	size_t depth;
};

static bool is_object(const struct nest *n)
{
	return n->are_objects & 1;
}

static void skip_name(struct nest *n)
{
	if (!is_object(n))
		return;
	skip_blanks(n->r);
	skip_text(n->r);
	skip_blanks(n->r);
	expect(n->r, ':');
}

static void leave(struct nest *n)
{
	n->are_objects >>= 1;
	n->depth--;
}

/* Takes an opening bracket. false: it is closed again at once, and so a whole value. */
static bool enter(struct nest *n)
{
	bool object = rd_u8(n->r) == '{';

	if (n->depth == LIMIT_JSON_DEPTH) {
		rd_fail(n->r);
		return false;
	}
	n->are_objects = n->are_objects << 1 | object;
	n->depth++;
	skip_blanks(n->r);
	if (peek(n->r) == (object ? '}' : ']')) {
		(void)rd_u8(n->r);
		leave(n);
		return false;
	}
	skip_name(n);
	return true;
}

/* A value is whole. true: another one follows it. */
static bool go_on(struct nest *n)
{
	while (n->depth > 0) {
		skip_blanks(n->r);
		if (peek(n->r) == ',') {
			(void)rd_u8(n->r);
			skip_name(n);
			return true;
		}
		expect(n->r, is_object(n) ? '}' : ']');
		if (n->r->bad)
			return false;
		leave(n);
	}
	return false;
}

static void skip_value(struct rd *r)
{
	struct nest n = { .r = r };
	bool more = true;

	while (more && !r->bad) {
		bool opens;

		skip_blanks(r);
		opens = peek(r) == '{' || peek(r) == '[';
		if (opens && enter(&n))
			continue;
		if (!opens)
			skip_scalar(r);
		more = go_on(&n);
	}
}

/* Runs `skip` and gives what it went over; empty when that was bad. */
static struct bytes take(struct rd *r, void (*skip)(struct rd *r))
{
	struct rd start = *r;

	skip(r);
	return r->bad ? BYTES(NULL, 0) : BYTES(start.p, start.left - r->left);
}

int json_check(struct bytes text)
{
	struct rd r = rd_of(text);

	skip_value(&r);
	skip_blanks(&r);
	return rd_finish(&r);
}

/* ---- objects ---- */

int json_members_open(struct json_members *m, struct bytes text)
{
	*m = (struct json_members){ .rest = rd_of(text) };
	skip_blanks(&m->rest);
	expect(&m->rest, '{');
	skip_blanks(&m->rest);
	return m->rest.bad ? -EBADMSG : 0;
}

bool json_members_next(struct json_members *m, struct bytes *ret_key, struct bytes *ret_value)
{
	struct rd *r = &m->rest;
	struct bytes key, value;

	skip_blanks(r);
	if (m->begun ? rd_u8(r) != ',' : peek(r) == '}')
		return false;
	m->begun = true;
	skip_blanks(r);
	key = take(r, skip_text);
	skip_blanks(r);
	expect(r, ':');
	skip_blanks(r);
	value = take(r, skip_value);
	if (r->bad)
		return false;
	*ret_key = key;
	*ret_value = value;
	return true;
}

/* ---- texts ---- */

bool json_value_is_text(struct bytes value)
{
	return value.n >= 2 && value.p[0] == '"';
}

bool json_value_is_null(struct bytes value)
{
	return value.n == 4 && value.p[0] == 'n';
}

/* The text's inside; it is read only by the functions below. */
static struct rd inside(struct bytes text)
{
	return rd_of(BYTES(text.p + 1, text.n - 2));
}

static bool is_surrogate(uint32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdfff;
}

/* Behind a backslash. Half a pair is U+FFFD, and what follows it stands for itself. */
static uint32_t read_escaped_point(struct rd *r)
{
	uint32_t unit = read_escape(r), low;
	struct rd ahead = *r;

	if (!is_surrogate(unit))
		return unit;
	if (unit > 0xdbff || rd_u8(&ahead) != '\\' || rd_u8(&ahead) != 'u')
		return UTF8_REPLACEMENT;
	low = read_hex4(&ahead);
	if (low < 0xdc00 || low > 0xdfff)
		return UTF8_REPLACEMENT;
	*r = ahead;
	return 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
}

/* The next character of a text's inside; false: its end. */
static bool next_point(struct rd *r, uint32_t *ret)
{
	struct utf8_char c;

	if (r->left == 0)
		return false;
	if (peek(r) == '\\') {
		(void)rd_u8(r);
		*ret = read_escaped_point(r);
		return !r->bad;
	}
	c = utf8_first(BYTES(r->p, r->left));
	(void)rd_bytes(r, c.n);
	*ret = c.point;
	return true;
}

/* Go compares keys by simple case folding, which has two characters fold to ASCII letters. */
static uint32_t fold(uint32_t point)
{
	if (point >= 'a' && point <= 'z')
		return point - 'a' + 'A';
	if (point == 0x17f)
		return 'S';
	return point == 0x212a ? 'K' : point;
}

bool json_key_is(struct bytes key, const char *name)
{
	struct rd r;
	uint32_t point;

	if (!json_value_is_text(key))
		return false;
	r = inside(key);
	for (; *name; name++)
		if (!next_point(&r, &point) || fold(point) != fold((uint8_t)*name))
			return false;
	return r.left == 0;
}

int json_unsigned_read(struct bytes value, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (value.n == 0)
		return -EBADMSG;
	for (size_t i = 0; i < value.n; i++) {
		uint64_t digit = value.p[i] - (uint64_t)'0';

		if (digit > 9 || v > (max - digit) / 10 || digit > max)
			return -EBADMSG;
		v = v * 10 + digit;
	}
	*ret = v;
	return 0;
}

/* ASCII that stands for itself, as far as it fits. */
static void copy_run(struct rd *r, struct wr *w)
{
	size_t n = 0, room = buf_room(w->out);

	while (n < r->left && n < room && r->p[n] < 0x80 && r->p[n] != '\\')
		n++;
	wr_bytes(w, rd_bytes(r, n));
}

int json_text_read(struct bytes value, struct buf *out)
{
	struct wr w = wr_to(out);
	uint32_t point;
	struct rd r;

	if (!json_value_is_text(value))
		return -EBADMSG;
	r = inside(value);
	while (w.error == 0 && r.left > 0) {
		copy_run(&r, &w);
		if (next_point(&r, &point))
			utf8_write(&w, point);
	}
	return wr_finish(&w);
}

/* ---- writing ---- */

static void write_unit(struct wr *w, uint32_t unit)
{
	static const char digits[] = "0123456789abcdef";
	char out[] = "\\u0000";

	for (size_t i = 0; i < 4; i++)
		out[5 - i] = digits[unit >> 4 * i & 15];
	wr_text(w, out);
}

static void write_ascii(struct wr *w, uint8_t byte)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *found = byte ? strchr(from, byte) : NULL;

	if (found) {
		wr_u8(w, '\\');
		wr_u8(w, (uint8_t)to[found - from]);
	} else if (byte < ' ' || byte == '<' || byte == '>' || byte == '&') {
		write_unit(w, byte);
	} else {
		wr_u8(w, byte);
	}
}

void json_text_write(struct wr *w, struct bytes text)
{
	wr_u8(w, '"');
	while (text.n > 0 && w->error == 0) {
		struct utf8_char c = utf8_first(text);

		if (c.point < 0x80)
			write_ascii(w, (uint8_t)c.point);
		else if (!c.is_good || c.point == 0x2028 || c.point == 0x2029)
			write_unit(w, c.point);
		else
			wr_bytes(w, BYTES(text.p, c.n));
		text = BYTES(text.p + c.n, text.n - c.n);
	}
	wr_u8(w, '"');
}
