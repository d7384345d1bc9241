/* One attacker that asks, tells and claims too much; and what that costs. */

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "route/gossip_priv.h"
#include "sim/gossip/bad_boy.h"
#include "sim/gossip/scenarios.h"

#define MIB_BYTES 1048576.0
#define HEARTBEAT_MS 1000

/* A few people, and one who is linked to the first of them. */
static struct gossip_net_end *meet(struct stage *s, size_t n_people, size_t messages_max,
				   unsigned vices)
{
	struct gossip_net_config config = stage_far_apart();

	config.latency_max_ms = 40;
	config.jitter_ms = 5;
	stage_open(s, config);
	stage_people(s, n_people, messages_max, 1);
	stage_villains(s, 1, vices);
	stage_join(s);
	for (size_t i = 0; i < n_people; i++)
		gossip_net_dial(s->net, i, (i + 1) % n_people);
	gossip_net_dial(s->net, bad_boy_number(s->bad[0]), 0);
	stage_run(s, 5000);
	return bad_boy_end(s->bad[0], 0);
}

static struct gossip *victim(struct stage *s)
{
	return gossip_net_engine(s->net, 0);
}

static struct gossip_peer *as_the_victim_sees_it(struct stage *s)
{
	const struct peer_id *id = gossip_net_id(s->net, bad_boy_number(s->bad[0]));
	struct map_node *node = map_find(&victim(s)->peers_by_id, peer_id_bytes(id));

	return node ? container_of(node, struct gossip_peer, node) : NULL;
}

/* What the victim thinks of the attacker; nothing bad when it is gone. */
static double score(struct stage *s)
{
	const struct peer_id *id = gossip_net_id(s->net, bad_boy_number(s->bad[0]));
	struct gossip_peer_score ps;

	return gossip_peer_score(victim(s), id, gossip_net_now(s->net), &ps) ? ps.parts.total : 0;
}

/* ---- G-01 ---- */

void play_iwant(struct stage *s)
{
	struct gossip_net_end *end = meet(s, 1, 1, BAD_DROP);
	struct bad_counts before;
	struct gossip_id id;
	struct bytes wanted;
	size_t rounds = 100;
	int r = gossip_publish(victim(s), TOPIC, BYTES_LITERAL("asked for for ever"),
			       gossip_net_now(s->net), &id);

	ASSERT(r == 0);
	before = bad_boy_counts(s->bad[0]);
	wanted = BYTES(id.b, id.n);
	for (size_t i = 0; i < rounds; i++) {
		bad_iwant(end, &wanted, 1);
		stage_run(s, 40);
	}
	stage_run(s, 1000);

	before.messages = bad_boy_counts(s->bad[0]).messages - before.messages;
	figure(s, "%zu times asked for, %llu times sent, the first without being asked", rounds,
	       (unsigned long long)before.messages);
	expect(s, before.messages <= 1 + LIMIT_GOSSIP_SERVED, "at most three answers");
}

/* ---- G-02 ---- */

static void make_ids(uint8_t ids[][32], struct bytes *v, size_t n, struct random random)
{
	for (size_t i = 0; i < n; i++) {
		random_fill(&random, ids[i], 32);
		v[i] = BYTES(ids[i], 32);
	}
}

void play_ihave(struct stage *s)
{
	enum { IDS = 1000, RPCS = 50 };
	static uint8_t ids[IDS][32];
	static struct bytes v[IDS];
	struct gossip_net_end *end = meet(s, 1, 1, BAD_DROP);
	size_t heartbeats = s->full ? 30 : 8, negative_at = 0;
	uint64_t asked_most = 0;
	struct bad_counts c = bad_boy_counts(s->bad[0]);

	for (size_t k = 0; k < heartbeats && end; k++) {
		uint64_t asked = c.asked;

		for (size_t i = 0; i < RPCS; i++) {
			make_ids(ids, v, IDS, gossip_net_random(s->net));
			bad_ihave(end, TOPIC, v, IDS);
		}
		stage_run(s, HEARTBEAT_MS);
		c = bad_boy_counts(s->bad[0]);
		asked_most = c.asked - asked > asked_most ? c.asked - asked : asked_most;
		end = bad_boy_end(s->bad[0], 0);
		if (negative_at == 0 && score(s) < 0)
			negative_at = k + 1;
	}

	figure(s, "%zu heartbeats with %d announcements of %d ids: at most %llu asked for in one",
	       heartbeats, RPCS, IDS, (unsigned long long)asked_most);
	figure(s, "a promise holds %d s; after %zu s the score is negative, at last %.0f",
	       LIMIT_GOSSIP_PROMISE_MS / 1000, negative_at, score(s));
	expect(s, negative_at > 0 && negative_at <= LIMIT_GOSSIP_PROMISE_MS / 1000 + 2,
	       "broken promises make the score negative within two heartbeats");
	expect(s, gossip_counts(victim(s)).ihave_ignored >= (RPCS - LIMIT_GOSSIP_IHAVES) / 2,
	       "only %d announcements are heeded in a heartbeat", LIMIT_GOSSIP_IHAVES);
	expect(s, asked_most <= 5000, "at most 5,000 ids are asked for in a heartbeat");
}

