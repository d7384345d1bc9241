#ifndef PL_WIRE_MULTISTREAM_H
#define PL_WIRE_MULTISTREAM_H

/*
 * The lines of multistream-select 1.0: varint length, text, newline; the length counts the newline.
 * Lines do not keep to the borders of reads: what follows a line in the input belongs to the next
 * line, or to the application once the protocol is agreed.
 *
 *     switch (multistream_decode(in, &line, &n)) { 0: use line, drop n bytes; MORE: wait; BAD: end
 * }
 */

#include "wire/rd.h"
#include "wire/wr.h"

#define MULTISTREAM_ID "/multistream/1.0.0" /* both sides' first line */
#define MULTISTREAM_NA "na"                 /* the listener does not speak what was proposed */

enum {
	MULTISTREAM_E_MORE = 1, /* well-formed as far as it goes */
	MULTISTREAM_E_BAD = 2,  /* empty, longer than LIMIT_MSS_LINE, or without its newline */
};

/*
 * The first line of `in`: its text without the newline, borrowed, any bytes; and how much of `in`
 * it takes up. An impossible length is bad as soon as it is read. Outputs are written on 0 only.
 */
_nodiscard_ int multistream_decode(struct bytes in, struct bytes *ret_line, size_t *ret_consumed);
/* The writer becomes bad with -EMSGSIZE when the line is longer than LIMIT_MSS_LINE. */
void multistream_write(struct wr *w, struct bytes line);
/* The same into a buffer. -EMSGSIZE, -ENOBUFS, -ENOMEM. */
_nodiscard_ int multistream_encode(struct bytes line, struct buf *out);

#endif
