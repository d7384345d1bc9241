#include "node_fixture.h"

/* The node ends and begins again, with what it kept. */
static void restart(struct fixture *f)
{
	sim_consumer_free(f->asker);
	sim_node_stop(f->a);
	world_run_for(sim_world(f->sim), 5000);
	sim_node_start(f->a);
	f->asker = consumer(f, f->a, "asker");
	subscribe(f, f->asker, "answer.*");
	world_run_for(sim_world(f->sim), 3000);
}

TEST(added_peers_are_dialled_after_a_restart_until_they_are_dropped)
{
	struct fixture f;

	fixture_init(&f, 2);
	json_decref(ask(&f, "PEER_ADD", body_about("address", f.b, "")));
	restart(&f);
	assert_int_equal(node_n_links(node_of(f.a)), 1);
	json_decref(ask(&f, "PEER_DROP", body_about("address", f.b, "")));
	restart(&f);
	assert_int_equal(node_n_links(node_of(f.a)), 0);
	fixture_deinit(&f);
}

TEST(bans_hold_after_a_restart_until_they_are_lifted)
{
	struct fixture f;

	fixture_init(&f, 2);
	json_decref(ask(&f, "PEER_ADD", body_about("address", f.b, "")));
	json_decref(ask(&f, "BAN", body_about("peer_id", f.b, "")));
	restart(&f);
	assert_int_equal(node_n_links(node_of(f.a)), 0);
	json_decref(ask(&f, "UNBAN", body_about("peer_id", f.b, "")));
	world_run_for(sim_world(f.sim), 1000);
	assert_int_equal(node_n_links(node_of(f.a)), 1);
	restart(&f);
	assert_int_equal(node_n_links(node_of(f.a)), 1);
	fixture_deinit(&f);
}

TEST(one_change_is_written_down_at_a_time)
{
	struct fixture f;

	fixture_init(&f, 2);
	node_of(f.a)->is_saving_rules = true;
	assert_refused(&f, "BAN", body_about("peer_id", f.b, ""), "E_BUSY", "written down");
	assert_refused(&f, "PEER_ADD", body_about("address", f.b, ""), "E_BUSY", "written down");
	node_of(f.a)->is_saving_rules = false;
	json_decref(ask(&f, "BAN", body_about("peer_id", f.b, "")));
	assert_false(node_of(f.a)->is_saving_rules);
	/* An outcome that nobody waits for is none. */
	node_peer_rules_saved(node_of(f.a), -EIO);
	assert_int_equal(sim_node_n_events(f.a, "warning"), 0);
	fixture_deinit(&f);
}

TEST(what_could_not_be_kept_holds_and_is_warned_of)
{
	struct node_config *config;
	struct fixture f;
	struct node_ops ops;
	json_t *o;

	fixture_init(&f, 2);
	config = &node_of(f.a)->config;
	ops = *config->ops;
	ops.save_peer_rules = NULL;
	config->ops = &ops;
	o = ask(&f, "BAN", body_about("peer_id", f.b, ""));
	assert_true(json_is_false(json_object_get(o, "kept")));
	json_decref(o);
	/* Nobody promised to keep it. */
	assert_int_equal(sim_node_n_events(f.a, "warning"), 0);
	assert_refused(&f, "CONNECT", body_about("address", f.b, ""), "E_DIAL_BANNED", "banned");
	node_of(f.a)->is_saving_rules = true;
	node_of(f.a)->rules_ticket = 0;
	node_of(f.a)->rules_answer = json_object();
	node_peer_rules_saved(node_of(f.a), -EIO);
	assert_int_equal(sim_node_n_events(f.a, "warning"), 1);
	fixture_deinit(&f);
}

TESTS(RUN(added_peers_are_dialled_after_a_restart_until_they_are_dropped),
      RUN(bans_hold_after_a_restart_until_they_are_lifted),
      RUN(one_change_is_written_down_at_a_time), RUN(what_could_not_be_kept_holds_and_is_warned_of))
