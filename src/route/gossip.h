#ifndef PL_ROUTE_GOSSIP_H
#define PL_ROUTE_GOSSIP_H

/*
 * Gossipsub without I/O (libp2p specs, pubsub, gossipsub 1.1 and 1.2): topics, a mesh per topic,
 * signed messages in and out, each delivered once. Streams, links and clocks are somebody else's:
 * gossip_streams.c carries the bytes.
 *
 *     gossip_new(); gossip_join(); gossip_peer_add() when a peer's stream to us or ours to it can
 * be used; gossip_input() with what it sends; ops->send with what it is to get; gossip_publish();
 * gossip_tick() at gossip_deadline(); gossip_free()
 *
 * A message passes these stages: cheap questions (topic, form, seen before?); its signature
 * (gossip_check.c); the verdict of whoever validates its topic (gossip_verdict.c); then it is
 * relayed and delivered. A forgery is forgotten, so it does not keep the true message out; whatever
 * has a good signature counts as seen.
 *
 * Callbacks run inside gossip_input(), gossip_batch_done(), gossip_verdict(), gossip_join(),
 * gossip_leave(), gossip_publish(), gossip_peer_*() and gossip_tick(). They may call the functions
 * that only ask; on_message, with which the engine is done with a message, may also join, leave and
 * publish.
 */

#include "base/addr.h"
#include "base/budget.h"
#include "base/def.h"
#include "base/random.h"
#include "base/shared_bytes.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "route/gossip_check.h"
#include "route/gossip_id.h"
#include "route/gossip_reader.h"
#include "route/score.h"
#include "route/topic_health.h"
#include "wire/peer_id.h"

struct gossip;
struct gossip_peer;

/* A message that passed every check, once. Everything is borrowed for the call. */
struct gossip_delivery {
	struct bytes topic;
	struct peer_id from; /* the author, by signature */
	struct peer_id via;  /* the neighbour that brought it; ourselves for what we published */
	struct gossip_id id;
	uint64_t seqno;
	struct bytes data;
};

struct gossip_topic_info {
	struct bytes topic;
	size_t n_peers, n_mesh;
	uint64_t received, duplicates, published;
	struct mono last_message_at; /* MONO_NEVER: none yet; ours count */
	enum topic_health_state health;
	struct mono quiet_since;           /* nobody else said anything */
	uint64_t pace_ms, silent_after_ms; /* 0: not known yet */
	size_t n_direct;                   /* direct peers that are subscribed */
	double score_min, score_median;    /* of the mesh; 0 without one */
};

struct gossip_topic_params {
	enum gossip_id_kind id_kind;
	uint64_t validate_ms; /* silence for so long is consent */
	/* Longer than seen_ms: so long a message of this topic, sent again by whomever, is a
	 * duplicate; 0: no longer than others. */
	uint64_t remember_ms;
	struct score_topic_params score;
};

enum gossip_verdict {
	GOSSIP_ACCEPT, /* deliver, relay */
	GOSSIP_IGNORE, /* neither; nobody's fault */
	GOSSIP_REJECT, /* neither, and who sent it should have known */
};

struct gossip_ops {
	/*
	 * One RPC for this peer, length prefix included. Several peers may get the same `frame`:
	 * keep a reference, not a copy. A frame that `may_drop` (messages, IHAVE, IWANT, IDONTWANT)
	 * is refused with -EAGAIN when the peer's queue is full, and the engine counts the drop.
	 * Any other carries our subscriptions, GRAFT or PRUNE: what cannot be queued of these makes
	 * the stream useless, and gossip_peer_resend() on its successor repairs it.
	 */
	int (*send)(void *user, void *peer_user, struct shared_bytes *frame, bool may_drop);
	/* The others may be NULL. */

	/* Takes a batch of signatures to check: gossip_batch_done() later, not from inside.
	 * Negative: it does not, and the engine checks them itself, as without this function. */
	int (*verify)(void *user, struct gossip_batch *b);
	/* What is special about a topic that comes into being; `io` holds the defaults. */
	void (*topic_params)(void *user, struct bytes topic, struct gossip_topic_params *io);
	/*
	 * A message with a good signature: is anybody to be asked whether it is good? True: it
	 * waits for gossip_verdict() with this ticket, which must not come from inside, and for
	 * validate_ms at most. Our own messages are not asked about.
	 */
	bool (*on_validate)(void *user, const struct gossip_delivery *d, uint64_t ticket);
	/* Peers need not wait for what follows: all they are to get for now has been sent, and
	 * what was sent comes to be delivered here. */
	void (*flush)(void *user);
	void (*on_message)(void *user, const struct gossip_delivery *d);
	/* A neighbour subscribed to (left) a topic we have joined; at gossip_join() one call for
	 * each that is there already. */
	void (*on_topic_peer)(void *user, struct bytes topic, const struct peer_id *peer,
			      bool joined);
	void (*on_mesh)(void *user, struct bytes topic, const struct peer_id *peer, bool grafted);
	/* A joined topic became healthy or ill, seen at a heartbeat. */
	void (*on_topic_health)(void *user, const struct gossip_topic_info *info);
	/* Peer exchange. `via` pruned us and says that `peer` is in the topic, too: a hint, with
	 * the peer's signed record, unchecked, or nothing. Bounded per heartbeat. */
	void (*on_px)(void *user, const struct peer_id *via, const struct peer_id *peer,
		      struct bytes signed_record);
	/* A peer's own signed record, borrowed until the next call; false: there is none. */
	bool (*signed_record)(void *user, void *peer_user, struct bytes *ret);
};

