#include "route/gossip_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "route/gossip_priv.h"
#include "route/gossip_sign.h"

struct gossip_batch {
	struct list in_batches;
	struct gossip *g; /* NULL: gone */
	struct buf scratch;
	bool is_out, is_done;
	size_t n;
	struct message *m[LIMIT_GOSSIP_BATCH];
};

/* ---- messages ---- */

void message_free(struct message *m)
{
	gossip_key_tables_unref(&m->check.tables);
	shared_bytes_unref(m->frame);
	free(m);
}

static void add_sender(struct message *m, uint64_t key)
{
	for (size_t i = 0; i < m->n_senders; i++)
		if (m->senders[i] == key)
			return;
	/* One that is not remembered gets the message once more. */
	if (m->n_senders < LIMIT_GOSSIP_SENDERS)
		m->senders[m->n_senders++] = key;
}

static struct message *find(const struct gossip *g, struct bytes id)
{
	struct map_node *node = map_find(&g->checking, id);

	return node ? container_of(node, struct message, by_id) : NULL;
}

bool check_has(const struct gossip *g, struct bytes id)
{
	return find(g, id) != NULL;
}

/* What is not signed alike may be the true one of the two, or neither. */
bool check_is_duplicate(struct gossip *g, const struct gossip_peer *via, struct bytes id,
			const struct gossip_message *m)
{
	struct message *first = find(g, id);
	const struct gossip_message *a;

	if (!first)
		return false;
	a = &first->check.message;
	if (!m->canonical || !bytes_equal(a->raw, m->raw))
		return false;
	add_sender(first, via->key);
	return true;
}

int check_add(struct gossip *g, struct gossip_peer *via, const struct message *like,
	      const struct gossip_message *gm)
{
	struct message *m = malloc(sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	*m = *like;
	r = gossip_frame_message(gm, &m->frame);
	if (r < 0) {
		free(m);
		return r;
	}
	gossip_message_in_frame(gm, m->frame, &m->check.message);
	m->check.was_canonical = gm->canonical;
	m->check.tables = gossip_keys_get(&g->keys, &m->check.author);
	add_sender(m, via->key);
	m->via = via->id;
	/* Not in the map, a copy of it is checked, too. */
	(void)!map_put(&g->checking, &m->by_id, gossip_id_bytes(&m->id));
	list_init(&m->in_queue);
	list_add_tail(&g->unchecked, &m->in_queue);
	g->n_unchecked++;
	g->unchecked_bytes += m->frame->n;
	g->n_checking++;
	return 0;
}

/* ---- batches ---- */

void gossip_batch_check(struct gossip_batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct gossip_check *c = &b->m[i]->check;

		c->was_slow = !c->tables.key;
		if (c->was_slow)
			c->result = gossip_sign_verify(&c->message, &c->author, &b->scratch);
		else
			c->result = gossip_sign_verify_with(&c->message, &c->author, &c->tables,
							    &b->scratch);
	}
}

size_t gossip_batch_n(const struct gossip_batch *b)
{
	return b->n;
}

struct gossip_check *gossip_batch_at(struct gossip_batch *b, size_t i)
{
	return &b->m[i]->check;
}

static void batch_free(struct gossip_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		message_free(b->m[i]);
	list_remove(&b->in_batches);
	buf_deinit(&b->scratch);
	free(b);
}

static struct message *take_unchecked(struct gossip *g)
{
	struct message *m = message_of_queue(list_first(&g->unchecked));

	list_remove(&m->in_queue);
	g->n_unchecked--;
	g->unchecked_bytes -= m->frame->n;
	return m;
}

static void drop(struct gossip *g, struct message *m, uint64_t *count)
{
	(*count)++;
	g->n_checking--;
	map_remove(&g->checking, &m->by_id);
	message_free(m);
}

static bool is_sender(const struct message *m, uint64_t key)
{
	for (size_t i = 0; i < m->n_senders; i++)
		if (m->senders[i] == key)
			return true;
	return false;
}

/*
 * Of who has forged too much nothing more is checked. Unless somebody else has sent the same: a
 * forger that passes a true message on ahead of the others would take it with it. Then it is the
 * other's.
 */
static bool is_heard(const struct gossip *g, struct message *m)
{
	const struct gossip_peer *via = peer_by_id(g, &m->via);

	if (!via || via->n_bad < LIMIT_GOSSIP_BAD)
		return true;
	if (m->n_senders < 2)
		return false;
	/* There may be one more, who was not remembered. */
	if (m->n_senders == LIMIT_GOSSIP_SENDERS)
		return true;
	list_for_each (it, &g->peers) {
		const struct gossip_peer *p = list_entry(it, struct gossip_peer, in_peers);

		if (p->n_bad < LIMIT_GOSSIP_BAD && is_sender(m, p->key)) {
			m->via = p->id;
			return true;
		}
	}
	return false;
}

/* The first `n` that are worth it; NULL: none, or no memory for it. */
static struct gossip_batch *batch_new(struct gossip *g, size_t n)
{
	struct gossip_batch *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->g = g;
	buf_init(&b->scratch, 2 * LIMIT_GOSSIP_RPC);
	list_init(&b->in_batches);
	while (b->n < n && g->n_unchecked > 0) {
		struct message *m = take_unchecked(g);

		if (is_heard(g, m))
			b->m[b->n++] = m;
		else
			drop(g, m, &g->counts.unheard);
	}
	if (b->n == 0) {
		batch_free(b);
		return NULL;
	}
	list_add_tail(&g->batches, &b->in_batches);
	return b;
}

/* ---- what came of it ---- */

