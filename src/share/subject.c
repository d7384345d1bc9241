#include "share/subject.h"

#include <string.h>

#include "base/limits.h"

struct bytes subject_token(struct bytes *io)
{
	const uint8_t *dot = io->n > 0 ? memchr(io->p, '.', io->n) : NULL;
	size_t n = dot ? (size_t)(dot - io->p) : io->n;
	struct bytes token = BYTES(io->p, n);

	*io = dot ? BYTES(dot + 1, io->n - n - 1) : BYTES(NULL, 0);
	return token;
}

bool subject_token_is(struct bytes token, char wildcard)
{
	return token.n == 1 && token.p[0] == (uint8_t)wildcard;
}

static bool has_blank(struct bytes subject)
{
	for (size_t i = 0; i < subject.n; i++)
		if (subject.p[i] == ' ' || subject.p[i] == '\t' || subject.p[i] == '\r' ||
		    subject.p[i] == '\n')
			return true;
	return false;
}

bool subject_is_valid(struct bytes subject, bool pattern)
{
	struct bytes rest = subject;
	size_t n_tokens = 0;

	if (subject.n == 0 || subject.n > LIMIT_SUBJECT || has_blank(subject))
		return false;
	if (subject.p[subject.n - 1] == '.')
		return false;
	while (rest.n > 0) {
		struct bytes token = subject_token(&rest);

		if (token.n == 0 || ++n_tokens > LIMIT_SUBJECT_TOKENS)
			return false;
		if (pattern && subject_token_is(token, '>') && rest.n > 0)
			return false;
	}
	return true;
}

_Static_assert(LIMIT_SUBJECT == 1024 && LIMIT_SUBJECT_TOKENS == 32, "SUBJECT_TOO_LONG says so");

bool subject_is_too_long(struct bytes subject)
{
	size_t n_dots = 0;

	for (size_t i = 0; i < subject.n; i++)
		n_dots += subject.p[i] == '.';
	return subject.n > LIMIT_SUBJECT || n_dots >= LIMIT_SUBJECT_TOKENS;
}

bool subject_has_wildcard(struct bytes subject)
{
	while (subject.n > 0) {
		struct bytes token = subject_token(&subject);

		if (subject_token_is(token, '*') || subject_token_is(token, '>'))
			return true;
	}
	return false;
}

bool subject_matches(struct bytes pattern, struct bytes subject)
{
	while (pattern.n > 0 && subject.n > 0) {
		struct bytes want = subject_token(&pattern);
		struct bytes have = subject_token(&subject);

		if (subject_token_is(want, '>') && pattern.n == 0)
			return true;
		if (!subject_token_is(want, '*') && !bytes_equal(want, have))
			return false;
	}
	return pattern.n == 0 && subject.n == 0;
}
