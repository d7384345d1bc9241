#include "sim/gossip_net.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "sim/gossip_memo.h"
#include "sim/gossip_wheel.h"
#include "wire/public_key.h"

#define NODES_MAX 65536
#define PROTOCOL "/meshsub/1.2.0"
#define HASH_PRIME UINT64_C(0x100000001b3)

enum kind {
	FRAME, /* what: the end it comes to; with: the frame */
	GONE,  /* what: the end whose other end is gone */
	CALL,  /* what: struct call */
};

struct node;

struct gossip_net_end {
	struct list in_node;
	struct node *node;
	struct gossip_net_end *other;
	struct gossip_peer *peer; /* of an engine */
	struct gossip_reader reader;
	uint64_t latency_ns;
	uint64_t last_at_ns; /* what arrives here arrives in order */
	size_t n_bytes;      /* on their way to here */
	size_t n_events;
	bool is_open, is_blocked;
	struct gossip_events held;
};

struct node {
	struct map_node by_id;
	struct gossip_net *net;
	size_t number;
	struct key_pair key;
	struct peer_id id;
	struct random_seeded seeded;
	struct gossip *g;
	uint64_t seqno;
	const struct gossip_actor_ops *actor_ops;
	void *actor;
	struct mono actor_at;
	struct list ends;
	size_t n_ends;
	uint64_t free_at_ns; /* its line has sent everything */
	bool is_frozen;
};

struct call {
	void (*call)(void *user, size_t node, struct mono now);
	void *user;
};

struct gossip_net {
	struct gossip_net_config config;
	struct random_seeded seeded;
	struct random random;
	struct gossip_wheel wheel;
	struct mono now; /* of the node that runs */
	struct node **nodes;
	size_t n_nodes, nodes_cap;
	struct map by_id;
	struct gossip_memo memo;
	struct gossip_batch *checked; /* its engine is to be told */
	struct gossip_net_counts counts;
	uint64_t hash;
};

static void *must(void *p)
{
	ASSERT(p);
	return p;
}

/* ---- what travels ---- */

/* Frees the link when nobody and nothing refers to it any more. */
static void collect(struct gossip_net_end *end)
{
	struct gossip_net_end *first = end < end->other ? end : end->other;

	if (end->is_open || end->other->is_open || end->n_events + end->other->n_events > 0)
		return;
	gossip_events_deinit(&first->held);
	gossip_events_deinit(&first->other->held);
	free(first);
}

/* To the other end; in order, and not before its turn. */
static void post(struct gossip_net_end *end, uint32_t kind, struct shared_bytes *frame)
{
	struct gossip_net *net = end->node->net;
	const struct gossip_net_config *config = &net->config;
	struct gossip_net_end *to = end->other;
	uint64_t at = net->now.ns;

	if (config->bytes_per_s > 0 && frame) {
		at = end->node->free_at_ns > at ? end->node->free_at_ns : at;
		at += frame->n * NS_PER_S / config->bytes_per_s;
		end->node->free_at_ns = at;
	}
	at += end->latency_ns;
	if (config->jitter_ms > 0)
		at += random_below(&net->random, config->jitter_ms * NS_PER_MS);
	if (at <= to->last_at_ns)
		at = to->last_at_ns + 1;
	to->last_at_ns = at;
	to->n_events++;
	gossip_wheel_add(&net->wheel, &(struct gossip_event){
					      .at_ns = at,
					      .node = (uint32_t)to->node->number,
					      .kind = kind,
					      .what = to,
					      .with = frame ? shared_bytes_ref(frame) : NULL,
				      });
	to->n_bytes += frame ? frame->n : 0;
}

static bool has_room(const struct gossip_net_end *end, size_t n)
{
	size_t queued = end->other->n_bytes;

	return queued == 0 || queued + n <= LIMIT_GOSSIP_SEND - LIMIT_GOSSIP_SEND_RESERVE;
}

static int on_send(void *user, void *peer_user, struct shared_bytes *frame, bool may_drop)
{
	struct node *n = user;
	struct gossip_net_end *end = peer_user;

	if (may_drop && !has_room(end, frame->n)) {
		n->net->counts.refused++;
		return -EAGAIN;
	}
	post(end, FRAME, frame);
	return 0;
}

void gossip_net_send(struct gossip_net_end *end, struct shared_bytes *frame)
{
	if (end->is_open)
		post(end, FRAME, frame);
}

