/* covers: src/route/gossip_input.c src/route/gossip_reader.c src/route/gossip_pull.c */
/*
 * The gossip engine among three neighbours that say and do anything. The input is a little program:
 * what they send, time going by, joining, leaving, publishing, peers that come, go, fill up and are
 * judged. It
 * is run twice, once with everything in one piece and once byte by byte, which must end the same;
 * whatever the engine sends is well-formed, no id is delivered twice, and its tables agree.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "route/gossip_priv.h"
#include "wire/public_key.h"
#include "wire/rd.h"

#define N_PEERS 3
#define MESSAGES_MAX 64

static const char *const TOPICS[] = { "t", "teranode/bitcoin/1.0.0/mainnet-subtree" };

struct world;

struct neighbour {
	struct world *world;
	struct peer_id id;
	struct gossip_peer *p; /* NULL: away */
	struct gossip_reader reader;
	bool is_full, knows_idontwant, is_bad;
};

struct world {
	struct gossip *g;
	struct key_pair key;
	struct random_seeded seeded;
	struct mono now;
	bool by_byte, was_full;
	struct neighbour neighbours[N_PEERS];
	struct gossip_id delivered[MESSAGES_MAX];
	size_t n_delivered;
};

static int on_send(void *user, void *peer_user, struct shared_bytes *frame, bool may_drop)
{
	struct neighbour *n = peer_user;
	struct rd r = rd_of(shared_bytes_data(frame));
	struct bytes body = rd_varint_bytes(&r, LIMIT_GOSSIP_RPC);
	struct gossip_rpc rpc;

	ASSERT(n->world == user && rd_finish(&r) == 0);
	gossip_rpc_init(&rpc);
	ASSERT(gossip_rpc_decode(body, &rpc) == 0);
	ASSERT(rpc.messages.n <= 1 && (rpc.messages.n == 0 || rpc.messages.v[0].canonical));
	ASSERT(rpc.messages.n == 1 || frame->n <= 65536);
	ASSERT(!may_drop || rpc.subscriptions.n + rpc.graft.n + rpc.prune.n == 0);
	gossip_rpc_deinit(&rpc);
	return may_drop && n->is_full ? -EAGAIN : 0;
}

static void on_message(void *user, const struct gossip_delivery *d)
{
	struct world *w = user;

	/* What is forgotten in time may come again; so few and so soon nothing is. */
	for (size_t i = 0; i < w->n_delivered; i++)
		ASSERT(!bytes_equal(BYTES(d->id.b, d->id.n),
				    BYTES(w->delivered[i].b, w->delivered[i].n)));
	ASSERT(gossip_is_joined(w->g, d->topic));
	if (w->n_delivered < MESSAGES_MAX)
		w->delivered[w->n_delivered++] = d->id;
}

static void on_px(void *user, const struct peer_id *via, const struct peer_id *peer,
		  struct bytes signed_record)
{
	struct world *w = user;

	ASSERT(peer_by_id(w->g, via) && !peer_by_id(w->g, peer));
	ASSERT(signed_record.n <= LIMIT_GOSSIP_RPC && w->g->n_px <= LIMIT_GOSSIP_PX_ALL);
}

static bool signed_record(void *user, void *peer_user, struct bytes *ret)
{
	const struct neighbour *n = peer_user;

	(void)user;
	*ret = peer_id_bytes(&n->id);
	return n->knows_idontwant;
}

static const struct gossip_ops OPS = {
	.send = on_send,
	.on_message = on_message,
	.on_px = on_px,
	.signed_record = signed_record,
};

static void come(struct neighbour *n)
{
	struct world *w = n->world;
	const char *protocol = n->knows_idontwant ? "/meshsub/1.2.0" : "/meshsub/1.1.0";

	gossip_reader_init(&n->reader);
	ASSERT(gossip_peer_add(w->g, &n->id, bytes_of_text(protocol), n == w->neighbours, n,
			       &n->p) == 0);
}

