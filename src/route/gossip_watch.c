#include "route/gossip_priv.h"

/* What is known of the topics we have joined: their figures, and which became healthy or ill. */

static size_t n_direct(const struct topic *t)
{
	size_t n = 0;

	list_for_each (it, &t->members)
		n += list_entry(it, struct member, in_topic)->peer->direct;
	return n;
}

/* ---- the scores of a mesh ---- */

static double member_score(const struct gossip *g, struct list *in_mesh)
{
	return peer_score(g, list_entry(in_mesh, struct member, in_mesh)->peer);
}

/* How many of the mesh are worse. */
static size_t rank_of(const struct gossip *g, const struct topic *t, double score)
{
	size_t n = 0;

	list_for_each (it, &t->mesh)
		n += member_score(g, it) < score;
	return n;
}

/* The best of those that are no better than the middle one, the lower of two: the middle one. A
 * mesh is small, and so this needs no memory. */
static void measure_scores(const struct gossip *g, const struct topic *t,
			   struct gossip_topic_info *io)
{
	bool is_first = true, has_median = false;

	list_for_each (it, &t->mesh) {
		double score = member_score(g, it);

		if (is_first || score < io->score_min)
			io->score_min = score;
		is_first = false;
		if (rank_of(g, t, score) <= (t->n_mesh - 1) / 2 &&
		    (!has_median || score > io->score_median)) {
			io->score_median = score;
			has_median = true;
		}
	}
}

/* ---- figures ---- */

static struct gossip_topic_info topic_info(const struct gossip *g, const struct topic *t)
{
	struct gossip_topic_info info = {
		.topic = topic_name(t),
		.n_peers = t->n_members,
		.n_mesh = t->n_mesh,
		.n_direct = n_direct(t),
		.received = t->received,
		.duplicates = t->duplicates,
		.published = t->published,
		.last_message_at = t->last_message_at,
		.health = t->health.state,
		.quiet_since = t->health.quiet_since,
		.pace_ms = topic_health_pace_ms(&t->health),
		.silent_after_ms = topic_health_silent_after_ms(&t->health),
	};

	measure_scores(g, t, &info);
	return info;
}

void gossip_topics(const struct gossip *g,
		   void (*each)(void *user, const struct gossip_topic_info *info), void *user)
{
	list_for_each (it, &g->active) {
		const struct topic *t = list_entry(it, struct topic, in_active);

		if (t->joined) {
			struct gossip_topic_info info = topic_info(g, t);

			each(user, &info);
		}
	}
}

/* ---- health ---- */

/* Direct peers send us everything, as if they were in the mesh. */
static bool changed(const struct gossip *g, struct topic *t, struct mono now)
{
	struct topic_health_facts facts = {
		.n_connected = g->peers_by_id.n,
		.n_mesh = t->n_mesh > 0 ? t->n_mesh : n_direct(t),
	};

	return topic_health_update(&t->health, &facts, now);
}

void topics_watch(struct gossip *g, struct mono now)
{
	list_for_each (it, &g->active) {
		struct topic *t = list_entry(it, struct topic, in_active);

		if (t->joined && changed(g, t, now) && g->config.ops->on_topic_health) {
			struct gossip_topic_info info = topic_info(g, t);

			g->config.ops->on_topic_health(g->config.user, &info);
		}
	}
}
