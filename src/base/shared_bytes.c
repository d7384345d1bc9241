#include "base/shared_bytes.h"

#include <stdlib.h>
#include <string.h>

struct shared_bytes *shared_bytes_new(size_t n)
{
	struct shared_bytes *s = malloc(sizeof(*s) + n);

	if (!s)
		return NULL;
	s->n_refs = 1;
	s->n = n;
	s->pool = NULL;
	return s;
}

struct shared_bytes *shared_bytes_copy(struct bytes b)
{
	struct shared_bytes *s = shared_bytes_new(b.n);

	if (s && b.n > 0)
		memcpy(s->data, b.p, b.n);
	return s;
}

struct shared_bytes *shared_bytes_ref(struct shared_bytes *s)
{
	s->n_refs++;
	return s;
}

static void give_back(struct shared_bytes *s)
{
	struct shared_pool *p = s->pool;

	if (p && p->n_spare < p->n_max)
		p->spare[p->n_spare++] = s;
	else
		free(s);
}

struct shared_bytes *shared_bytes_unref(struct shared_bytes *s)
{
	if (s && --s->n_refs == 0)
		give_back(s);
	return NULL;
}

void shared_pool_init(struct shared_pool *p, size_t size, size_t n_max)
{
	*p = (struct shared_pool){ .size = size, .n_max = size_min(n_max, SHARED_POOL_MAX) };
}

void shared_pool_deinit(struct shared_pool *p)
{
	while (p->n_spare > 0)
		free(p->spare[--p->n_spare]);
	p->n_max = 0;
}

struct shared_bytes *shared_pool_take(struct shared_pool *p)
{
	struct shared_bytes *s;

	if (p->n_spare == 0) {
		s = shared_bytes_new(p->size);
		if (s)
			s->pool = p;
		return s;
	}
	s = p->spare[--p->n_spare];
	s->n_refs = 1;
	return s;
}
