#include "share/unsent.h"

#include <stdlib.h>

#define RING_MIN 16
#define RING_KEPT 256 /* by a consumer whose queue is empty */

void unsent_init(struct unsent *u)
{
	*u = (struct unsent){ 0 };
}

void unsent_deinit(struct unsent *u)
{
	free(u->ring);
	*u = (struct unsent){ .last_end = u->last_end };
}

int unsent_reserve(struct unsent *u)
{
	size_t cap = u->cap ? u->cap * 2 : RING_MIN;
	struct mark *ring;

	if (u->n < u->cap)
		return 0;
	ring = malloc(cap * sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	for (size_t i = 0; i < u->n; i++)
		ring[i] = u->ring[(u->first + i) & (u->cap - 1)];
	free(u->ring);
	u->ring = ring;
	u->cap = cap;
	u->first = 0;
	return 0;
}

void unsent_drop(struct unsent *u)
{
	ASSERT(u->n > 0);
	u->last_end = u->ring[u->first].end;
	u->first = (u->first + 1) & (u->cap - 1);
	u->n--;
	/* What a backlog needed is given back; what every turn needs stays. */
	if (u->n == 0 && u->cap > RING_KEPT)
		unsent_deinit(u);
}