size_t gossip_net_end_node(const struct gossip_net_end *end)
{
	return end->other->node->number;
}

/* ---- links ---- */

static void end_open(struct gossip_net_end *end, bool outbound)
{
	struct node *n = end->node;
	int r;

	end->is_open = true;
	list_add_tail(&n->ends, &end->in_node);
	n->n_ends++;
	gossip_reader_init(&end->reader);
	if (n->actor_ops) {
		n->actor_ops->on_link(n->actor, end, true, n->net->now);
		return;
	}
	r = gossip_peer_add(n->g, &end->other->node->id, BYTES_LITERAL(PROTOCOL), outbound, end,
			    &end->peer);
	ASSERT(r == 0);
}

static void end_close(struct gossip_net_end *end)
{
	struct node *n = end->node;

	end->is_open = false;
	list_remove(&end->in_node);
	n->n_ends--;
	if (n->actor_ops)
		n->actor_ops->on_link(n->actor, end, false, n->net->now);
	else if (n->g)
		gossip_peer_remove(n->g, end->peer);
	gossip_reader_deinit(&end->reader);
}

/* From this side. */
static void hang_up(struct gossip_net_end *end)
{
	end_close(end);
	if (end->other->is_open)
		post(end, GONE, NULL);
	else
		collect(end);
}

static bool is_dead(const struct node *n)
{
	return !n->g && !n->actor_ops;
}

static struct gossip_net_end *find_end(const struct gossip_net *net, size_t a, size_t b)
{
	const struct node *n = net->nodes[a];

	list_for_each (it, &n->ends) {
		struct gossip_net_end *end = list_entry(it, struct gossip_net_end, in_node);

		if (end->other->node->number == b)
			return end;
	}
	return NULL;
}

static void end_init(struct gossip_net_end *end, struct gossip_net_end *other, struct node *n,
		     uint64_t latency_ns)
{
	*end = (struct gossip_net_end){ .node = n, .other = other, .latency_ns = latency_ns };
	list_init(&end->in_node);
}

void gossip_net_dial(struct gossip_net *net, size_t from, size_t to)
{
	uint64_t min = net->config.latency_min_ms * NS_PER_MS;
	uint64_t max = net->config.latency_max_ms * NS_PER_MS;
	uint64_t latency = min + random_below(&net->random, max - min + 1);
	struct gossip_net_end *ends;

	if (from == to || is_dead(net->nodes[from]) || is_dead(net->nodes[to]) ||
	    gossip_net_is_linked(net, from, to))
		return;
	ends = must(calloc(2, sizeof(*ends)));
	end_init(&ends[0], &ends[1], net->nodes[from], latency);
	end_init(&ends[1], &ends[0], net->nodes[to], latency);
	/* Both are open before either says its first word. */
	ends[0].is_open = ends[1].is_open = true;
	end_open(&ends[0], true);
	end_open(&ends[1], false);
}

void gossip_net_cut(struct gossip_net *net, size_t a, size_t b)
{
	struct gossip_net_end *end = find_end(net, a, b);

	if (end)
		hang_up(end);
}

/* Either may have hung up while the other does not know it yet: then they are still linked. */
bool gossip_net_is_linked(const struct gossip_net *net, size_t a, size_t b)
{
	return find_end(net, a, b) || find_end(net, b, a);
}

size_t gossip_net_degree(const struct gossip_net *net, size_t node)
{
	return net->nodes[node]->n_ends;
}

void gossip_net_neighbours(struct gossip_net *net, size_t node,
			   void (*each)(void *user, size_t other), void *user)
{
	list_for_each_safe (it, &net->nodes[node]->ends)
		each(user, list_entry(it, struct gossip_net_end, in_node)->other->node->number);
}

/* What was held comes at once, and before everything that is still on its way. */
static void release(struct gossip_net_end *end)
{
	struct gossip_net *net = end->node->net;
	uint64_t begin = gossip_wheel_begin(&net->wheel).ns;

	if (end->is_blocked || end->node->is_frozen)
		return;
	for (size_t i = 0; i < end->held.n; i++) {
		end->held.v[i].at_ns = begin - 1;
		gossip_wheel_add(&net->wheel, &end->held.v[i]);
	}
	gossip_events_deinit(&end->held);
}

