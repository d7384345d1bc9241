#ifndef PL_TESTS_SIM_GOSSIP_STAGE_H
#define PL_TESTS_SIM_GOSSIP_STAGE_H

/*
 * What scenarios are played on: a network, honest people on it who talk, and a ledger of who heard
 * what. A scenario reads like a story, and ends with what must be true:
 *
 *     stage_open(); stage_people(); stage_acquaint(); stage_join(); stage_run();
 *     stage_talk(); stage_run(); stage_hush(); stage_run(); expect(...)
 *
 * The harness opens and closes the curtain: stage_close() frees what a scenario made.
 */

#include "sim/gossip/ledger.h"
#include "sim/gossip_net.h"

#define TOPIC BYTES_LITERAL("teranode/bitcoin/1.0.0/mainnet-block")

#define STAGE_BAD 256
#define STAGE_LINKS 50 /* that a node lets others open */

struct bad_boy;

struct stage {
	uint64_t seed;
	bool full; /* with the full numbers; otherwise a short form of the same story */
	/* Asked for instead of the story's own; 0: nothing was. */
	size_t seconds, rate;
	size_t n_failed;
	/* Told for the table, in the order of their coming. */
	char figures[16][96];
	size_t n_figures;

	struct gossip_net *net;
	struct ledger ledger;
	size_t n_people; /* the nodes [0, n_people) are honest */
	struct bad_boy *bad[STAGE_BAD];
	size_t n_bad;

	/* Who talks: messages of so many bytes, so often, by [0, n_speakers) in random turns. */
	size_t n_speakers, size;
	uint64_t gap_ns; /* 0: silence */
	struct mono next_at;
};

struct scenario {
	const char *name, *claim;
	void (*play)(struct stage *s);
};

/* ---- playing ---- */

/* How long people talk, and how often a second. */
size_t stage_seconds(const struct stage *s, size_t full, size_t brief);
size_t stage_rate(const struct stage *s, size_t full, size_t brief);

/* The network of a story: latencies and parameters are the caller's, seed and ops the stage's. */
void stage_open(struct stage *s, struct gossip_net_config config);
/* 20 to 300 ms, 10 % jitter, 100 Mbit/s for everyone, the parameters that peerline runs with. */
struct gossip_net_config stage_far_apart(void);
void stage_close(struct stage *s);

/* Before anybody else comes. `messages_max` in the whole story. */
void stage_people(struct stage *s, size_t n, size_t messages_max, size_t n_others);
/* Attackers, after the people. */
void stage_villains(struct stage *s, size_t n, unsigned vices);
/* Everybody dials `degree` others, who have at most STAGE_LINKS links; the first dial makes a ring
 * of the people, the others may meet villains. */
void stage_acquaint(struct stage *s, size_t degree);
/* So many villains dial each of [from, to). */
void stage_infiltrate(struct stage *s, size_t from, size_t to, size_t n);
/* A node dials others anew. */
void stage_dial_again(struct stage *s, size_t node, size_t degree);
void stage_join(struct stage *s);
void stage_run(struct stage *s, uint64_t ms);
/* From now on; stage_hush() ends it. */
void stage_talk(struct stage *s, size_t n_speakers, uint64_t per_s, size_t size);
void stage_hush(struct stage *s);
/* One message, now. Its number. */
uint32_t stage_say(struct stage *s, size_t node, size_t size);

/* ---- judging ---- */

/* Tells a figure; it stands in the table. */
void figure(struct stage *s, const char *format, ...) _printf_(2, 3);
/* Tells what was expected and is not so. */
void expect(struct stage *s, bool is_so, const char *format, ...) _printf_(3, 4);

/* Of all honest nodes, for what was said in [from, to). */
struct ledger_figures stage_figures(struct stage *s, struct mono from, struct mono to);
void stage_tell(struct stage *s, const char *what, const struct ledger_figures *f);
/* Duplicates that came per message and honest node, so far. */
double stage_duplicates(struct stage *s);
struct gossip_counts stage_counts(struct stage *s);
/* Links in honest meshes that lead to one of the others, of all of them. */
double stage_mesh_share(struct stage *s);

/* Bytes on the heap. */
size_t heap_bytes(void);

#endif
