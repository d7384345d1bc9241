#ifndef PL_TESTS_SIM_GOSSIP_BAD_BOY_H
#define PL_TESTS_SIM_GOSSIP_BAD_BOY_H

/*
 * An attacker. It shares no code with the engine: it writes RPCs with wire/gossip_rpc.h, keeps the
 * few things it needs in plain tables, and is quick. What it does is a set of vices; what it does
 * until `since` is what an honest relay does, so that an attack may come out of the dark.
 *
 *     bad_boy_new(net, BAD_GRAFT | BAD_DROP); bad_boy_since(); gossip_net_dial() ...
 *     bad_boy_free() after the network
 *
 * The bad_*() functions are the words it has, for scenarios with a script of their own.
 */

#include "sim/gossip_net.h"
#include "wire/gossip_rpc.h"

enum bad_vice {
	BAD_DROP = 1 << 0,   /* relays nothing, serves nothing */
	BAD_GRAFT = 1 << 1,  /* grafts itself into every mesh, whenever it was pruned for long
				enough */
	BAD_INSIST = 1 << 2, /* and does not wait for that: at every heartbeat */
	BAD_ANNOUNCE =
		1 << 3,      /* tells everybody at once of what it heard of, and never serves it */
	BAD_TALK = 1 << 5,   /* says IDONTWANT of all it heard of, as an honest one would */
	BAD_REPLAY = 1 << 4, /* sends what it heard again, to everybody, ten messages a heartbeat */
};

#define BAD_LINKS 2048

struct bad_link {
	struct gossip_net_end *end;
	bool in_mesh;
	struct mono graft_at; /* when it may graft itself again */
};

struct bad_boy;

struct bad_boy *bad_boy_new(struct gossip_net *net, unsigned vices);
struct bad_boy *bad_boy_free(struct bad_boy *b);
size_t bad_boy_number(const struct bad_boy *b);
/* Honest until then. */
void bad_boy_since(struct bad_boy *b, struct mono since);
/* No replays before then, or from then on. */
void bad_boy_replays(struct bad_boy *b, struct mono from, struct mono to);

struct bad_counts {
	uint64_t messages;   /* that it was sent */
	uint64_t asked;      /* ids in IWANT that it was sent */
	uint64_t asked_rpcs; /* RPCs with IWANT */
	uint64_t pruned, grafted;
	uint64_t replayed;
};

struct bad_counts bad_boy_counts(const struct bad_boy *b);
/* Its links; NULL: there is none to this node. */
struct gossip_net_end *bad_boy_end(const struct bad_boy *b, size_t node);

/* ---- its words ---- */

void bad_subscribe(struct gossip_net_end *end, struct bytes topic);
void bad_graft(struct gossip_net_end *end, struct bytes topic);
void bad_prune(struct gossip_net_end *end, struct bytes topic, uint64_t backoff_s);
void bad_ihave(struct gossip_net_end *end, struct bytes topic, const struct bytes *ids, size_t n);
void bad_iwant(struct gossip_net_end *end, const struct bytes *ids, size_t n);
void bad_idontwant(struct gossip_net_end *end, const struct bytes *ids, size_t n);
/* `n` topics that do not exist, numbered from `first`, in one RPC. */
void bad_subscribe_many(struct gossip_net_end *end, uint64_t first, size_t n, bool subscribe);
void bad_graft_many(struct gossip_net_end *end, uint64_t first, size_t n);

#endif
