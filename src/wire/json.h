#ifndef PL_WIRE_JSON_H
#define PL_WIRE_JSON_H

/*
 * JSON of strangers (RFC 8259), read where it lies: a guard that bounds its depth without
 * recursion, a walk through an object's members, and texts. What is to become a tree in memory
 * passes json_check() before a library sees it.
 *
 *     json_check(text) == 0; json_members_open(&m, text);
 *     while (json_members_next(&m, &key, &value)) ... json_key_is(key, "Hash") ...
 *         json_text_read(value, &out)
 *
 * Where others' readers differ this one does as Go's encoding/json, which writes what we mostly
 * read: keys are found whatever their case, bytes that are no UTF-8 and surrogates without their
 * half read as U+FFFD.
 */

#include "base/buf.h"
#include "base/def.h"
#include "wire/rd.h"
#include "wire/wr.h"

/* -EBADMSG: not one JSON value with at most blanks around it, or deeper than LIMIT_JSON_DEPTH.
 * Reads on no further than the first mistake, and keeps nothing: no memory, no stack that grows. */
_nodiscard_ int json_check(struct bytes text);

/* The members of an object that json_check() let pass. Keys and values are borrowed from it, as
 * they are written: keys and texts with their quotes. Of several members with one key all come, in
 * their order. */
struct json_members {
	struct rd rest;
	bool begun;
};

/* -EBADMSG: another kind of value. */
_nodiscard_ int json_members_open(struct json_members *m, struct bytes text);
/* false: the end. */
bool json_members_next(struct json_members *m, struct bytes *ret_key, struct bytes *ret_value);

/* Does Go take this key for the field `name` (ASCII)? */
bool json_key_is(struct bytes key, const char *name);
bool json_value_is_text(struct bytes value);
bool json_value_is_null(struct bytes value);
/* Digits without sign, fraction and exponent. -EBADMSG: another value, or beyond `max`. */
_nodiscard_ int json_unsigned_read(struct bytes value, uint64_t max, uint64_t *ret);
/* Appends the text. -EBADMSG: another kind of value. -ENOBUFS: as many whole characters as fit were
 * appended. -ENOMEM. */
_nodiscard_ int json_text_read(struct bytes value, struct buf *out);

/* A text in quotes, byte for byte as Go's json.Marshal writes it: <, >, & and U+2028, U+2029
 * escaped, bytes that are no UTF-8 as \ufffd. */
void json_text_write(struct wr *w, struct bytes text);

#endif
