#include "peer/bans.h"

#include <string.h>

void bans_init(struct bans *b)
{
	b->n = 0;
}

static bool is_over(const struct ban *ban, struct wall now)
{
	return !ban_is_forever(ban) && ban->until.ns <= now.ns;
}

static size_t index_of(const struct bans *b, const struct peer_id *id)
{
	size_t i = 0;

	while (i < b->n && !peer_id_equal(&b->entries[i].id, id))
		i++;
	return i;
}

static void remove_at(struct bans *b, size_t i)
{
	b->n--;
	memmove(&b->entries[i], &b->entries[i + 1], (b->n - i) * sizeof(b->entries[0]));
}

void bans_expire(struct bans *b, struct wall now)
{
	for (size_t i = b->n; i > 0; i--)
		if (is_over(&b->entries[i - 1], now))
			remove_at(b, i - 1);
}

const struct ban *bans_find(const struct bans *b, const struct peer_id *id, struct wall now)
{
	size_t i = index_of(b, id);

	return i < b->n && !is_over(&b->entries[i], now) ? &b->entries[i] : NULL;
}

int bans_add(struct bans *b, const struct peer_id *id, struct wall until, struct wall now)
{
	size_t i;

	bans_expire(b, now);
	i = index_of(b, id);
	if (i == LIMIT_BANS)
		return -ENOSPC;
	b->entries[i] = (struct ban){ *id, until };
	b->n = b->n > i ? b->n : i + 1;
	return 0;
}

bool bans_remove(struct bans *b, const struct peer_id *id, struct wall now)
{
	size_t i;

	bans_expire(b, now);
	i = index_of(b, id);
	if (i == b->n)
		return false;
	remove_at(b, i);
	return true;
}
