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

struct shared_bytes *shared_bytes_unref(struct shared_bytes *s)
{
	if (s && --s->n_refs == 0)
		free(s);
	return NULL;
}
