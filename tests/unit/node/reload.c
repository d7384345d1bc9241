/* Proves how a reload is told, by a whole node whose owner has no files or says what it likes. */

#include "node_fixture.h"
#include "node/reload.h"
#include "share/rights.h"

static int answer; /* of the owner */

static int on_reload(void *user, struct node_reload *io, struct config_error *e)
{
	struct node *n = user;
	struct rights_table *t = rights_table_new("");
	struct rights *r;

	if (answer < 0) {
		snprintf(e->text, sizeof(e->text), "line 7 is not good");
		rights_table_free(t);
		return answer;
	}
	assert_int_equal(rights_table_add(t, "arcade", "token-of-arcade-00", &r), 0);
	io->changed[SETTING_LOG] = io->waits[SETTING_P2P_PORT] = true;
	io->consumers = "/etc/c.json";
	node_apply(n, t, io);
	return 0;
}

TEST(without_files_there_is_nothing_to_read_again)
{
	struct fixture f;

	fixture_init(&f, 1);
	assert_refused(&f, "RELOAD", "{}", "E_REFUSED", "reads no files");
	fixture_deinit(&f);
}

static const struct node_ops *with_files(struct fixture *f)
{
	static struct node_ops ops;
	const struct node_ops *before = node_of(f->a)->config.ops;

	/* What the owner tells elsewhere is of no interest here. */
	ops = (struct node_ops){ .on_stopped = before->on_stopped, .reload = on_reload };
	node_of(f->a)->config.ops = &ops;
	node_of(f->a)->config.user = node_of(f->a);
	return before;
}

TEST(a_reload_is_answered_with_what_became_of_it)
{
	const struct node_ops *before;
	struct fixture f;
	void *user;
	json_t *o;

	fixture_init(&f, 1);
	user = node_of(f.a)->config.user;
	before = with_files(&f);
	answer = 0;
	o = ask(&f, "RELOAD", "{}");
	assert_string_equal(json_string_value(json_array_get(json_object_get(o, "changed"), 0)),
			    "log");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(o, "needs_restart"), 0)),
		"p2p_port");
	assert_string_equal(text_of(o, "consumers_file"), "/etc/c.json");
	assert_int_equal(number_of(o, "credentials"), 1);
	assert_int_equal(number_of(o, "disconnected"), 0);
	json_decref(o);
	answer = -EINVAL;
	assert_refused(&f, "RELOAD", "{}", "E_RELOAD", "line 7 is not good");
	o = ask(&f, "STATUS", "{}");
	assert_non_null(strstr(json_string_value(json_array_get(json_object_get(o, "warnings"), 0)),
			       "not reloaded, everything stays as it was: line 7 is not good"));
	json_decref(o);
	node_of(f.a)->config.ops = before;
	node_of(f.a)->config.user = user;
	fixture_deinit(&f);
}

TESTS(RUN(without_files_there_is_nothing_to_read_again),
      RUN(a_reload_is_answered_with_what_became_of_it))
