#include "sim/gossip_memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "route/gossip_sign.h"

struct memo_entry {
	struct peer_id author;
	size_t n;
	uint8_t *raw; /* NULL: empty */
	int result;
};

void gossip_memo_init(struct gossip_memo *m)
{
	*m = (struct gossip_memo){ 0 };
	m->entries = calloc(GOSSIP_MEMO_MAX, sizeof(*m->entries));
	ASSERT(m->entries);
	buf_init(&m->scratch, 2 * LIMIT_GOSSIP_RPC);
}

void gossip_memo_deinit(struct gossip_memo *m)
{
	for (size_t i = 0; i < GOSSIP_MEMO_MAX; i++)
		free(m->entries[i].raw);
	free(m->entries);
	buf_deinit(&m->scratch);
}

/* By author and number: they differ where messages do, mostly. */
static struct memo_entry *place_of(const struct gossip_memo *m, const struct gossip_check *c)
{
	static const uint64_t seed[2] = { 1, 2 };
	uint64_t hash = map_hash(seed, c->message.from) ^ map_hash(seed, c->message.seqno);

	return &m->entries[hash % GOSSIP_MEMO_MAX];
}

static bool is_this(const struct memo_entry *e, const struct gossip_check *c)
{
	struct bytes raw = c->message.raw;

	return e->raw && e->n == raw.n && peer_id_equal(&e->author, &c->author) &&
	       memcmp(e->raw, raw.p, raw.n) == 0;
}

static void keep(struct memo_entry *e, const struct gossip_check *c)
{
	struct bytes raw = c->message.raw;

	free(e->raw);
	*e = (struct memo_entry){ .author = c->author, .n = raw.n, .result = c->result };
	e->raw = malloc(raw.n);
	ASSERT(e->raw);
	memcpy(e->raw, raw.p, raw.n);
}

static void check(struct gossip_memo *m, struct gossip_check *c)
{
	struct memo_entry *e = place_of(m, c);

	if (is_this(e, c)) {
		c->result = e->result;
		m->n_recalled++;
		return;
	}
	c->result = gossip_sign_verify(&c->message, &c->author, &m->scratch);
	m->n_computed++;
	/* A lack of memory is no property of the message. */
	if (c->result >= 0 && c->message.raw.n > 0)
		keep(e, c);
}

void gossip_memo_check(struct gossip_memo *m, struct gossip_batch *b)
{
	for (size_t i = 0; i < gossip_batch_n(b); i++)
		check(m, gossip_batch_at(b, i));
}
