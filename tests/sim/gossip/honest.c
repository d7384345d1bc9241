/* Everybody keeps to the rules; nodes and networks fail. */

#include "sim/gossip/scenarios.h"

#define DEGREE 10
#define RATE 120
#define SIZE 2048
#define SETTLE_MS 15000
#define REST_MS 6000

/* ---- a quiet day ---- */

static void tell_cost(struct stage *s)
{
	struct gossip_net_counts net = gossip_net_counts(s->net);
	struct gossip_counts c = stage_counts(s);
	double n = (double)c.delivered;

	figure(s, "per node and message: %.2f duplicates, %.2f frames, %.0f bytes; IWANT %.3f",
	       (double)c.duplicates / n, (double)net.frames / n, (double)net.bytes / n,
	       (double)c.iwant_served / n);
	figure(s, "signatures: %llu computed, %llu recalled; %llu frames refused by full queues",
	       (unsigned long long)net.verified, (unsigned long long)net.recalled,
	       (unsigned long long)net.refused);
}

static struct ledger_figures a_quiet_day(struct stage *s, size_t n, uint64_t seconds)
{
	size_t rate = stage_rate(s, RATE, RATE);
	struct ledger_figures f;
	struct mono from, to;

	stage_open(s, stage_far_apart());
	stage_people(s, n, seconds * rate + 1, 0);
	stage_acquaint(s, DEGREE);
	stage_join(s);
	stage_run(s, SETTLE_MS);

	stage_talk(s, n, rate, SIZE);
	from = gossip_net_now(s->net);
	stage_run(s, seconds * 1000);
	stage_hush(s);
	to = gossip_net_now(s->net);
	stage_run(s, REST_MS);

	f = stage_figures(s, from, to);
	stage_tell(s, "delivered", &f);
	figure(s, "p50 %.0f, p90 %.0f, p99 %.0f, p99.9 %.0f, max %.0f ms; hops %.1f, max %u",
	       f.p50_ms, f.p90_ms, f.p99_ms, f.p999_ms, f.max_ms, f.hops_mean, f.hops_max);
	tell_cost(s);
	return f;
}

static void expect_quiet(struct stage *s, const struct ledger_figures *f, double duplicates_max)
{
	expect(s, f->n_delivered == f->n_expected, "everything is delivered");
	expect(s, s->ledger.n_twice == 0, "nothing is delivered twice");
	expect(s, f->p99_ms <= 1000, "p99 is at most a second");
	expect(s, stage_duplicates(s) <= duplicates_max,
	       "at most %.1f duplicates per message and node", duplicates_max);
}

static void quiet(struct stage *s, size_t n, uint64_t seconds, double duplicates_max)
{
	struct ledger_figures f = a_quiet_day(s, n, seconds);

	expect_quiet(s, &f, duplicates_max);
}

void play_honest(struct stage *s)
{
	quiet(s, s->full ? 1000 : 50, stage_seconds(s, 60, 2), 3);
}

void play_ladder_10(struct stage *s)
{
	/* Everybody is in everybody's mesh, which is larger than six then. */
	quiet(s, 10, stage_seconds(s, 60, 3), 4);
}

void play_ladder_100(struct stage *s)
{
	quiet(s, s->full ? 100 : 40, stage_seconds(s, 60, 2), 3);
}

/* ---- determinism ---- */

static uint64_t hash_of_a_run(struct stage *s, uint64_t seed)
{
	struct gossip_net_config config = stage_far_apart();
	uint64_t hash, own = s->seed;

	config.split = true;
	s->seed = seed;
	stage_open(s, config);
	s->seed = own;
	stage_people(s, 12, 100, 0);
	stage_acquaint(s, 4);
	stage_join(s);
	stage_talk(s, 12, 20, 3000);
	stage_run(s, 4000);
	gossip_net_kill(s->net, 3);
	stage_hush(s);
	stage_run(s, 2000);
	hash = gossip_net_hash(s->net);
	stage_close(s);
	return hash;
}

void play_again(struct stage *s)
{
	uint64_t first = hash_of_a_run(s, s->seed), second = hash_of_a_run(s, s->seed);

	figure(s, "hash %016llx", (unsigned long long)first);
	expect(s, first == second, "two runs are the same");
	expect(s, first != hash_of_a_run(s, s->seed + 1), "another seed is another run");
}

/* ---- nodes that fail ---- */

/* The first nodes live through all of it, and are judged. The last ones die and come back, and some
 * of them stand still for a while. */
static bool is_steady(void *user, size_t node)
{
	const struct stage *s = user;

	return node < s->n_people / 2;
}

