#ifndef PL_WIRE_UTF8_H
#define PL_WIRE_UTF8_H

/* UTF-8 of strangers (RFC 3629), one character at a time, and which characters may be shown. */

#include "base/def.h"
#include "wire/wr.h"

#define UTF8_REPLACEMENT 0xfffd

struct utf8_char {
	uint32_t point; /* UTF8_REPLACEMENT where the bytes are no character */
	uint8_t n;      /* bytes it takes: 1 where they are none; 0: the text is empty */
	bool is_good;
};

/* The first character of `text`. */
struct utf8_char utf8_first(struct bytes text);
/* Writes a character whole or not at all; what is none, such as a surrogate, as
 * UTF8_REPLACEMENT. */
void utf8_write(struct wr *w, uint32_t point);

/* Letters, marks, numbers, punctuation, symbols and the blank: no control, no invisible, no
 * direction-turning and no private character. What Unicode has not assigned passes. */
bool utf8_is_printable(uint32_t point);
bool utf8_is_well_formed(struct bytes text);
/* Well-formed and printable to its end. */
bool utf8_text_is_printable(struct bytes text);

#endif
