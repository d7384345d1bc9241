#ifndef PL_BENCH_GOSSIP_END_H
#define PL_BENCH_GOSSIP_END_H

/*
 * A gossip peer made by hand, for the load generator: one peer id with one link to the relay, its
 * stream of RPCs in each direction, and no engine behind. It subscribes to one topic, and grafts
 * the relay once the relay has told that it is subscribed as well. Nothing is verified, nothing is
 * forwarded: what it costs is transport.
 *
 *     gossip_end_open(); on_ready: its stream stands and the relay was grafted; gossip_end_send()
 */

#include "base/shared_bytes.h"
#include "crypto/keys.h"
#include "loop/loop.h"
#include "peer/pool.h"
#include "route/gossip_reader.h"
#include "wire/gossip_rpc.h"

struct gossip_end;

struct gossip_end_ops {
	void (*on_ready)(void *user, struct gossip_end *e);
	/* `m` is borrowed for the call. */
	void (*on_message)(void *user, struct gossip_end *e, const struct gossip_message *m);
	/* What was refused earlier with false may be tried again. */
	void (*on_writable)(void *user, struct gossip_end *e);
};

struct gossip_end {
	struct loop *loop;
	const struct gossip_end_ops *ops;
	void *user;
	size_t number;
	struct bytes topic;
	struct key_pair key;
	struct pool *pool;
	struct stream *out, *in;
	struct gossip_reader reader;
	struct gossip_rpc rpc;
	bool is_identified, is_subscribed, is_grafted;
	size_t n_pruned; /* the relay does not want us in its mesh */
};

/* `topic`, `ops` and `to` are borrowed for life. Failures end the program. */
void gossip_end_open(struct gossip_end *e, struct loop *loop, const struct multiaddr *to);
/* False: the stream is full, on_writable follows. */
bool gossip_end_send(struct gossip_end *e, const struct shared_bytes *frame);

#endif
