#include <string.h>

#include "base/limits.h"
#include "share/door_priv.h"

/*
 * Everybody may listen at an inbox, because nobody can guess where those of others are. But whoever
 * is asked something sees where the answer is wanted, and NATS clients have one inbox for all their
 * requests. So an inbox is its holder's, which are all consumers of the same rights, while somebody
 * listens there; and the owner's programs get theirs back.
 */

/* A subject that the pattern matches. */
static struct bytes one_of(struct bytes pattern, uint8_t out[LIMIT_SUBJECT])
{
	size_t n = 0;

	memcpy(out, pattern.p, pattern.n);
	for (struct bytes rest = pattern; rest.n > 0;) {
		struct bytes token = subject_token(&rest);

		if (subject_token_is(token, '*') || subject_token_is(token, '>'))
			out[n] = 'x';
		n += token.n + 1;
	}
	return BYTES(out, pattern.n);
}

/* Everybody who listens there is among the hits then. */
static size_t look_up(struct door *d, struct bytes pattern)
{
	uint8_t room[LIMIT_SUBJECT];

	if (pattern.n > sizeof(room) || !rights_is_inbox(pattern))
		return 0;
	subjects_match(&d->subjects, one_of(pattern, room));
	d->work += (d->subjects.n_steps + d->subjects.n_hits) / LOOKED_AT_PER_WORK;
	return d->subjects.n_hits;
}

static bool is_inbox_of_other(const struct sub *s, const struct consumer *c)
{
	return s->consumer->rights != c->rights && consumer_is_open(s->consumer) &&
	       rights_is_inbox(s->pattern);
}

bool inbox_is_anothers(const struct consumer *c, struct bytes pattern)
{
	struct door *d = c->door;
	size_t n = look_up(d, pattern);

	for (size_t i = 0; i < n; i++)
		if (is_inbox_of_other(container_of(d->subjects.hits[i], struct sub, entry), c))
			return true;
	return false;
}

void inbox_take(struct consumer *c, struct bytes pattern)
{
	struct door *d = c->door;
	size_t n = c->rights->is_owner ? look_up(d, pattern) : 0;

	for (size_t i = 0; i < n; i++) {
		struct sub *s = container_of(d->subjects.hits[i], struct sub, entry);

		if (!is_inbox_of_other(s, c) ||
		    rights_list_covers(s->consumer->rights, s->pattern, d->config.topic_prefix))
			continue;
		consumer_refuse(s->consumer, "Subscription to", s->pattern, s->queue,
				"that is the inbox of another");
		sub_kill(s);
	}
}
