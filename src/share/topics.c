#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/door_priv.h"
#include "share/topic_subject.h"

static bool is_unused(const struct topic *t)
{
	return t->n_named == 0 && t->n_holes == 0 && t->n_marks == 0 && t->n_away == 0 &&
	       !t->joined;
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

/* The name, and behind it its subject in every view. */
static int write_text(struct bytes name, struct buf *out, size_t ends[TOPIC_VIEWS])
{
	int r = buf_append(out, name.p, name.n);

	for (int i = 0; r == 0 && i < TOPIC_VIEWS; i++) {
		r = topic_subject_encode(name, (enum topic_view)i, out);
		ends[i] = buf_len(out);
	}
	return r;
}

static void topic_init(struct topic *t, struct bytes name, const size_t ends[TOPIC_VIEWS],
		       const struct random *random)
{
	size_t at = name.n;

	t->name = BYTES(t->text, name.n);
	for (size_t i = 0; i < TOPIC_VIEWS; at = ends[i++])
		t->views[i] = (struct view){
			.topic = t,
			.subject = BYTES(t->text + at, ends[i] - at),
			.epoch = random_u64(random),
		};
	list_init(&t->leaving);
}

static int topic_new(struct door *d, struct bytes name, struct topic **ret)
{
	size_t ends[TOPIC_VIEWS];
	struct topic *t = NULL;
	struct buf text;
	int r;

	buf_init(&text, LIMIT_GOSSIP_TOPIC_NAME + TOPIC_VIEWS * LIMIT_SUBJECT);
	r = write_text(name, &text, ends);
	if (r == 0) {
		t = calloc(1, sizeof(*t) + buf_len(&text));
		r = t ? 0 : -ENOMEM;
	}
	if (r == 0) {
		memcpy(t->text, buf_data(&text).p, buf_len(&text));
		topic_init(t, name, ends, &d->config.random);
		r = map_put(&d->topics, &t->by_name, t->name);
	}
	buf_deinit(&text);
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

/* Others' consumers find room, too. */
static bool may_join(const struct door *d, const struct rights *rights)
{
	size_t n = 0;

	if (rights->is_owner)
		return true;
	for (struct map_node *it = map_first(&d->topics); it; it = map_next(&d->topics, it)) {
		const struct topic *t = container_of(it, struct topic, by_name);

		n += t->joined && t->joined_for == rights;
	}
	return n < LIMIT_DOOR_TOPICS_OF_ONE;
}

void topics_set_rights(struct door *d, const struct rights_table *t)
{
	for (struct map_node *it = map_first(&d->topics); it; it = map_next(&d->topics, it)) {
		struct topic *topic = container_of(it, struct topic, by_name);

		if (topic->joined_for)
			topic->joined_for = rights_of_name(t, topic->joined_for->name);
	}
}

int topic_name(struct door *d, struct topic *t, const struct rights *rights)
{
	int r;

	if (!t->joined) {
		if (!may_join(d, rights))
			return -ENOSPC;
		r = d->config.ops->topic_join(d->config.user, t->name);
		if (r < 0)
			return r;
		t->joined = true;
		t->joined_for = rights->is_owner ? NULL : rights;
	}
	list_remove(&t->leaving);
	t->n_named++;
	return 0;
}

void topic_unname(struct door *d, struct topic *t)
{
	t->n_named--;
	topic_may_leave(d, t);
}

void topic_may_leave(struct door *d, struct topic *t)
{
	if (t->joined && t->n_named == 0 && t->n_kept == 0 && list_is_empty(&t->leaving))
		list_add_tail(&d->leaving, &t->leaving);
}

void topic_pause(struct topic *t)
{
	for (size_t i = 0; i < TOPIC_VIEWS; i++) {
		t->views[i].seq++;
		t->views[i].n_pauses++;
	}
}

/* What is kept now goes when there is no room. */
void topic_unused(struct door *d, struct topic *t)
{
	if (is_unused(t) && !d->walking_topics)
		topic_free(d, t);
}