void gossip_net_block(struct gossip_net *net, size_t a, size_t b, bool blocked)
{
	struct gossip_net_end *end = find_end(net, a, b);

	if (!end)
		return;
	end->is_blocked = end->other->is_blocked = blocked;
	release(end);
	release(end->other);
}

/* ---- nodes ---- */

static void on_message(void *user, const struct gossip_delivery *d)
{
	struct node *n = user;
	const struct gossip_net_config *config = &n->net->config;

	if (config->ops && config->ops->on_message)
		config->ops->on_message(config->user, n->number, d, n->net->now);
}

/* As a worker would: the engine hears of it after what it is doing now. It has one worker, so there
 * is one batch at a time. */
static int on_verify(void *user, struct gossip_batch *b)
{
	struct node *n = user;

	ASSERT(!n->net->checked);
	gossip_memo_check(&n->net->memo, b);
	n->net->checked = b;
	return 0;
}

/* Which may ask for the next at once. */
static void tell_checked(struct gossip_net *net)
{
	while (net->checked)
		gossip_batch_done(TAKE_PTR(net->checked), net->now);
}

static const struct gossip_ops engine_ops = {
	.send = on_send,
	.verify = on_verify,
	.on_message = on_message,
};

static void engine_new(struct node *n)
{
	struct gossip_config config = {
		.key = &n->key,
		.id = n->id,
		.random = random_seeded_source(&n->seeded),
		.params = n->net->config.params,
		.seqno_last = n->seqno,
		.ops = &engine_ops,
		.user = n,
	};
	int r;

	config.params.n_checkers = 1;
	config.params.check_inline = 0;
	/* Nobody starts at the same moment as everybody else. */
	config.params.first_heartbeat_ms +=
		random_below(&config.random, config.params.heartbeat_ms);
	r = gossip_new(&config, n->net->now, &n->g);
	ASSERT(r == 0);
}

static struct node *node_new(struct gossip_net *net)
{
	struct node *n = must(calloc(1, sizeof(*n)));
	int r;

	ASSERT(net->n_nodes < NODES_MAX);
	n->net = net;
	n->number = net->n_nodes;
	n->actor_at = MONO_NEVER;
	list_init(&n->ends);
	random_seeded_init(&n->seeded, random_u64(&net->random));
	key_pair_generate(&net->random, &n->key);
	public_key_ed25519_peer_id(n->key.public, &n->id);
	r = map_put(&net->by_id, &n->by_id, peer_id_bytes(&n->id));
	ASSERT(r == 0);
	if (net->n_nodes == net->nodes_cap) {
		net->nodes_cap = size_max(16, 2 * net->nodes_cap);
		net->nodes = must(realloc(net->nodes, net->nodes_cap * sizeof(*net->nodes)));
	}
	net->nodes[net->n_nodes++] = n;
	return n;
}

size_t gossip_net_add(struct gossip_net *net)
{
	struct node *n = node_new(net);

	engine_new(n);
	return n->number;
}

size_t gossip_net_add_actor(struct gossip_net *net, const struct gossip_actor_ops *ops, void *actor)
{
	struct node *n = node_new(net);

	n->actor_ops = ops;
	n->actor = actor;
	n->actor_at = net->now;
	return n->number;
}

size_t gossip_net_n(const struct gossip_net *net)
{
	return net->n_nodes;
}

struct gossip *gossip_net_engine(struct gossip_net *net, size_t node)
{
	return net->nodes[node]->g;
}

const struct peer_id *gossip_net_id(const struct gossip_net *net, size_t node)
{
	return &net->nodes[node]->id;
}

const struct key_pair *gossip_net_key(const struct gossip_net *net, size_t node)
{
	return &net->nodes[node]->key;
}

size_t gossip_net_find(const struct gossip_net *net, const struct peer_id *id)
{
	struct map_node *node = map_find(&net->by_id, peer_id_bytes(id));

	return node ? container_of(node, struct node, by_id)->number : SIZE_MAX;
}

void gossip_net_kill(struct gossip_net *net, size_t node)
{
	struct node *n = net->nodes[node];

	ASSERT(n->g);
	n->seqno = gossip_seqno(n->g);
	n->g = gossip_free(n->g);
	list_for_each_safe (it, &n->ends)
		hang_up(list_entry(it, struct gossip_net_end, in_node));
}