static void go(struct neighbour *n)
{
	gossip_reader_deinit(&n->reader);
	gossip_peer_remove(n->world->g, n->p);
	n->p = NULL;
}

static void world_init(struct world *w, bool by_byte)
{
	struct gossip_config config = { .params = gossip_params_default(), .ops = &OPS, .user = w };
	uint8_t seed[ED25519_SEED] = { 9 };

	memset(w, 0, sizeof(*w));
	w->by_byte = by_byte;
	w->now = (struct mono){ NS_PER_S };
	random_seeded_init(&w->seeded, 1);
	key_pair_from_seed(seed, &w->key);
	config.key = &w->key;
	public_key_ed25519_peer_id(w->key.public, &config.id);
	config.random = random_seeded_source(&w->seeded);
	config.params.idontwant_threshold = 4;
	config.params.d = config.params.d_high = 2;
	config.params.d_low = 1;
	config.params.seen_ms = UINT64_MAX;
	ASSERT(gossip_new(&config, w->now, &w->g) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(TOPICS); i++)
		ASSERT(gossip_join(w->g, bytes_of_text(TOPICS[i]), w->now) == 0);
	for (size_t i = 0; i < N_PEERS; i++) {
		struct neighbour *n = &w->neighbours[i];

		/* The first is the author of the published message. */
		seed[0] = (uint8_t)(i + 1);
		if (i == 0)
			memset(seed, 1, sizeof(seed));
		n->world = w;
		n->knows_idontwant = i != 2;
		key_pair_from_seed(seed, &w->key);
		public_key_ed25519_peer_id(w->key.public, &n->id);
		memset(seed, 0, sizeof(seed));
		come(n);
	}
	seed[0] = 9;
	key_pair_from_seed(seed, &w->key);
}

static void check_topic(const struct gossip *g, const char *name)
{
	const struct topic *t = topic_find(g, bytes_of_text(name));
	size_t n_members = 0, n_mesh = 0;

	if (!t)
		return;
	list_for_each (it, &t->members) {
		struct member *m = list_entry(it, struct member, in_topic);

		n_members++;
		n_mesh += member_is_in_mesh(m);
		ASSERT(m->topic == t && member_find(m->peer, topic_name(t)) == m);
	}
	ASSERT(n_members == t->n_members && n_mesh == t->n_mesh);
	ASSERT(t->joined || n_members > 0);
}

static void world_check(const struct world *w)
{
	struct gossip_counts c = gossip_counts(w->g);

	for (size_t i = 0; i < ARRAY_SIZE(TOPICS); i++)
		check_topic(w->g, TOPICS[i]);
	ASSERT(list_is_empty(&w->g->dirty));
	ASSERT(w->g->rpc.messages.n == 0);
	ASSERT(c.received >= c.duplicates + c.bad_signature + c.unknown_topic + c.too_large +
				     c.own_echo + c.unheard + c.not_checked + c.ignored +
				     c.rejected + c.waiting);
	for (size_t i = 0; i < N_PEERS; i++) {
		const struct gossip_peer *p = w->neighbours[i].p;

		ASSERT(!p || p->members.n <= LIMIT_GOSSIP_TOPICS_PER_PEER);
		ASSERT(!p || p->n_iwant_ids <= LIMIT_GOSSIP_IWANT);
	}
}

static void say(struct neighbour *n, struct bytes b)
{
	size_t step = n->world->by_byte ? 1 : b.n;
	struct mono since;
	int r = 0;

	while (n->p && b.n > 0 && r == 0) {
		r = gossip_input(n->world->g, n->p, &n->reader, BYTES(b.p, step), n->world->now);
		ASSERT(r >= 0);
		ASSERT(gossip_reader_pending(&n->reader, &since) <= LIMIT_GOSSIP_RPC + 10);
		ASSERT(since.ns <= n->world->now.ns || mono_is_never(since));
		b = BYTES(b.p + step, b.n - step);
	}
	/* The stream is reset, the peer comes back. */
	if (r > 0) {
		go(n);
		come(n);
	}
}

