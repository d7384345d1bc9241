#include <stdio.h>
#include <string.h>

#include "share/door_priv.h"

#define VIOLATION "Permissions Violation: "
#define TOO_LONG "the name of the connection is too long"

static bool holds_id(const struct consumer *c)
{
	return c->by_id.key.p != NULL;
}

static void part(struct consumer *a)
{
	if (!a->rival)
		return;
	a->rival->rival = NULL;
	a->rival = NULL;
}

static void refuse(struct consumer *c, enum door_refused_why reason, const char *why)
{
	char text[2 * LIMIT_CONSUMER_ID + 128];

	snprintf(text, sizeof(text), VIOLATION "consumer id \"%s\" %s", c->options.name, why);
	consumer_refused(c, reason, text + strlen(VIOLATION));
	consumer_close(c, text);
}

static void refuse_held(struct consumer *c)
{
	refuse(c, DOOR_REFUSED_NAME_HELD, "is held by another live connection");
}

static void refuse_foreign(struct consumer *c)
{
	char why[LIMIT_CONSUMER_ID + 96];

	snprintf(why, sizeof(why), "is not for this token: call yourself %s or %s#2",
		 c->rights->name, c->rights->name);
	refuse(c, DOOR_REFUSED_NAME, why);
}

/* NATS has words for it that all clients take as they should, and none that say more. */
static void refuse_full(struct consumer *c)
{
	char text[LIMIT_CONSUMER_ID + 128];

	snprintf(text, sizeof(text),
		 "%s has all its connections; see its \"connections\" (%zu) in PEERLINE_CONSUMERS",
		 c->rights->name, c->rights->connections);
	consumer_refused(c, DOOR_REFUSED_CONNECTIONS, text);
	consumer_close(c, "maximum connections exceeded");
}

/* The id is free. */
static void grant(struct consumer *c)
{
	strcpy(c->id, c->options.name);
	if (map_put(&c->door->ids, &c->by_id, bytes_of_text(c->id)) < 0) {
		c->id[0] = 0;
		consumer_close(c, NULL);
		return;
	}
	consumer_resume(c);
}

/* The holder is asked for a sign of life; if it was asked already, that time goes on. */
static void challenge(struct consumer *c, struct consumer *holder)
{
	struct door *d = c->door;

	c->state = CONSUMER_WAITING;
	c->rival = holder;
	holder->rival = c;
	if (!mono_is_never(holder->silent_until))
		return;
	holder->silent_until = mono_add_ms(d->now, LIMIT_DOOR_TAKEOVER_MS);
	door_deadline_at(d, holder->silent_until);
	consumer_ping(holder);
}

static struct consumer *find_holder(struct door *d, const char *id)
{
	struct map_node *found = map_find(&d->ids, bytes_of_text(id));

	return found ? container_of(found, struct consumer, by_id) : NULL;
}

void identity_claim(struct consumer *c)
{
	struct consumer *holder;

	if (c->options.name_too_long) {
		consumer_refused(c, DOOR_REFUSED_NAME, TOO_LONG);
		consumer_close(c, VIOLATION TOO_LONG);
		return;
	}
	if (!holds_id(c) && c->options.name[0] == 0 && !c->rights->is_owner)
		strcpy(c->options.name, c->rights->name);
	if (holds_id(c) || c->options.name[0] == 0) {
		consumer_resume(c);
		return;
	}
	if (!rights_may_be(c->rights, c->options.name)) {
		refuse_foreign(c);
		return;
	}
	holder = find_holder(c->door, c->options.name);
	if (holder && holder->state == CONSUMER_CLOSING) {
		identity_release(holder);
		holder = find_holder(c->door, c->options.name);
	}
	if (!holder && !consumer_has_place(c))
		refuse_full(c);
	else if (!holder)
		grant(c);
	else if (holder->rights != c->rights)
		refuse(c, DOOR_REFUSED_NAME_HELD, "is held by a connection with another token");
	else if (holder->rival)
		refuse_held(c);
	else
		challenge(c, holder);
}

void identity_holder_lives(struct consumer *holder)
{
	struct consumer *rival = holder->rival;

	if (!holds_id(holder))
		return;
	holder->silent_until = MONO_NEVER;
	if (!rival)
		return;
	part(holder);
	refuse_held(rival);
}

void identity_release(struct consumer *c)
{
	struct consumer *rival = c->rival;
	bool held = holds_id(c);

	part(c);
	map_remove(&c->door->ids, &c->by_id);
	if (held && rival)
		grant(rival);
}
