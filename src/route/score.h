#ifndef PL_ROUTE_SCORE_H
#define PL_ROUTE_SCORE_H

/*
 * What each peer has deserved (libp2p specs, gossipsub 1.1, peer scoring). A score is a sum:
 *
 *     per topic, times its weight:
 *       P1   time in the mesh                      P3b  deficits it was pruned with
 *       P2   messages it was the first to bring    P4   invalid messages, squared
 *       P3   messages it owed the mesh and did not bring, squared
 *     of the whole peer:
 *       P5   what an application thinks of it      P7   misbehaviour, squared
 *       P6   too many peers at one IP address, squared
 *
 * Counters decay with time, by a factor per interval; they are brought up to date when they are
 * touched, so every event costs O(1). Topics together add at most `topic_cap`: nobody saves up
 * merits to spend them on an attack. Who leaves with a bad record finds it when it comes back:
 * until `retain_ms` are over nothing of it decays.
 *
 *     scores_init(); score_topic_init() for each topic; score_peer_join() when a peer comes; the
 * events; score_of(); score_peer_leave(); score_topic_deinit(); scores_deinit()
 *
 * Limits: LIMIT_GOSSIP_SCORES_GONE peers that left, beyond which the first that left is forgotten;
 * one record per peer and topic it was in the mesh of or brought messages of.
 */

#include "base/addr.h"
#include "base/def.h"
#include "base/list.h"
#include "base/map.h"
#include "base/time.h"
#include "wire/peer_id.h"

struct score_peer;

/* Weights of penalties are negative. A decay is the factor of one interval. */
struct score_topic_params {
	double weight;
	double time_weight, time_cap; /* P1; the cap is in quanta */
	uint64_t time_quantum_ms;
	double first_weight, first_decay, first_cap; /* P2 */
	/*
	 * P3. Expected of a member is `deficit_share` of the messages that the topic carried since
	 * the member had been in the mesh for `deficit_activation_ms`; a copy counts as brought
	 * when it comes at most `deficit_window_ms` after the first.
	 */
	double deficit_weight, deficit_decay, deficit_share, deficit_cap;
	uint64_t deficit_activation_ms, deficit_window_ms;
	double failure_weight, failure_decay; /* P3b */
	double invalid_weight, invalid_decay; /* P4 */
};

struct score_params {
	double topic_cap;
	double app_weight;           /* P5 */
	double colocation_weight;    /* P6 */
	size_t colocation_threshold; /* as many may share an address */
	bool colocation_loopback;    /* also 127.0.0.0/8 and ::1 */
	double behaviour_weight, behaviour_threshold, behaviour_decay; /* P7 */
	uint64_t decay_interval_ms;
	double decay_to_zero; /* what is smaller is nothing */
	uint64_t retain_ms;
	/* Below these (docs/decisions/0007-scoring.md): no IHAVE and IWANT; gets nothing that is
	 * not sent to a mesh; is not listened to. */
	double gossip_threshold, publish_threshold, graylist_threshold;
	double accept_px_threshold;           /* from here on its peer exchange is heard */
	double opportunistic_graft_threshold; /* a mesh whose median is below wants better peers */
};

struct score_params score_params_default(void);
struct score_topic_params score_topic_params_default(void);

struct scores {
	struct score_params params;
	struct map peers; /* those that are here and those that left */
	struct map ips;
	struct list gone; /* the first that left first */
	size_t n_gone;
	struct mono began_at;
};

/* A topic's side, embedded in it. */
struct score_topic {
	const struct score_topic_params *params; /* borrowed for life, as the name */
	struct bytes name;
	struct list stats;
	double carried; /* messages, decaying as deficits do */
	uint64_t tick;
};

/* ---- life ---- */

void scores_init(struct scores *s, uint64_t seed, const struct score_params *params,
		 struct mono now);
/* Peers go with it; topics may come before or after. */
void scores_deinit(struct scores *s);

void score_topic_init(struct score_topic *t, const struct score_topic_params *params,
		      struct bytes name);
/* What peers did in this topic is forgotten. */
void score_topic_deinit(struct score_topic *t);

/* The record of a peer that comes, maybe for the second time. -EEXIST: it is here. -ENOMEM. */
_nodiscard_ int score_peer_join(struct scores *s, const struct peer_id *id, struct mono now,
				struct score_peer **ret);
/* The record goes, unless there is something to hold against the peer. */
void score_peer_leave(struct scores *s, struct score_peer *p, struct mono now);
/* Where it is; IPv6 counts by /64. It shares the address with whoever else was said to be there.
 * Without memory it is as if the address was not known. */
void score_peer_set_address(struct scores *s, struct score_peer *p, const struct addr *a);

/* ---- events ---- */

void score_on_graft(struct scores *s, struct score_peer *p, struct score_topic *t, struct mono now);
/* Pruned by either side, or gone. */
void score_on_prune(struct scores *s, struct score_peer *p, struct score_topic *t, struct mono now);
/* A valid message, which this peer was the first to bring. */
void score_on_first(struct scores *s, struct score_peer *p, struct score_topic *t, struct mono now);
/* A copy of a valid message that came `late_ms` ago. */
void score_on_copy(struct scores *s, struct score_peer *p, struct score_topic *t, uint64_t late_ms,
		   struct mono now);
void score_on_invalid(struct scores *s, struct score_peer *p, struct score_topic *t,
		      struct mono now);
/* P7, in points; there are at most LIMIT_GOSSIP_MISBEHAVIOUR. */
double score_misbehaviour(const struct scores *s, struct score_peer *p, struct mono now);
void score_on_misbehaviour(struct scores *s, struct score_peer *p, double amount, struct mono now);
/* P5, until it is set again or the record goes; at most LIMIT_GOSSIP_SCORE_APP either way. */
void score_set_app(struct scores *s, struct score_peer *p, double value);

/* ---- questions ---- */

/* NULL: neither here nor remembered. */
struct score_peer *score_peer_find(const struct scores *s, const struct peer_id *id);
/* Merits of the current interval may be missing; penalties are not. */
double score_of(const struct scores *s, struct score_peer *p, struct mono now);

/* What the sum is made of, weighted. */
struct score_topic_parts {
	struct bytes topic; /* borrowed while the topic lives */
	bool in_mesh;
	double time, first, deficit, failure, invalid; /* P1, P2, P3, P3b, P4 */
	double total;                                  /* times the topic's weight */
};

struct score_parts {
	double total;
	double topics; /* with the cap */
	double application, colocation, behaviour;
};

struct score_parts score_parts(const struct scores *s, const struct score_peer *p, struct mono now);
void score_each_topic(const struct scores *s, const struct score_peer *p, struct mono now,
		      void (*each)(void *user, const struct score_topic_parts *parts), void *user);

#endif