static void wait(struct world *w, uint64_t ms)
{
	struct mono until = mono_add_ms(w->now, ms);

	while (mono_reached(gossip_deadline(w->g), until)) {
		w->now = gossip_deadline(w->g);
		gossip_tick(w->g, w->now);
	}
	w->now = until;
}

static void fill(struct neighbour *n)
{
	n->is_full = !n->is_full;
	n->world->was_full = true;
}

static void act_on_peer(struct neighbour *n, unsigned int arg)
{
	if (!n->p)
		come(n);
	else if (arg & 16)
		gossip_peer_resend(n->world->g, n->p);
	else if (arg & 8)
		fill(n);
	else
		go(n);
}

static void judge(struct neighbour *n, unsigned int arg)
{
	if (!n->p)
		return;
	n->is_bad = !n->is_bad;
	if (arg & 16)
		gossip_peer_set_direct(n->world->g, n->p, n->is_bad);
	else if (arg & 8)
		gossip_peer_set_rpc_max(n->p, n->is_bad ? LIMIT_GOSSIP_RPC : 0);
	else
		gossip_set_app_score(n->world->g, &n->id, n->is_bad ? -30.0 * (arg + 1) : 0);
}

static void step(struct world *w, struct rd *r)
{
	uint8_t op = rd_u8(r);
	unsigned int arg = op >> 3;
	struct neighbour *n = &w->neighbours[arg % N_PEERS];
	struct bytes topic = bytes_of_text(TOPICS[arg % ARRAY_SIZE(TOPICS)]);

	switch (op & 7) {
	case 0:
		say(n, rd_bytes(r, size_min(rd_u8(r), r->left)));
		break;
	case 1:
		say(n, rd_bytes(r, size_min(rd_be16(r), r->left)));
		break;
	case 2:
		wait(w, (arg + 1) * UINT64_C(100));
		break;
	case 3:
		(void)!gossip_publish(w->g, topic, rd_bytes(r, size_min(rd_u8(r), r->left)), w->now,
				      NULL);
		break;
	case 4:
		(void)!gossip_join(w->g, topic, w->now);
		break;
	case 5:
		gossip_leave(w->g, topic, w->now);
		break;
	case 6:
		act_on_peer(n, arg);
		break;
	case 7:
		judge(n, arg);
		break;
	}
}

static struct world *run(struct bytes in, bool by_byte)
{
	struct world *w = malloc(sizeof(*w));
	struct rd r = rd_of(in);

	ASSERT(w);
	world_init(w, by_byte);
	while (!rd_is_bad(&r) && r.left > 0) {
		step(w, &r);
		world_check(w);
	}
	return w;
}

static void end(struct world *w)
{
	for (size_t i = 0; i < N_PEERS; i++)
		gossip_reader_deinit(&w->neighbours[i].reader);
	gossip_free(w->g);
	free(w);
}

static void same(const struct world *a, const struct world *b)
{
	struct gossip_counts ca = gossip_counts(a->g), cb = gossip_counts(b->g);

	/* How control entries share frames depends on how the input came, and what a full peer did
	 * not get of them decides what we expect of it. */
	if (a->was_full)
		return;
	ca.send_dropped = cb.send_dropped = 0;
	ASSERT(memcmp(&ca, &cb, sizeof(ca)) == 0);
	ASSERT(a->n_delivered == b->n_delivered);
	ASSERT(a->g->topics.n == b->g->topics.n && a->g->backoffs.map.n == b->g->backoffs.map.n);
	for (size_t i = 0; i < ARRAY_SIZE(TOPICS); i++) {
		const struct topic *ta = topic_find(a->g, bytes_of_text(TOPICS[i]));
		const struct topic *tb = topic_find(b->g, bytes_of_text(TOPICS[i]));

		ASSERT(!ta == !tb && (!ta || ta->n_mesh == tb->n_mesh));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *whole, *parts;

	ASSERT(crypto_start() == 0);
	whole = run(BYTES(data, size), false);
	parts = run(BYTES(data, size), true);
	same(whole, parts);
	end(whole);
	end(parts);
	return 0;
}
