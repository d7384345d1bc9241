#include "base/limits.h"
#include "route/gossip_priv.h"

#define TALKING 2 /* heartbeats without a word of a message, and a peer is silent */
#define ENTRY_MAX (LIMIT_GOSSIP_TOPIC_NAME + 32) /* a GRAFT or PRUNE, encoded */
#define PX_HEAD_MAX 16                           /* and of each peer in it */

bool output_frame(struct gossip *g, struct gossip_peer *p, struct shared_bytes *frame,
		  bool may_drop)
{
	if (g->config.ops->send(g->config.user, p->user, frame, may_drop) == 0)
		return true;
	g->counts.send_dropped++;
	return false;
}

/* ---- subscriptions ---- */

static int subscription_frame(struct buf *written, struct shared_bytes **ret)
{
	return gossip_frame_subscriptions(buf_data(written), ret);
}

void output_subscription(struct gossip *g, struct bytes topic, bool subscribe)
{
	struct gossip_subscription s = { .subscribe = subscribe, .topic = topic };
	struct wr w = wr_to(&g->scratch);
	struct shared_bytes *frame;

	buf_clear(&g->scratch);
	gossip_write_subscription(&w, &s);
	if (wr_finish(&w) < 0 || subscription_frame(&g->scratch, &frame) < 0) {
		g->counts.send_dropped++;
		return;
	}
	list_for_each (it, &g->peers)
		output_frame(g, list_entry(it, struct gossip_peer, in_peers), frame, false);
	shared_bytes_unref(frame);
}

static void send_subscriptions(struct gossip *g, struct gossip_peer *p)
{
	struct shared_bytes *frame;

	if (buf_len(&g->scratch) == 0)
		return;
	if (subscription_frame(&g->scratch, &frame) < 0) {
		g->counts.send_dropped++;
	} else {
		output_frame(g, p, frame, false);
		shared_bytes_unref(frame);
	}
	buf_clear(&g->scratch);
}

/* One more for the hello in gossip.scratch, which leaves in pieces that everybody takes. */
static void add_subscription(struct gossip *g, struct gossip_peer *p, const struct topic *t)
{
	struct gossip_subscription s = { .subscribe = t->joined, .topic = topic_name(t) };
	struct wr w = wr_to(&g->scratch);

	if (buf_len(&g->scratch) + ENTRY_MAX > LIMIT_GOSSIP_FRAGMENT)
		send_subscriptions(g, p);
	gossip_write_subscription(&w, &s);
	if (wr_finish(&w) < 0)
		g->counts.send_dropped++;
}

/*
 * What was lost on the old stream may have been that we left a topic. That matters only where the
 * peer could count on us, which is where it is subscribed itself.
 */
static void add_unsubscriptions(struct gossip *g, struct gossip_peer *p)
{
	for (struct map_node *node = map_first(&p->members); node;
	     node = map_next(&p->members, node)) {
		const struct member *m = container_of(node, struct member, node);

		if (!m->topic->joined)
			add_subscription(g, p, m->topic);
	}
}

static void graft_again(struct gossip *g, struct gossip_peer *p)
{
	list_for_each (it, &g->active) {
		const struct topic *t = list_entry(it, struct topic, in_active);
		const struct member *m = member_find(p, topic_name(t));

		if (t->joined && m && member_is_in_mesh(m))
			output_graft(g, p, topic_name(t));
	}
}

void output_hello(struct gossip *g, struct gossip_peer *p, bool again)
{
	buf_clear(&g->scratch);
	list_for_each (it, &g->active) {
		const struct topic *t = list_entry(it, struct topic, in_active);

		if (t->joined)
			add_subscription(g, p, t);
	}
	if (again)
		add_unsubscriptions(g, p);
	send_subscriptions(g, p);
	if (again)
		graft_again(g, p);
}

/* ---- control ---- */

