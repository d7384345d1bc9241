#ifndef PL_ROUTE_TOPIC_HEALTH_H
#define PL_ROUTE_TOPIC_HEALTH_H

/*
 * Whether a joined topic does what it was joined for: somebody to hear from, and something heard
 * lately. A link that lives and brings nothing looks healthy to everything else.
 *
 *     topic_health_init() at joining; topic_health_on_message() with each new message of somebody
 * else; topic_health_update() with every heartbeat
 *
 * Usual is what this topic has been, not a setting: a node says something every ten seconds, blocks
 * come every ten minutes, and both come in bursts, since several nodes tell of the same block. So
 * the pace is the mean pause as time sees it, each pause weighted by its length (the mean of the
 * squares over the mean): a burst weighs next to nothing, however many messages it has, and
 * irregular pauses make the pace longer than their plain mean.
 */

#include "base/time.h"

#define TOPIC_HEALTH_GRACE_MS 10000        /* without a mesh, before that is said */
#define TOPIC_HEALTH_SILENT_MIN_MS 60000   /* a shorter pause is never a silence */
#define TOPIC_HEALTH_SILENT_PACES 5        /* nor is one of fewer usual pauses */
#define TOPIC_HEALTH_EVIDENCE_MS 15000     /* messages closer together are one piece of evidence */
#define TOPIC_HEALTH_EVIDENCE_MIN 8        /* pieces, before there is a usual */
#define TOPIC_HEALTH_PAUSE_MAX_MS 86400000 /* a longer one counts as this long */

enum topic_health_state {
	TOPIC_STARTING, /* the mesh is being made */
	TOPIC_OK,
	TOPIC_NO_PEERS, /* no mesh, and nobody is connected */
	TOPIC_NO_MESH,  /* no mesh, although peers are connected */
	TOPIC_SILENT,   /* a mesh, and nothing heard for longer than is usual here */
};

/* The word for it in answers and events. */
const char *topic_health_name(enum topic_health_state state);

/* What the engine sees of a topic now. */
struct topic_health_facts {
	size_t n_connected; /* peers that speak gossip, on whatever topics */
	size_t n_mesh;
};

struct topic_health {
	enum topic_health_state state;
	struct mono mesh_at;     /* the last moment with a mesh; joining counts as one */
	struct mono alone_at;    /* the last moment without any peer */
	struct mono quiet_since; /* the last message, or a mesh that came after it */
	struct mono evidence_at; /* MONO_NEVER: no message yet */
	uint64_t pace_ms;        /* 0: no pause yet */
	unsigned n_evidence;
	unsigned n_resumed; /* messages since the silence began */
	bool has_mesh;
};

void topic_health_init(struct topic_health *h, struct mono now);
void topic_health_on_message(struct topic_health *h, struct mono now);
/* True: the state is another one now. */
_nodiscard_ bool topic_health_update(struct topic_health *h, const struct topic_health_facts *facts,
				     struct mono now);

/* 0 while too little was heard to know. */
uint64_t topic_health_pace_ms(const struct topic_health *h);
/* A pause longer than this is a silence; 0 while there is no usual pace. */
uint64_t topic_health_silent_after_ms(const struct topic_health *h);

#endif
