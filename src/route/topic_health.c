#include "route/topic_health.h"

#define MEMORY 16 /* usual pauses that what was learned earlier weighs */
#define RESUMED 2 /* messages that end a silence: one may be a straggler */

const char *topic_health_name(enum topic_health_state state)
{
	switch (state) {
	case TOPIC_STARTING:
		return "starting";
	case TOPIC_OK:
		return "ok";
	case TOPIC_NO_PEERS:
		return "no_peers";
	case TOPIC_NO_MESH:
		return "no_mesh";
	case TOPIC_SILENT:
		return "silent";
	}
	return "?";
}

void topic_health_init(struct topic_health *h, struct mono now)
{
	*h = (struct topic_health){
		.state = TOPIC_STARTING,
		.mesh_at = now,
		.alone_at = now,
		.quiet_since = now,
		.evidence_at = MONO_NEVER,
	};
}

uint64_t topic_health_pace_ms(const struct topic_health *h)
{
	return h->n_evidence >= TOPIC_HEALTH_EVIDENCE_MIN ? h->pace_ms : 0;
}

uint64_t topic_health_silent_after_ms(const struct topic_health *h)
{
	uint64_t ms = TOPIC_HEALTH_SILENT_PACES * h->pace_ms;

	if (h->n_evidence < TOPIC_HEALTH_EVIDENCE_MIN)
		return 0;
	return ms > TOPIC_HEALTH_SILENT_MIN_MS ? ms : TOPIC_HEALTH_SILENT_MIN_MS;
}

/* ---- the pace ---- */

/* An outage is no more than a silence to learn from, or it would be the usual pace afterwards; a
 * topic that really became slower is believed after a few pauses. */
static uint64_t capped(const struct topic_health *h, uint64_t pause_ms)
{
	uint64_t most = topic_health_silent_after_ms(h);

	if (most == 0 || most > TOPIC_HEALTH_PAUSE_MAX_MS)
		most = TOPIC_HEALTH_PAUSE_MAX_MS;
	return pause_ms < most ? pause_ms : most;
}

/* The mean of the squares over the mean, where the past stands for MEMORY pauses of the pace so
 * far. Nothing overflows: a day in ms, squared, times MEMORY has 57 bits. */
static void learn(struct topic_health *h, uint64_t pause_ms)
{
	uint64_t pause = capped(h, pause_ms), past = MEMORY * h->pace_ms;

	if (pause > 0)
		h->pace_ms = (past * h->pace_ms + pause * pause) / (past + pause);
}

static void count_evidence(struct topic_health *h, struct mono now)
{
	if (!mono_is_never(h->evidence_at) &&
	    mono_since_ms(h->evidence_at, now) < TOPIC_HEALTH_EVIDENCE_MS)
		return;
	h->evidence_at = now;
	if (h->n_evidence < TOPIC_HEALTH_EVIDENCE_MIN)
		h->n_evidence++;
}

void topic_health_on_message(struct topic_health *h, struct mono now)
{
	/* How long we waited for the first one says nothing: we came in the middle of a pause. */
	if (!mono_is_never(h->evidence_at))
		learn(h, mono_since_ms(h->quiet_since, now));
	count_evidence(h, now);
	h->quiet_since = now;
	if (h->n_resumed < RESUMED)
		h->n_resumed++;
}

/* ---- the state ---- */

/* What is quiet while there is no mesh is not the topic's silence: with a mesh the wait begins
 * anew. */
static void note_facts(struct topic_health *h, const struct topic_health_facts *facts,
		       struct mono now)
{
	if (facts->n_mesh > 0 && !h->has_mesh &&
	    mono_since_ms(h->mesh_at, now) >= TOPIC_HEALTH_GRACE_MS)
		h->quiet_since = now;
	h->has_mesh = facts->n_mesh > 0;
	if (facts->n_mesh > 0)
		h->mesh_at = now;
	if (facts->n_connected == 0)
		h->alone_at = now;
}

static enum topic_health_state judge_heard(struct topic_health *h, struct mono now)
{
	uint64_t after = topic_health_silent_after_ms(h);
	uint64_t age = mono_since_ms(h->quiet_since, now);

	if (after > 0 && age > after) {
		h->n_resumed = 0;
		return TOPIC_SILENT;
	}
	/* Quiet again after a single message is still the same silence. */
	if (h->state == TOPIC_SILENT && (h->n_resumed < RESUMED || age > after / 2))
		return TOPIC_SILENT;
	return TOPIC_OK;
}

static enum topic_health_state judge_unheard(const struct topic_health *h, bool is_alone,
					     struct mono now)
{
	struct mono since = !is_alone && h->alone_at.ns > h->mesh_at.ns ? h->alone_at : h->mesh_at;

	if (mono_since_ms(since, now) >= TOPIC_HEALTH_GRACE_MS)
		return is_alone ? TOPIC_NO_PEERS : TOPIC_NO_MESH;
	/* Somebody came: the same time again to make a mesh with. */
	return h->state == TOPIC_NO_PEERS && !is_alone ? TOPIC_STARTING : h->state;
}

bool topic_health_update(struct topic_health *h, const struct topic_health_facts *facts,
			 struct mono now)
{
	enum topic_health_state was = h->state;

	note_facts(h, facts, now);
	h->state = facts->n_mesh > 0 ? judge_heard(h, now)
				     : judge_unheard(h, facts->n_connected == 0, now);
	return h->state != was;
}
