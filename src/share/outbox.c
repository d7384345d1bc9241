#include "share/outbox.h"

#include <stdlib.h>

#include "base/limits.h"

#define RING_MIN 8

void outbox_init(struct outbox *o, size_t max, struct shared_pool *pool)
{
	*o = (struct outbox){ .max = max, .pool = pool };
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
	*o = (struct outbox){ .max = o->max, .pool = o->pool };
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

/* ---- copies ---- */

int outbox_begin(struct outbox *o, size_t n, uint8_t **ret)
{
	int r;

	ASSERT(n <= OUTBOX_COPY_MAX);
	r = grow_ring(o);
	if (r < 0)
		return r;
	if (!o->block || o->block->n - o->block_used < n) {
		struct shared_bytes *block = shared_pool_take(o->pool);

		if (!block)
			return -ENOMEM;
		shared_bytes_unref(o->block);
		o->block = block;
		o->block_used = 0;
	}
	*ret = o->block->data + o->block_used;
	return 0;
}

static void add_piece(struct outbox *o, struct outbox_piece piece)
{
	shared_bytes_ref(piece.owner);
	*piece_at(o, o->n) = piece;
	o->n++;
	o->held += OUTBOX_PIECE_COST;
	o->waiting += piece.n;
}

/* The last piece, if `at` in `owner` is where it goes on. */
static struct outbox_piece *goes_on(const struct outbox *o, const struct shared_bytes *owner,
				    const uint8_t *at)
{
	struct outbox_piece *last = o->n > 0 ? piece_at(o, o->n - 1) : NULL;

	return last && last->owner == owner && last->p + last->n == at ? last : NULL;
}

void outbox_end(struct outbox *o, size_t n)
{
	const uint8_t *at = o->block->data + o->block_used;
	struct outbox_piece *last = goes_on(o, o->block, at);

	if (n == 0)
		return;
	o->block_used += n;
	o->held += n;
	if (last) {
		last->n += n;
		o->waiting += n;
		return;
	}
	add_piece(o, (struct outbox_piece){ .p = at, .n = n, .owner = o->block });
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
	o->waiting -= n;
	o->block_used -= n;
	if (last->n > 0)
		return;
	shared_bytes_unref(last->owner);
	o->held -= OUTBOX_PIECE_COST;
	o->n--;
}

/* ---- shared runs ---- */

bool outbox_can_share(const struct outbox *o, const struct shared_bytes *owner, size_t n,
		      size_t reserve)
{
	size_t charge = owner == o->charged ? 0 : owner->n;

	return outbox_has_room(o, charge, reserve) &&
	       o->charges + charge <= o->runs + n + o->max / 8;
}

int outbox_share(struct outbox *o, struct shared_bytes *owner, struct bytes run)
{
	struct outbox_piece *last = goes_on(o, owner, run.p);
	struct outbox_piece piece = { .p = run.p, .n = run.n, .owner = owner, .run = run.n };
	int r;

	if (run.n == 0)
		return 0;
	if (last && last->run > 0) {
		last->n += run.n;
		last->run += run.n;
		o->runs += run.n;
		o->waiting += run.n;
		return 0;
	}
	r = grow_ring(o);
	if (r < 0)
		return r;
	piece.charge = owner == o->charged ? 0 : owner->n;
	o->charged = owner;
	o->charges += piece.charge;
	o->held += piece.charge;
	o->runs += run.n;
	add_piece(o, piece);
	return 0;
}

/* ---- to the socket ---- */

int outbox_copy(const struct outbox *o, size_t skip, size_t n, struct buf *out)
{
	for (size_t i = 0; i < o->n && n > 0; i++) {
		const struct outbox_piece *piece = piece_at(o, i);
		size_t n_skipped = size_min(skip, piece->n), n_of_it;
		int r;

		skip -= n_skipped;
		n_of_it = size_min(n, piece->n - n_skipped);
		r = n_of_it > 0 ? buf_append(out, piece->p + n_skipped, n_of_it) : 0;
		if (r < 0)
			return r;
		n -= n_of_it;
	}
	return n == 0 ? 0 : -EINVAL;
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

/* The first piece has left. */
static void drop_first(struct outbox *o)
{
	struct outbox_piece *piece = piece_at(o, 0);

	if (piece->owner == o->charged)
		o->charged = NULL; /* what is shared of it from now on counts again */
	o->runs -= piece->run;
	o->charges -= piece->charge;
	o->held -= piece->charge + OUTBOX_PIECE_COST;
	shared_bytes_unref(piece->owner);
	o->first = (o->first + 1) & (o->cap - 1);
	o->n--;
}

static void shorten(struct outbox *o, struct outbox_piece *piece, size_t n)
{
	piece->n -= n;
	o->waiting -= n;
	o->held -= piece->run > 0 ? 0 : n;
}

static void drop_last(struct outbox *o)
{
	struct outbox_piece *piece = piece_at(o, o->n - 1);

	if (piece->charge > 0 && piece->owner == o->charged)
		o->charged = NULL;
	o->runs -= piece->run;
	o->charges -= piece->charge;
	o->held -= piece->charge + OUTBOX_PIECE_COST;
	shared_bytes_unref(piece->owner);
	o->n--;
}

void outbox_cut(struct outbox *o, size_t n)
{
	while (o->waiting > n) {
		struct outbox_piece *last = piece_at(o, o->n - 1);

		shorten(o, last, size_min(last->n, o->waiting - n));
		if (last->n == 0)
			drop_last(o);
	}
	if (o->n == 0)
		give_back(o);
}

void outbox_sent(struct outbox *o, size_t n)
{
	o->waiting -= n;
	o->n_sent += n;
	while (n > 0) {
		struct outbox_piece *piece;
		size_t n_of_it;

		ASSERT(o->n > 0);
		piece = piece_at(o, 0);
		n_of_it = size_min(n, piece->n);
		piece->p += n_of_it;
		piece->n -= n_of_it;
		o->held -= piece->run > 0 ? 0 : n_of_it;
		n -= n_of_it;
		if (piece->n > 0)
			return;
		drop_first(o);
	}
	if (o->n == 0)
		give_back(o);
}
