#include "share/account.h"

#include <stdlib.h>

#include "base/limits.h"

#define STEP 4 /* peers that room is made for at a time */

void account_init(struct account *a)
{
	*a = (struct account){ 0 };
}

void account_deinit(struct account *a)
{
	free(a->peers);
	account_init(a);
}

static struct account_peer *add(struct account *a, const struct peer_id *id)
{
	if (a->n_peers >= LIMIT_DOOR_ACCOUNT_PEERS)
		return NULL;
	if (a->n_peers % STEP == 0) {
		struct account_peer *peers =
			realloc(a->peers, (a->n_peers + STEP) * sizeof(*peers));

		if (!peers)
			return NULL;
		a->peers = peers;
	}
	a->peers[a->n_peers] = (struct account_peer){ .id = *id };
	return &a->peers[a->n_peers++];
}

static struct account_peer *find(struct account *a, const struct peer_id *id)
{
	if (a->last < a->n_peers && peer_id_equal(&a->peers[a->last].id, id))
		return &a->peers[a->last];
	for (size_t i = 0; i < a->n_peers; i++)
		if (peer_id_equal(&a->peers[i].id, id))
			return &a->peers[i];
	return add(a, id);
}

void account_count(struct account *a, const struct peer_id *via, size_t bytes)
{
	struct account_peer *p;

	a->bytes += bytes;
	if (!via)
		return;
	p = find(a, via);
	if (!p) {
		a->other_messages++;
		a->other_bytes += bytes;
		return;
	}
	a->last = (uint16_t)(p - a->peers);
	p->messages++;
	p->bytes += bytes;
}