void gossip_net_start(struct gossip_net *net, size_t node)
{
	ASSERT(is_dead(net->nodes[node]));
	engine_new(net->nodes[node]);
}

void gossip_net_freeze(struct gossip_net *net, size_t node, bool frozen)
{
	struct node *n = net->nodes[node];

	n->is_frozen = frozen;
	list_for_each (it, &n->ends)
		release(list_entry(it, struct gossip_net_end, in_node));
}

/* ---- what arrives ---- */

static void input_engine(struct gossip_net_end *end, struct bytes b)
{
	int r = gossip_input(end->node->g, end->peer, &end->reader, b, end->node->net->now);

	ASSERT(r != -ENOMEM);
	/* As gossip_streams.c would reset the stream; whoever sends nonsense here loses the link.
	 */
	if (r != 0)
		hang_up(end);
}

/* In pieces, where the network splits. */
static void input_pieces(struct gossip_net_end *end, struct bytes b)
{
	struct gossip_net *net = end->node->net;

	while (b.n > 0 && end->is_open) {
		size_t n = b.n;

		if (net->config.split)
			n = 1 + (size_t)random_below(&net->random, b.n);
		input_engine(end, BYTES(b.p, n));
		b = BYTES(b.p + n, b.n - n);
	}
}

static void input_actor(struct gossip_net_end *end, struct bytes b)
{
	struct node *n = end->node;
	struct bytes rpc;

	/* The actor may cut the link in the middle. */
	while (end->is_open &&
	       gossip_reader_next(&end->reader, &b, n->net->now, &rpc) == GOSSIP_READER_RPC)
		n->actor_ops->on_rpc(n->actor, end, rpc, n->net->now);
}

static void note(struct gossip_net *net, const struct gossip_net_end *end, size_t n)
{
	net->counts.frames++;
	net->counts.bytes += n;
	net->hash = (net->hash ^ net->now.ns) * HASH_PRIME;
	net->hash = (net->hash ^ (end->node->number << 40 ^ end->other->node->number << 20 ^ n)) *
		    HASH_PRIME;
}

static void arrive(struct gossip_net_end *end, struct gossip_event *e)
{
	struct shared_bytes *frame = e->with;

	end->n_events--;
	if (frame) {
		end->n_bytes -= frame->n;
		note(end->node->net, end, frame->n);
		if (end->is_open && end->node->actor_ops)
			input_actor(end, shared_bytes_data(frame));
		else if (end->is_open)
			input_pieces(end, shared_bytes_data(frame));
		shared_bytes_unref(frame);
	} else if (end->is_open) {
		end_close(end);
	}
	collect(end);
}

static void happen(struct node *n, struct gossip_event *e)
{
	struct gossip_net_end *end = e->what;
	struct call *call = e->what;

	switch ((enum kind)e->kind) {
	case FRAME:
	case GONE:
		if (end->is_blocked || n->is_frozen)
			gossip_events_add(&end->held, e);
		else
			arrive(end, e);
		return;
	case CALL:
		if (n->is_frozen) {
			e->at_ns = gossip_wheel_begin(&n->net->wheel).ns;
			gossip_wheel_add(&n->net->wheel, e);
			return;
		}
		if (!is_dead(n))
			call->call(call->user, n->number, n->net->now);
		free(call);
		return;
	}
}

/* ---- time ---- */

void gossip_net_at(struct gossip_net *net, size_t node, struct mono at,
		   void (*call)(void *user, size_t node, struct mono now), void *user)
{
	struct call *c = must(malloc(sizeof(*c)));

	*c = (struct call){ .call = call, .user = user };
	gossip_wheel_add(&net->wheel,
			 &(struct gossip_event){
				 .at_ns = at.ns, .node = (uint32_t)node, .kind = CALL, .what = c });
}

static struct mono deadline(const struct node *n)
{
	if (n->is_frozen)
		return MONO_NEVER;
	return n->g ? gossip_deadline(n->g) : n->actor_at;
}

static void tick(struct node *n)
{
	if (n->g)
		gossip_tick(n->g, n->net->now);
	else
		n->actor_at = n->actor_ops->on_time(n->actor, n->net->now);
}

