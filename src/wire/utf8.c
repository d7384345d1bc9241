#include "wire/utf8.h"

/* Well-formed sequences, by their first byte (Unicode, table 3-7): the second byte has a range of
 * its own, further ones are 80 to BF. */
struct form {
	uint8_t first_min, first_max;
	uint8_t second_min, second_max;
	uint8_t n;
	uint8_t mask; /* bits of the first byte that count */
};

static const struct form forms[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f }, { 0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f },
	{ 0xe1, 0xec, 0x80, 0xbf, 3, 0x0f }, { 0xed, 0xed, 0x80, 0x9f, 3, 0x0f },
	{ 0xee, 0xef, 0x80, 0xbf, 3, 0x0f }, { 0xf0, 0xf0, 0x90, 0xbf, 4, 0x07 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4, 0x07 }, { 0xf4, 0xf4, 0x80, 0x8f, 4, 0x07 },
};

static const struct form *form_of(uint8_t first)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (first >= forms[i].first_min && first <= forms[i].first_max)
			return &forms[i];
	return NULL;
}

static bool has_form(struct bytes text, const struct form *f)
{
	if (text.n < f->n || text.p[1] < f->second_min || text.p[1] > f->second_max)
		return false;
	for (size_t i = 2; i < f->n; i++)
		if ((text.p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

struct utf8_char utf8_first(struct bytes text)
{
	struct utf8_char c = { .point = UTF8_REPLACEMENT, .n = 1 };
	const struct form *f;

	if (text.n == 0)
		return (struct utf8_char){ 0 };
	if (text.p[0] < 0x80)
		return (struct utf8_char){ .point = text.p[0], .n = 1, .is_good = true };
	f = form_of(text.p[0]);
	if (!f || !has_form(text, f))
		return c;
	c = (struct utf8_char){ .point = text.p[0] & f->mask, .n = f->n, .is_good = true };
	for (size_t i = 1; i < f->n; i++)
		c.point = c.point << 6 | (text.p[i] & 0x3fu);
	return c;
}

void utf8_write(struct wr *w, uint32_t point)
{
	static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	uint8_t out[4];
	size_t n;

	if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		point = UTF8_REPLACEMENT;
	n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (uint8_t)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	out[0] = (uint8_t)(leads[n] | point);
	wr_bytes(w, BYTES(out, n));
}

/* Sorted; a few runs take neighbours along that nobody has assigned. */
static const struct {
	uint32_t from, to;
} hidden[] = {
	{ 0x0000, 0x001f },   /* controls */
	{ 0x007f, 0x00a0 },   /* controls; the blank that does not break */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x1680, 0x1680 },   /* Ogham blank */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x2000, 0x200f },   /* blanks, joiners, direction marks */
	{ 0x2028, 0x202f },   /* separators, direction overrides */
	{ 0x205f, 0x206f },   /* invisible operators, isolates */
	{ 0x3000, 0x3000 },   /* ideographic blank */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xd800, 0xf8ff },   /* surrogates, private */
	{ 0xfdd0, 0xfdef },   /* no characters */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff0, 0xfffb },   /* specials */
	{ 0xe0000, 0xe0fff }, /* tags */
	{ 0xf0000, UINT32_MAX },
};

bool utf8_is_printable(uint32_t point)
{
	if ((point & 0xfffe) == 0xfffe)
		return false; /* the last two of every plane are no characters */
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (point >= hidden[i].from && point <= hidden[i].to)
			return false;
	return true;
}

/* Are all characters well-formed, and if `shown` printable? */
static bool every_character(struct bytes text, bool shown)
{
	while (text.n > 0) {
		struct utf8_char c = utf8_first(text);

		if (!c.is_good || (shown && !utf8_is_printable(c.point)))
			return false;
		text = BYTES(text.p + c.n, text.n - c.n);
	}
	return true;
}

bool utf8_is_well_formed(struct bytes text)
{
	return every_character(text, false);
}

bool utf8_text_is_printable(struct bytes text)
{
	return every_character(text, true);
}
