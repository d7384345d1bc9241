#include "sim/gossip/stage.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "route/gossip_priv.h"
#include "sim/gossip/bad_boy.h"

#define MESSAGE_MAX 65536

/* ---- people and what they say ---- */

static void on_message(void *user, size_t node, const struct gossip_delivery *d, struct mono now)
{
	struct stage *s = user;
	uint32_t number;

	if (node >= s->n_people || d->data.n < sizeof(number))
		return;
	memcpy(&number, d->data.p, sizeof(number));
	/* What attackers say has no number of ours. */
	if (number < s->ledger.n_messages)
		ledger_deliver(&s->ledger, node, gossip_net_find(s->net, &d->via), number, now);
}

static uint32_t say(struct stage *s, size_t node, struct mono now, size_t size)
{
	struct gossip *g = gossip_net_engine(s->net, node);
	uint8_t data[MESSAGE_MAX] = { 0 };
	uint32_t number = ledger_publish(&s->ledger, node, now);
	int r;

	memcpy(data, &number, sizeof(number));
	r = gossip_publish(g, TOPIC, BYTES(data, size), now, NULL);
	ASSERT(r == 0);
	return number;
}

static void on_turn(void *user, size_t node, struct mono now)
{
	struct stage *s = user;

	say(s, node, now, s->size);
}

static void on_window(void *user, struct mono begin, struct mono end)
{
	struct stage *s = user;
	struct random random = gossip_net_random(s->net);

	(void)begin;
	while (s->gap_ns > 0 && s->next_at.ns < end.ns) {
		size_t node = (size_t)random_below(&random, s->n_speakers);

		if (gossip_net_engine(s->net, node))
			gossip_net_at(s->net, node, s->next_at, on_turn, s);
		s->next_at = mono_add_ns(s->next_at, s->gap_ns);
	}
}

static const struct gossip_net_ops stage_ops = { .on_message = on_message, .on_window = on_window };

struct gossip_net_config stage_far_apart(void)
{
	return (struct gossip_net_config){
		.latency_min_ms = 20,
		.latency_max_ms = 300,
		.jitter_ms = 15,
		.bytes_per_s = 12500000,
		.params = gossip_params_default(),
	};
}

size_t stage_seconds(const struct stage *s, size_t full, size_t brief)
{
	if (s->seconds > 0)
		return s->seconds;
	return s->full ? full : brief;
}

size_t stage_rate(const struct stage *s, size_t full, size_t brief)
{
	if (s->rate > 0)
		return s->rate;
	return s->full ? full : brief;
}

void stage_open(struct stage *s, struct gossip_net_config config)
{
	config.seed = s->seed;
	config.ops = &stage_ops;
	config.user = s;
	s->net = gossip_net_new(&config);
}

void stage_close(struct stage *s)
{
	s->net = gossip_net_free(s->net);
	ledger_deinit(&s->ledger);
	for (size_t i = 0; i < s->n_bad; i++)
		bad_boy_free(s->bad[i]);
	s->gap_ns = 0;
	s->n_people = s->n_bad = 0;
}

void stage_people(struct stage *s, size_t n, size_t messages_max, size_t n_others)
{
	for (size_t i = 0; i < n; i++)
		gossip_net_add(s->net);
	s->n_people = n;
	ledger_init(&s->ledger, n + n_others, messages_max);
}

void stage_villains(struct stage *s, size_t n, unsigned vices)
{
	for (size_t i = 0; i < n; i++) {
		ASSERT(s->n_bad < STAGE_BAD);
		s->bad[s->n_bad++] = bad_boy_new(s->net, vices);
	}
}

void stage_dial_again(struct stage *s, size_t node, size_t degree)
{
	struct random random = gossip_net_random(s->net);

	for (size_t i = 0; i < degree; i++) {
		size_t b = (size_t)random_below(&random, gossip_net_n(s->net));

		if (gossip_net_degree(s->net, b) < STAGE_LINKS || b >= s->n_people)
			gossip_net_dial(s->net, node, b);
	}
}

void stage_acquaint(struct stage *s, size_t degree)
{
	for (size_t a = 0; a < s->n_people; a++)
		gossip_net_dial(s->net, a, (a + 1) % s->n_people);
	for (size_t a = 0; a < s->n_people; a++)
		stage_dial_again(s, a, degree - 1);
}

