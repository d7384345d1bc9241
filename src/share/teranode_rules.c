#include "share/teranode_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "wire/json.h"
#include "wire/multibase.h"
#include "wire/teranode.h"
#include "wire/utf8.h"

#define HASH_BYTES 32
#define SETTING "see PEERLINE_TERANODE_RULES"

/* What a topic of each kind takes. Its rate lets `burst` messages through at once, and then one
 * every `interval_ms`. */
static const struct bounds {
	size_t bytes;
	uint64_t interval_ms, burst;
	bool is_announcement; /* has a hash of its own, which is not told again and again */
} bounds[] = {
	[TERANODE_OTHER] = { 0 },
	[TERANODE_BLOCK] = { LIMIT_TERANODE_BLOCK, 100, 100, true },
	[TERANODE_SUBTREE] = { LIMIT_TERANODE_SUBTREE, 100, 100, true },
	[TERANODE_REJECTED_TX] = { LIMIT_TERANODE_REJECTED_TX, 100, 100, true },
	[TERANODE_NODE_STATUS] = { LIMIT_TERANODE_NODE_STATUS, 1000, 10, false },
};

enum form {
	FORM_NONE, /* a number: its type was checked */
	FORM_TEXT, /* printable */
	FORM_HEX,
	FORM_HASH, /* 64 digits */
	FORM_URL,
};

/* Bytes, and what they may be. A text that is empty is as good as absent. */
static const struct field_rule {
	size_t max;
	enum form form;
} field_rules[TERANODE_FIELDS] = {
	[TERANODE_PEER_ID] = { 128, FORM_TEXT },
	[TERANODE_CLIENT_NAME] = { 256, FORM_TEXT },
	[TERANODE_URL] = { 2048, FORM_URL },
	[TERANODE_PROPAGATION_URL] = { 2048, FORM_URL },
	[TERANODE_HASH] = { 2 * HASH_BYTES, FORM_HASH },
	[TERANODE_HEADER] = { 160, FORM_HEX },
	[TERANODE_COINBASE] = { LIMIT_TERANODE_BLOCK, FORM_HEX },
	[TERANODE_HEIGHT] = { 0, FORM_NONE },
	[TERANODE_REASON] = { 1024, FORM_TEXT },
	[TERANODE_VERSION] = { 256, FORM_TEXT },
	[TERANODE_MINER_NAME] = { 256, FORM_TEXT },
};

/* One topic's rate, as the moment until which it has used up what it may send. */
struct rated_topic {
	struct map_node by_name;
	struct mono used_until;
	size_t n_name;
	uint8_t name[];
};

/* When a hash was announced the last times: the oldest is overwritten next. */
struct announced {
	struct map_node by_hash;
	struct list link; /* teranode_rules.announced, the longest silent first */
	uint8_t key[1 + HASH_BYTES];
	uint64_t n;
	struct mono at[LIMIT_TERANODE_REPEATS];
};

struct teranode_rules {
	struct peer_id us;
	struct map topics, hashes;
	struct list announced;
	struct buf name, data, text;
	char why[256];
};

/* What is being judged. */
struct candidate {
	enum teranode_kind kind;
	struct bytes topic, envelope;
	struct teranode_payload payload;
	uint8_t key[1 + HASH_BYTES]; /* of an announcement: its kind and hash */
	struct mono now;
};

int teranode_rules_new(const struct peer_id *us, const struct random *random,
		       struct teranode_rules **ret)
{
	struct teranode_rules *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->us = *us;
	map_init(&r->topics, random_u64(random), LIMIT_TERANODE_TOPICS);
	map_init(&r->hashes, random_u64(random), LIMIT_TERANODE_HASHES);
	list_init(&r->announced);
	buf_init(&r->name, LIMIT_PAYLOAD_NAME);
	buf_init(&r->data, LIMIT_TERANODE_NODE_STATUS);
	buf_init(&r->text, LIMIT_TERANODE_NODE_STATUS);
	*ret = r;
	return 0;
}

static void announced_free(struct teranode_rules *r, struct announced *a)
{
	map_remove(&r->hashes, &a->by_hash);
	list_remove(&a->link);
	free(a);
}

static struct announced *longest_silent(struct teranode_rules *r)
{
	return list_entry(r->announced.next, struct announced, link);
}

static void topic_free(struct teranode_rules *r, struct map_node *it)
{
	map_remove(&r->topics, it);
	free(container_of(it, struct rated_topic, by_name));
}

struct teranode_rules *teranode_rules_free(struct teranode_rules *r)
{
	struct map_node *it;

	if (!r)
		return NULL;
	while (!list_is_empty(&r->announced))
		announced_free(r, longest_silent(r));
	while ((it = map_first(&r->topics)))
		topic_free(r, it);
	map_deinit(&r->hashes);
	map_deinit(&r->topics);
	buf_deinit(&r->name);
	buf_deinit(&r->data);
	buf_deinit(&r->text);
	free(r);
	return NULL;
}

