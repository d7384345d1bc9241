/* covers: src/share/pattern_list.c */

#include <string.h>

#include "base/def.h"
#include "base/limits.h"
#include "share/pattern_list.h"
#include "share/subject.h"

/*
 * Lines: patterns, and the last is asked about. Whatever is said, it must hold for subjects made of
 * it: those that replace each `*` by a token, and `>` by one to three. "Covered" means that all of
 * them are allowed; "not covered", that one of those made with a token that stands nowhere else is
 * not, up to the length of the longest pattern.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes take_line(struct bytes *io)
{
	const uint8_t *end = io->n > 0 ? memchr(io->p, '\n', io->n) : NULL;
	size_t n = end ? (size_t)(end - io->p) : io->n;
	struct bytes line = BYTES(io->p, n);

	*io = end ? BYTES(end + 1, io->n - n - 1) : BYTES(NULL, 0);
	return line;
}

/* `inner` with `token` for each wildcard, `n_tail` of them for `>`; 0: it is too long. */
static size_t instance(struct bytes inner, const char *token, size_t n_tail, char *out)
{
	size_t n = 0;

	while (inner.n > 0) {
		struct bytes t = subject_token(&inner);
		bool is_tail = subject_token_is(t, '>');
		size_t times = is_tail ? n_tail : 1;

		if (is_tail || subject_token_is(t, '*'))
			t = bytes_of_text(token);
		for (size_t i = 0; i < times; i++) {
			if (n + t.n + 1 > LIMIT_SUBJECT)
				return 0;
			memcpy(out + n, t.p, t.n);
			n += t.n;
			out[n++] = '.';
		}
	}
	return n - 1;
}

static bool is_named(struct bytes pattern)
{
	struct bytes first = subject_token(&pattern);

	return !subject_token_is(first, '*') && !subject_token_is(first, '>');
}

static bool is_allowed(const struct pattern_list *l, struct bytes subject, bool named)
{
	for (size_t i = 0; i < l->n; i++)
		if ((!named || is_named(l->v[i])) && subject_matches(l->v[i], subject))
			return true;
	return false;
}

static void check(const struct pattern_list *l, struct bytes inner, bool named)
{
	static const char *const tokens[] = { "\x01nowhere\x01", "a", "b", "topic" };
	bool yes = pattern_list_covers(l, inner, named), found = false;
	char text[LIMIT_SUBJECT + 16];

	for (size_t k = 0; k < ARRAY_SIZE(tokens); k++) {
		for (size_t n_tail = 1; n_tail <= l->n_tokens + 1; n_tail++) {
			size_t n = instance(inner, tokens[k], n_tail, text);

			if (n == 0 || !subject_is_valid(BYTES(text, n), false))
				return; /* longer than any subject */
			if (is_allowed(l, BYTES(text, n), named))
				continue;
			ASSERT(!yes);
			found = true;
		}
	}
	ASSERT(yes || found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = BYTES(data, size), line;
	struct pattern_list l = { 0 };

	while (rest.n > 0) {
		line = take_line(&rest);
		if (!subject_is_valid(line, true) || memchr(line.p, 1, line.n))
			continue;
		if (rest.n > 0 && pattern_list_add(&l, line) == 0)
			continue;
		check(&l, line, false);
		check(&l, line, true);
	}
	pattern_list_deinit(&l);
	return 0;
}