void stage_infiltrate(struct stage *s, size_t from, size_t to, size_t n)
{
	struct random random = gossip_net_random(s->net);

	for (size_t i = from; i < to; i++) {
		size_t first = (size_t)random_below(&random, s->n_bad);

		for (size_t k = 0; k < size_min(n, s->n_bad); k++)
			gossip_net_dial(s->net, bad_boy_number(s->bad[(first + k) % s->n_bad]), i);
	}
}

void stage_join(struct stage *s)
{
	for (size_t i = 0; i < s->n_people; i++) {
		int r = gossip_join(gossip_net_engine(s->net, i), TOPIC, gossip_net_now(s->net));

		ASSERT(r == 0);
	}
}

void stage_run(struct stage *s, uint64_t ms)
{
	gossip_net_run_for(s->net, ms);
}

void stage_talk(struct stage *s, size_t n_speakers, uint64_t per_s, size_t size)
{
	ASSERT(size >= sizeof(uint32_t) && size <= MESSAGE_MAX);
	s->n_speakers = n_speakers;
	s->size = size;
	s->gap_ns = NS_PER_S / per_s;
	s->next_at = gossip_net_now(s->net);
}

void stage_hush(struct stage *s)
{
	s->gap_ns = 0;
}

uint32_t stage_say(struct stage *s, size_t node, size_t size)
{
	return say(s, node, gossip_net_now(s->net), size);
}

/* ---- judging ---- */

void figure(struct stage *s, const char *format, ...)
{
	va_list args;
	char *out = s->figures[s->n_figures % ARRAY_SIZE(s->figures)];

	s->n_figures++;
	va_start(args, format);
	vsnprintf(out, sizeof(s->figures[0]), format, args);
	va_end(args);
	printf("    %s\n", out);
	fflush(stdout);
}

void expect(struct stage *s, bool is_so, const char *format, ...)
{
	va_list args;

	if (is_so)
		return;
	s->n_failed++;
	printf("    NOT SO: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

struct ledger_figures stage_figures(struct stage *s, struct mono from, struct mono to)
{
	struct ledger people = s->ledger;

	people.n_nodes = s->n_people;
	return ledger_figures(&people, from, to, NULL, NULL);
}

void stage_tell(struct stage *s, const char *what, const struct ledger_figures *f)
{
	figure(s, "%s: %.4f %% of %llu messages; p50 %.0f, p99 %.0f, max %.0f ms", what,
	       100 * ledger_share(f), (unsigned long long)f->n_messages, f->p50_ms, f->p99_ms,
	       f->max_ms);
}

struct gossip_counts stage_counts(struct stage *s)
{
	struct gossip_counts sum = { 0 };

	for (size_t i = 0; i < s->n_people; i++) {
		struct gossip *g = gossip_net_engine(s->net, i);
		struct gossip_counts c = g ? gossip_counts(g) : (struct gossip_counts){ 0 };

		sum.received += c.received;
		sum.delivered += c.delivered;
		sum.duplicates += c.duplicates;
		sum.forwarded += c.forwarded;
		sum.iwant_served += c.iwant_served;
		sum.iwant_asked += c.iwant_asked;
		sum.ihave_ignored += c.ihave_ignored;
		sum.graft_refused += c.graft_refused;
		sum.send_dropped += c.send_dropped;
		sum.malformed += c.malformed;
		sum.bad_signature += c.bad_signature;
		sum.idontwant_heeded += c.idontwant_heeded;
	}
	return sum;
}

double stage_duplicates(struct stage *s)
{
	struct gossip_counts c = stage_counts(s);

	return c.delivered > 0 ? (double)c.duplicates / (double)c.delivered : 0;
}

double stage_mesh_share(struct stage *s)
{
	size_t n = 0, n_others = 0;

	for (size_t i = 0; i < s->n_people; i++) {
		struct gossip *g = gossip_net_engine(s->net, i);
		struct topic *t = g ? topic_find(g, TOPIC) : NULL;

		if (!t)
			continue;
		list_for_each (it, &t->mesh) {
			struct member *m = list_entry(it, struct member, in_mesh);

			n++;
			n_others += gossip_net_find(s->net, &m->peer->id) >= s->n_people;
		}
	}
	return n > 0 ? (double)n_others / (double)n : 0;
}

/* The sanitizer replaces the allocator and keeps its own books. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

size_t heap_bytes(void)
{
	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}
