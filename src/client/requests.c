#include "client/requests.h"

#include <stdlib.h>

#include "base/limits.h"

struct request {
	struct map_node by_ticket;
	struct list link; /* waiting or over */
	uint64_t ticket;
	struct mono deadline;
	bool is_over;
	enum request_end end;
};

void requests_init(struct requests *t, uint64_t seed)
{
	*t = (struct requests){ .deadline = MONO_NEVER };
	map_init(&t->by_ticket, seed, LIMIT_CLIENT_REQUESTS);
	list_init(&t->waiting);
	list_init(&t->over);
}

static void request_free(struct requests *t, struct request *q)
{
	map_remove(&t->by_ticket, &q->by_ticket);
	list_remove(&q->link);
	free(q);
}

void requests_deinit(struct requests *t)
{
	struct map_node *it;

	while ((it = map_first(&t->by_ticket)))
		request_free(t, container_of(it, struct request, by_ticket));
	map_deinit(&t->by_ticket);
}

int requests_add(struct requests *t, struct mono deadline, uint64_t *ret_ticket)
{
	struct request *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return -ENOMEM;
	q->ticket = t->last_ticket + 1;
	q->deadline = deadline;
	list_init(&q->link);
	r = map_put(&t->by_ticket, &q->by_ticket, BYTES(&q->ticket, sizeof(q->ticket)));
	if (r < 0) {
		free(q);
		return r;
	}
	list_add_tail(&t->waiting, &q->link);
	t->deadline = mono_min(t->deadline, deadline);
	*ret_ticket = ++t->last_ticket;
	return 0;
}

static struct request *find(const struct requests *t, uint64_t ticket)
{
	struct map_node *found = map_find(&t->by_ticket, BYTES(&ticket, sizeof(ticket)));

	return found ? container_of(found, struct request, by_ticket) : NULL;
}

bool requests_is_waiting(const struct requests *t, uint64_t ticket)
{
	const struct request *q = find(t, ticket);

	return q && !q->is_over;
}

bool requests_answer(struct requests *t, uint64_t ticket)
{
	struct request *q = find(t, ticket);

	if (!q || q->is_over)
		return false;
	request_free(t, q);
	return true;
}

static void finish(struct requests *t, struct request *q, enum request_end end)
{
	q->is_over = true;
	q->end = end;
	list_remove(&q->link);
	list_add_tail(&t->over, &q->link);
}

void requests_lose(struct requests *t)
{
	struct list *first;

	while ((first = list_first(&t->waiting)))
		finish(t, list_entry(first, struct request, link), REQUEST_LOST);
	t->deadline = MONO_NEVER;
}

static void expire(struct requests *t, struct mono now)
{
	if (!mono_reached(t->deadline, now))
		return;
	t->deadline = MONO_NEVER;
	list_for_each_safe (it, &t->waiting) {
		struct request *q = list_entry(it, struct request, link);

		if (mono_reached(q->deadline, now))
			finish(t, q, REQUEST_TIMED_OUT);
		else
			t->deadline = mono_min(t->deadline, q->deadline);
	}
}

bool requests_over(struct requests *t, struct mono now, uint64_t only, uint64_t *ret_ticket,
		   enum request_end *ret_end)
{
	struct request *q;

	expire(t, now);
	if (only == 0 && list_is_empty(&t->over))
		return false;
	q = only == 0 ? list_entry(list_first(&t->over), struct request, link) : find(t, only);
	if (!q || !q->is_over)
		return false;
	*ret_ticket = q->ticket;
	*ret_end = q->end;
	request_free(t, q);
	return true;
}

struct mono requests_deadline(const struct requests *t)
{
	return list_is_empty(&t->over) ? t->deadline : (struct mono){ 0 };
}
