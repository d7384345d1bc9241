#include "share/turns.h"

#include "base/limits.h"
#include "share/door_missed.h"

static uint64_t unknown_messages(const struct turn *t)
{
	return t->messages - t->known_messages;
}

static uint64_t unknown_bytes(const struct turn *t)
{
	return t->bytes - t->known_bytes;
}

/* Clients take a PING before the first PONG of ours for a mistake. */
static bool may_ask(const struct consumer *c)
{
	return c->turn.ping == 0 && (c->greeted || c->was_pinged) && consumer_is_open(c);
}

static void ask(struct consumer *c)
{
	struct turn *t = &c->turn;

	t->asked_messages = t->messages;
	t->asked_bytes = t->bytes;
	t->asked_at = c->door->now;
	consumer_ping(c);
	t->ping = c->n_pings;
}

/* Half of what it may have is unknown: asked now, the answer is there before the rest is used up.
 */
static void ask_in_time(struct consumer *c)
{
	const struct turn *t = &c->turn;

	if (unknown_messages(t) == 0 || !may_ask(c))
		return;
	if (unknown_messages(t) >= LIMIT_DOOR_TURN_MESSAGES / 2 ||
	    unknown_bytes(t) >= LIMIT_DOOR_TURN_BYTES / 2)
		ask(c);
	else
		door_deadline_at(c->door, turn_deadline(c));
}

void turn_took(struct consumer *c, size_t bytes)
{
	struct turn *t = &c->turn;

	if (unknown_messages(t) == 0)
		t->took_at = c->door->now;
	t->messages++;
	t->bytes += bytes;
	ask_in_time(c);
}

void turn_answered(struct consumer *c)
{
	struct turn *t = &c->turn;

	if (c->n_pongs < c->n_pings)
		c->n_pongs++;
	if (t->ping == 0 || c->n_pongs < t->ping)
		return;
	t->known_messages = t->asked_messages;
	t->known_bytes = t->asked_bytes;
	t->ping = 0;
	t->took_at = c->door->now;
	ask_in_time(c);
}

enum turn_rank turn_of(const struct consumer *c)
{
	const struct turn *t = &c->turn;
	struct mono late_at = mono_add_ms(t->asked_at, LIMIT_DOOR_TURN_MS);

	/* What a consumer says that is held to its quota waits here, its answer too. */
	if (t->ping > 0 && !c->is_paused && mono_reached(late_at, c->door->now))
		return TURN_STALLED;
	return unknown_messages(t) >= LIMIT_DOOR_TURN_MESSAGES ||
			       unknown_bytes(t) >= LIMIT_DOOR_TURN_BYTES
		       ? TURN_BUSY
		       : TURN_READY;
}

struct mono turn_deadline(const struct consumer *c)
{
	const struct turn *t = &c->turn;

	if (unknown_messages(t) == 0 || !may_ask(c))
		return MONO_NEVER;
	return mono_add_ms(t->took_at, LIMIT_DOOR_TURN_MS / 4);
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int turn_compare(const struct consumer *a, const struct consumer *b)
{
	enum turn_rank x = turn_of(a), y = turn_of(b);
	int r = (int)x - (int)y;

	/* Where all have as much as they may, whoever was asked last has answered last: what more
	 * there is does not go to the one that has been silent since it froze. */
	if (r == 0 && x != TURN_READY)
		r = compare((uint64_t)b->turn.asked_at.ns, (uint64_t)a->turn.asked_at.ns);
	if (r == 0 && x != TURN_READY)
		r = compare(unknown_messages(&a->turn), unknown_messages(&b->turn));
	return r != 0 ? r : compare(a->out.held, b->out.held);
}

void turn_tick(struct consumer *c)
{
	if (mono_reached(turn_deadline(c), c->door->now))
		ask(c);
}