static void fail_and_return(struct stage *s, size_t round)
{
	size_t first = s->n_people / 2, n = s->n_people - first;
	size_t dies = first + round * 3 % n, freezes = first + (round * 3 + 1) % n;
	int r;

	gossip_net_kill(s->net, dies);
	gossip_net_freeze(s->net, freezes, true);
	stage_run(s, 1500);
	gossip_net_freeze(s->net, freezes, false);
	gossip_net_start(s->net, dies);
	r = gossip_join(gossip_net_engine(s->net, dies), TOPIC, gossip_net_now(s->net));
	ASSERT(r == 0);
	stage_dial_again(s, dies, DEGREE);
	stage_run(s, 500);
}

void play_churn(struct stage *s)
{
	size_t n = s->full ? 100 : 30, n_rounds = s->full ? 15 : 4;
	struct ledger_figures f;
	struct mono from;

	stage_open(s, stage_far_apart());
	stage_people(s, n, 2 * n_rounds * stage_rate(s, RATE, 20) + 1, 0);
	stage_acquaint(s, DEGREE);
	stage_join(s);
	stage_run(s, SETTLE_MS);
	from = gossip_net_now(s->net);
	stage_talk(s, n / 2, stage_rate(s, RATE, 20), SIZE);
	for (size_t i = 0; i < n_rounds; i++)
		fail_and_return(s, i);
	stage_hush(s);
	stage_run(s, REST_MS);

	f = ledger_figures(&s->ledger, from, MONO_NEVER, is_steady, s);
	stage_tell(s, "delivered to the steady half", &f);
	expect(s, f.n_delivered == f.n_expected, "the steady half hears everything");
	expect(s, f.p99_ms <= 2000, "p99 is at most two seconds");
}

/* ---- networks that fail ---- */

static bool is_left(const struct stage *s, size_t node)
{
	return node < s->n_people / 2;
}

static void between_halves(struct stage *s, void (*what)(struct stage *s, size_t a, size_t b))
{
	for (size_t a = 0; a < s->n_people; a++)
		for (size_t b = 0; b < a; b++)
			if (is_left(s, a) != is_left(s, b) && gossip_net_is_linked(s->net, a, b))
				what(s, a, b);
}

static void cut(struct stage *s, size_t a, size_t b)
{
	gossip_net_cut(s->net, a, b);
}

static void block(struct stage *s, size_t a, size_t b)
{
	gossip_net_block(s->net, a, b, true);
}

static void unblock(struct stage *s, size_t a, size_t b)
{
	gossip_net_block(s->net, a, b, false);
}

static void settle_and_talk(struct stage *s)
{
	size_t n = s->full ? 100 : 30;

	stage_open(s, stage_far_apart());
	stage_people(s, n, 100 * RATE, 0);
	stage_acquaint(s, DEGREE);
	stage_join(s);
	stage_run(s, SETTLE_MS);
	stage_talk(s, n, stage_rate(s, RATE, 20), SIZE);
	stage_run(s, 2000);
}

void play_partition(struct stage *s)
{
	struct ledger_figures f, just_before;
	struct mono healed_at, before;

	settle_and_talk(s);
	between_halves(s, cut);
	stage_run(s, s->full ? 30000 : 5000);
	for (size_t i = 0; i < s->n_people; i++)
		stage_dial_again(s, i, DEGREE);
	healed_at = gossip_net_now(s->net);
	before = (struct mono){ healed_at.ns - NS_PER_S };
	stage_run(s, s->full ? 30000 : 4000);
	stage_hush(s);
	stage_run(s, REST_MS);

	f = stage_figures(s, healed_at, MONO_NEVER);
	just_before = stage_figures(s, before, healed_at);
	stage_tell(s, "said after the healing", &f);
	stage_tell(s, "in the last second before it", &just_before);
	expect(s, f.n_delivered == f.n_expected, "what is said after the healing is heard by all");
	expect(s, f.max_ms <= 4000, "within three heartbeats");
	expect(s, just_before.n_delivered == just_before.n_expected,
	       "what was said just before it is asked for");
}

void play_outage(struct stage *s)
{
	struct ledger_figures f;

	settle_and_talk(s);
	between_halves(s, block);
	stage_run(s, s->full ? 10000 : 3000);
	between_halves(s, unblock);
	stage_run(s, s->full ? 10000 : 2000);
	stage_hush(s);
	stage_run(s, REST_MS);

	f = stage_figures(s, (struct mono){ 0 }, MONO_NEVER);
	stage_tell(s, "said before, within and after", &f);
	expect(s, s->ledger.n_twice == 0, "nothing is delivered twice");
	expect(s, f.n_delivered == f.n_expected, "everything is delivered");
}
