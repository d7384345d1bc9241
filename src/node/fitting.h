#ifndef PL_NODE_FITTING_H
#define PL_NODE_FITTING_H

/*
 * A JSON list that must fit into a part of one message: what does not is left out, and counted.
 *
 *     struct fitting f = fitting_of(room); fitting_append(&f, o) ...; fitting_put(&f, answer, ...)
 */

#include <jansson.h>

#include "base/def.h"

struct fitting {
	json_t *list;
	size_t room; /* bytes that may still be added */
	size_t left_out;
};

/* A list of objects. Until fitting_put() it is the caller's. */
struct fitting fitting_of(size_t room);
/* What `o` takes in a list. */
size_t fitting_size(const json_t *o);
/* Takes `o`. */
void fitting_append(struct fitting *f, json_t *o);
/* Puts the list into `answer` as `key`, and how many were left out, if any, as `key_left_out`. */
void fitting_put(const struct fitting *f, json_t *answer, const char *key,
		 const char *key_left_out);

#endif