static bool keep_promise(struct gossip *g, const struct message *m)
{
	struct gossip_peer *via = peer_by_id(g, &m->via);

	return promises_kept(&g->promises, gossip_id_bytes(&m->id), via ? &via->promises : NULL);
}

/* Its signature is good: is it still wanted, and new? */
static void on_good(struct gossip *g, struct message *m, struct mono now)
{
	struct topic *t = topic_find(g, m->check.message.topic);
	int r = t && t->joined ? gossip_see(g, t, gossip_id_bytes(&m->id), now) : -ENOENT;

	if (r == 0) {
		m->was_asked_for = keep_promise(g, m);
		verdict_ask(g, t, m, now);
		return;
	}
	if (r == -EEXIST) {
		g->counts.duplicates++;
		t->duplicates++;
	} else {
		g->counts.not_checked++;
	}
	message_free(m);
}

/* go signs fields that it does not know, too: such a message is good there, and not here. */
static bool is_odd(const struct message *m)
{
	return m->check.result == GOSSIP_SIGN_E_ODD ||
	       (m->check.result == GOSSIP_SIGN_E_BAD && !m->check.was_canonical);
}

static void on_bad(struct gossip *g, const struct message *m)
{
	struct gossip_peer *via = peer_by_id(g, &m->via);
	struct topic *t = topic_find(g, m->check.message.topic);

	g->counts.bad_signature++;
	if (is_odd(m)) {
		if (via)
			pull_on_refused(g, via, gossip_id_bytes(&m->id), true);
		return;
	}
	if (via)
		via->n_bad++;
	if (t && t->joined)
		score_message_bad(g, t, m);
}

static void on_checked(struct gossip *g, struct message *m, struct mono now)
{
	map_remove(&g->checking, &m->by_id);
	g->n_checking--;
	if (m->check.result == 0) {
		if (m->check.was_slow)
			gossip_keys_on_good(&g->keys, &m->check.author);
		on_good(g, m, now);
		return;
	}
	if (m->check.result > 0)
		on_bad(g, m);
	else
		g->counts.not_checked++;
	message_free(m);
}

static bool is_next_done(const struct gossip *g, const struct gossip_batch *b)
{
	struct list *next = b->in_batches.next;

	return next != &g->batches && list_entry(next, struct gossip_batch, in_batches)->is_done;
}

/* Batches go in the order of their messages: the first that is not done holds up the others. */
static void finish_batches(struct gossip *g, struct mono now)
{
	struct list *first;

	/* What is delivered may have us publish, join and leave, but not come here again. */
	if (g->is_finishing)
		return;
	g->is_finishing = true;
	while ((first = list_first(&g->batches))) {
		struct gossip_batch *b = list_entry(first, struct gossip_batch, in_batches);
		size_t n = b->n;

		if (!b->is_done)
			break;
		b->n = 0;
		for (size_t i = 0; i < n; i++) {
			g->is_last = i + 1 == n && !is_next_done(g, b);
			on_checked(g, b->m[i], now);
		}
		g->is_last = false;
		batch_free(b);
	}
	g->is_finishing = false;
}

void gossip_batch_done(struct gossip_batch *b, struct mono now)
{
	struct gossip *g = b->g;

	if (!g) {
		batch_free(b);
		return;
	}
	g->latest = now;
	b->is_out = false;
	b->is_done = true;
	g->n_batches_out--;
	finish_batches(g, now);
	check_flush(g, now);
	output_flush(g);
}

/* ---- who checks ---- */

static void check_here(struct gossip_batch *b)
{
	gossip_batch_check(b);
	b->is_done = true;
}

static void hand_out(struct gossip *g, size_t n)
{
	struct gossip_batch *b = batch_new(g, n);

	if (!b)
		return;
	b->is_out = true;
	g->n_batches_out++;
	if (g->config.ops->verify(g->config.user, b) < 0) {
		b->is_out = false;
		g->n_batches_out--;
		check_here(b);
	}
}

static bool may_hand_out(const struct gossip *g)
{
	if (!g->config.ops->verify || g->n_batches_out >= g->config.params.n_checkers)
		return false;
	return g->n_batches_out > 0 || g->n_unchecked > g->config.params.check_inline;
}

/* An equal part for everyone who has nothing to do. */
static size_t share_of(const struct gossip *g)
{
	size_t idle = g->config.params.n_checkers - g->n_batches_out;

	return size_min(LIMIT_GOSSIP_BATCH, (g->n_unchecked + idle - 1) / idle);
}

/* Others are busy: what can wait for them waits. */
static bool may_wait(const struct gossip *g)
{
	return g->n_batches_out > 0 && g->n_unchecked <= LIMIT_GOSSIP_UNCHECKED &&
	       g->unchecked_bytes <= LIMIT_GOSSIP_UNCHECKED_BYTES;
}

void check_flush(struct gossip *g, struct mono now)
{
	while (g->n_unchecked > 0) {
		if (may_hand_out(g)) {
			hand_out(g, share_of(g));
		} else if (may_wait(g)) {
			break;
		} else {
			struct gossip_batch *b = batch_new(g, LIMIT_GOSSIP_BATCH);

			if (b)
				check_here(b);
		}
	}
	finish_batches(g, now);
}

void check_stop(struct gossip *g)
{
	while (g->n_unchecked > 0)
		drop(g, take_unchecked(g), &g->counts.not_checked);
	list_for_each_safe (it, &g->batches) {
		struct gossip_batch *b = list_entry(it, struct gossip_batch, in_batches);

		for (size_t i = 0; i < b->n; i++)
			map_remove(&g->checking, &b->m[i]->by_id);
		list_remove(&b->in_batches);
		b->g = NULL;
		if (!b->is_out)
			batch_free(b);
	}
}
