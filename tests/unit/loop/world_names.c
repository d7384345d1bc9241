#include "loop/loop_virtual.h"

#include "test.h"

struct answer {
	size_t n;
	int error;
	struct resolve_result result;
};

static void on_answer(void *user, int error, const struct resolve_result *result)
{
	struct answer *a = user;

	a->n++;
	a->error = error;
	a->result = *result;
}

static struct world *w;
static struct loop *l;

static void open_world(void)
{
	assert_int_equal(world_new(1, &w), 0);
	assert_int_equal(world_host(w, "10.0.0.1", &l), 0);
	assert_int_equal(world_add_name(w, RESOLVE_IP4, "both.example", "192.0.2.1"), 0);
	assert_int_equal(world_add_name(w, RESOLVE_IP6, "both.example", "2001:db8::1"), 0);
	assert_int_equal(world_add_name(w, RESOLVE_IP_ANY, "both.example", "192.0.2.2"), 0);
	assert_int_equal(world_add_name(w, RESOLVE_TXT, "both.example", "dnsaddr=/ip4/192.0.2.1"),
			 0);
}

static struct answer ask(enum resolve_kind kind, const char *name)
{
	struct answer a = { 0 };
	struct resolve *q;

	assert_int_equal(loop_resolve(l, kind, name, on_answer, &a, &q), 0);
	world_run_for(w, 4);
	assert_int_equal(a.n, 0);
	world_run_for(w, 10);
	assert_int_equal(a.n, 1);
	return a;
}

TEST(names_answer_by_kind_in_the_order_they_were_added)
{
	char text[ADDR_TEXT_MAX];
	struct answer a;

	open_world();
	a = ask(RESOLVE_IP4, "both.example");
	assert_int_equal(a.error, 0);
	assert_int_equal(a.result.n, 2);
	assert_string_equal(addr_ip_text(&a.result.addrs[1], text), "192.0.2.2");
	a = ask(RESOLVE_IP6, "both.example");
	assert_int_equal(a.result.n, 1);
	assert_string_equal(addr_ip_text(&a.result.addrs[0], text), "2001:db8::1");
	assert_int_equal(ask(RESOLVE_IP_ANY, "both.example").result.n, 3);
	a = ask(RESOLVE_TXT, "both.example");
	assert_int_equal(a.result.n, 1);
	assert_string_equal(a.result.texts[0], "dnsaddr=/ip4/192.0.2.1");
	world_free(w);
}

TEST(unknown_names_and_kinds_a_name_does_not_have_are_not_found)
{
	open_world();
	assert_int_equal(ask(RESOLVE_IP4, "nobody.example").error, -ENOENT);
	assert_int_equal(ask(RESOLVE_IP6, "192.0.2.1").error, -ENOENT);
	assert_int_equal(ask(RESOLVE_TXT, "192.0.2.1").error, -ENOENT);
	assert_int_equal(ask(RESOLVE_TXT, "192.0.2.1").result.n, 0);
	world_free(w);
}

TEST(more_results_than_there_is_room_for_are_left_out)
{
	open_world();
	for (size_t i = 0; i < RESOLVE_RESULTS_MAX + 3; i++) {
		assert_int_equal(world_add_name(w, RESOLVE_IP4, "many.example", "192.0.2.1"), 0);
		assert_int_equal(world_add_name(w, RESOLVE_TXT, "many.example", "x"), 0);
	}
	assert_int_equal(ask(RESOLVE_IP4, "many.example").result.n, RESOLVE_RESULTS_MAX);
	assert_int_equal(ask(RESOLVE_TXT, "many.example").result.n, RESOLVE_RESULTS_MAX);
	world_free(w);
}

TEST(names_that_make_no_sense_are_refused)
{
	char longest[RESOLVE_TEXT_MAX + 1] = { 0 };
	struct resolve *q;

	open_world();
	memset(longest, 'x', sizeof(longest) - 1);
	assert_int_equal(world_add_name(w, RESOLVE_IP4, "a.example", "2001:db8::1"), -EINVAL);
	assert_int_equal(world_add_name(w, RESOLVE_IP4, "a.example", "text"), -EINVAL);
	assert_int_equal(world_add_name(w, RESOLVE_TXT, "a.example", longest), -EINVAL);
	assert_int_equal(world_add_name(w, RESOLVE_TXT, longest, "text"), -EINVAL);
	assert_int_equal(loop_resolve(l, RESOLVE_TXT, longest, on_answer, NULL, &q), -EINVAL);
	world_free(w);
}

TESTS(RUN(names_answer_by_kind_in_the_order_they_were_added),
      RUN(unknown_names_and_kinds_a_name_does_not_have_are_not_found),
      RUN(more_results_than_there_is_room_for_are_left_out),
      RUN(names_that_make_no_sense_are_refused))
