#include "share/rights.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "crypto/keys.h"
#include "share/subject.h"
#include "share/topic_subject.h"

#define SERVE_PREFIX "serve."
#define API_PREFIX "$PL.API."
#define OWNER "owner"
#define TOKEN_MIN 16

struct entry {
	struct list link;
	struct rights rights;
};

struct rights_table {
	struct list entries;
	size_t n;
	char topic_prefix[LIMIT_GOSSIP_TOPIC_NAME];
};

const struct rights rights_of_strangers = {
	.consumer_bytes = 2 * LIMIT_DOOR_RESERVE,
};

/* ---- the table ---- */

struct rights_table *rights_table_new(const char *topic_prefix)
{
	struct rights_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	list_init(&t->entries);
	strncpy(t->topic_prefix, topic_prefix, sizeof(t->topic_prefix) - 1);
	return t;
}

static void entry_free(struct entry *e)
{
	pattern_list_deinit(&e->rights.subscribe);
	pattern_list_deinit(&e->rights.publish);
	pattern_list_deinit(&e->rights.api);
	secret_wipe(e->rights.token, sizeof(e->rights.token));
	list_remove(&e->link);
	free(e);
}

struct rights_table *rights_table_free(struct rights_table *t)
{
	if (!t)
		return NULL;
	while (!list_is_empty(&t->entries))
		entry_free(list_entry(t->entries.next, struct entry, link));
	free(t);
	return NULL;
}

/* It stands in refusals, between quotes of either kind. */
static bool name_is_good(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > LIMIT_CONSUMER_ID || strcmp(name, OWNER) == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] >= 0x7f || strchr("#\"'\\", name[i]))
			return false;
	return true;
}

