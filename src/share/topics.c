#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/door_priv.h"
#include "share/topic_subject.h"

static bool is_unused(const struct topic *t)
{
	return t->n_named == 0 && t->n_holes == 0 && !t->joined;
}

static void topic_free(struct door *d, struct topic *t)
{
	map_remove(&d->topics, &t->by_name);
	list_remove(&t->leaving);
	free(t);
}

/* Topics that nobody names linger only while a wildcard watches them: makes room by forgetting
 * those. */
static void sweep(struct door *d)
{
	struct map_node *next;

	for (struct map_node *it = map_first(&d->topics); it; it = next) {
		struct topic *t = container_of(it, struct topic, by_name);

		next = map_next(&d->topics, it);
		if (is_unused(t))
			topic_free(d, t);
	}
}

static int topic_new(struct door *d, struct bytes name, struct topic **ret)
{
	struct topic *t;
	struct buf subject;
	int r;

	buf_init(&subject, LIMIT_SUBJECT);
	r = topic_subject_encode(name, &subject);
	t = r < 0 ? NULL : calloc(1, sizeof(*t) + name.n + buf_len(&subject));
	if (!t) {
		buf_deinit(&subject);
		return r < 0 ? r : -ENOMEM;
	}
	if (name.n > 0)
		memcpy(t->text, name.p, name.n);
	memcpy(t->text + name.n, buf_data(&subject).p, buf_len(&subject));
	t->name = BYTES(t->text, name.n);
	t->subject = BYTES(t->text + name.n, buf_len(&subject));
	buf_deinit(&subject);
	t->epoch = random_u64(&d->config.random);
	list_init(&t->leaving);
	r = map_put(&d->topics, &t->by_name, t->name);
	if (r < 0) {
		free(t);
		return r;
	}
	*ret = t;
	return 0;
}

int topic_get(struct door *d, struct bytes name, struct topic **ret)
{
	struct map_node *found = map_find(&d->topics, name);

	if (found) {
		*ret = container_of(found, struct topic, by_name);
		return 0;
	}
	if (d->topics.n >= d->topics.n_max)
		sweep(d);
	return topic_new(d, name, ret);
}

int topic_name(struct door *d, struct topic *t)
{
	int r;

	if (!t->joined) {
		r = d->config.ops->topic_join(d->config.user, t->name);
		if (r < 0)
			return r;
		t->joined = true;
	}
	list_remove(&t->leaving);
	t->n_named++;
	return 0;
}

void topic_unname(struct door *d, struct topic *t)
{
	if (--t->n_named == 0)
		list_add_tail(&d->leaving, &t->leaving);
}

void topic_unused(struct door *d, struct topic *t)
{
	if (is_unused(t))
		topic_free(d, t);
}
