#include "base/limits.h"
#include "route/gossip_priv.h"
#include "route/gossip_sign.h"

/* ---- subscriptions ---- */

static void tell_topic_peer(struct gossip *g, struct bytes topic, const struct gossip_peer *p,
			    bool joined)
{
	if (g->config.ops->on_topic_peer)
		g->config.ops->on_topic_peer(g->config.user, topic, &p->id, joined);
}

static void on_subscribe(struct gossip *g, struct gossip_peer *p, struct bytes topic,
			 struct mono now)
{
	struct member *m;

	if (member_find(p, topic))
		return;
	if (!topic_name_is_valid(topic) || member_new(g, p, topic, &m) < 0) {
		g->counts.subscriptions_refused++;
		return;
	}
	p->n_changes++;
	if (!m->topic->joined)
		return;
	tell_topic_peer(g, topic, p, true);
	/* A mesh that is short of peers does not wait for the heartbeat. */
	if (m->topic->n_mesh < g->config.params.d_low && mesh_may_graft(g, m, now))
		mesh_graft(g, m);
}

static void on_unsubscribe(struct gossip *g, struct gossip_peer *p, struct bytes topic)
{
	struct member *m = member_find(p, topic);

	if (!m)
		return;
	p->n_changes++;
	if (m->topic->joined)
		tell_topic_peer(g, topic, p, false);
	member_free(g, m);
}

/* ---- messages ---- */

static void deliver(struct gossip *g, const struct message *m)
{
	struct gossip_delivery d = {
		.topic = m->check.message.topic,
		.from = m->check.author,
		.via = m->via,
		.id = m->id,
		.seqno = m->seqno,
		.data = m->check.message.data,
	};

	g->counts.delivered++;
	if (g->config.ops->on_message)
		g->config.ops->on_message(g->config.user, &d);
}

void accept_message(struct gossip *g, struct topic *t, const struct message *m, struct mono now)
{
	gossip_keep(g, t, gossip_id_bytes(&m->id), m->frame, now);
	t->received++;
	topic_health_on_message(&t->health, now);
	score_message_good(g, t, m);
	if (m->check.message.data.n >= g->config.params.idontwant_threshold)
		output_idontwant(g, t, m);
	output_relay(g, t, m, now);
	if (g->is_last && g->config.ops->flush)
		g->config.ops->flush(g->config.user);
	deliver(g, m);
}

/* As we would call it; what has not the form is called as go does. */
static struct gossip_id id_of_refused(const struct gossip *g, const struct topic *t,
				      const struct gossip_message *gm)
{
	struct gossip_id id = { 0 };
	struct peer_id author;
	uint64_t seqno;

	if (gossip_sign_form(gm, &author, &seqno) == 0)
		return gossip_message_id(t ? t->params.id_kind
					   : gossip_topic_params_of(g, gm->topic).id_kind,
					 gm, &author, seqno);
	if (gm->from.n + gm->seqno.n > GOSSIP_ID_MAX)
		return id;
	for (size_t i = 0; i < gm->from.n; i++)
		id.b[id.n++] = gm->from.p[i];
	for (size_t i = 0; i < gm->seqno.n; i++)
		id.b[id.n++] = gm->seqno.p[i];
	return id;
}

/* What we asked for has come all the same. */
static void refuse(struct gossip *g, struct gossip_peer *via, const struct topic *t,
		   const struct gossip_message *gm)
{
	struct gossip_id id;

	if (via->promises.n == 0)
		return;
	id = id_of_refused(g, t, gm);
	/* Nobody else's message is called as ours are. */
	pull_on_refused(g, via, gossip_id_bytes(&id),
			!bytes_equal(gm->from, peer_id_bytes(&g->config.id)));
}

/* Whoever leaves out what every implementation demands is to blame. */
static bool has_form(struct gossip *g, struct gossip_peer *via, struct topic *t,
		     const struct gossip_message *gm, struct message *m)
{
	int r = gossip_sign_form(gm, &m->check.author, &m->seqno);

	if (r == 0)
		return true;
	g->counts.bad_signature++;
	if (r != GOSSIP_SIGN_E_ODD)
		score_on_invalid(&g->scores, via->score, &t->score, g->latest);
	return false;
}

/* Is it for us, and has it the form? */
static bool is_worth_reading(struct gossip *g, struct gossip_peer *via, struct topic *t,
			     const struct gossip_message *gm, struct message *m)
{
	if (!t || !t->joined) {
		g->counts.unknown_topic++;
		return false;
	}
	if (gm->data.n > LIMIT_GOSSIP_DATA) {
		g->counts.too_large++;
		return false;
	}
	if (!has_form(g, via, t, gm, m))
		return false;
	if (peer_id_equal(&m->check.author, &g->config.id)) {
		g->counts.own_echo++;
		return false;
	}
	return true;
}

