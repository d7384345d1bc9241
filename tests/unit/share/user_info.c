/* Proves that a connection learns who it is and what it may do, in the words of NATS. */

#include "door_rights.h"

/* What `cl` heard is one message whose line begins and whose body ends so. */
static void assert_told(struct client *cl, const char *line, const char *data)
{
	struct bytes heard;
	size_t n = strlen(data);

	hear(cl);
	heard = buf_data(&cl->heard);
	assert_true(heard.n > n + 2);
	assert_memory_equal(heard.p, line, strlen(line));
	assert_memory_equal(heard.p + heard.n - n - 2, data, n);
	buf_clear(&cl->heard);
}

TEST(the_owner_is_told_that_it_is_the_owner)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_new(&f);
	say(cl, "SUB _INBOX.* 1\r\nPUB $SYS.REQ.USER.INFO _INBOX.1 0\r\n\r\n");
	assert_told(cl, "MSG _INBOX.1 1 ",
		    ",\"jetstream\":false},\"data\":{\"user\":\"owner\",\"account\":\"$G\"}}");
	fixture_deinit(&f);
}

TEST(whoever_has_rights_of_its_own_is_told_them_and_needs_none_for_it)
{
	struct fixture f;
	struct rights *r;
	struct rights_table *t = table_of_arcade(&r);
	struct client *cl;

	fixture_init(&f);
	assert_int_equal(rights_allow(t, r, RIGHTS_SUBSCRIBE, "a.*"), 0);
	assert_int_equal(rights_allow(t, r, RIGHTS_SUBSCRIBE, "b"), 0);
	set_rights(&f, t);
	cl = client_arcade(&f, ARCADE);
	say(cl, "SUB _INBOX.mine.* 1\r\nSUB a.1 2\r\n");
	say(cl, "PUB $SYS.REQ.USER.INFO a.1 0\r\n\r\n");
	hear(cl);
	assert_memory_equal(buf_data(&cl->heard).p, "-ERR 'Permissions Violation for Publish with",
			    44);
	buf_clear(&cl->heard);
	say(cl, "PUB $SYS.REQ.USER.INFO _INBOX.mine.1 0\r\n\r\n");
	assert_told(cl, "MSG _INBOX.mine.1 1 ",
		    "\"permissions\":{\"publish\":{\"deny\":[\">\"]},\"subscribe\":"
		    "{\"allow\":[\"a.*\",\"b\"]}}}}");
	fixture_deinit(&f);
}

TEST(without_a_reply_or_to_a_topic_nobody_is_told)
{
	struct fixture f;
	struct client *cl;

	fixture_init(&f);
	cl = client_new(&f);
	say(cl,
	    "SUB > 1\r\nPUB $SYS.REQ.USER.INFO 0\r\n\r\nPUB $SYS.REQ.USER.INFO topic./t 0\r\n\r\n");
	assert_heard(cl, "-ERR 'Permissions Violation for Publish with Reply of \"topic./t\"'\r\n");
	assert_noted(&f, "");
	fixture_deinit(&f);
}

TESTS(RUN(the_owner_is_told_that_it_is_the_owner),
      RUN(whoever_has_rights_of_its_own_is_told_them_and_needs_none_for_it),
      RUN(without_a_reply_or_to_a_topic_nobody_is_told))
