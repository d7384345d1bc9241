#ifndef PL_TESTS_UNIT_SHARE_DOOR_RIGHTS_H
#define PL_TESTS_UNIT_SHARE_DOOR_RIGHTS_H

/* Consumers with tokens of their own at the fixture's door. */

#include "door_fixture.h"
#include "share/rights.h"

#define OWN_TOKEN "arcade-has-its-own"
#define ARCADE_AS(name)                                                                            \
	"CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,"   \
	"\"protocol\":1,\"auth_token\":\"" OWN_TOKEN "\",\"name\":\"" name "\"}\r\n"
#define ARCADE ARCADE_AS("")

/* A table with one entry, "arcade". */
static inline struct rights_table *table_of_arcade(struct rights **ret)
{
	struct rights_table *t = rights_table_new("teranode/bitcoin/1.0.0/");

	assert_int_equal(rights_table_add(t, "arcade", OWN_TOKEN, ret), 0);
	return t;
}

static inline struct door_rights_change set_rights(struct fixture *f, struct rights_table *t)
{
	struct door_rights_change change;

	door_set_rights(f->door, t, f->now, &change);
	return change;
}

static inline struct client *client_arcade(struct fixture *f, const char *hello)
{
	struct client *cl = client_attach(f, DOOR_TCP);

	say(cl, hello);
	return cl;
}

#endif
