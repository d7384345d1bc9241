#include "peer/peer.h"

/* What the user says of single peers while the node runs. */

struct peer *pool_managed_peer(struct pool *pool, const struct multiaddr *address)
{
	struct target *t = target_find_managed(pool, address);

	return t ? t->peer : NULL;
}

bool pool_is_banned(const struct pool *pool, const struct peer_id *id)
{
	return bans_find(&pool->bans, id, loop_wall(pool->loop)) != NULL;
}

int pool_ban(struct pool *pool, const struct peer_id *id, struct wall until, size_t *ret_links)
{
	struct peer *p = pool_find(pool, id);
	int r;

	if (peer_id_equal(id, &pool->config.id))
		return POOL_E_SELF;
	r = bans_add(&pool->bans, id, until, loop_wall(pool->loop));
	if (r < 0)
		return r;
	*ret_links = p ? peer_n_links(p) : 0;
	if (p)
		peer_close_links(p, LINK_BANNED);
	return 0;
}

bool pool_unban(struct pool *pool, const struct peer_id *id)
{
	struct peer *p = pool_find(pool, id);

	if (!bans_remove(&pool->bans, id, loop_wall(pool->loop)))
		return false;
	if (p)
		targets_hurry(p);
	return true;
}

const struct ban *pool_bans(struct pool *pool, size_t *ret_n)
{
	bans_expire(&pool->bans, loop_wall(pool->loop));
	*ret_n = pool->bans.n;
	return pool->bans.entries;
}