/* Gossipsub's names; milliseconds and counts. gossip_params_default() has go-libp2p-pubsub's
 * values. */
struct gossip_params {
	size_t d, d_low, d_high, d_score, d_out, d_lazy; /* d_low <= d <= d_high */
	uint64_t heartbeat_ms, first_heartbeat_ms;
	uint64_t prune_backoff_ms, unsubscribe_backoff_ms;
	uint64_t graft_flood_ms; /* a GRAFT so soon after the PRUNE is misbehaviour twice */
	size_t opportunistic_heartbeats, opportunistic_peers;
	bool px; /* PRUNE names other peers */
	uint64_t fanout_ms;
	size_t history, history_gossip; /* heartbeats */
	uint64_t seen_ms;
	size_t seen_max;
	size_t idontwant_threshold; /* bytes */
	/* A message as large as that goes to d_eager of the mesh at once and to the others
	 * later_ms after, if they still want it; 0: to all at once. */
	size_t d_eager;
	uint64_t later_ms;
	bool flood_publish;  /* our own messages go to every peer of the topic */
	size_t n_checkers;   /* batches of signatures that ops->verify gets at once */
	size_t check_inline; /* so few are not handed to it: to ask a thread takes as long */
	struct score_params score;
};

struct gossip_params gossip_params_default(void);

struct gossip_config {
	const struct key_pair *key; /* borrowed for life */
	struct peer_id id;
	struct random random;
	struct gossip_params params;
	/* The first message gets seqno_last + 1; it must be greater than any used before (wall
	 * clock ns, or what was saved). */
	uint64_t seqno_last;
	const struct gossip_ops *ops; /* borrowed for life */
	void *user;
};

struct gossip_counts {
	/* Messages that came: received is the sum of those delivered that others published,
	 * duplicates, bad_signature, unknown_topic, too_large, own_echo, unheard, not_checked,
	 * ignored, rejected and waiting. */
	uint64_t received, delivered, duplicates, published, forwarded;
	uint64_t bad_signature; /* not signed as StrictSign wants it, or by somebody else */
	uint64_t malformed;     /* RPCs */
	uint64_t unknown_topic, too_large, own_echo;
	uint64_t unheard; /* from a peer that sent LIMIT_GOSSIP_BAD bad ones in this heartbeat */
	uint64_t not_checked;       /* no memory, or its topic was left meanwhile */
	uint64_t ignored, rejected; /* by verdict */
	uint64_t verdicts_late;     /* accepted because nobody had said anything in time */
	uint64_t waiting;           /* now: for their signature to be checked or for a verdict */
	uint64_t send_dropped, iwant_served, iwant_asked, ihave_ignored, graft_refused;
	uint64_t idontwant_sent, idontwant_heeded; /* frames sent; messages not sent */
	uint64_t subscriptions_refused;            /* beyond a limit */
	uint64_t graylisted;       /* RPCs not heard because of their peer's score */
	uint64_t promises_broken;  /* peers that did not send what they had announced, per heartbeat
				    */
	uint64_t pruned_for_score; /* from a mesh */
	uint64_t opportunistic;    /* grafted because the mesh did not do its work */
	uint64_t too_large_for_peer; /* messages not sent, because the peer takes no such RPC */
	uint64_t px_sent, px_heard, px_ignored; /* peers */
	uint64_t seen_evicted; /* ids forgotten too early: duplicates may be taken for new */
};

/* -ENOMEM. */
_nodiscard_ int gossip_new(const struct gossip_config *config, struct mono now,
			   struct gossip **ret);
/* Takes NULL. Its peers go with it, without callbacks. */
struct gossip *gossip_free(struct gossip *g);

/* -EEXIST; -ENOSPC (LIMIT_GOSSIP_TOPICS_LOCAL); -EINVAL (empty or too long a name); -ENOMEM. */
_nodiscard_ int gossip_join(struct gossip *g, struct bytes topic, struct mono now);
/* A topic that is not joined is left alone. */
void gossip_leave(struct gossip *g, struct bytes topic, struct mono now);
bool gossip_is_joined(const struct gossip *g, struct bytes topic);

