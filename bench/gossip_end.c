#include "bench/gossip_end.h"

#include "base/limits.h"
#include "bench/figures.h"
#include "wire/public_key.h"

static const char *const PROTOCOLS[] = { "/meshsub/1.2.0", "/meshsub/1.1.0", NULL };
#define N_PROTOCOLS (ARRAY_SIZE(PROTOCOLS) - 1)

/* ---- what it says ---- */

static void say(struct gossip_end *e, int (*frame_of)(struct bytes, struct shared_bytes **),
		struct buf *written)
{
	struct shared_bytes *frame;

	if (frame_of(buf_data(written), &frame) < 0 || !gossip_end_send(e, frame))
		give_up("no room on a new stream");
	shared_bytes_unref(frame);
}

static void say_subscription(struct gossip_end *e)
{
	struct gossip_subscription s = { .subscribe = true, .topic = e->topic };
	struct buf written;
	struct wr w;

	buf_init(&written, KIB);
	w = wr_to(&written);
	gossip_write_subscription(&w, &s);
	say(e, gossip_frame_subscriptions, &written);
	buf_deinit(&written);
}

static void say_graft(struct gossip_end *e)
{
	struct buf written;
	struct wr w;

	buf_init(&written, KIB);
	w = wr_to(&written);
	gossip_write_graft(&w, e->topic);
	say(e, gossip_frame_control, &written);
	buf_deinit(&written);
}

bool gossip_end_send(struct gossip_end *e, const struct shared_bytes *frame)
{
	struct bytes v = shared_bytes_data(frame);
	int r = stream_write(e->out, &v, 1);

	if (r < 0 && r != -EAGAIN)
		give_up("the stream to the relay cannot be written");
	return r == 0;
}

/* The relay knows our topic and we know that it is its: in which order, either side decides. */
static void graft(struct gossip_end *e)
{
	if (e->is_grafted || !e->out || !e->is_subscribed)
		return;
	e->is_grafted = true;
	say_graft(e);
	e->ops->on_ready(e->user, e);
}

/* ---- our stream ---- */

static void on_out_writable(void *user, struct stream *s)
{
	struct gossip_end *e = user;

	(void)s;
	e->ops->on_writable(e->user, e);
}

static void on_stream_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	(void)user;
	(void)s;
	(void)end;
	(void)code;
	give_up("the relay closed a gossip stream");
}

static const struct stream_ops out_ops = {
	.on_writable = on_out_writable,
	.on_closed = on_stream_closed,
};

/* Identified, so that the relay's software has settled who we are before it sees our stream. */
static void on_identified(void *user, struct peer *p)
{
	struct gossip_end *e = user;

	if (e->is_identified)
		return;
	e->is_identified = true;
	if (link_open_stream(peer_primary(p), PROTOCOLS, &out_ops, e, &e->out) < 0)
		give_up("no stream to the relay");
	say_subscription(e);
	graft(e);
}

static void on_peer_down(void *user, struct peer *p)
{
	(void)user;
	(void)p;
	give_up("the relay closed a link");
}

static const struct pool_ops pool_ops = {
	.on_identified = on_identified,
	.on_peer_down = on_peer_down,
};

/* ---- the relay's stream ---- */

static void on_rpc(struct gossip_end *e)
{
	for (size_t i = 0; i < e->rpc.subscriptions.n; i++)
		if (e->rpc.subscriptions.v[i].subscribe &&
		    bytes_equal(e->rpc.subscriptions.v[i].topic, e->topic))
			e->is_subscribed = true;
	graft(e);
	e->n_pruned += e->rpc.prune.n;
	for (size_t i = 0; i < e->rpc.messages.n; i++)
		e->ops->on_message(e->user, e, &e->rpc.messages.v[i]);
}

static void on_in_data(void *user, struct stream *s, struct bytes b)
{
	struct gossip_end *e = user;
	struct bytes rpc;
	int r;

	(void)s;
	for (;;) {
		r = gossip_reader_next(&e->reader, &b, loop_now(e->loop), &rpc);
		if (r != GOSSIP_READER_RPC)
			break;
		if (gossip_rpc_decode(rpc, &e->rpc) < 0)
			give_up("the relay sends nonsense");
		on_rpc(e);
	}
	if (r != 0)
		give_up("the relay's stream cannot be read");
}

static const struct stream_ops in_ops = {
	.on_data = on_in_data,
	.on_closed = on_stream_closed,
};

static void on_stream(void *user, struct peer *p, struct link *l, struct stream *s)
{
	struct gossip_end *e = user;

	(void)p;
	(void)l;
	if (e->in)
		give_up("the relay opened a second gossip stream");
	e->in = s;
	gossip_reader_init(&e->reader);
	gossip_rpc_init(&e->rpc);
	stream_accept(s, &in_ops, e);
}

/* ---- life ---- */

static void on_connected(void *user, struct peer *p, enum link_reason reason, const char *text)
{
	(void)user;
	(void)reason;
	if (!p)
		give_up(text ? text : "the dial failed");
}

static void serve(struct gossip_end *e)
{
	struct pool_protocol *protocols = must_alloc(N_PROTOCOLS, sizeof(*protocols));

	for (size_t i = 0; i < N_PROTOCOLS; i++) {
		protocols[i] = (struct pool_protocol){
			.name = PROTOCOLS[i],
			.on_stream = on_stream,
			.user = e,
		};
		if (pool_serve(e->pool, &protocols[i]) < 0)
			give_up("no memory");
	}
}

void gossip_end_open(struct gossip_end *e, struct loop *loop, const struct multiaddr *to)
{
	struct random random = crypto_random();
	struct pool_config config = {
		.loop = loop,
		.key = &e->key,
		.random = random,
		.version = "bench",
		.agent = "peerline/bench",
		.incarnation = 1,
		.peers_max = 1,
		.half_open_max = 1,
		.per_ip_max = 1,
		.reconnect_ms = 1000,
		.ops = &pool_ops,
		.user = e,
	};

	e->loop = loop;
	key_pair_generate(&random, &e->key);
	public_key_ed25519_peer_id(e->key.public, &config.id);
	if (pool_new(&config, &e->pool) < 0)
		give_up("no memory");
	serve(e);
	if (pool_connect(e->pool, to, on_connected, e) != 0)
		give_up("the address cannot be dialled");
}
