/* Proves that who learns of another's inbox neither hears nor says anything there. */

#include "door_rights.h"

static struct client *serving_arcade(struct fixture *f)
{
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);

	assert_int_equal(rights_allow(t, r, RIGHTS_SUBSCRIBE, ">"), 0);
	assert_int_equal(rights_allow(t, r, RIGHTS_SERVE, "m"), 0);
	set_rights(f, t);
	return client_arcade(f, ARCADE);
}

#define NOT_YOURS(subject)                                                                         \
	"-ERR 'Permissions Violation for Subscription to \"" subject                               \
	"\": arcade may not see the inbox of another; see its \"subscribe\" in "                   \
	"PEERLINE_CONSUMERS'\r\n"

TEST(whoever_is_asked_does_not_hear_the_other_answers)
{
	struct fixture f;
	struct client *cl, *owner, *monitor;

	fixture_init(&f);
	cl = serving_arcade(&f);
	owner = client_new(&f);
	monitor = client_new(&f);
	say(monitor, "SUB > 3\r\n");
	say(owner, "SUB _INBOX.his.* 1\r\nSUB _INBOX.single 2\r\n");
	say(cl, "SUB serve.m 1\r\n");
	say(owner, "PUB serve.m _INBOX.his.1 0\r\n\r\n");
	assert_heard(cl, "MSG serve.m 1 _INBOX.his.1 0\r\n\r\n");
	say(cl, "SUB _INBOX.his.* 2\r\nSUB _INBOX.his.> 3\r\nSUB _INBOX.his.7 4\r\n"
		"SUB _INBOX.single 5\r\nSUB _INBOX.mine.* 6\r\n");
	assert_heard(cl, NOT_YOURS("_INBOX.his.*") NOT_YOURS("_INBOX.his.>")
				 NOT_YOURS("_INBOX.his.7") NOT_YOURS("_INBOX.single"));
	forget(owner);
	forget(monitor);
	say(cl, "PUB _INBOX.his.1 2\r\nok\r\n");
	assert_heard(owner, "MSG _INBOX.his.1 1 2\r\nok\r\n");
	assert_heard(monitor, "MSG _INBOX.his.1 3 2\r\nok\r\n");
	say(cl, "PUB $SYS.REQ.USER.INFO _INBOX.his.2 0\r\n\r\n");
	assert_heard(cl, "-ERR 'Permissions Violation for Publish with Reply of \"_INBOX.his.2\": "
			 "arcade may not publish there, nor have others do so; see its \"publish\" "
			 "in PEERLINE_CONSUMERS'\r\n");
	assert_heard(owner, "");
	fixture_deinit(&f);
}

TEST(the_owner_gets_its_inbox_back)
{
	struct fixture f;
	struct client *cl, *owner;

	fixture_init(&f);
	cl = serving_arcade(&f);
	owner = client_new(&f);
	say(cl, "SUB _INBOX.his.* 2\r\nSUB _INBOX.mine.* 3\r\n");
	say(owner, "SUB _INBOX.his.* 1\r\nPUB _INBOX.his.1 0\r\n\r\nPUB _INBOX.mine.1 0\r\n\r\n");
	assert_heard(cl,
		     "-ERR 'Permissions Violation for Subscription to \"_INBOX.his.*\": that is "
		     "the inbox of another'\r\nMSG _INBOX.mine.1 3 0\r\n\r\n");
	assert_heard(owner, "MSG _INBOX.his.1 1 0\r\n\r\n");
	fixture_deinit(&f);
}

TEST(consumers_of_one_token_share_theirs)
{
	struct fixture f;
	struct client *a, *b;

	fixture_init(&f);
	a = serving_arcade(&f);
	b = client_arcade(&f, ARCADE_AS("arcade#2"));
	say(a, "SUB _INBOX.ours.* 1\r\n");
	say(b, "SUB _INBOX.ours.* 1\r\n");
	assert_heard(b, "");
	fixture_deinit(&f);
}

TESTS(RUN(whoever_is_asked_does_not_hear_the_other_answers), RUN(the_owner_gets_its_inbox_back),
      RUN(consumers_of_one_token_share_theirs))