_printf_(2, 3) static bool refuse(struct teranode_rules *r, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(r->why, sizeof(r->why), format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(r->why))
		snprintf(r->why + n, sizeof(r->why) - (size_t)n, "; " SETTING);
	return false;
}

/* ---- form ---- */

static bool has_envelope(struct teranode_rules *r, struct candidate *c)
{
	size_t max = bounds[c->kind].bytes;

	if (c->envelope.n > max)
		return refuse(r, "%zu bytes, of which Teranode takes at most %zu on this topic",
			      c->envelope.n, max);
	if (teranode_envelope_decode(c->envelope, &r->name, &r->data) < 0)
		return refuse(r, "not an envelope {name, data}; publish its payload to "
				 "payload.<topic>, which puts it into one");
	if (teranode_payload_decode(c->kind, buf_data(&r->data), &c->payload) < 0)
		return refuse(r, "the payload in the envelope is not a JSON object");
	if (!utf8_is_well_formed(buf_data(&r->data)))
		return refuse(r, "the payload is not UTF-8");
	if (c->payload.wrong)
		return refuse(r, "%s is of the wrong type", c->payload.wrong);
	return true;
}

static bool is_ours(struct teranode_rules *r, struct candidate *c)
{
	char us[PEER_ID_TEXT_MAX];

	if (teranode_author_is(&c->payload, &r->us))
		return true;
	return refuse(r, "%s is not this node, which is %s",
		      teranode_key(c->kind, TERANODE_PEER_ID), peer_id_text(&r->us, us));
}

static bool is_hex(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (!memchr("0123456789abcdefABCDEF", b.p[i], 22))
			return false;
	return true;
}

static bool begins_with(struct bytes b, const char *text)
{
	size_t n = strlen(text);

	return b.n > n && memcmp(b.p, text, n) == 0;
}

static bool is_url(struct bytes b)
{
	return (begins_with(b, "http://") || begins_with(b, "https://")) &&
	       !memchr(b.p, ' ', b.n) && utf8_text_is_printable(b);
}

/* NULL: it has the form. */
static const char *what_is_wrong(enum form form, struct bytes b)
{
	switch (form) {
	case FORM_NONE:
		return NULL;
	case FORM_TEXT:
		return utf8_text_is_printable(b) ? NULL : "is not printable text";
	case FORM_HEX:
		return is_hex(b) ? NULL : "is not hexadecimal";
	case FORM_HASH:
		return b.n == 2 * (size_t)HASH_BYTES && is_hex(b)
			       ? NULL
			       : "is not a hash of 64 hexadecimal digits";
	case FORM_URL:
		return is_url(b) ? NULL : "is not a URL of http or https";
	}
	return NULL;
}

static bool field_is_good(struct teranode_rules *r, const struct candidate *c,
			  enum teranode_field field)
{
	const struct field_rule *rule = &field_rules[field];
	const char *key = teranode_key(c->kind, field), *wrong;
	struct bytes value = c->payload.values[field];

	if (rule->form == FORM_NONE || value.n == 0)
		return true;
	buf_clear(&r->text);
	if (json_text_read(value, &r->text) < 0 || buf_len(&r->text) > rule->max)
		return refuse(r, "%s is longer than %zu bytes", key, rule->max);
	if (buf_len(&r->text) == 0)
		return true;
	wrong = what_is_wrong(rule->form, buf_data(&r->text));
	return !wrong || refuse(r, "%s %s", key, wrong);
}

static bool has_good_fields(struct teranode_rules *r, struct candidate *c)
{
	for (int i = 0; i < TERANODE_FIELDS; i++)
		if (!field_is_good(r, c, (enum teranode_field)i))
			return false;
	return true;
}

static bool has_its_hash(struct teranode_rules *r, struct candidate *c)
{
	const char *key = teranode_key(c->kind, TERANODE_HASH);
	struct bytes value = c->payload.values[TERANODE_HASH];

	if (!bounds[c->kind].is_announcement)
		return true;
	c->key[0] = (uint8_t)c->kind;
	buf_clear(&r->text);
	if (json_text_read(value, &r->text) < 0 ||
	    hex_decode(buf_data(&r->text), c->key + 1, HASH_BYTES) != HASH_BYTES)
		return refuse(r, "%s is missing", key);
	return true;
}

/* ---- repeats and rates ---- */

/* Was it announced `n` times within the last `ms`? */
static bool was_told(const struct announced *a, uint64_t n, uint64_t ms, struct mono now)
{
	return a->n >= n && mono_since_ms(a->at[(a->n - n) % LIMIT_TERANODE_REPEATS], now) < ms;
}

static void forget_hashes(struct teranode_rules *r, struct mono now)
{
	while (!list_is_empty(&r->announced)) {
		struct announced *a = longest_silent(r);

		if (was_told(a, 1, LIMIT_TERANODE_REPEATS_MS, now))
			return;
		announced_free(r, a);
	}
}

