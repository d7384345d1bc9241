#ifndef PL_PEER_POOL_H
#define PL_PEER_POOL_H

/*
 * The pool: one record per peer, the only place that says who is connected. It dials what it was
 * told to keep (managed peers) or to reach once, adopts every link that comes up, settles
 * duplicates by the keeper's rule (design rule 4, first form: the keeper closes the newer of two
 * links that both answer), watches liveness, and knows what identify told.
 *
 *     pool_new(); pool_serve(...); pool_manage(...); net events go in by pool_net_ops; pool_stop();
 * pool_free()
 *
 * "Connected" has one meaning: a live link after its handshake. Peers are found by id, never by
 * address. Callbacks run from the loop; they may call anything here but pool_free().
 */

#include "base/budget.h"
#include "loop/loop.h"
#include "net/net.h"
#include "wire/multiaddr.h"
#include "wire/peer_id.h"

struct pool;
struct peer;
struct ban; /* peer/bans.h */

/* NULL entries are allowed. */
struct pool_ops {
	/* The first link of this peer is up. */
	void (*on_peer_up)(void *user, struct peer *p);
	/* Its last link is gone. The record may live on (managed peers). */
	void (*on_peer_down)(void *user, struct peer *p);
	/* Write on `l` from now on; NULL: on nothing. Called after up, and when the primary
	 * changes. The old one, where it still stands, is read to its end, and what is queued on it
	 * leaves: close the streams on it. */
	void (*on_primary)(void *user, struct peer *p, struct link *l);
	/* Identify was read, or a push changed something. */
	void (*on_identified)(void *user, struct peer *p);
	/* Every link, also duplicates: for events and logs. */
	void (*on_link_up)(void *user, struct peer *p, struct link *l);
	void (*on_link_down)(void *user, struct peer *p, struct link *l, enum link_reason reason,
			     enum net_by by);
	/* An inbound link was verified, but is not adopted: too many, or of another network. */
	void (*on_refused)(void *user, const struct peer_id *id, struct link *l,
			   enum link_reason reason);
	/* `text` explains in a sentence; `id` is NULL where it is not known. */
	void (*on_dial_failed)(void *user, const char *address, const struct peer_id *id,
			       enum link_reason reason, const char *text);
};

/* A protocol we answer; entries are borrowed for life. */
struct pool_protocol {
	const char *name; /* "/ipfs/ping/1.0.0" */
	/* Call stream_accept() or stream_reset() before returning. */
	void (*on_stream)(void *user, struct peer *p, struct link *l, struct stream *s);
	void *user;
};

struct pool_config {
	struct loop *loop;
	const struct key_pair *key;
	struct peer_id id;
	struct random random;
	char version[NOISE_EXTENSION_TEXT_MAX]; /* "0.1.0" */
	char network[NOISE_EXTENSION_TEXT_MAX];
	char agent[64]; /* identify's agentVersion: "peerline/0.1.0" */
	uint64_t incarnation;
	size_t peers_max, half_open_max, per_ip_max;
	size_t memory_max;     /* of all peers together; 0: LIMIT_BUDGET */
	uint64_t reconnect_ms; /* PEER_RECONNECT_INTERVAL */
	/* Told to others in place of where we listen; at most LIMIT_LISTENERS, without /p2p,
	 * LIMIT_ANNOUNCE_BYTES together. Borrowed for life. */
	const struct multiaddr *announce;
	size_t n_announce;
	const struct pool_ops *ops;
	void *user;
};

_nodiscard_ int pool_new(const struct pool_config *config, struct pool **ret);
/* Takes NULL; pool_stop() first, and let the loop run until pool_is_stopped(). */
struct pool *pool_free(struct pool *pool);
/* Closes every link with LINK_SHUTDOWN and stops dialling; after LIMIT_DRAIN_MS what is left is
 * aborted. */
void pool_stop(struct pool *pool);
bool pool_is_stopped(const struct pool *pool);

/* Before the first link. -ENOSPC. */
_nodiscard_ int pool_serve(struct pool *pool, const struct pool_protocol *protocol);
/* `at` with port 0: the kernel chooses; the real one is put into `at`. */
_nodiscard_ int pool_listen(struct pool *pool, struct addr *at);

/*
 * Keeps a link to this address (a peer id in it binds it; `/dnsaddr` may stand for several peers):
 * dialled every 5 s for 2 minutes, then every reconnect_ms, with jitter. -EEXIST: managed already.
 * POOL_E_SELF: it is ourselves.
 */
enum {
	POOL_E_SELF = 1,
};
_nodiscard_ int pool_manage(struct pool *pool, const struct multiaddr *address);