/* ---- G-03 ---- */

void play_graft(struct stage *s)
{
	enum { TOPICS = 100000, PER_RPC = 1000 };
	struct gossip_net_end *end = meet(s, 1, 1, BAD_GRAFT | BAD_DROP);
	size_t heap = heap_bytes(), n_topics = victim(s)->topics.n, grown, n_refused = 50;
	struct gossip_counts before;

	for (size_t i = 0; i < TOPICS; i += PER_RPC) {
		bad_graft_many(end, i, PER_RPC);
		stage_run(s, 20);
	}
	stage_run(s, 2000);
	grown = heap_bytes() > heap ? heap_bytes() - heap : 0;
	figure(s, "GRAFT for %d topics that do not exist: %zu topics more, %.2f MiB", TOPICS,
	       victim(s)->topics.n - n_topics, (double)grown / MIB_BYTES);
	expect(s, victim(s)->topics.n == n_topics, "no topic comes into being");
	expect(s, grown < 1048576 / 4, "and no state");

	before = gossip_counts(victim(s));
	bad_prune(end, TOPIC, 60);
	for (size_t i = 0; i < n_refused; i++) {
		bad_graft(end, TOPIC);
		stage_run(s, 100);
	}
	stage_run(s, 500);
	before.graft_refused = gossip_counts(victim(s)).graft_refused - before.graft_refused;
	figure(s, "%zu GRAFTs within the backoff: %llu refused, score %.0f", n_refused,
	       (unsigned long long)before.graft_refused, score(s));
	expect(s, before.graft_refused > 0, "GRAFT within the backoff is refused");
	expect(s, score(s) < 0, "and costs score");
}

/* ---- G-04 ---- */

static void prune_with(struct stage *s, uint64_t backoff_s, uint64_t allowed_ms)
{
	struct gossip_net_end *end = meet(s, 1, 1, BAD_DROP);
	const struct peer_id *id = gossip_net_id(s->net, bad_boy_number(s->bad[0]));
	struct mono now = gossip_net_now(s->net), until;
	struct bad_counts before;

	bad_graft(end, TOPIC);
	stage_run(s, 100);
	bad_prune(end, TOPIC, backoff_s);
	stage_run(s, 100);
	until = gossip_backoffs_until(&victim(s)->backoffs, TOPIC, id);
	figure(s, "PRUNE with a backoff of %llu s: kept for %.0f s", (unsigned long long)backoff_s,
	       (double)mono_since_ms(now, until) / 1000);
	expect(s, until.ns > now.ns, "there is a backoff");
	expect(s, mono_since_ms(now, until) <= allowed_ms + 1000, "of at most %llu s",
	       (unsigned long long)allowed_ms / 1000);

	before = bad_boy_counts(s->bad[0]);
	stage_run(s, allowed_ms - 5000);
	expect(s, bad_boy_counts(s->bad[0]).grafted == before.grafted, "nobody grafts before");
	stage_run(s, 10 * 60 * 1000);
	expect(s, bad_boy_counts(s->bad[0]).grafted > before.grafted, "it is grafted after");
	expect(s, gossip_backoffs_until(&victim(s)->backoffs, TOPIC, id).ns == 0,
	       "ten minutes later nothing is left of it");
	stage_close(s);
}

void play_backoff(struct stage *s)
{
	prune_with(s, 0, 60000);
	prune_with(s, UINT64_C(1) << 31, LIMIT_GOSSIP_BACKOFF_MS);
	prune_with(s, INT64_MAX, LIMIT_GOSSIP_BACKOFF_MS);
	prune_with(s, UINT64_MAX, LIMIT_GOSSIP_BACKOFF_MS);
}

/* ---- G-05 ---- */