/* A message counts as seen only when it has been verified: its id is easily guessed, and a forgery
 * must not keep the true one out. */
static bool is_new(struct gossip *g, struct gossip_peer *via, struct topic *t,
		   const struct gossip_message *gm, const struct message *m)
{
	bool seen = gossip_has_seen(g, t, gossip_id_bytes(&m->id));

	pull_on_message(g, via, gossip_id_bytes(&m->id), seen);
	if (!seen && !check_is_duplicate(g, via, gossip_id_bytes(&m->id), gm))
		return true;
	if (seen)
		score_message_again(g, t, via, m);
	g->counts.duplicates++;
	t->duplicates++;
	/* Others have said so before. */
	if (!via->idontwant)
		later_on_copy(g, via, gossip_id_bytes(&m->id));
	return false;
}

static int on_message(struct gossip *g, struct gossip_peer *p, const struct gossip_message *gm)
{
	struct topic *t = topic_find(g, gm->topic);
	struct message m = { 0 };

	p->told_at = g->n_heartbeats;
	g->counts.received++;
	if (!is_worth_reading(g, p, t, gm, &m)) {
		refuse(g, p, t, gm);
		return 0;
	}
	mesh_on_message(t, p);
	m.id = gossip_message_id(t->params.id_kind, gm, &m.check.author, m.seqno);
	if (!is_new(g, p, t, gm, &m))
		return 0;
	if (p->n_bad >= LIMIT_GOSSIP_BAD) {
		g->counts.unheard++;
		return 0;
	}
	return check_add(g, p, &m, gm);
}

/* ---- control ---- */

static void on_control(struct gossip *g, struct gossip_peer *p, struct mono now)
{
	for (size_t i = 0; i < g->rpc.graft.n; i++)
		mesh_on_graft(g, p, g->rpc.graft.v[i], now);
	for (size_t i = 0; i < g->rpc.prune.n; i++)
		mesh_on_prune(g, p, &g->rpc.prune.v[i], now);
	pull_on_ihaves(g, p);
	pull_on_iwants(g, p);
}

/* ---- RPCs ---- */

/* Each change is an event for whoever listens: who comes and goes without end has made a mistake.
 */
static int on_subscriptions(struct gossip *g, struct gossip_peer *p, struct mono now)
{
	for (size_t i = 0; i < g->rpc.subscriptions.n; i++) {
		const struct gossip_subscription *s = &g->rpc.subscriptions.v[i];

		if (p->n_changes >= LIMIT_GOSSIP_CHANGES)
			return -EBADMSG;
		if (s->subscribe)
			on_subscribe(g, p, s->topic, now);
		else
			on_unsubscribe(g, p, s->topic);
	}
	return 0;
}

/* What a peer does not want first: it may be in this very RPC. What it has after its messages: we
 * then know these. */
static int on_rpc(struct gossip *g, struct gossip_peer *p, struct mono now)
{
	int r, error = 0;

	r = on_subscriptions(g, p, now);
	if (r < 0)
		return r;
	/* Who is not heard is still known to be there: its score may get better. */
	if (!peer_is_heard(g, p)) {
		g->counts.graylisted++;
		return 0;
	}
	pull_on_idontwants(g, p);
	for (size_t i = 0; i < g->rpc.messages.n; i++) {
		r = on_message(g, p, &g->rpc.messages.v[i]);
		if (r < 0)
			error = r;
	}
	on_control(g, p, now);
	return error;
}

static int input(struct gossip *g, struct gossip_peer *p, struct gossip_reader *reader,
		 struct bytes b, struct mono now)
{
	struct bytes rpc;
	int r;

	for (;;) {
		r = gossip_reader_next(reader, &b, now, &rpc);
		if (r != GOSSIP_READER_RPC)
			break;
		p->rpc_longest = size_max(p->rpc_longest, rpc.n);
		r = gossip_rpc_decode(rpc, &g->rpc);
		if (r == 0)
			r = on_rpc(g, p, now);
		/* Nobody to share the work with: nothing is gained by collecting it. */
		if (!g->config.ops->verify)
			check_flush(g, now);
		if (r < 0)
			break;
	}
	if (r == GOSSIP_READER_E_TOO_LARGE)
		return GOSSIP_E_TOO_LARGE;
	return r == GOSSIP_READER_E_LENGTH || r == -EBADMSG ? GOSSIP_E_MALFORMED : r;
}

int gossip_input(struct gossip *g, struct gossip_peer *p, struct gossip_reader *reader,
		 struct bytes b, struct mono now)
{
	int r;

	g->latest = now;
	r = input(g, p, reader, b, now);
	if (r > 0)
		g->counts.malformed++;
	/* Nothing points into the input any more, and answers leave together. */
	gossip_rpc_clear(&g->rpc);
	check_flush(g, now);
	output_flush(g);
	return r;
}