/* One outcome, later: `p` connected (maybe it already was), or NULL with the reason and a sentence.
 */
typedef void (*pool_connect_fn)(void *user, struct peer *p, enum link_reason reason,
				const char *text);
_nodiscard_ int pool_connect(struct pool *pool, const struct multiaddr *address,
			     pool_connect_fn done, void *user);
/*
 * As pool_connect(), on a stranger's word: of the addresses that are found behind `address` only
 * those are dialled that `may_dial` agrees to, each asked for right before. A failure is told to
 * `done` and to nobody else.
 */
typedef bool (*pool_may_dial_fn)(void *user, const struct addr *at);
_nodiscard_ int pool_connect_if(struct pool *pool, const struct multiaddr *address,
				pool_may_dial_fn may_dial, pool_connect_fn done, void *user);
/* Closes its links with LINK_DISCONNECTED and stops managing it; the number of links. */
size_t pool_disconnect(struct pool *pool, struct peer *p);

/*
 * No link with this peer until then: those that stand are closed as LINK_BANNED, `ret_links` is
 * their number; it is not dialled, and refused when it comes. Its managed addresses stay, and are
 * dialled when the ban is over. -ENOSPC: LIMIT_BANS others stand. POOL_E_SELF.
 */
_nodiscard_ int pool_ban(struct pool *pool, const struct peer_id *id, struct wall until,
			 size_t *ret_links);
/* False: it was not banned. */
bool pool_unban(struct pool *pool, const struct peer_id *id);
/* Those that stand, borrowed until the loop's next turn. */
const struct ban *pool_bans(struct pool *pool, size_t *ret_n);

struct peer *pool_find(struct pool *pool, const struct peer_id *id);
/* Whom a managed address leads to; a record of its own while nobody knows. NULL: not managed. */
struct peer *pool_managed_peer(struct pool *pool, const struct multiaddr *address);
/* What peers make us hold, see base/budget.h; and how often a peer lost its links for it. */
const struct budget *pool_budget(const struct pool *pool);
uint64_t pool_n_over_budget(const struct pool *pool);
size_t pool_n_connected(const struct pool *pool);
size_t pool_n_links(const struct pool *pool);
void pool_each(struct pool *pool, void (*each)(void *user, struct peer *p), void *user);
struct net_counts pool_net_counts(const struct pool *pool);
/* Our listen addresses as multiaddrs without /p2p. The number written, at most `max`. */
size_t pool_listen_addresses(const struct pool *pool, struct multiaddr *out, size_t max);

enum peer_state {
	PEER_WAITING, /* managed, no link, next dial is set */
	PEER_DIALING,
	PEER_CONNECTED,
};

/* A snapshot for listings; texts are borrowed until the loop's next turn. */
struct peer_info {
	enum peer_state state;
	size_t n_links;
	bool managed, inbound, keeper_is_us;
	struct addr remote;           /* of the primary */
	const char *peerline_version; /* NULL: foreign software */
	const char *agent, *protocol_version;
	size_t n_protocols;
	const char *const *protocols;
	size_t n_listen_addresses;
	const struct multiaddr *listen_addresses;
	struct multiaddr observed_address; /* ours, as it sees us; n = 0: none */
	uint64_t rtt_ns;                   /* 0: not known */
	struct mono up_at;
	uint64_t bytes_in, bytes_out;
	struct mono next_dial_at; /* MONO_NEVER: none */
	const char *last_error;   /* NULL: none */
};

void peer_get_info(const struct peer *p, struct peer_info *ret);
/* Its managed addresses, as they were given; its links, oldest first. */
void peer_each_address(const struct peer *p,
		       void (*each)(void *user, const struct multiaddr *address), void *user);
void peer_each_link(const struct peer *p, void (*each)(void *user, struct link *l), void *user);
const struct peer_id *peer_id_of(const struct peer *p);
bool peer_is_connected(const struct peer *p);
struct budget_account *peer_account(struct peer *p);          /* what it makes us hold */
struct link *peer_primary(const struct peer *p);              /* NULL: not connected */
bool peer_serves(const struct peer *p, const char *protocol); /* by identify */
/* Its addresses under its own signature, checked, as the envelope came: to be shown to others. At
 * most LIMIT_SIGNED_RECORD bytes, borrowed until the loop's next turn; empty: it told none. */
struct bytes peer_signed_record(const struct peer *p);
/* One slot for route/: its own record of this peer. */
void *peer_route_user(const struct peer *p);
void peer_set_route_user(struct peer *p, void *user);

#endif