static void flush_peer(struct gossip *g, struct gossip_peer *p)
{
	struct shared_bytes *frame;

	list_remove(&p->in_dirty);
	if (buf_len(&p->control) == 0)
		return;
	if (gossip_frame_control(buf_data(&p->control), &frame) < 0) {
		g->counts.send_dropped++;
		p->asks_lost = p->asks_lost || p->control_asks;
	} else {
		if (!output_frame(g, p, frame, p->control_may_drop))
			p->asks_lost = p->asks_lost || p->control_asks;
		shared_bytes_unref(frame);
	}
	p->control_asks = false;
	/* Idle peers keep no memory for it. */
	buf_deinit(&p->control);
}

void output_flush(struct gossip *g)
{
	list_for_each_safe (it, &g->dirty) {
		struct gossip_peer *p = list_entry(it, struct gossip_peer, in_dirty);

		flush_peer(g, p);
		/* Only now, because IWANT is written from what the promises hold. */
		if (p->asks_lost)
			promises_not_sent(&g->promises, &p->promises, g->latest);
		p->asks_lost = false;
	}
}

/* Makes room for an entry of `n` bytes. */
static struct wr control_begin(struct gossip *g, struct gossip_peer *p, size_t n, bool may_drop)
{
	if (buf_len(&p->control) + n > LIMIT_GOSSIP_FRAGMENT)
		flush_peer(g, p);
	if (buf_len(&p->control) == 0)
		p->control_may_drop = true;
	p->control_may_drop = p->control_may_drop && may_drop;
	list_remove(&p->in_dirty);
	list_add_tail(&g->dirty, &p->in_dirty);
	return wr_to(&p->control);
}

static void control_end(struct gossip *g, const struct wr *w)
{
	if (wr_finish(w) < 0)
		g->counts.send_dropped++;
}

void output_graft(struct gossip *g, struct gossip_peer *p, struct bytes topic)
{
	struct wr w = control_begin(g, p, ENTRY_MAX, false);

	gossip_write_graft(&w, topic);
	control_end(g, &w);
}

static size_t px_size(const struct gossip_px *px, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += px[i].peer_id.n + px[i].signed_record.n + PX_HEAD_MAX;
	return size;
}

void output_prune(struct gossip *g, struct gossip_peer *p, struct bytes topic, uint64_t backoff_ms,
		  const struct gossip_px *px, size_t n)
{
	struct gossip_prune prune = {
		.topic = topic,
		.has_backoff = true,
		.backoff_s = backoff_ms / 1000,
		.n_peers = n,
	};
	struct wr w = control_begin(g, p, ENTRY_MAX + px_size(px, n), false);

	gossip_write_prune(&w, &prune, px);
	control_end(g, &w);
}

void output_iwant(struct gossip *g, struct gossip_peer *p, const struct bytes *ids, size_t n)
{
	const size_t step = LIMIT_GOSSIP_FRAGMENT / (2 * (LIMIT_GOSSIP_ID + 3));

	for (size_t i = 0; i < n; i += step) {
		struct wr w = control_begin(g, p, LIMIT_GOSSIP_FRAGMENT / 2, true);

		gossip_write_iwant(&w, ids + i, size_min(step, n - i));
		control_end(g, &w);
		p->control_asks = true;
	}
}

void output_ihave(struct gossip *g, struct gossip_peer *p, struct bytes entries)
{
	struct wr w = control_begin(g, p, entries.n, true);

	wr_bytes(&w, entries);
	control_end(g, &w);
}

/* ---- messages ---- */

static bool is_sender(const struct message *m, const struct gossip_peer *p)
{
	for (size_t i = 0; i < m->n_senders; i++)
		if (m->senders[i] == p->key)
			return true;
	return false;
}

/* NULL: no memory. */
static struct shared_bytes *idontwant_in(struct gossip *g, const struct topic *t,
					 enum gossip_id_kind words, const struct message *m)
{
	struct bytes id = gossip_id_bytes(&m->id);
	struct wr w = wr_to(&g->scratch);
	struct shared_bytes *frame;
	struct gossip_id its;