/*
 * `protocol` as negotiated ("/meshsub/1.2.0"; empty while unknown) decides what may be sent.
 * `outbound`: we dialled. Our subscriptions follow through ops->send at once. -EEXIST: this id is
 * added already. -ENOSPC (LIMIT_GOSSIP_PEERS), -ENOMEM.
 */
_nodiscard_ int gossip_peer_add(struct gossip *g, const struct peer_id *id, struct bytes protocol,
				bool outbound, void *peer_user, struct gossip_peer **ret);
/* Takes NULL. */
void gossip_peer_remove(struct gossip *g, struct gossip_peer *p);
void gossip_peer_set_protocol(struct gossip_peer *p, struct bytes protocol);
/* Where it is, for the score. */
void gossip_peer_set_address(struct gossip *g, struct gossip_peer *p, const struct addr *a);
/*
 * A peer that was agreed on: it gets every message of the topics it is subscribed to, as we get
 * its, outside of any mesh, and its score does not matter.
 */
void gossip_peer_set_direct(struct gossip *g, struct gossip_peer *p, bool direct);
/* The longest RPC the peer takes, without its length: LIMIT_GOSSIP_RPC_UNKNOWN at first, and at
 * least. Longer messages are not sent to it. */
void gossip_peer_set_rpc_max(struct gossip_peer *p, size_t n);
/*
 * By whose ids the peer is told of messages in topics whose own are go's, which are everybody's
 * unless it was agreed on others. Until it speaks itself: then by those that it uses.
 */
void gossip_peer_set_words(struct gossip_peer *p, enum gossip_id_kind words);
/* The longest one it has sent itself. */
size_t gossip_peer_rpc_longest(const struct gossip_peer *p);
/* Who pays for its subscriptions and for what it does not want; nobody until it is called. `a`
 * outlives the peer here. */
void gossip_peer_charge_to(struct gossip_peer *p, struct budget_account *a);
/* The peer's queue was emptied or lost: what we believe it knows of our subscriptions and meshes is
 * sent again. */
void gossip_peer_resend(struct gossip *g, struct gossip_peer *p);
/* And messages with them, maybe: with the next heartbeat it is told of the latest ones in our
 * meshes with it, and asks for those it has not seen. */
void gossip_peer_remind(struct gossip_peer *p);

enum {
	GOSSIP_E_MALFORMED =
		1, /* not protobuf, a count or size beyond its limit: reset the stream */
	GOSSIP_E_TOO_LARGE = 2, /* an RPC beyond LIMIT_GOSSIP_RPC was announced */
};

/*
 * Any split of a stream of the peer, through that stream's own reader, which also tells how much of
 * an unfinished RPC is held since when: the owner judges stalls. -ENOMEM or GOSSIP_E_*: the stream
 * cannot be read on.
 */
_nodiscard_ int gossip_input(struct gossip *g, struct gossip_peer *p, struct gossip_reader *reader,
			     struct bytes b, struct mono now);

/*
 * Signs and sends; delivered locally too, by on_message, when the topic is joined. -EMSGSIZE
 * (LIMIT_GOSSIP_DATA), -EINVAL (topic name), -EEXIST (the same content was there already, where
 * that makes the id), -ENOMEM. `ret_id` may be NULL.
 */
_nodiscard_ int gossip_publish(struct gossip *g, struct bytes topic, struct bytes data,
			       struct mono now, struct gossip_id *ret_id);
/* What becomes of a message that on_validate was asked about. A ticket that is over is ignored. */
void gossip_verdict(struct gossip *g, uint64_t ticket, enum gossip_verdict verdict,
		    struct mono now);
/* The last one used. */
uint64_t gossip_seqno(const struct gossip *g);

struct mono gossip_deadline(const struct gossip *g);
void gossip_tick(struct gossip *g, struct mono now);

struct gossip_counts gossip_counts(const struct gossip *g);

struct gossip_peer_score {
	bool is_direct; /* then the parts are known, and do not matter */
	struct score_parts parts;
	uint64_t n_too_large; /* messages it did not get because they were too long for it */
	size_t rpc_max;
};

/* False: no such peer. */
bool gossip_peer_score(const struct gossip *g, const struct peer_id *id, struct mono now,
		       struct gossip_peer_score *ret);
/* Calls `each` for every topic in which the peer did something. */
void gossip_peer_topic_scores(const struct gossip *g, const struct peer_id *id, struct mono now,
			      void (*each)(void *user, const struct score_topic_parts *parts),
			      void *user);
/* Calls `each` for every topic that the peer is subscribed to. */
void gossip_peer_topics(const struct gossip *g, const struct peer_id *id,
			void (*each)(void *user, struct bytes topic, bool in_mesh), void *user);
/* P5: what an application thinks of a peer that is here. */
void gossip_set_app_score(struct gossip *g, const struct peer_id *id, double value);
/* Calls `each` for every joined topic, in the order of joining. */
void gossip_topics(const struct gossip *g,
		   void (*each)(void *user, const struct gossip_topic_info *info), void *user);

#endif
