/*
 * Many attackers that are one. They sit in the meshes and pass nothing on; some are patient and
 * wait out every backoff, some insist.
 */

#include "sim/gossip/bad_boy.h"
#include "sim/gossip/scenarios.h"

#define RATE 120
#define SIZE 2048
#define DEGREE 10
#define PER_NODE 25 /* Sybils that dial one honest node; more than honest ones do */
#define REST_MS 6000
#define PULL_MS 3600 /* three heartbeats, and the way there and back */

static void patient_and_insisting(struct stage *s, size_t n)
{
	stage_villains(s, n / 2, BAD_GRAFT | BAD_DROP);
	stage_villains(s, n - n / 2, BAD_GRAFT | BAD_INSIST | BAD_DROP);
}

static void attack_at(struct stage *s, struct mono since)
{
	for (size_t i = 0; i < s->n_bad; i++)
		bad_boy_since(s->bad[i], since);
}

static void tell_sybils(struct stage *s)
{
	struct bad_counts sum = { 0 };

	for (size_t i = 0; i < s->n_bad; i++) {
		struct bad_counts c = bad_boy_counts(s->bad[i]);

		sum.grafted += c.grafted;
		sum.pruned += c.pruned;
		sum.messages += c.messages;
	}
	figure(s, "Sybils: %.1f %% of the meshes at the end; got %llu GRAFT, %llu PRUNE",
	       100 * stage_mesh_share(s), (unsigned long long)sum.grafted,
	       (unsigned long long)sum.pruned);
	figure(s, "%.2f duplicates per message and node", stage_duplicates(s));
}

/* In the beginning they are everywhere; it is to become better. */
static void tell_thirds(struct stage *s, struct mono begin, uint64_t ms)
{
	static const char *const names[] = { "the first third", "the second", "the last" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct ledger_figures f = stage_figures(s, mono_add_ms(begin, i * ms / 3),
							mono_add_ms(begin, (i + 1) * ms / 3));

		stage_tell(s, names[i], &f);
	}
}

/* ---- they graft and drop ---- */

static void graft_and_drop(struct stage *s, size_t seconds, unsigned vices)
{
	size_t n = s->full ? 100 : 30;
	uint64_t rate = stage_rate(s, RATE, 30);
	struct ledger_figures f;
	struct mono begin;

	stage_open(s, stage_far_apart());
	stage_people(s, n, seconds * rate + 1, n);
	if (vices == 0)
		patient_and_insisting(s, 2 * n / 5);
	else
		stage_villains(s, 2 * n / 5, vices);
	stage_acquaint(s, DEGREE);
	stage_infiltrate(s, 0, n, PER_NODE);
	stage_join(s);
	stage_run(s, 15000);
	stage_talk(s, n / 5, rate, SIZE);
	begin = gossip_net_now(s->net);
	stage_run(s, seconds * 1000);
	stage_hush(s);
	stage_run(s, REST_MS);

	f = stage_figures(s, begin, MONO_NEVER);
	stage_tell(s, "delivered", &f);
	tell_thirds(s, begin, seconds * 1000);
	tell_sybils(s);
	expect(s, f.n_delivered == f.n_expected, "everything is delivered");
	/* The short form is over before the meshes are clean. */
	expect(s, f.p99_ms <= (s->full ? 1000 : 1500), "p99 is at most a second");
}

void play_sybils(struct stage *s)
{
	graft_and_drop(s, stage_seconds(s, 180, 5), 0);
}

/* And behave well otherwise: they wait out every backoff and say what they have. */
void play_polite_sybils(struct stage *s)
{
	graft_and_drop(s, stage_seconds(s, 60, 5), BAD_GRAFT | BAD_DROP | BAD_TALK);
}

/* ---- they were there first ---- */

/* For a while everybody knows nobody else. */
void play_cold_boot(struct stage *s)
{
	size_t n = s->full ? 100 : 30, seconds = stage_seconds(s, 120, 8);
	uint64_t rate = stage_rate(s, RATE, 30);
	struct ledger_figures minute, after;
	struct mono attack, later;

	stage_open(s, stage_far_apart());
	stage_people(s, n, seconds * rate + 1, n);
	patient_and_insisting(s, 2 * n / 5);
	stage_join(s);
	stage_infiltrate(s, 0, n, PER_NODE);
	stage_run(s, 5000);
	stage_acquaint(s, DEGREE);
	stage_run(s, 1000);
	attack = gossip_net_now(s->net);
	stage_talk(s, n / 5, rate, SIZE);
	stage_run(s, seconds * 500);
	later = gossip_net_now(s->net);
	stage_run(s, seconds * 500);
	stage_hush(s);
	stage_run(s, REST_MS);

	minute = stage_figures(s, attack, later);
	after = stage_figures(s, later, MONO_NEVER);
	stage_tell(s, "first half", &minute);
	stage_tell(s, "second half", &after);
	tell_sybils(s);
	expect(s, ledger_share(&minute) >= 0.999, "99.9 %% of the first minute is delivered");
	expect(s, after.n_delivered == after.n_expected, "after that everything is");
	expect(s, after.max_ms <= PULL_MS, "within three heartbeats");
}

/* ---- they were honest for two minutes ---- */

