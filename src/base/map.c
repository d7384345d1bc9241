#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#define MAP_BUCKETS_MIN 16

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static void sip_word(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_round(s);
	s->v0 ^= m;
}

uint64_t map_hash(const uint64_t seed[2], struct bytes key)
{
	struct sip s = {
		.v0 = seed[0] ^ UINT64_C(0x736f6d6570736575),
		.v1 = seed[1] ^ UINT64_C(0x646f72616e646f6d),
		.v2 = seed[0] ^ UINT64_C(0x6c7967656e657261),
		.v3 = seed[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t word;
	size_t i = 0;

	for (; i + 8 <= key.n; i += 8) {
		memcpy(&word, key.p + i, 8);
		sip_word(&s, word);
	}
	word = (uint64_t)key.n << 56;
	for (int shift = 0; i < key.n; i++, shift += 8)
		word |= (uint64_t)key.p[i] << shift;
	sip_word(&s, word);

	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

void map_init(struct map *m, uint64_t seed, size_t n_max)
{
	*m = (struct map){ .n_max = n_max, .seed = { seed, ~seed * UINT64_C(0x9e3779b97f4a7c15) } };
}

void map_deinit(struct map *m)
{
	free(m->buckets);
	m->buckets = NULL;
	m->n_buckets = m->n = 0;
}

static struct map_node **bucket_of(const struct map *m, uint64_t hash)
{
	return &m->buckets[hash & (m->n_buckets - 1)];
}

static int map_grow(struct map *m)
{
	size_t n_new = m->n_buckets ? m->n_buckets * 2 : MAP_BUCKETS_MIN;
	struct map_node **old = m->buckets;
	struct map_node **new = calloc(n_new, sizeof(*new));
	size_t n_old = m->n_buckets;

	if (!new)
		return -ENOMEM;
	m->buckets = new;
	m->n_buckets = n_new;
	for (size_t i = 0; i < n_old; i++) {
		for (struct map_node *node = old[i], *next; node; node = next) {
			struct map_node **b = bucket_of(m, node->hash);

			next = node->next;
			node->next = *b;
			*b = node;
		}
	}
	free(old);
	return 0;
}

static struct map_node *find_hashed(const struct map *m, struct bytes key, uint64_t hash)
{
	if (m->n_buckets == 0)
		return NULL;
	for (struct map_node *node = *bucket_of(m, hash); node; node = node->next)
		if (node->hash == hash && bytes_equal(node->key, key))
			return node;
	return NULL;
}

int map_put(struct map *m, struct map_node *node, struct bytes key)
{
	uint64_t hash = map_hash(m->seed, key);
	struct map_node **b;
	int r;

	if (find_hashed(m, key, hash))
		return -EEXIST;
	if (m->n >= m->n_max)
		return -ENOSPC;
	if (m->n >= m->n_buckets) {
		r = map_grow(m);
		if (r < 0)
			return r;
	}
	b = bucket_of(m, hash);
	*node = (struct map_node){ .next = *b, .hash = hash, .key = key };
	*b = node;
	m->n++;
	return 0;
}

struct map_node *map_find(const struct map *m, struct bytes key)
{
	return find_hashed(m, key, map_hash(m->seed, key));
}

void map_remove(struct map *m, struct map_node *node)
{
	struct map_node **b;

	if (!node->key.p || m->n_buckets == 0)
		return;
	for (b = bucket_of(m, node->hash); *b; b = &(*b)->next) {
		if (*b == node) {
			*b = node->next;
			m->n--;
			*node = (struct map_node){ 0 };
			return;
		}
	}
}

static struct map_node *first_from(const struct map *m, size_t i)
{
	for (; i < m->n_buckets; i++)
		if (m->buckets[i])
			return m->buckets[i];
	return NULL;
}

struct map_node *map_first(const struct map *m)
{
	return first_from(m, 0);
}

struct map_node *map_next(const struct map *m, const struct map_node *node)
{
	if (node->next)
		return node->next;
	return first_from(m, (node->hash & (m->n_buckets - 1)) + 1);
}
