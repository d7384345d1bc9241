#include "share/topic_subject.h"

#include <string.h>

#include "base/limits.h"
#include "share/subject.h"
#include "wire/multibase.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define DOTS_MAX (LIMIT_SUBJECT_TOKENS - 2) /* further dots are escaped: `topic` is a token too */

static const char *const prefixes[] = {
	[TOPIC_RAW] = "topic.",
	[TOPIC_PAYLOAD] = "payload.",
	[TOPIC_VALIDATE] = "validate.",
};

bool topic_subject_is(struct bytes subject, enum topic_view *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (!subject_starts_with(subject, prefixes[i]))
			continue;
		if (ret)
			*ret = (enum topic_view)i;
		return true;
	}
	return false;
}

static void write_escaped(struct wr *w, uint8_t byte)
{
	static const char digits[] = "0123456789ABCDEF";

	wr_u8(w, '%');
	wr_u8(w, (uint8_t)digits[byte >> 4]);
	wr_u8(w, (uint8_t)digits[byte & 15]);
}

/* `begins`: the byte begins a token. */
static bool must_escape(struct bytes topic, size_t i, bool begins, size_t n_dots)
{
	uint8_t byte = topic.p[i];
	bool last = i + 1 == topic.n;

	if (byte <= ' ' || byte == 0x7f || byte == '%')
		return true;
	if (byte == '.')
		return begins || last || n_dots >= DOTS_MAX;
	if (byte == '*' || byte == '>')
		return begins && (last || topic.p[i + 1] == '.');
	return false;
}

int topic_subject_encode(struct bytes topic, enum topic_view view, struct buf *out)
{
	struct wr w = wr_to(out);
	bool begins = true;
	size_t n_dots = 0;

	wr_text(&w, prefixes[view]);
	for (size_t i = 0; i < topic.n; i++) {
		if (must_escape(topic, i, begins, n_dots)) {
			write_escaped(&w, topic.p[i]);
			begins = false;
			continue;
		}
		wr_u8(&w, topic.p[i]);
		begins = topic.p[i] == '.';
		n_dots += begins;
	}
	return wr_finish(&w);
}

static uint8_t read_byte(struct rd *r)
{
	uint8_t byte = rd_u8(r);

	if (byte == '%' && hex_decode(rd_bytes(r, 2), &byte, 1) != 1) {
		rd_fail(r);
		return 0;
	}
	return byte;
}

int topic_subject_decode(struct bytes subject, const char *prefix, struct buf *out)
{
	uint8_t name[LIMIT_GOSSIP_TOPIC_NAME];
	struct rd r = rd_of(subject);
	struct wr w = wr_to(out);
	enum topic_view view;
	size_t n = 0;

	if (!topic_subject_is(subject, &view) || !subject_is_valid(subject, false) ||
	    subject_has_wildcard(subject))
		return -EINVAL;
	(void)rd_bytes(&r, strlen(prefixes[view]));
	while (r.left > 0) {
		if (n == sizeof(name))
			return -EINVAL;
		name[n++] = read_byte(&r);
	}
	if (rd_finish(&r) != 0)
		return -EINVAL;
	if (!memchr(name, '/', n)) {
		if (n + strlen(prefix) > LIMIT_GOSSIP_TOPIC_NAME)
			return -EINVAL;
		wr_text(&w, prefix);
	}
	wr_bytes(&w, BYTES(name, n));
	return wr_finish(&w);
}