static bool is_news(struct teranode_rules *r, struct candidate *c)
{
	struct map_node *found;
	const struct announced *a;

	if (!bounds[c->kind].is_announcement)
		return true;
	forget_hashes(r, c->now);
	found = map_find(&r->hashes, BYTES(c->key, sizeof(c->key)));
	if (!found)
		return r->hashes.n < r->hashes.n_max ||
		       refuse(r, "%d different hashes were announced in %d s",
			      LIMIT_TERANODE_HASHES, LIMIT_TERANODE_REPEATS_MS / 1000);
	a = container_of(found, struct announced, by_hash);
	if (was_told(a, LIMIT_TERANODE_REPEATS_SOON, LIMIT_TERANODE_REPEATS_SOON_MS, c->now))
		return refuse(r, "this hash was announced %d times in %d s",
			      LIMIT_TERANODE_REPEATS_SOON, LIMIT_TERANODE_REPEATS_SOON_MS / 1000);
	if (was_told(a, LIMIT_TERANODE_REPEATS, LIMIT_TERANODE_REPEATS_MS, c->now))
		return refuse(r, "this hash was announced %d times in %d s", LIMIT_TERANODE_REPEATS,
			      LIMIT_TERANODE_REPEATS_MS / 1000);
	return true;
}

static struct rated_topic *topic_find(struct teranode_rules *r, struct bytes name)
{
	struct map_node *found = map_find(&r->topics, name);

	return found ? container_of(found, struct rated_topic, by_name) : NULL;
}

/* Topics whose rate is not used at all are as good as unknown. */
static void forget_topics(struct teranode_rules *r, struct mono now)
{
	struct map_node *next;

	for (struct map_node *it = map_first(&r->topics); it; it = next) {
		next = map_next(&r->topics, it);
		if (mono_reached(container_of(it, struct rated_topic, by_name)->used_until, now))
			topic_free(r, it);
	}
}

static bool is_within_rate(struct teranode_rules *r, struct candidate *c)
{
	const struct bounds *b = &bounds[c->kind];
	const struct rated_topic *t = topic_find(r, c->topic);

	if (!t && r->topics.n >= r->topics.n_max) {
		forget_topics(r, c->now);
		return r->topics.n < r->topics.n_max ||
		       refuse(r, "%d Teranode topics are in use at once", LIMIT_TERANODE_TOPICS);
	}
	if (!t || mono_since_ms(c->now, t->used_until) <= (b->burst - 1) * b->interval_ms)
		return true;
	return refuse(r, "more than %llu messages, and then one every %llu ms, on this topic",
		      (unsigned long long)b->burst, (unsigned long long)b->interval_ms);
}

/* ---- counting ---- */

static struct rated_topic *topic_add(struct teranode_rules *r, struct bytes name)
{
	struct rated_topic *t = calloc(1, sizeof(*t) + name.n);

	if (!t)
		return NULL;
	memcpy(t->name, name.p, name.n);
	t->n_name = name.n;
	if (map_put(&r->topics, &t->by_name, BYTES(t->name, t->n_name)) < 0) {
		free(t);
		return NULL;
	}
	return t;
}

static struct announced *hash_add(struct teranode_rules *r, const struct candidate *c)
{
	struct announced *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	memcpy(a->key, c->key, sizeof(a->key));
	list_init(&a->link);
	if (map_put(&r->hashes, &a->by_hash, BYTES(a->key, sizeof(a->key))) < 0) {
		free(a);
		return NULL;
	}
	return a;
}

static struct announced *hash_get(struct teranode_rules *r, const struct candidate *c)
{
	struct map_node *found = map_find(&r->hashes, BYTES(c->key, sizeof(c->key)));

	return found ? container_of(found, struct announced, by_hash) : hash_add(r, c);
}

/* What could not be counted does not go: without memory there would be no bounds. */
static bool count(struct teranode_rules *r, struct candidate *c)
{
	struct rated_topic *t = topic_find(r, c->topic);
	struct announced *a = NULL;

	if (!t)
		t = topic_add(r, c->topic);
	if (t && bounds[c->kind].is_announcement)
		a = hash_get(r, c);
	if (!t || (bounds[c->kind].is_announcement && !a))
		return refuse(r, "no memory to count it");
	if (mono_reached(t->used_until, c->now))
		t->used_until = c->now;
	t->used_until = mono_add_ms(t->used_until, bounds[c->kind].interval_ms);
	if (a) {
		a->at[a->n++ % LIMIT_TERANODE_REPEATS] = c->now;
		list_remove(&a->link);
		list_add_tail(&r->announced, &a->link);
	}
	return true;
}

const char *teranode_rules_refuse(struct teranode_rules *r, struct bytes topic, struct bytes data,
				  struct mono now)
{
	struct candidate c = {
		.kind = teranode_kind_of(topic),
		.topic = topic,
		.envelope = data,
		.now = now,
	};

	if (c.kind == TERANODE_OTHER)
		return NULL;
	if (has_envelope(r, &c) && is_ours(r, &c) && has_good_fields(r, &c) &&
	    has_its_hash(r, &c) && is_news(r, &c) && is_within_rate(r, &c) && count(r, &c))
		return NULL;
	return r->why;
}
