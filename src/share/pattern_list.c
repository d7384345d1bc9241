#include "share/pattern_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/subject.h"

/* A pattern as tokens; `>` at its end is written as so many `*`. */
struct tokens {
	struct bytes v[2 * LIMIT_SUBJECT_TOKENS];
	size_t n;
};

static size_t split(struct bytes pattern, struct tokens *ret)
{
	ret->n = 0;
	while (pattern.n > 0 && ret->n < ARRAY_SIZE(ret->v))
		ret->v[ret->n++] = subject_token(&pattern);
	return ret->n;
}

void pattern_list_deinit(struct pattern_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free((void *)(uintptr_t)l->v[i].p);
	free(l->v);
	*l = (struct pattern_list){ 0 };
}

int pattern_list_add(struct pattern_list *l, struct bytes pattern)
{
	struct tokens tokens;
	struct bytes *v;
	uint8_t *copy;

	for (size_t i = 0; i < l->n; i++)
		if (bytes_equal(l->v[i], pattern))
			return 0;
	if (l->n >= LIMIT_RIGHTS_PATTERNS)
		return -ENOSPC;
	v = realloc(l->v, (l->n + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	l->v = v;
	copy = malloc(pattern.n);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, pattern.p, pattern.n);
	l->v[l->n++] = BYTES(copy, pattern.n);
	l->n_tokens = size_max(l->n_tokens, split(pattern, &tokens));
	return 0;
}

/* `inner` without `>`. A `*` in it stands for any token, so only a wildcard covers it. */
static bool covers_tokens(struct bytes pattern, const struct tokens *inner)
{
	for (size_t i = 0; i < inner->n; i++) {
		struct bytes want;

		if (pattern.n == 0)
			return false;
		want = subject_token(&pattern);
		if (subject_token_is(want, '>') && pattern.n == 0)
			return true;
		if (subject_token_is(want, '*'))
			continue;
		if (!bytes_equal(want, inner->v[i]))
			return false;
	}
	return pattern.n == 0;
}

static bool is_named(struct bytes pattern)
{
	struct bytes first = subject_token(&pattern);

	return !subject_token_is(first, '*') && !subject_token_is(first, '>');
}

/* Any one pattern: a token that no pattern writes out can stand for each `*`, and what matches that
 * one has a wildcard there, so it matches all. */
static bool any_covers(const struct pattern_list *l, const struct tokens *inner, bool named)
{
	for (size_t i = 0; i < l->n; i++)
		if ((!named || is_named(l->v[i])) && covers_tokens(l->v[i], inner))
			return true;
	return false;
}

bool pattern_list_covers(const struct pattern_list *l, struct bytes inner, bool named)
{
	struct tokens tokens;
	size_t most;

	split(inner, &tokens);
	if (tokens.n == 0 || !subject_token_is(tokens.v[tokens.n - 1], '>'))
		return any_covers(l, &tokens, named);
	/* Every length apart; beyond the longest pattern's only those with `>` are left, and their
	 * answer does not change any more. */
	most = size_max(tokens.n, l->n_tokens + 1);
	for (tokens.v[tokens.n - 1] = BYTES_LITERAL("*");; tokens.n++) {
		if (!any_covers(l, &tokens, named))
			return false;
		if (tokens.n >= most)
			return true;
		tokens.v[tokens.n] = BYTES_LITERAL("*");
	}
}
