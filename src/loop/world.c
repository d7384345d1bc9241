#include "loop/loop_virtual.h"

#include <stdlib.h>
#include <string.h>

#include "loop/world_state.h"

#define START_NS NS_PER_S /* a clock that begins at 0 would hide "not set" mistakes */
#define LATENCY_NS NS_PER_MS
#define LOOPBACK_NS (20 * NS_PER_US)
#define HOSTS_MAX 65536
#define PATHS_MAX (16 * HOSTS_MAX)
#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

struct world_random {
	struct list link;
	struct random_seeded seeded;
};

/* ---- the log: FNV-1a over words of eight bytes ---- */

static uint64_t hash_bytes(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * FNV_PRIME;
	return h;
}

static uint64_t hash_word(uint64_t h, uint64_t word)
{
	for (int shift = 0; shift < 64; shift += 8)
		h = (h ^ (uint8_t)(word >> shift)) * FNV_PRIME;
	return h;
}

void world_log(struct world *w, const struct host *h, enum world_event kind, uint64_t a, uint64_t b)
{
	w->log = hash_word(w->log, w->now.ns);
	w->log = hash_word(w->log, h ? h->index : 0);
	w->log = hash_word(w->log, kind);
	w->log = hash_word(w->log, a);
	w->log = hash_word(w->log, b);
}

void world_note(struct world *w, const char *text)
{
	world_log(w, NULL, WORLD_NOTE, hash_bytes(FNV_START, text, strlen(text)), 0);
}

uint64_t world_log_hash(const struct world *w)
{
	return w->log;
}

/* ---- life ---- */

static struct random new_random(struct random_seeded *g, uint64_t seed, uint64_t number)
{
	/* An odd factor: different numbers give different seeds. */
	random_seeded_init(g, seed ^ (number * UINT64_C(0x9e3779b97f4a7c15)));
	return random_seeded_source(g);
}

int world_new(uint64_t seed, struct world **ret)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->now.ns = START_NS;
	w->seed = seed;
	w->net_random = new_random(&w->net_seeded, seed, 0);
	w->link.latency_ns = LATENCY_NS;
	w->log = FNV_START;
	list_init(&w->hosts);
	list_init(&w->conns);
	list_init(&w->names);
	list_init(&w->randoms);
	map_init(&w->by_ip, 0, HOSTS_MAX);
	map_init(&w->paths, 0, PATHS_MAX);
	*ret = w;
	return 0;
}

static void free_paths(struct world *w)
{
	struct map_node *node;

	while ((node = map_first(&w->paths))) {
		map_remove(&w->paths, node);
		free(container_of(node, struct path, node));
	}
	map_deinit(&w->paths);
}

struct world *world_free(struct world *w)
{
	if (!w)
		return NULL;
	list_for_each (it, &w->hosts)
		host_end(list_entry(it, struct host, link));
	list_for_each_safe (it, &w->conns)
		vconn_free(list_entry(it, struct vconn, link));
	list_for_each_safe (it, &w->hosts)
		free(list_entry(it, struct host, link));
	list_for_each_safe (it, &w->names)
		free(list_entry(it, struct world_name, link));
	list_for_each_safe (it, &w->randoms)
		free(list_entry(it, struct world_random, link));
	free_paths(w);
	map_deinit(&w->by_ip);
	free(w);
	return NULL;
}

struct random world_random(struct world *w)
{
	struct world_random *g = calloc(1, sizeof(*g));
	uint64_t number = 1;

	ASSERT(g); /* a simulation without memory has nothing to say */
	list_for_each (it, &w->randoms)
		number++;
	list_add_tail(&w->randoms, &g->link);
	return new_random(&g->seeded, w->seed, number);
}

struct mono world_now(const struct world *w)
{
	return w->now;
}

/* ---- hosts and paths ---- */

static void ip_key(const struct addr *ip, uint8_t out[WORLD_IP_KEY])
{
	out[0] = (uint8_t)ip->family;
	memcpy(out + 1, ip->ip, 16);
}

int world_host(struct world *w, const char *ip, struct loop **ret)
{
	struct host *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	r = addr_parse_ip(ip, &h->ip);
	if (r == 0) {
		ip_key(&h->ip, h->key);
		r = map_put(&w->by_ip, &h->node, BYTES(h->key, sizeof(h->key)));
	}
	if (r < 0) {
		free(h);
		return r;
	}
	h->index = ++w->n_hosts;
	list_add_tail(&w->hosts, &h->link);
	host_init(h, w);
	*ret = &h->base;
	return 0;
}

struct host *world_find_host(struct world *w, struct host *from, const struct addr *ip)
{
	uint8_t key[WORLD_IP_KEY];
	struct map_node *node;

	if (addr_is_loopback(ip))
		return from;
	ip_key(ip, key);
	node = map_find(&w->by_ip, BYTES(key, sizeof(key)));
	return node ? container_of(node, struct host, node) : NULL;
}

static void path_key(const struct addr *a, const struct addr *b, uint8_t out[2 * WORLD_IP_KEY])
{
	uint8_t ka[WORLD_IP_KEY], kb[WORLD_IP_KEY];
	bool a_first;

	ip_key(a, ka);
	ip_key(b, kb);
	a_first = memcmp(ka, kb, WORLD_IP_KEY) <= 0;
	memcpy(out, a_first ? ka : kb, WORLD_IP_KEY);
	memcpy(out + WORLD_IP_KEY, a_first ? kb : ka, WORLD_IP_KEY);
}

