#ifndef PL_CLI_LOG_H
#define PL_CLI_LOG_H

/* What `peerline run` says while it runs: the library has no log, only events. */

#include <jansson.h>
#include <stdio.h>

#include "peerline/peerline.h"

/*
 * For people, on standard error: time, level, event and its fields; what has a text of its own is
 * that text:
 *
 *     2026-11-20T11:47:37.126Z info  link_up peer_id=12D3… direction=inbound
 *     2026-11-20T11:47:38.321Z error /tmp/a: another node runs on this data directory, pid 2866
 */
void log_text(enum pl_level level, const char *event, const char *json);

/* For programs, on standard output: {"event":…,"level":…, the event's own fields}. */
void log_json(enum pl_level level, const char *event, const char *json);

/* One event of the door, for people: when it happened, its kind, and its fields. */
void log_event(FILE *out, const char *kind, json_t *fields);

#endif