void play_covert_flash(struct stage *s)
{
	size_t n = s->full ? 100 : 30, covert_s = s->full ? 120 : 8,
	       open_s = stage_seconds(s, 70, 6);
	uint64_t rate = stage_rate(s, RATE, 30);
	struct ledger_figures before, flash, after;
	struct mono attack, later;

	stage_open(s, stage_far_apart());
	stage_people(s, n, (covert_s + open_s) * rate + 1, n);
	patient_and_insisting(s, 2 * n / 5);
	attack_at(s, MONO_NEVER);
	stage_acquaint(s, DEGREE);
	stage_infiltrate(s, 0, n, PER_NODE);
	stage_join(s);
	stage_run(s, 5000);
	stage_talk(s, n / 5, rate, SIZE);
	stage_run(s, covert_s * 1000);
	attack = gossip_net_now(s->net);
	attack_at(s, attack);
	stage_run(s, open_s * 500);
	later = gossip_net_now(s->net);
	stage_run(s, open_s * 500);
	stage_hush(s);
	stage_run(s, REST_MS);

	before = stage_figures(s, (struct mono){ 0 }, attack);
	flash = stage_figures(s, attack, later);
	after = stage_figures(s, later, MONO_NEVER);
	stage_tell(s, "while they were honest", &before);
	stage_tell(s, "when they struck", &flash);
	stage_tell(s, "in the second half", &after);
	tell_sybils(s);
	expect(s, before.n_delivered == before.n_expected, "before, everything is delivered");
	expect(s, ledger_share(&flash) >= 0.999, "99.9 %% is delivered when they strike");
	expect(s, after.n_delivered == after.n_expected, "after that everything is");
	expect(s, after.max_ms <= PULL_MS, "within three heartbeats");
}

/* ---- they surround one ---- */

static bool is_victim(void *user, size_t node)
{
	(void)user;
	return node == 0;
}

void play_eclipse(struct stage *s)
{
	size_t n = s->full ? 100 : 30, seconds = stage_seconds(s, 60, 5);
	uint64_t rate = stage_rate(s, RATE, 30);
	struct ledger_figures f;

	stage_open(s, stage_far_apart());
	stage_people(s, n, seconds * rate + 1, 45);
	patient_and_insisting(s, 45);
	stage_infiltrate(s, 0, 1, 45);
	for (size_t i = 1; i < n; i++) {
		gossip_net_dial(s->net, i, 1 + i % (n - 1));
		stage_dial_again(s, i, DEGREE);
	}
	/* Five real links, two of them its own. */
	for (size_t i = 1; i <= 2; i++)
		gossip_net_dial(s->net, 0, i * 7);
	for (size_t i = 1; i <= 3; i++)
		gossip_net_dial(s->net, i * 5, 0);
	stage_join(s);
	stage_run(s, 15000);
	stage_talk(s, n, rate, SIZE);
	stage_run(s, seconds * 1000);
	stage_hush(s);
	stage_run(s, REST_MS);

	f = ledger_figures(&s->ledger, (struct mono){ 0 }, MONO_NEVER, is_victim, s);
	stage_tell(s, "delivered to the victim", &f);
	expect(s, f.n_delivered == f.n_expected, "the victim hears everything");
	expect(s, f.p99_ms <= 1000, "p99 is at most a second");
}

/* ---- they tell first and never serve ---- */

/* A few honest neighbours, which are kept out of the victim's mesh, so that everything has to be
 * asked for; and fifty who tell of it at once. (One neighbour would not do: it tells six of its own
 * at a time.) */
void play_withhold(struct stage *s)
{
	size_t n = 20, n_bad = 50, seconds = stage_seconds(s, 60, 10);
	struct ledger_figures f;
	uint64_t asked = 0;

	stage_open(s, stage_far_apart());
	stage_people(s, n, seconds * 10 + 1, n_bad);
	stage_villains(s, n_bad, BAD_GRAFT | BAD_DROP | BAD_ANNOUNCE);
	stage_join(s);
	/* They fill the victim's mesh, and hear of everything from the others. */
	stage_infiltrate(s, 0, 1, n_bad);
	stage_run(s, 3000);
	for (size_t i = 1; i < n; i++) {
		gossip_net_dial(s->net, i, 1 + i % (n - 1));
		stage_dial_again(s, i, DEGREE);
	}
	stage_infiltrate(s, 1, n, 5);
	for (size_t i = 1; i <= 6; i++)
		gossip_net_dial(s->net, i, 0);
	stage_run(s, 5000);
	stage_talk(s, n, 10, SIZE);
	stage_run(s, seconds * 1000);
	stage_hush(s);
	stage_run(s, 20000);

	f = ledger_figures(&s->ledger, (struct mono){ 0 }, MONO_NEVER, is_victim, s);
	stage_tell(s, "delivered to the victim", &f);
	for (size_t i = 0; i < s->n_bad; i++)
		asked += bad_boy_counts(s->bad[i]).asked;
	figure(s, "the attackers were asked %llu times", (unsigned long long)asked);
	expect(s, asked > 100, "they are believed at first");
	expect(s, f.n_delivered == f.n_expected, "the victim hears everything");
	expect(s, f.max_ms <= 6000, "with at most six seconds' delay");
}
