#ifndef PL_NODE_RULES_FILE_H
#define PL_NODE_RULES_FILE_H

/*
 * `<data>/peer_rules.json` (node/peer_rules.h): read once at the start, written whole whenever
 * something was said. A damaged one is set aside under another name, and never overwritten.
 *
 *     rules_file_open(); rules_file_content(); rules_file_save() ...; the loop ends;
 *     rules_file_close()
 */

#include "base/time.h"
#include "loop/loop.h"
#include "node/config.h"

struct rules_file;

/* A file that cannot be used is a warning. -ENOMEM. */
_nodiscard_ int rules_file_open(const char *data, struct wall now, config_warn_fn warn, void *user,
				struct rules_file **ret);
/* Takes NULL. After the loop: a job may still write. */
struct rules_file *rules_file_close(struct rules_file *f);
/* What was read; empty: nothing. Borrowed until the file is closed. */
struct bytes rules_file_content(const struct rules_file *f);
/* On a worker, because a disk may take its time; `done` is called once, from the loop, with 0 or a
 * negative errno. -EEXIST: a damaged file is still there. -EBUSY, -ENOMEM, -ESHUTDOWN. */
_nodiscard_ int rules_file_save(struct rules_file *f, struct loop *l, struct bytes content,
				void (*done)(void *user, int error), void *user);

#endif