struct path *world_path(struct world *w, const struct addr *a, const struct addr *b)
{
	uint8_t key[2 * WORLD_IP_KEY];
	struct map_node *node;
	struct path *p;

	path_key(a, b, key);
	node = map_find(&w->paths, BYTES(key, sizeof(key)));
	if (node)
		return container_of(node, struct path, node);
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	memcpy(p->key, key, sizeof(key));
	if (addr_same_ip(a, b)) {
		p->has_link = true;
		p->link.latency_ns = LOOPBACK_NS;
	}
	if (map_put(&w->paths, &p->node, BYTES(p->key, sizeof(p->key))) < 0) {
		free(p);
		return NULL;
	}
	return p;
}

size_t path_direction(const struct path *p, const struct addr *from)
{
	uint8_t key[WORLD_IP_KEY];

	ip_key(from, key);
	return memcmp(key, p->key, WORLD_IP_KEY) == 0 ? 0 : 1;
}

const struct world_link *path_link(const struct world *w, const struct path *p)
{
	return p->has_link ? &p->link : &w->link;
}

void world_set_link(struct world *w, const struct world_link *link)
{
	w->link = *link;
}

static struct path *path_between(struct world *w, struct loop *a, struct loop *b)
{
	struct path *p = world_path(w, &host_of(a)->ip, &host_of(b)->ip);

	ASSERT(p); /* a simulation without memory has nothing to say */
	return p;
}

void world_set_link_between(struct world *w, struct loop *a, struct loop *b,
			    const struct world_link *link)
{
	struct path *p = path_between(w, a, b);

	p->has_link = true;
	p->link = *link;
}

static void block_path(struct world *w, struct path *p, bool blocked)
{
	p->is_blocked = blocked;
	if (blocked)
		return;
	list_for_each (it, &w->conns) {
		struct vconn *c = list_entry(it, struct vconn, link);

		if (c->path == p)
			vconn_unblock(c);
	}
}

void world_block(struct world *w, struct loop *a, struct loop *b, bool blocked)
{
	block_path(w, path_between(w, a, b), blocked);
}

void world_block_addresses(struct world *w, const char *ip_a, const char *ip_b, bool blocked)
{
	struct addr a = { .port = 0 }, b = { .port = 0 };
	struct path *p = NULL;

	if (addr_parse_ip(ip_a, &a) == 0 && addr_parse_ip(ip_b, &b) == 0)
		p = world_path(w, &a, &b);
	ASSERT(p); /* both are addresses, and a simulation without memory has nothing to say */
	block_path(w, p, blocked);
}

void world_reset_host(struct world *w, struct loop *host)
{
	list_for_each (it, &w->conns) {
		struct vconn *c = list_entry(it, struct vconn, link);

		for (size_t i = 0; i < ARRAY_SIZE(c->ends); i++) {
			struct vsock *s = &c->ends[i];

			if (s->host != host_of(host) ||
			    (s->state != VSOCK_CONNECTING && s->state != VSOCK_OPEN))
				continue;
			vsock_send_reset(s);
			vsock_break_later(s, -ECONNRESET);
		}
	}
}

void world_cut_host(struct world *w, struct loop *host)
{
	struct host *h = host_of(host);

	h->is_cut = true;
	map_remove(&w->by_ip, &h->node);
}

static bool is_standing(const struct vconn *c)
{
	const struct vsock *a = &c->ends[0], *b = &c->ends[1];

	return a->state == VSOCK_OPEN && !a->fin_sent &&
	       (b->state == VSOCK_NONE || b->state == VSOCK_OPEN) && !b->fin_sent;
}

size_t world_connections(const struct world *w, struct loop *a, struct loop *b)
{
	const struct host *ha = host_of(a), *hb = host_of(b);
	size_t n = 0;

	list_for_each (it, &w->conns) {
		const struct vconn *c = list_entry(it, struct vconn, link);
		const struct host *from = c->ends[0].host, *to = c->ends[1].host;

		if (is_standing(c) && ((from == ha && to == hb) || (from == hb && to == ha)))
			n++;
	}
	return n;
}

/* ---- time ---- */

bool world_step(struct world *w)
{
	struct timer *t = w->events.root;

	if (!t)
		return false;
	timer_heap_stop(&w->events, t);
	if (mono_reached(w->now, t->at))
		w->now = t->at;
	t->fire(t);
	return true;
}

static bool step_until(struct world *w, struct mono end)
{
	return mono_reached(timer_heap_next(&w->events), end) && world_step(w);
}

void world_run_for(struct world *w, uint64_t ms)
{
	struct mono end = mono_add_ms(w->now, ms);

	while (step_until(w, end))
		;
	w->now = end;
}

bool world_run_until(struct world *w, bool (*done)(void *user), void *user, uint64_t ms)
{
	struct mono end = mono_add_ms(w->now, ms);

	while (!done(user))
		if (!step_until(w, end)) {
			w->now = end;
			return done(user);
		}
	return true;
}
