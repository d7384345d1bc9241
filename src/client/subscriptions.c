#include "client/subscriptions.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

void subscriptions_init(struct subscriptions *t, uint64_t seed)
{
	*t = (struct subscriptions){ 0 };
	map_init(&t->by_sid, seed, LIMIT_CLIENT_SUBSCRIPTIONS);
}

void subscriptions_deinit(struct subscriptions *t)
{
	struct subscription *s;

	while ((s = subscriptions_first(t)))
		subscriptions_remove(t, s);
	map_deinit(&t->by_sid);
}

static bool has_wildcard(struct bytes subject)
{
	for (size_t i = 0; i < subject.n; i++) {
		bool begins = i == 0 || subject.p[i - 1] == '.';
		bool ends = i + 1 == subject.n || subject.p[i + 1] == '.';

		if (begins && ends && (subject.p[i] == '*' || subject.p[i] == '>'))
			return true;
	}
	return false;
}

int subscriptions_add(struct subscriptions *t, struct bytes subject, struct bytes queue,
		      struct subscription **ret)
{
	struct subscription *s = calloc(1, sizeof(*s) + subject.n + queue.n);
	int r;

	if (!s)
		return -ENOMEM;
	memcpy(s->text, subject.p, subject.n);
	if (queue.n > 0)
		memcpy(s->text + subject.n, queue.p, queue.n);
	s->subject = BYTES(s->text, subject.n);
	s->queue = BYTES(s->text + subject.n, queue.n);
	s->has_wildcard = has_wildcard(subject);
	s->sid = t->last_sid + 1;
	r = map_put(&t->by_sid, &s->by_sid, BYTES(&s->sid, sizeof(s->sid)));
	if (r < 0) {
		free(s);
		return r;
	}
	t->last_sid++;
	*ret = s;
	return 0;
}

static struct subscription *of_node(struct map_node *node)
{
	return node ? container_of(node, struct subscription, by_sid) : NULL;
}

struct subscription *subscriptions_find(const struct subscriptions *t, uint64_t sid)
{
	return of_node(map_find(&t->by_sid, BYTES(&sid, sizeof(sid))));
}

void subscriptions_remove(struct subscriptions *t, struct subscription *s)
{
	map_remove(&t->by_sid, &s->by_sid);
	free(s);
}

struct subscription *subscriptions_first(const struct subscriptions *t)
{
	return of_node(map_first(&t->by_sid));
}

struct subscription *subscriptions_next(const struct subscriptions *t, const struct subscription *s)
{
	return of_node(map_next(&t->by_sid, &s->by_sid));
}

bool subscription_is_over(struct subscription *s)
{
	s->n_delivered++;
	return s->max > 0 && s->n_delivered >= s->max;
}
