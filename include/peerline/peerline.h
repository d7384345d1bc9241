#ifndef PEERLINE_PEERLINE_H
#define PEERLINE_PEERLINE_H

/*
 * peerline: one link to every peer, shared by every service on the host.
 *
 * This header is the bare node: the same node that `peerline run` starts, inside a process, on a
 * thread of yours. Programs that consume want peerline/consumer.h.
 *
 *     struct pl_node *node;
 *     struct pl_setting settings[] = { { "data", "/var/lib/mine" }, { "p2p_port", "9905" } };
 *     if (pl_node_new(settings, 2, NULL, NULL, &node) == 0) {
 *             r = pl_node_run(node);          until pl_node_stop() or STOP at the door
 *             pl_node_free(node);
 *     }
 *
 * Consumers attach through the node's door, with peerline/consumer.h or any NATS client
 * (docs/control.md).
 * C99 and C++. The library keeps no globals, never logs, exits or installs signal handlers; what
 * there is to tell goes to the caller's on_event. A process that embeds it should ignore SIGPIPE.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PL_PUBLIC __attribute__((visibility("default")))
#else
#define PL_PUBLIC
#endif

struct pl_node;

/* A setting by its file name ("p2p_port"; docs/configuration.md). Both texts are copied. */
struct pl_setting {
	const char *key;
	const char *value;
};

enum pl_level { PL_LEVEL_ERROR = 0, PL_LEVEL_WARN = 1, PL_LEVEL_INFO = 2, PL_LEVEL_DEBUG = 3 };

/*
 * Something worth telling: a stable event name and its fields as one JSON object, borrowed for the
 * call. Runs on the thread that called the library: the loop's, during pl_node_run(). It must not
 * call the library, except pl_node_stop() and pl_node_reload().
 */
typedef void (*pl_event_fn)(void *user, enum pl_level level, const char *event, const char *json);

/* "0.1.0" */
PL_PUBLIC const char *pl_version(void);

/*
 * Opens the data directory (locks it, makes key and token where there are none) and everything the
 * node needs; nothing listens yet. Settings that are not given come from the configuration file in
 * the data directory, else are defaults; the environment is not read.
 *
 * Owns:   the node is the caller's; pl_node_free().
 * Errors: -EINVAL (a setting), -EBUSY (another node has the directory), -EACCES, -EBADMSG (a file),
 * -ENOMEM, ... An "error" event says why in a sentence. `*ret` is set only on success.
 */
PL_PUBLIC int pl_node_new(const struct pl_setting *settings, size_t n_settings,
			  pl_event_fn on_event, void *user, struct pl_node **ret);

/*
 * Listens, dials, serves, until it is stopped; then drains and returns 0.
 *
 * Thread: any, but one at a time; the calling thread is the loop's until it returns.
 * Errors: -EADDRINUSE and what else listening can answer, with an "error" event that says why.
 */
PL_PUBLIC int pl_node_run(struct pl_node *node);

/* Asks pl_node_run() to end. Thread: any; also from a signal handler. */
PL_PUBLIC void pl_node_stop(struct pl_node *node);

/*
 * Asks pl_node_run() to read the configuration file and the consumers file again: what can change
 * while it runs does, and a "reloaded" event says what; a mistake in a file is a warning and changes
 * nothing. Thread: any; also from a signal handler.
 */
PL_PUBLIC void pl_node_reload(struct pl_node *node);

/* Takes NULL. Not while pl_node_run() runs. */
PL_PUBLIC void pl_node_free(struct pl_node *node);

#ifdef __cplusplus
}
#endif

#endif
