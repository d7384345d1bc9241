#include "sim/gossip/bad_boy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "sim/gossip/stage.h"

#define HEARTBEAT_MS 1000
#define PATIENCE_MS 61000 /* a little more than the backoff that it is told */
#define REMEMBERED 4096   /* messages: who relays must know what it has relayed */
#define ID_MAX 64
#define REPLAYS 10 /* a heartbeat */

struct remembered {
	size_t n;
	uint8_t id[ID_MAX];
	struct shared_bytes *frame;
};

struct bad_boy {
	struct gossip_net *net;
	size_t number;
	unsigned vices;
	struct mono since, replay_from, replay_to;
	struct bad_link links[BAD_LINKS];
	size_t n_links;
	struct remembered seen[REMEMBERED]; /* by a hash of the id; a newer one takes the place */
	struct bytes told[1000];
	struct gossip_rpc rpc;
	struct bad_counts counts;
};

/* ---- words ---- */

static void send_and_free(struct gossip_net_end *end, int r, struct shared_bytes *frame)
{
	ASSERT(r == 0);
	gossip_net_send(end, frame);
	shared_bytes_unref(frame);
}

static void send_control(struct gossip_net_end *end, struct buf *b)
{
	struct shared_bytes *frame = NULL;
	int r = gossip_frame_control(buf_data(b), &frame);

	send_and_free(end, r, frame);
	buf_deinit(b);
}

static void send_subscriptions(struct gossip_net_end *end, struct buf *b)
{
	struct shared_bytes *frame = NULL;
	int r = gossip_frame_subscriptions(buf_data(b), &frame);

	send_and_free(end, r, frame);
	buf_deinit(b);
}

static struct wr words(struct buf *b)
{
	buf_init(b, LIMIT_GOSSIP_RPC);
	return wr_to(b);
}

void bad_subscribe(struct gossip_net_end *end, struct bytes topic)
{
	struct buf b;
	struct wr w = words(&b);

	gossip_write_subscription(
		&w, &(struct gossip_subscription){ .subscribe = true, .topic = topic });
	send_subscriptions(end, &b);
}

void bad_graft(struct gossip_net_end *end, struct bytes topic)
{
	struct buf b;
	struct wr w = words(&b);

	gossip_write_graft(&w, topic);
	send_control(end, &b);
}

void bad_prune(struct gossip_net_end *end, struct bytes topic, uint64_t backoff_s)
{
	struct buf b;
	struct wr w = words(&b);

	gossip_write_prune(&w,
			   &(struct gossip_prune){
				   .topic = topic, .has_backoff = true, .backoff_s = backoff_s },
			   NULL);
	send_control(end, &b);
}

void bad_ihave(struct gossip_net_end *end, struct bytes topic, const struct bytes *ids, size_t n)
{
	struct buf b;
	struct wr w = words(&b);

	gossip_write_ihave(&w, topic, ids, n);
	send_control(end, &b);
}

void bad_iwant(struct gossip_net_end *end, const struct bytes *ids, size_t n)
{
	struct buf b;
	struct wr w = words(&b);

	gossip_write_iwant(&w, ids, n);
	send_control(end, &b);
}

void bad_idontwant(struct gossip_net_end *end, const struct bytes *ids, size_t n)
{
	struct buf b;
	struct wr w = words(&b);

	gossip_write_idontwant(&w, ids, n);
	send_control(end, &b);
}

static struct bytes made_up(char text[64], uint64_t number)
{
	return BYTES(text,
		     (size_t)snprintf(text, 64, "no/such/topic/%llu", (unsigned long long)number));
}

void bad_subscribe_many(struct gossip_net_end *end, uint64_t first, size_t n, bool subscribe)
{
	char text[64];
	struct buf b;
	struct wr w = words(&b);

	for (size_t i = 0; i < n; i++)
		gossip_write_subscription(
			&w, &(struct gossip_subscription){ .subscribe = subscribe,
							   .topic = made_up(text, first + i) });
	send_subscriptions(end, &b);
}

void bad_graft_many(struct gossip_net_end *end, uint64_t first, size_t n)
{
	char text[64];
	struct buf b;
	struct wr w = words(&b);

	for (size_t i = 0; i < n; i++)
		gossip_write_graft(&w, made_up(text, first + i));
	send_control(end, &b);
}

/* ---- links ---- */