void play_subscriptions(struct stage *s)
{
	enum { TOPICS = 1000000, PER_RPC = 5000 };
	size_t n = s->full ? TOPICS : TOPICS / 10, heap, most = 0;
	struct gossip_net_end *end = meet(s, 2, 1, BAD_DROP);
	struct gossip_peer *p;

	/* What an RPC of that size is decoded into stays, once for all peers. */
	bad_subscribe_many(end, 0, PER_RPC, false);
	stage_run(s, 100);
	heap = heap_bytes();
	for (size_t i = 0; i < n && end; i += PER_RPC) {
		bad_subscribe_many(end, i, PER_RPC, true);
		stage_run(s, 100);
		most = heap_bytes() > heap + most ? heap_bytes() - heap : most;
		end = bad_boy_end(s->bad[0], 0);
	}
	stage_run(s, 1000);

	p = as_the_victim_sees_it(s);
	figure(s, "%zu subscriptions of one peer: %zu kept, at most %.2f MiB", n,
	       p ? p->members.n : 0, (double)most / MIB_BYTES);
	expect(s, !p || p->members.n <= 1024, "at most 1,024 are kept");
	expect(s, most <= 1048576, "in at most 1 MiB");
}

/* ---- G-06 ---- */

void play_seen_full(struct stage *s)
{
	enum { IDS = 1100000 }; /* and a few more than are kept */
	struct gossip_params params = gossip_params_default();
	size_t before = heap_bytes(), n;
	double rate;
	struct random_seeded seeded;
	struct random random;
	struct gossip_seen seen;
	/* As a message's default id: the author and the number. */
	uint8_t id[46];

	random_seeded_init(&seeded, s->seed);
	random = random_seeded_source(&seeded);
	gossip_seen_init(&seen, s->seed, params.seen_max, params.seen_ms);
	for (size_t i = 0; i < IDS; i++) {
		int r;

		random_fill(&random, id, sizeof(id));
		r = gossip_seen_add(&seen, BYTES(id, sizeof(id)), (struct mono){ NS_PER_S });
		ASSERT(r == 0);
	}
	n = gossip_seen_n(&seen);
	before = heap_bytes() - before;
	rate = (double)n / 2 / ((double)params.seen_ms / 1000);
	figure(s, "%d ids: %zu kept in %.1f MiB", IDS, n, (double)before / MIB_BYTES);
	figure(s, "twice the rate and the time: good for %.0f messages/s over %.0f s", rate,
	       (double)params.seen_ms / 1000);
	expect(s, before <= 64 * 1048576, "at most 64 MiB");
	expect(s, rate >= 120, "entries for twice the peak rate");
	gossip_seen_deinit(&seen);
}

/* ---- replays ---- */

/* A villain sends everything that it heard again, for as long as it is remembered: nobody believes
 * it. Then once more, when it is forgotten: that is what a seen cache can do, and no more. */
void play_replay(struct stage *s)
{
	size_t n = s->full ? 50 : 12;
	struct gossip_net_config config = stage_far_apart();
	struct mono begin, forgotten;
	struct bad_counts within, after;
	uint64_t n_twice;

	stage_open(s, config);
	stage_people(s, n, 60 * 20, 3);
	stage_villains(s, 3, BAD_GRAFT | BAD_REPLAY);
	stage_acquaint(s, 6);
	stage_infiltrate(s, 0, n, 1);
	stage_join(s);
	stage_run(s, 5000);
	begin = gossip_net_now(s->net);
	forgotten = mono_add_ms(begin, config.params.seen_ms + 30000);
	for (size_t i = 0; i < s->n_bad; i++)
		bad_boy_replays(s->bad[i], begin, mono_add_ms(begin, config.params.seen_ms - 2000));
	stage_talk(s, n, 20, 1500);
	stage_run(s, 10000);
	stage_hush(s);
	stage_run(s, config.params.seen_ms - 10000);
	n_twice = s->ledger.n_twice;
	within = bad_boy_counts(s->bad[0]);
	figure(s, "within the cache's life: %llu replays of one villain, %llu heard twice",
	       (unsigned long long)within.replayed, (unsigned long long)n_twice);
	expect(s, within.replayed > 1000, "there were replays");
	expect(s, n_twice == 0, "nothing is heard twice while it is remembered");

	stage_run(s, mono_since_ms(gossip_net_now(s->net), forgotten));
	for (size_t i = 0; i < s->n_bad; i++)
		bad_boy_replays(s->bad[i], forgotten, mono_add_ms(forgotten, 10000));
	stage_run(s, 20000);
	after = bad_boy_counts(s->bad[0]);
	figure(s, "after it: %llu replays, %llu heard twice by %zu nodes",
	       (unsigned long long)(after.replayed - within.replayed),
	       (unsigned long long)(s->ledger.n_twice - n_twice), n);
	expect(s, s->ledger.n_twice <= 200 * n, "each at most once more in the next life");
}