/* One node's life in one window. */
static void live(struct node *n, struct mono begin, struct mono end)
{
	size_t n_events, i = 0;
	struct gossip_event *v = gossip_wheel_of(&n->net->wheel, n->number, &n_events);

	n->net->now = begin;
	for (;;) {
		struct mono tick_at = deadline(n);
		struct mono event_at = i < n_events ? (struct mono){ v[i].at_ns } : MONO_NEVER;
		struct mono at = mono_min(tick_at, event_at);

		if (at.ns >= end.ns)
			return;
		if (at.ns > n->net->now.ns)
			n->net->now = at;
		if (tick_at.ns <= event_at.ns)
			tick(n);
		else
			happen(n, &v[i++]);
		tell_checked(n->net);
	}
}

static void run_window(struct gossip_net *net)
{
	struct mono begin = gossip_wheel_begin(&net->wheel);
	struct mono end = mono_add_ns(begin, net->wheel.window_ns);

	net->now = begin;
	if (net->config.ops && net->config.ops->on_window)
		net->config.ops->on_window(net->config.user, begin, end);
	gossip_wheel_take(&net->wheel, net->n_nodes);
	for (size_t i = 0; i < net->n_nodes; i++)
		live(net->nodes[i], begin, end);
	net->now = end;
}

void gossip_net_run_for(struct gossip_net *net, uint64_t ms)
{
	struct mono until = mono_add_ms(net->now, ms);

	do
		run_window(net);
	while (net->now.ns < until.ns);
}

struct mono gossip_net_now(const struct gossip_net *net)
{
	return net->now;
}

struct random gossip_net_random(struct gossip_net *net)
{
	return net->random;
}

/* ---- life ---- */

struct gossip_net *gossip_net_new(const struct gossip_net_config *config)
{
	struct gossip_net *net = must(calloc(1, sizeof(*net)));
	int r = crypto_start();

	ASSERT(r >= 0 && config->latency_min_ms > 0 &&
	       config->latency_min_ms <= config->latency_max_ms);
	net->config = *config;
	random_seeded_init(&net->seeded, config->seed);
	net->random = random_seeded_source(&net->seeded);
	map_init(&net->by_id, config->seed, NODES_MAX);
	/* Not at zero: what lies in the past must have a time. */
	net->now = mono_add_ms((struct mono){ 0 }, 1000 * config->latency_min_ms);
	gossip_memo_init(&net->memo);
	gossip_wheel_init(&net->wheel, net->now, config->latency_min_ms * NS_PER_MS);
	return net;
}

static void forget(struct gossip_event *e)
{
	struct gossip_net_end *end = e->what;

	if (e->kind == CALL) {
		free(e->what);
		return;
	}
	end->n_events--;
	shared_bytes_unref(e->with);
	collect(end);
}

static void forget_all(struct gossip_net *net)
{
	while (!gossip_wheel_is_empty(&net->wheel)) {
		gossip_wheel_take(&net->wheel, net->n_nodes);
		for (size_t i = 0; i < net->n_nodes; i++) {
			size_t n;
			struct gossip_event *v = gossip_wheel_of(&net->wheel, i, &n);

			for (size_t k = 0; k < n; k++)
				forget(&v[k]);
		}
	}
}

struct gossip_net *gossip_net_free(struct gossip_net *net)
{
	if (!net)
		return NULL;
	for (size_t i = 0; i < net->n_nodes; i++) {
		struct node *n = net->nodes[i];

		n->g = gossip_free(n->g);
		n->is_frozen = false;
		list_for_each_safe (it, &n->ends) {
			struct gossip_net_end *end = list_entry(it, struct gossip_net_end, in_node);

			end->is_blocked = false;
			release(end);
			hang_up(end);
		}
	}
	forget_all(net);
	gossip_wheel_deinit(&net->wheel);
	gossip_memo_deinit(&net->memo);
	map_deinit(&net->by_id);
	for (size_t i = 0; i < net->n_nodes; i++) {
		key_pair_wipe(&net->nodes[i]->key);
		free(net->nodes[i]);
	}
	free(net->nodes);
	free(net);
	return NULL;
}

struct gossip_net_counts gossip_net_counts(const struct gossip_net *net)
{
	struct gossip_net_counts counts = net->counts;

	counts.verified = net->memo.n_computed;
	counts.recalled = net->memo.n_recalled;
	return counts;
}

uint64_t gossip_net_hash(const struct gossip_net *net)
{
	return net->hash;
}
