#include "route/gossip_keys.h"

#include <stdlib.h>

#include "base/limits.h"
#include "wire/public_key.h"

struct author {
	struct map_node by_id;
	struct list in_order, in_tables; /* the second only with a table */
	struct peer_id id;
	size_t n_good; /* since it has no table */
	struct ed25519_table *table;
};

void gossip_keys_init(struct gossip_keys *k, uint64_t seed)
{
	*k = (struct gossip_keys){ 0 };
	map_init(&k->by_id, seed, LIMIT_GOSSIP_KEYS);
	list_init(&k->order);
	list_init(&k->order_of_tables);
}

static void drop_table(struct gossip_keys *k, struct author *a)
{
	if (!a->table)
		return;
	a->table = ed25519_table_unref(a->table);
	a->n_good = 0;
	list_remove(&a->in_tables);
	k->n_tables--;
}

static void author_free(struct gossip_keys *k, struct author *a)
{
	drop_table(k, a);
	map_remove(&k->by_id, &a->by_id);
	list_remove(&a->in_order);
	free(a);
}

void gossip_keys_deinit(struct gossip_keys *k)
{
	list_for_each_safe (it, &k->order)
		author_free(k, list_entry(it, struct author, in_order));
	map_deinit(&k->by_id);
	k->base = ed25519_table_unref(k->base);
}

static struct author *find(const struct gossip_keys *k, const struct peer_id *id)
{
	struct map_node *node = map_find(&k->by_id, peer_id_bytes(id));

	return node ? container_of(node, struct author, by_id) : NULL;
}

static void touch(struct list *order, struct list *node)
{
	list_remove(node);
	list_add_tail(order, node);
}

struct gossip_key_tables gossip_keys_get(struct gossip_keys *k, const struct peer_id *id)
{
	struct author *a = k->n_tables > 0 ? find(k, id) : NULL;

	if (!a || !a->table)
		return (struct gossip_key_tables){ 0 };
	touch(&k->order, &a->in_order);
	touch(&k->order_of_tables, &a->in_tables);
	return (struct gossip_key_tables){
		.base = ed25519_table_ref(k->base),
		.key = ed25519_table_ref(a->table),
	};
}

void gossip_key_tables_unref(struct gossip_key_tables *t)
{
	t->base = ed25519_table_unref(t->base);
	t->key = ed25519_table_unref(t->key);
}

static struct author *author_new(struct gossip_keys *k, const struct peer_id *id)
{
	struct author *a;

	if (k->by_id.n >= LIMIT_GOSSIP_KEYS)
		author_free(k, list_entry(list_first(&k->order), struct author, in_order));
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->id = *id;
	list_init(&a->in_tables);
	if (map_put(&k->by_id, &a->by_id, peer_id_bytes(&a->id)) < 0) {
		free(a);
		return NULL;
	}
	list_add_tail(&k->order, &a->in_order);
	return a;
}

static void make_table(struct gossip_keys *k, struct author *a, const uint8_t key[32])
{
	if (!k->base && ed25519_base_table_new(&k->base) < 0)
		return;
	if (ed25519_table_new(key, &a->table) != 0)
		return;
	if (k->n_tables >= LIMIT_GOSSIP_KEY_TABLES)
		drop_table(k,
			   list_entry(list_first(&k->order_of_tables), struct author, in_tables));
	list_add_tail(&k->order_of_tables, &a->in_tables);
	k->n_tables++;
}

void gossip_keys_on_good(struct gossip_keys *k, const struct peer_id *id)
{
	uint8_t key[32];
	struct author *a;

	if (public_key_ed25519_of(id, key) < 0)
		return;
	a = find(k, id);
	if (!a)
		a = author_new(k, id);
	if (!a || a->table)
		return;
	touch(&k->order, &a->in_order);
	if (++a->n_good < LIMIT_GOSSIP_KEY_PROOFS)
		return;
	a->n_good = 0;
	make_table(k, a, key);
}
