#ifndef PL_TESTS_UNIT_PEER_HINTS_WORLD_H
#define PL_TESTS_UNIT_PEER_HINTS_WORLD_H

/* Pools with hints on the virtual loop; see pool_world.h. */

#include "pool_world.h"

#include "peer/hints_priv.h"
#include "peer/signed_record.h"

static struct hints *hints_of[NODES_MAX];
static bool is_wanted;
static struct dialled_by_hint {
	struct peer_id id;
	char address[128], text[128];
	bool is_connected;
	enum link_reason reason;
	struct mono at;
} dialled[256];
static size_t n_dialled;

static bool on_is_wanted(void *user)
{
	assert_non_null(user);
	return is_wanted;
}

static void on_dialled(void *user, const struct peer_id *id, const char *address, bool connected,
		       enum link_reason reason, const char *text)
{
	struct dialled_by_hint *d = &dialled[n_dialled++ % ARRAY_SIZE(dialled)];

	(void)user;
	*d = (struct dialled_by_hint){ .id = *id, .is_connected = connected, .reason = reason };
	snprintf(d->address, sizeof(d->address), "%s", address);
	snprintf(d->text, sizeof(d->text), "%s", text ? text : "");
	d->at = world_now(the_world);
}

static const struct hints_ops hint_ops = { .is_wanted = on_is_wanted, .on_dialled = on_dialled };

static inline struct hints *hints_at(const struct pnode *n)
{
	return hints_of[n - nodes];
}

static inline struct pnode *hinted_node_with(const char *ip, bool dial, size_t peers_max)
{
	struct pnode *n = node_host_at(ip);
	struct pool_config config = node_config(n);
	struct hints_config hc = {
		.loop = n->loop,
		.id = n->id,
		.random = world_random(the_world),
		.dial = dial,
		.peers_max = peers_max,
		.ops = &hint_ops,
		.user = n,
	};

	config.peers_max = peers_max;
	node_start(n, &config);
	hc.pool = n->pool;
	assert_int_equal(hints_new(&hc, &hints_of[n - nodes]), 0);
	return n;
}

static inline struct pnode *hinted_node(const char *ip)
{
	return hinted_node_with(ip, true, 50);
}

static inline void hints_begin(uint64_t seed)
{
	world_begin(seed);
	memset(hints_of, 0, sizeof(hints_of));
	is_wanted = true;
	n_dialled = 0;
}

static inline void hints_end(void)
{
	for (size_t i = 0; i < n_nodes; i++)
		if (nodes[i].pool)
			pool_stop(nodes[i].pool);
	assert_true(world_run_until(the_world, all_stopped, NULL, 10000));
	for (size_t i = 0; i < n_nodes; i++)
		hints_of[i] = hints_free(hints_of[i]);
	world_end();
}

/* `via` tells `n` by peer exchange of `who` at this address, signed by `who`. */
static inline void tell_px(struct pnode *n, const struct pnode *via, const struct pnode *who,
			   const char *address, uint64_t seq)
{
	_cleanup_(buf_deinit) struct buf record;
	struct multiaddr m = parse(address);

	buf_init(&record, LIMIT_SIGNED_RECORD);
	assert_int_equal(signed_record_make(&who->key, seq, &m, 1, &record), 0);
	hints_add_px(hints_at(n), &via->id, &who->id, buf_data(&record));
}

static inline size_t n_hints(const struct pnode *n)
{
	return hints_counts(hints_at(n)).n;
}

#endif
