#ifndef PL_WIRE_BASE64_H
#define PL_WIRE_BASE64_H

/* Base64 of the standard alphabet with padding (RFC 4648, section 4), as Go's encoding/json puts
 * bytes into JSON. */

#include "base/buf.h"
#include "base/def.h"
#include "wire/wr.h"

/*
 * Appends what `text` stands for. As Go reads it: line ends in between are skipped, and bits beyond
 * the last byte are not looked at; everything else, missing padding too, is -EBADMSG. -ENOBUFS: no
 * room for three bytes for every four characters. -ENOMEM. On errors nothing is appended.
 */
_nodiscard_ int base64_decode(struct bytes text, struct buf *out);
void base64_write(struct wr *w, struct bytes b);

#endif
