#include "node/peer_rules.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "node/json_values.h"
#include "wire/json.h"

/* ---- reading ---- */

static int read_added(const json_t *list, struct peer_rules *rules)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n > LIMIT_MANAGED_PEERS)
		return -EBADMSG;
	rules->added = calloc(n + 1, sizeof(*rules->added));
	if (!rules->added)
		return -ENOMEM;
	for (; rules->n_added < n; rules->n_added++) {
		const char *text = json_string_value(json_array_get(list, rules->n_added));

		if (!text ||
		    multiaddr_parse(bytes_of_text(text), &rules->added[rules->n_added]) < 0)
			return -EBADMSG;
	}
	return 0;
}

static int read_until(const json_t *value, struct wall *ret)
{
	json_int_t ms = json_integer_value(value);

	*ret = BAN_FOREVER;
	if (json_is_null(value))
		return 0;
	if (!json_is_integer(value) || ms < 0 || ms >= INT64_MAX / (json_int_t)NS_PER_MS)
		return -EBADMSG;
	ret->ns = ms * (int64_t)NS_PER_MS;
	return 0;
}

static int read_ban(const json_t *o, struct ban *ret)
{
	const char *text = json_string_value(json_object_get(o, "peer_id"));

	if (json_object_size(o) != 2 || !text || !json_object_get(o, "until_ms") ||
	    peer_id_parse(bytes_of_text(text), &ret->id) < 0)
		return -EBADMSG;
	return read_until(json_object_get(o, "until_ms"), &ret->until);
}

static int read_bans(const json_t *list, struct peer_rules *rules)
{
	size_t n = json_array_size(list);
	int r = 0;

	if (!json_is_array(list) || n > LIMIT_BANS)
		return -EBADMSG;
	rules->bans = calloc(n + 1, sizeof(*rules->bans));
	if (!rules->bans)
		return -ENOMEM;
	for (; r == 0 && rules->n_bans < n; rules->n_bans++)
		r = read_ban(json_array_get(list, rules->n_bans), &rules->bans[rules->n_bans]);
	return r;
}

static int read_rules(struct bytes text, struct peer_rules *ret)
{
	json_t *o = NULL;
	int r;

	/* Bounds the depth of what the library recurses into. */
	if (json_check(text) == 0)
		o = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	r = json_object_size(o) == 2 ? read_added(json_object_get(o, "added"), ret) : -EBADMSG;
	if (r == 0)
		r = read_bans(json_object_get(o, "banned"), ret);
	json_decref(o);
	return r;
}

int peer_rules_decode(struct bytes text, struct peer_rules *ret)
{
	struct peer_rules rules = { 0 };
	int r = read_rules(text, &rules);

	if (r == 0)
		*ret = rules;
	else
		peer_rules_deinit(&rules);
	return r;
}

void peer_rules_deinit(struct peer_rules *rules)
{
	free(rules->added);
	free(rules->bans);
	*rules = (struct peer_rules){ 0 };
}

/* ---- writing ---- */

char *peer_rules_encode(const struct peer_rules *rules)
{
	json_t *added = json_array(), *banned = json_array(), *o;
	char *text;

	for (size_t i = 0; i < rules->n_added; i++)
		(void)json_array_append_new(added, json_multiaddr(&rules->added[i]));
	for (size_t i = 0; i < rules->n_bans; i++) {
		const struct ban *b = &rules->bans[i];

		(void)json_array_append_new(
			banned, json_pack("{s:o, s:o}", "peer_id", json_peer_id(&b->id), "until_ms",
					  ban_is_forever(b) ? json_null()
							    : json_integer(b->until.ns /
									   (int64_t)NS_PER_MS)));
	}
	o = json_pack("{s:o, s:o}", "added", added, "banned", banned);
	/* What is not whole must not take the place of what is. */
	text = json_array_size(added) == rules->n_added && json_array_size(banned) == rules->n_bans
		       ? json_dumps(o, JSON_INDENT(1))
		       : NULL;
	json_decref(o);
	return text;
}

/* ---- addresses ---- */

static bool is_same(const struct multiaddr *a, const struct multiaddr *b)
{
	return bytes_equal(BYTES(a->b, a->n), BYTES(b->b, b->n));
}

size_t peer_rules_find_added(const struct peer_rules *rules, const struct multiaddr *address)
{
	size_t i = 0;

	while (i < rules->n_added && !is_same(&rules->added[i], address))
		i++;
	return i;
}

int peer_rules_add(struct peer_rules *rules, const struct multiaddr *address)
{
	struct multiaddr *grown;

	if (peer_rules_find_added(rules, address) < rules->n_added)
		return 0;
	if (rules->n_added == LIMIT_MANAGED_PEERS)
		return -ENOSPC;
	grown = realloc(rules->added, (rules->n_added + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	rules->added = grown;
	rules->added[rules->n_added++] = *address;
	return 0;
}

bool peer_rules_remove(struct peer_rules *rules, const struct multiaddr *address)
{
	size_t i = peer_rules_find_added(rules, address);

	if (i == rules->n_added)
		return false;
	rules->n_added--;
	memmove(&rules->added[i], &rules->added[i + 1],
		(rules->n_added - i) * sizeof(rules->added[0]));
	return true;
}
