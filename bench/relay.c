/*
 * Our relay for the row in which every peer is in the mesh: pool and gossip on the real loop, as a
 * node runs them, with a mesh of about D peers (0: as they come) and a local subscriber that looks
 * at nothing. The other rows measure the program people run.
 *
 *     bench_relay TOPIC D      one line {"listen","pid"}, then relays until it is killed
 */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "bench/figures.h"
#include "crypto/keys.h"
#include "loop/loop_uv.h"
#include "peer/pool.h"
#include "route/gossip_streams.h"
#include "wire/public_key.h"

#define MANY 100000

struct relay {
	struct loop *loop;
	struct key_pair key;
	struct peer_id id;
	struct pool *pool;
	struct gossip_streams *gossip;
	uint64_t n_delivered;
};

/* ---- the pool's reports ---- */

static void on_primary(void *user, struct peer *p, struct link *l)
{
	struct relay *r = user;

	gossip_streams_on_primary(r->gossip, p, l);
}

static void on_identified(void *user, struct peer *p)
{
	struct relay *r = user;

	gossip_streams_on_identified(r->gossip, p);
}

static void on_peer_down(void *user, struct peer *p)
{
	struct relay *r = user;

	gossip_streams_on_peer_down(r->gossip, p);
}

static const struct pool_ops pool_ops = {
	.on_primary = on_primary,
	.on_identified = on_identified,
	.on_peer_down = on_peer_down,
};

/* ---- gossip's ---- */

static void on_message(void *user, const struct gossip_delivery *d)
{
	struct relay *r = user;

	(void)d;
	r->n_delivered++;
}

static const struct gossip_ops gossip_ops = {
	.on_message = on_message,
};

/* ---- life ---- */

static void open_pool(struct relay *r, const struct random *random)
{
	struct pool_config config = {
		.loop = r->loop,
		.key = &r->key,
		.id = r->id,
		.random = *random,
		.version = "bench",
		.agent = "peerline/bench",
		.incarnation = 1,
		.peers_max = MANY,
		.half_open_max = MANY,
		.per_ip_max = MANY,
		.reconnect_ms = 1000,
		.ops = &pool_ops,
		.user = r,
	};

	if (pool_new(&config, &r->pool) < 0)
		give_up("no memory");
}

static void open_gossip(struct relay *r, const struct random *random, size_t d)
{
	struct gossip_streams_config config = {
		.loop = r->loop,
		.pool = r->pool,
		.key = &r->key,
		.id = r->id,
		.random = *random,
		.params = gossip_params_default(),
		.ops = &gossip_ops,
		.user = r,
	};

	if (d > 0) {
		config.params.d = d;
		config.params.d_low = d / 2;
		config.params.d_high = 2 * d;
	}
	if (gossip_streams_new(&config, &r->gossip) < 0)
		give_up("no memory");
}

static void tell_address(const struct relay *r, const struct addr *at)
{
	struct multiaddr bare, whole;
	char text[LIMIT_MULTIADDR_TEXT];

	multiaddr_from_addr(at, &bare);
	if (multiaddr_with_peer(&bare, &r->id, &whole) < 0)
		give_up("no address");
	printf("{\"listen\":\"%s\",\"pid\":%ld}\n", multiaddr_text(&whole, text), (long)getpid());
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct addr at = { .family = ADDR_IP4, .ip = { 127, 0, 0, 1 } };
	struct relay r = { 0 };
	struct random random;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 3)
		give_up("usage: bench_relay TOPIC D");
	if (crypto_start() < 0 || loop_uv_new(&r.loop) < 0)
		give_up("cannot start");
	random = crypto_random();
	key_pair_generate(&random, &r.key);
	public_key_ed25519_peer_id(r.key.public, &r.id);
	open_pool(&r, &random);
	open_gossip(&r, &random, strtoul(argv[2], NULL, 10));
	if (gossip_streams_join(r.gossip, bytes_of_text(argv[1])) < 0)
		give_up("the topic cannot be joined");
	if (pool_listen(r.pool, &at) < 0)
		give_up("cannot listen");
	tell_address(&r, &at);
	if (loop_run(r.loop) < 0)
		give_up("the loop failed");
	return 0;
}