static struct bad_link *link_of(struct bad_boy *b, const struct gossip_net_end *end)
{
	for (size_t i = 0; i < b->n_links; i++)
		if (b->links[i].end == end)
			return &b->links[i];
	return NULL;
}

struct gossip_net_end *bad_boy_end(const struct bad_boy *b, size_t node)
{
	for (size_t i = 0; i < b->n_links; i++)
		if (gossip_net_end_node(b->links[i].end) == node)
			return b->links[i].end;
	return NULL;
}

static void on_link(void *actor, struct gossip_net_end *end, bool up, struct mono now)
{
	struct bad_boy *b = actor;
	struct bad_link *l = link_of(b, end);

	if (!up) {
		*l = b->links[--b->n_links];
		return;
	}
	ASSERT(b->n_links < BAD_LINKS);
	/* Their answer to a GRAFT that comes before their subscription would be a PRUNE. */
	b->links[b->n_links++] =
		(struct bad_link){ .end = end, .graft_at = mono_add_ms(now, HEARTBEAT_MS) };
	bad_subscribe(end, TOPIC);
}

/* ---- what it hears ---- */

static bool is_bad(const struct bad_boy *b, unsigned vice, struct mono now)
{
	return (b->vices & vice) != 0 && now.ns >= b->since.ns;
}

static size_t id_of(const struct gossip_message *m, uint8_t out[ID_MAX])
{
	if (m->from.n + m->seqno.n > ID_MAX)
		return 0;
	memcpy(out, m->from.p, m->from.n);
	memcpy(out + m->from.n, m->seqno.p, m->seqno.n);
	return m->from.n + m->seqno.n;
}

/* False: it was there. */
static bool remember(struct bad_boy *b, const struct gossip_message *m, struct remembered **ret)
{
	static const uint64_t seed[2] = { 1, 2 };
	uint8_t id[ID_MAX];
	size_t n = id_of(m, id);
	struct remembered *r = &b->seen[map_hash(seed, BYTES(id, n)) % REMEMBERED];
	int e;

	*ret = r;
	if (r->n == n && memcmp(r->id, id, n) == 0)
		return false;
	shared_bytes_unref(r->frame);
	memcpy(r->id, id, n);
	r->n = n;
	e = gossip_frame_message(m, &r->frame);
	ASSERT(e == 0);
	return true;
}

static void relay(struct bad_boy *b, const struct remembered *r, const struct gossip_net_end *via)
{
	for (size_t i = 0; i < b->n_links; i++)
		if (b->links[i].in_mesh && b->links[i].end != via)
			gossip_net_send(b->links[i].end, r->frame);
}

static void talk(struct bad_boy *b, const struct remembered *r)
{
	struct bytes id = BYTES(r->id, r->n);

	for (size_t i = 0; i < b->n_links; i++)
		if (b->links[i].in_mesh)
			bad_idontwant(b->links[i].end, &id, 1);
}

static void announce(struct bad_boy *b, const struct remembered *r)
{
	struct bytes id = BYTES(r->id, r->n);

	for (size_t i = 0; i < b->n_links; i++)
		bad_ihave(b->links[i].end, TOPIC, &id, 1);
}

static void on_message(struct bad_boy *b, const struct gossip_net_end *via,
		       const struct gossip_message *m, struct mono now)
{
	struct remembered *r;

	b->counts.messages++;
	if (is_bad(b, BAD_DROP, now) && (b->vices & (BAD_ANNOUNCE | BAD_REPLAY | BAD_TALK)) == 0)
		return;
	if (!remember(b, m, &r))
		return;
	if (is_bad(b, BAD_ANNOUNCE, now))
		announce(b, r);
	if (is_bad(b, BAD_TALK, now))
		talk(b, r);
	if (!is_bad(b, BAD_DROP, now))
		relay(b, r, via);
}

/* Ids of others' announcements serve for its own. */
static void on_ihaves(struct bad_boy *b, struct mono now)
{
	if (!is_bad(b, BAD_ANNOUNCE, now))
		return;
	for (size_t i = 0; i < b->rpc.ihave.n; i++) {
		const struct gossip_ids *ids = &b->rpc.ihave.v[i];
		size_t n = size_min(ids->n, ARRAY_SIZE(b->told));

		memcpy(b->told, b->rpc.ids.v + ids->first, n * sizeof(*b->told));
		for (size_t k = 0; k < b->n_links; k++)
			bad_ihave(b->links[k].end, TOPIC, b->told, n);
	}
}