	if (words != t->params.id_kind && gossip_id_translate(words, id, &its))
		id = gossip_id_bytes(&its);
	buf_clear(&g->scratch);
	gossip_write_idontwant(&w, &id, 1);
	if (wr_finish(&w) == 0 && gossip_frame_control(buf_data(&g->scratch), &frame) == 0)
		return frame;
	return NULL;
}

void output_idontwant(struct gossip *g, const struct topic *t, const struct message *m)
{
	struct shared_bytes *frames[GOSSIP_ID_KINDS] = { NULL };

	list_for_each (it, &t->mesh) {
		struct gossip_peer *p = list_entry(it, struct member, in_mesh)->peer;
		enum gossip_id_kind words = peer_words(t, p);

		if (!p->idontwant || is_sender(m, p))
			continue;
		if (!frames[words])
			frames[words] = idontwant_in(g, t, words, m);
		if (!frames[words]) {
			g->counts.send_dropped++;
			continue;
		}
		g->counts.idontwant_sent++;
		output_frame(g, p, frames[words], true);
	}
	for (size_t i = 0; i < GOSSIP_ID_KINDS; i++)
		shared_bytes_unref(frames[i]);
}

static size_t length_prefix(size_t n)
{
	size_t size = 1;

	for (; n >= 0x80; n >>= 7)
		size++;
	return size;
}

/* Who gets what it does not take resets the stream, and asks for it again on the next one. */
static bool is_too_large(const struct gossip_peer *p, const struct shared_bytes *frame)
{
	return frame->n > p->rpc_max && frame->n - length_prefix(frame->n) > p->rpc_max;
}

bool output_message(struct gossip *g, struct gossip_peer *p, struct shared_bytes *frame)
{
	if (is_too_large(p, frame)) {
		p->n_too_large++;
		g->counts.too_large_for_peer++;
		return false;
	}
	return output_frame(g, p, frame, true);
}

bool output_unless_unwanted(struct gossip *g, struct gossip_peer *p, struct bytes id,
			    struct shared_bytes *frame)
{
	if (gossip_seen_has(&p->dontwant, id)) {
		g->counts.idontwant_heeded++;
		return false;
	}
	if (!output_message(g, p, frame))
		return false;
	g->counts.forwarded++;
	return true;
}

/* Who comes first goes to the back, so that with the next message it is others. */
static struct gossip_peer *next_of_mesh(struct topic *t)
{
	struct member *m = list_entry(list_first(&t->mesh), struct member, in_mesh);

	list_remove(&m->in_mesh);
	list_add_tail(&t->mesh, &m->in_mesh);
	return m->peer;
}

static bool is_talking(const struct gossip *g, const struct gossip_peer *p)
{
	return p->told_at + TALKING >= g->n_heartbeats;
}

/* Outside of every mesh, and at once. */
static void relay_to_direct(struct gossip *g, const struct topic *t, const struct message *m)
{
	list_for_each (it, &g->direct) {
		struct gossip_peer *p = list_entry(it, struct gossip_peer, in_direct);

		if (member_find(p, topic_name(t)) && !is_sender(m, p) &&
		    !peer_id_equal(&p->id, &m->check.author))
			output_unless_unwanted(g, p, gossip_id_bytes(&m->id), m->frame);
	}
}

void output_relay(struct gossip *g, struct topic *t, const struct message *m, struct mono now)
{
	struct later *later = later_add(g, t, m, now);
	size_t n_eager = later ? g->config.params.d_eager : t->n_mesh;

	relay_to_direct(g, t, m);
	for (size_t left = t->n_mesh; left > 0 && n_eager > 0; left--) {
		struct gossip_peer *p = next_of_mesh(t);

		if (is_sender(m, p) || peer_id_equal(&p->id, &m->check.author) ||
		    !output_unless_unwanted(g, p, gossip_id_bytes(&m->id), m->frame))
			continue;
		/* A silent one costs nothing and may be one that passes nothing on: others must not
		 * wait for it. */
		n_eager -= is_talking(g, p);
		if (later)
			later_has(later, p);
	}
}