static bool token_is_good(const char *token)
{
	size_t n = strlen(token);

	if (n < TOKEN_MIN || n >= RIGHTS_TOKEN_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (token[i] <= ' ' || token[i] >= 0x7f)
			return false;
	return true;
}

static int check_entry(const struct rights_table *t, const char *name, const struct rights *new)
{
	if (rights_of_name(t, name))
		return RIGHTS_E_NAME_TAKEN;
	if (rights_of_token(t, new->token))
		return RIGHTS_E_TOKEN_TAKEN;
	return t->n < LIMIT_CREDENTIALS ? 0 : -ENOSPC;
}

int rights_table_add(struct rights_table *t, const char *name, const char *token,
		     struct rights **ret)
{
	struct entry *e;
	int r;

	if (!name_is_good(name))
		return RIGHTS_E_NAME;
	if (!token_is_good(token))
		return RIGHTS_E_TOKEN;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	list_init(&e->link);
	strcpy(e->rights.name, name);
	memcpy(e->rights.token, token, strlen(token));
	e->rights.consumer_bytes = LIMIT_DOOR_CONSUMER_BYTES;
	e->rights.subscriptions = LIMIT_DOOR_SUBSCRIPTIONS;
	e->rights.connections = LIMIT_CREDENTIALS_CONNECTIONS;
	r = check_entry(t, name, &e->rights);
	if (r != 0) {
		entry_free(e);
		return r;
	}
	list_add_tail(&t->entries, &e->link);
	t->n++;
	*ret = &e->rights;
	return 0;
}

size_t rights_table_count(const struct rights_table *t)
{
	return t ? t->n : 0;
}

static const struct rights *rights_of_link(const struct list *it)
{
	return &((const struct entry *)(const void *)((const char *)it -
						      offsetof(struct entry, link)))
			->rights;
}

bool rights_token_is(const struct rights *r, const uint8_t token[RIGHTS_TOKEN_MAX])
{
	/* The whole room is compared, so no prefix is enough and no length shows. */
	return r->token[0] != 0 && secret_equal(r->token, token, RIGHTS_TOKEN_MAX);
}

const struct rights *rights_of_token(const struct rights_table *t,
				     const uint8_t token[RIGHTS_TOKEN_MAX])
{
	const struct rights *found = NULL;

	if (!t)
		return NULL;
	for (const struct list *it = t->entries.next; it != &t->entries; it = it->next)
		found = rights_token_is(rights_of_link(it), token) ? rights_of_link(it) : found;
	return found;
}

const struct rights *rights_of_name(const struct rights_table *t, const char *name)
{
	if (!t)
		return NULL;
	for (const struct list *it = t->entries.next; it != &t->entries; it = it->next)
		if (strcmp(rights_of_link(it)->name, name) == 0)
			return rights_of_link(it);
	return NULL;
}

/* ---- subjects ---- */

/* A topic has one canonical subject in each view; whoever writes it otherwise means the same. What
 * is no topic, or stands for several, is itself. `out` is a buffer to write into. */
static struct bytes canonical(struct bytes subject, const char *topic_prefix, struct buf *out)
{
	enum topic_view view;
	struct buf name;
	bool done;

	if (!topic_subject_is(subject, &view) || subject_has_wildcard(subject))
		return subject;
	buf_init(&name, LIMIT_GOSSIP_TOPIC_NAME);
	done = topic_subject_decode(subject, topic_prefix, &name) == 0 &&
	       topic_subject_encode(buf_data(&name), view, out) == 0;
	buf_deinit(&name);
	return done ? buf_data(out) : subject;
}

static bool first_is(struct bytes subject, const char *word)
{
	return bytes_equal(subject_token(&subject), bytes_of_text(word));
}

bool rights_subject_is_guarded(struct bytes subject)
{
	return subject.n > 0 && (subject.p[0] == '$' || subject.p[0] == '_' ||
				 first_is(subject, "serve") || first_is(subject, "validate"));
}

static bool allowed(const struct pattern_list *l, struct bytes subject, const char *topic_prefix)
{
	struct buf room;
	bool yes;

	buf_init(&room, LIMIT_SUBJECT);
	subject = canonical(subject, topic_prefix, &room);
	yes = pattern_list_covers(l, subject, rights_subject_is_guarded(subject));
	buf_deinit(&room);
	return yes;
}

/* Its own replies come there, and nobody can guess where that is. */
bool rights_is_inbox(struct bytes pattern)
{
	struct bytes first = subject_token(&pattern), second = subject_token(&pattern);

	return first.n > 1 && first.p[0] == '_' && second.n > 0 && !subject_token_is(second, '*') &&
	       !subject_token_is(second, '>');
}

bool rights_may_subscribe(const struct rights *r, struct bytes pattern, const char *topic_prefix)
{
	return rights_is_inbox(pattern) || rights_list_covers(r, pattern, topic_prefix);
}

bool rights_list_covers(const struct rights *r, struct bytes pattern, const char *topic_prefix)
{
	return r->is_owner || allowed(&r->subscribe, pattern, topic_prefix);
}

bool rights_may_publish(const struct rights *r, struct bytes subject, const char *topic_prefix)
{
	return r->is_owner || allowed(&r->publish, subject, topic_prefix);
}

bool rights_may_ask(const struct rights *r, struct bytes verb)
{
	if (r->is_owner)
		return true;
	for (size_t i = 0; i < r->api.n; i++)
		if (bytes_equal(r->api.v[i], verb))
			return true;
	return false;
}

bool rights_may_be(const struct rights *r, const char *id)
{
	size_t n = strlen(r->name);

	if (r->is_owner || strcmp(id, r->name) == 0)
		return true;
	return strncmp(id, r->name, n) == 0 && id[n] == '#' && id[n + 1] != 0;
}

/* ---- allowing ---- */

static int allow_subject(struct rights_table *t, struct pattern_list *l, struct bytes pattern)
{
	struct buf room;
	int r;

	if (!subject_is_valid(pattern, true))
		return RIGHTS_E_SUBJECT;
	buf_init(&room, LIMIT_SUBJECT);
	r = pattern_list_add(l, canonical(pattern, t->topic_prefix, &room));
	buf_deinit(&room);
	return r;
}

static int allow_method(struct rights_table *t, struct rights *r, struct bytes method)
{
	uint8_t pattern[LIMIT_SUBJECT];
	size_t n = strlen(SERVE_PREFIX);

	if (method.n == 0 || method.n > sizeof(pattern) - n)
		return RIGHTS_E_SUBJECT;
	if (subject_starts_with(method, SERVE_PREFIX))
		return RIGHTS_E_SERVE;
	memcpy(pattern, SERVE_PREFIX, n);
	memcpy(pattern + n, method.p, method.n);
	return allow_subject(t, &r->subscribe, BYTES(pattern, n + method.n));
}

int rights_allow(struct rights_table *t, struct rights *r, enum rights_kind kind,
		 const char *pattern)
{
	struct bytes text = bytes_of_text(pattern);

	switch (kind) {
	case RIGHTS_SUBSCRIBE:
	case RIGHTS_PUBLISH:
		if (kind == RIGHTS_SUBSCRIBE && first_is(text, "serve"))
			return RIGHTS_E_SERVE;
		if (subject_starts_with(text, API_PREFIX))
			return RIGHTS_E_API;
		return allow_subject(t, kind == RIGHTS_PUBLISH ? &r->publish : &r->subscribe, text);
	case RIGHTS_SERVE:
		return allow_method(t, r, text);
	case RIGHTS_API:
		if (subject_starts_with(text, API_PREFIX))
			return RIGHTS_E_API;
		if (!subject_is_valid(text, false) || subject_has_wildcard(text) ||
		    memchr(text.p, '.', text.n))
			return RIGHTS_E_SUBJECT;
		return pattern_list_add(&r->api, text);
	}
	return RIGHTS_E_SUBJECT;
}
