#include "net/ip_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define IP4_BYTES 4
#define IP6_BYTES 8 /* a /64 */
#define KEY_MAX (1 + IP6_BYTES)

struct entry {
	struct map_node node;
	uint8_t key[KEY_MAX];
	size_t n;
};

static struct bytes key_of(const struct addr *a, uint8_t out[KEY_MAX])
{
	size_t n = a->family == ADDR_IP4 ? IP4_BYTES : IP6_BYTES;

	out[0] = (uint8_t)a->family;
	memcpy(out + 1, a->ip, n);
	return BYTES(out, 1 + n);
}

static struct entry *find(const struct ip_table *t, const struct addr *a)
{
	uint8_t key[KEY_MAX];
	struct map_node *node = map_find(&t->map, key_of(a, key));

	return node ? container_of(node, struct entry, node) : NULL;
}

void ip_table_init(struct ip_table *t, uint64_t seed, size_t per_ip_max)
{
	map_init(&t->map, seed, LIMIT_ADDRESSES_COUNTED);
	t->per_ip_max = per_ip_max;
}

void ip_table_deinit(struct ip_table *t)
{
	struct map_node *next;

	for (struct map_node *it = map_first(&t->map); it; it = next) {
		next = map_next(&t->map, it);
		map_remove(&t->map, it);
		free(container_of(it, struct entry, node));
	}
	map_deinit(&t->map);
}

int ip_table_add(struct ip_table *t, const struct addr *a)
{
	struct entry *e = find(t, a);
	int r;

	if (e) {
		if (e->n >= t->per_ip_max)
			return -EDQUOT;
		e->n++;
		return 0;
	}
	if (t->per_ip_max == 0)
		return -EDQUOT;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->n = 1;
	r = map_put(&t->map, &e->node, key_of(a, e->key));
	if (r < 0)
		free(e);
	return r;
}

void ip_table_remove(struct ip_table *t, const struct addr *a)
{
	struct entry *e = find(t, a);

	ASSERT(e && e->n > 0);
	if (--e->n > 0)
		return;
	map_remove(&t->map, &e->node);
	free(e);
}

size_t ip_table_count(const struct ip_table *t, const struct addr *a)
{
	struct entry *e = find(t, a);

	return e ? e->n : 0;
}
