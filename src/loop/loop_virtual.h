#ifndef PL_LOOP_LOOP_VIRTUAL_H
#define PL_LOOP_LOOP_VIRTUAL_H

/*
 * The virtual world: one clock, one network, any number of hosts. Each host is a struct loop of its
 * own, so that a whole node runs on it exactly as on the real one; all hosts advance together, in
 * one thread, from event to event. The same seed gives the same run, and the event log's hash
 * proves it.
 *
 *     world_new(seed); world_host(w, "10.0.0.1"); a node on it; world_run_for(w, ms); world_free(w)
 *
 * Connections behave like TCP over a network that loses nothing: a connect takes one round trip and
 * the accept half a one more, each direction carries at most WORLD_WINDOW bytes that the reader has
 * not taken, unread bytes make a close a reset. A dial to an address where no host lives fails with
 * -EHOSTUNREACH after a few seconds. Names are answered after a few milliseconds, jobs run in the
 * next turn of their host. A turn takes no time, but the next turn of the same host, if it wants
 * one at once, comes a microsecond later, so that the clock cannot stand still.
 *
 * loop_free() on a host is the end of its process: the kernel closes what it left open, and
 * world_host() may start another one at the address.
 */

#include "loop/loop.h"

struct world;

struct world_link {
	uint64_t latency_ns;  /* one way */
	uint64_t jitter_ns;   /* added, uniform in [0, jitter] */
	uint64_t bytes_per_s; /* 0: unlimited */
	size_t chunk_max;     /* bytes delivered in one read at most; 0: as written. Splits and
				 coalesces under the seed */
};

#define WORLD_WINDOW (256 * 1024)

_nodiscard_ int world_new(uint64_t seed, struct world **ret);
struct world *world_free(struct world *w);

/* A new host with this address (and the loopback ones for itself). The loop is owned by the world.
 * -EINVAL: no address. -EEXIST: it has a host. -ENOMEM. */
_nodiscard_ int world_host(struct world *w, const char *ip, struct loop **ret);
/* The default for all pairs; a pair's own setting wins. In the beginning: 1 ms and nothing else. */
void world_set_link(struct world *w, const struct world_link *link);
void world_set_link_between(struct world *w, struct loop *a, struct loop *b,
			    const struct world_link *link);
/* Nothing gets through between a and b, both ways: bytes wait and connects hang until it ends. */
void world_block(struct world *w, struct loop *a, struct loop *b, bool blocked);
/* The same for whoever lives there, now or later. */
void world_block_addresses(struct world *w, const char *ip_a, const char *ip_b, bool blocked);
/* Every connection of the host is reset from outside: both ends get -ECONNRESET. */
void world_reset_host(struct world *w, struct loop *host);
/*
 * The host is gone from one moment to the next, as by a power cut: nothing leaves it any more,
 * nothing reaches it, its address is free for another one, which answers with a reset to whoever
 * still speaks to the old. What had left before arrives. The loop goes on, so that what runs on it
 * can be ended at leisure.
 */
void world_cut_host(struct world *w, struct loop *host);
/* Names for resolve: `text` is an address for RESOLVE_IP*, a record for RESOLVE_TXT. */
_nodiscard_ int world_add_name(struct world *w, enum resolve_kind kind, const char *name,
			       const char *text);

/* Runs everything that happens in the next `ms` of virtual time. */
void world_run_for(struct world *w, uint64_t ms);
/* Runs until `done` says so or `ms` have passed; true when it did. */
bool world_run_until(struct world *w, bool (*done)(void *user), void *user, uint64_t ms);
struct mono world_now(const struct world *w);
/* A seeded source; each call gives a separate, reproducible one. Borrowed from the world. */
struct random world_random(struct world *w);
/* Notes an event of the test's own in the log. */
void world_note(struct world *w, const char *text);
/* Hash over the log so far: (time, host, kind, sizes) of every event. */
uint64_t world_log_hash(const struct world *w);
/* Connections between two hosts that stand and that neither end has begun to close, as the kernel
 * would count them: for "exactly one link". */
size_t world_connections(const struct world *w, struct loop *a, struct loop *b);

#endif