static void on_mesh(struct bad_boy *b, struct bad_link *l, struct mono now)
{
	if (b->rpc.graft.n > 0) {
		b->counts.grafted++;
		l->in_mesh = true;
	}
	for (size_t i = 0; i < b->rpc.prune.n; i++) {
		b->counts.pruned++;
		l->in_mesh = false;
		l->graft_at = mono_add_ms(now, b->rpc.prune.v[i].has_backoff
						       ? b->rpc.prune.v[i].backoff_s * 1000 + 1000
						       : PATIENCE_MS);
	}
}

static void on_rpc(void *actor, struct gossip_net_end *end, struct bytes rpc, struct mono now)
{
	struct bad_boy *b = actor;
	int r = gossip_rpc_decode(rpc, &b->rpc);

	ASSERT(r == 0);
	for (size_t i = 0; i < b->rpc.messages.n; i++)
		on_message(b, end, &b->rpc.messages.v[i], now);
	on_ihaves(b, now);
	b->counts.asked_rpcs += b->rpc.iwant.n > 0;
	for (size_t i = 0; i < b->rpc.iwant.n; i++)
		b->counts.asked += b->rpc.iwant.v[i].n;
	on_mesh(b, link_of(b, end), now);
}

/* ---- what it does by itself ---- */

static void graft_itself(struct bad_boy *b, struct mono now)
{
	for (size_t i = 0; i < b->n_links; i++) {
		struct bad_link *l = &b->links[i];
		bool insists = is_bad(b, BAD_INSIST, now);

		if (!insists && (l->in_mesh || !mono_reached(l->graft_at, now)))
			continue;
		l->in_mesh = true;
		bad_graft(l->end, TOPIC);
	}
}

/* Any of those it remembers. */
static const struct remembered *one_of_them(const struct bad_boy *b, const struct random *random)
{
	size_t first = (size_t)random_below(random, REMEMBERED);

	for (size_t i = 0; i < REMEMBERED; i++)
		if (b->seen[(first + i) % REMEMBERED].frame)
			return &b->seen[(first + i) % REMEMBERED];
	return NULL;
}

static void replay(struct bad_boy *b)
{
	struct random random = gossip_net_random(b->net);

	for (size_t i = 0; i < REPLAYS; i++) {
		const struct remembered *r = one_of_them(b, &random);

		for (size_t k = 0; r && k < b->n_links; k++)
			gossip_net_send(b->links[k].end, r->frame);
		b->counts.replayed += r ? b->n_links : 0;
	}
}

static struct mono on_time(void *actor, struct mono now)
{
	struct bad_boy *b = actor;

	if ((b->vices & BAD_GRAFT) != 0)
		graft_itself(b, now);
	if (is_bad(b, BAD_REPLAY, now) && now.ns >= b->replay_from.ns && now.ns < b->replay_to.ns)
		replay(b);
	return mono_add_ms(now, HEARTBEAT_MS);
}

/* ---- life ---- */

static const struct gossip_actor_ops bad_ops = {
	.on_link = on_link,
	.on_rpc = on_rpc,
	.on_time = on_time,
};

struct bad_boy *bad_boy_new(struct gossip_net *net, unsigned vices)
{
	struct bad_boy *b = calloc(1, sizeof(*b));

	ASSERT(b);
	b->net = net;
	b->vices = vices;
	b->replay_to = MONO_NEVER;
	gossip_rpc_init(&b->rpc);
	b->number = gossip_net_add_actor(net, &bad_ops, b);
	return b;
}

struct bad_boy *bad_boy_free(struct bad_boy *b)
{
	if (!b)
		return NULL;
	for (size_t i = 0; i < REMEMBERED; i++)
		shared_bytes_unref(b->seen[i].frame);
	gossip_rpc_deinit(&b->rpc);
	free(b);
	return NULL;
}

size_t bad_boy_number(const struct bad_boy *b)
{
	return b->number;
}

void bad_boy_since(struct bad_boy *b, struct mono since)
{
	b->since = since;
}

void bad_boy_replays(struct bad_boy *b, struct mono from, struct mono to)
{
	b->replay_from = from;
	b->replay_to = to;
}

struct bad_counts bad_boy_counts(const struct bad_boy *b)
{
	return b->counts;
}
