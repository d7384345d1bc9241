#include "share/outbox.h"

#include <stdlib.h>

#include "base/limits.h"

#define BLOCK_BYTES (32 * KIB)
#define RING_MIN 8

void outbox_init(struct outbox *o, size_t max)
{
	*o = (struct outbox){ .max = max };
}

static struct outbox_piece *piece_at(const struct outbox *o, size_t i)
{
	return &o->ring[(o->first + i) & (o->cap - 1)];
}

void outbox_deinit(struct outbox *o)
{
	for (size_t i = 0; i < o->n; i++)
		shared_bytes_unref(piece_at(o, i)->owner);
	shared_bytes_unref(o->block);
	free(o->ring);
	*o = (struct outbox){ .max = o->max };
}

bool outbox_has_room(const struct outbox *o, size_t n, size_t reserve)
{
	/* A message is at most a copied and a shared piece, and a copy may begin a second block. */
	size_t need = n + reserve + 3 * OUTBOX_PIECE_COST;

	return need <= o->max && o->held <= o->max - need;
}

/* Room for one more piece. */
static int grow_ring(struct outbox *o)
{
	size_t cap = o->cap ? o->cap * 2 : RING_MIN;
	struct outbox_piece *ring;

	if (o->n < o->cap)
		return 0;
	ring = malloc(cap * sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	for (size_t i = 0; i < o->n; i++)
		ring[i] = *piece_at(o, i);
	free(o->ring);
	o->ring = ring;
	o->cap = cap;
	o->first = 0;
	return 0;
}

int outbox_begin(struct outbox *o, size_t n, uint8_t **ret)
{
	int r;

	ASSERT(n <= OUTBOX_COPY_MAX);
	r = grow_ring(o);
	if (r < 0)
		return r;
	if (!o->block || o->block->n - o->block_used < n) {
		struct shared_bytes *block = shared_bytes_new(BLOCK_BYTES);

		if (!block)
			return -ENOMEM;
		shared_bytes_unref(o->block);
		o->block = block;
		o->block_used = 0;
	}
	*ret = o->block->data + o->block_used;
	return 0;
}

static void add_piece(struct outbox *o, struct shared_bytes *owner, struct bytes run)
{
	*piece_at(o, o->n) = (struct outbox_piece){
		.p = run.p,
		.n = run.n,
		.owner = shared_bytes_ref(owner),
	};
	o->n++;
	o->held += run.n + OUTBOX_PIECE_COST;
}

void outbox_end(struct outbox *o, size_t n)
{
	const uint8_t *at = o->block->data + o->block_used;
	struct outbox_piece *last = o->n > 0 ? piece_at(o, o->n - 1) : NULL;

	if (n == 0)
		return;
	o->block_used += n;
	if (last && last->owner == o->block && last->p + last->n == at) {
		last->n += n;
		o->held += n;
		return;
	}
	add_piece(o, o->block, BYTES(at, n));
}

int outbox_share(struct outbox *o, struct shared_bytes *owner, struct bytes run)
{
	int r;

	r = grow_ring(o);
	if (r < 0)
		return r;
	if (run.n > 0)
		add_piece(o, owner, run);
	return 0;
}

void outbox_take_back(struct outbox *o, size_t n)
{
	struct outbox_piece *last;

	if (n == 0)
		return;
	last = piece_at(o, o->n - 1);
	ASSERT(last->owner == o->block && last->n >= n);
	last->n -= n;
	o->held -= n;
	o->block_used -= n;
	if (last->n > 0)
		return;
	shared_bytes_unref(last->owner);
	o->held -= OUTBOX_PIECE_COST;
	o->n--;
}

size_t outbox_gather(const struct outbox *o, struct bytes *v, size_t n_v)
{
	size_t n = size_min(n_v, o->n);

	for (size_t i = 0; i < n; i++)
		v[i] = BYTES(piece_at(o, i)->p, piece_at(o, i)->n);
	return n;
}

/* An idle consumer holds nothing. */
static void give_back(struct outbox *o)
{
	o->block = shared_bytes_unref(o->block);
	free(o->ring);
	o->ring = NULL;
	o->cap = o->first = 0;
}

void outbox_sent(struct outbox *o, size_t n)
{
	while (n > 0) {
		struct outbox_piece *piece;
		size_t n_of_it;

		ASSERT(o->n > 0);
		piece = piece_at(o, 0);
		n_of_it = size_min(n, piece->n);
		piece->p += n_of_it;
		piece->n -= n_of_it;
		o->held -= n_of_it;
		n -= n_of_it;
		if (piece->n > 0)
			return;
		shared_bytes_unref(piece->owner);
		o->held -= OUTBOX_PIECE_COST;
		o->first = (o->first + 1) & (o->cap - 1);
		o->n--;
	}
	if (o->n == 0)
		give_back(o);
}
