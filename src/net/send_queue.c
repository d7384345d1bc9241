#include "net/send_queue.h"

#include <stdlib.h>
#include <string.h>

/* With its head a chunk stays a little below 64 KiB and 256 bytes: sizes allocators serve well. */
#define CHUNK_MIN 240
#define CHUNK_MAX (64 * 1024 - 64)

struct send_chunk {
	struct send_chunk *next;
	uint32_t start, end, cap; /* content is data[start, end) */
	uint8_t data[];
};

static size_t chunk_room(const struct send_chunk *c)
{
	return c ? c->cap - c->end : 0;
}

/* A queue that keeps filling gets ever larger chunks; a small message gets a small one. */
static size_t chunk_size(const struct send_queue *q, size_t n)
{
	size_t cap = q->last ? (size_t)q->last->cap * 2 : CHUNK_MIN;

	return size_min(size_max(cap, n), CHUNK_MAX);
}

static void free_chain(struct send_chunk *c)
{
	while (c) {
		struct send_chunk *next = c->next;

		free(c);
		c = next;
	}
}

/* A chain with room for `n` bytes: what the last chunk cannot take. */
static int new_chain(const struct send_queue *q, size_t n, struct send_chunk **ret)
{
	struct send_chunk *first = NULL, **at = &first;

	while (n > 0) {
		size_t cap = chunk_size(q, n);
		struct send_chunk *c = malloc(sizeof(*c) + cap);

		if (!c) {
			free_chain(first);
			return -ENOMEM;
		}
		*c = (struct send_chunk){ .cap = (uint32_t)cap };
		*at = c;
		at = &c->next;
		n -= size_min(cap, n);
	}
	*ret = first;
	return 0;
}

static struct send_chunk *fill(struct send_chunk *c, struct bytes b)
{
	while (b.n > 0) {
		size_t n = size_min(chunk_room(c), b.n);

		if (n == 0) {
			c = c->next;
			continue;
		}
		memcpy(c->data + c->end, b.p, n);
		c->end += (uint32_t)n;
		b = BYTES(b.p + n, b.n - n);
	}
	return c;
}

int send_queue_push(struct send_queue *q, const struct bytes *v, size_t n_v)
{
	size_t room = chunk_room(q->last), n = 0;
	struct send_chunk *chain, *c;
	int r;

	for (size_t i = 0; i < n_v; i++)
		n += v[i].n;
	r = new_chain(q, n > room ? n - room : 0, &chain);
	if (r < 0)
		return r;

	if (q->last)
		q->last->next = chain;
	else
		q->first = chain;
	c = q->last ? q->last : chain;
	for (size_t i = 0; i < n_v; i++)
		c = fill(c, v[i]);
	q->last = c;
	q->n += n;
	return 0;
}

void send_queue_take(struct send_queue *q, uint8_t *out, size_t n)
{
	ASSERT(n <= q->n);
	q->n -= n;
	while (n > 0) {
		struct send_chunk *c = q->first;
		size_t k = size_min(c->end - c->start, n);

		memcpy(out, c->data + c->start, k);
		out += k;
		n -= k;
		c->start += (uint32_t)k;
		if (c->start == c->end) {
			q->first = c->next;
			free(c);
		}
	}
	if (!q->first)
		q->last = NULL;
}

void send_queue_clear(struct send_queue *q)
{
	free_chain(q->first);
	*q = (struct send_queue){ 0 };
}
