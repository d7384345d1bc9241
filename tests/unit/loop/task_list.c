#include "loop/task_list.h"

#include "test.h"

struct noted {
	struct task t;
	char name;
	char *log;
	struct list *tasks;
	struct task *posts, *withdraws;
};

static void on_run(struct task *t)
{
	struct noted *n = container_of(t, struct noted, t);

	strncat(n->log, &n->name, 1);
	if (n->posts)
		task_list_post(n->tasks, n->posts);
	if (n->withdraws)
		list_remove(&n->withdraws->link);
}

static void noted_init(struct noted *n, char name, char *log, struct list *tasks)
{
	*n = (struct noted){ .name = name, .log = log, .tasks = tasks };
	task_init(&n->t, on_run);
}

TEST(tasks_run_in_the_order_they_were_posted)
{
	char log[64] = "";
	struct list tasks;
	struct noted a, b;

	list_init(&tasks);
	noted_init(&a, 'a', log, &tasks);
	noted_init(&b, 'b', log, &tasks);
	assert_false(task_list_run(&tasks));
	task_list_post(&tasks, &b.t);
	task_list_post(&tasks, &a.t);
	task_list_post(&tasks, &b.t);
	assert_false(task_list_run(&tasks));
	assert_string_equal(log, "ba");
}

TEST(what_a_task_posts_runs_after_all_of_its_round)
{
	char log[64] = "";
	struct list tasks;
	struct noted a, b, c;

	list_init(&tasks);
	noted_init(&a, 'a', log, &tasks);
	noted_init(&b, 'b', log, &tasks);
	noted_init(&c, 'c', log, &tasks);
	a.posts = &c.t;
	task_list_post(&tasks, &a.t);
	task_list_post(&tasks, &b.t);
	assert_false(task_list_run(&tasks));
	assert_string_equal(log, "abc");
}

TEST(a_task_may_withdraw_another_of_its_round)
{
	char log[64] = "";
	struct list tasks;
	struct noted a, b;

	list_init(&tasks);
	noted_init(&a, 'a', log, &tasks);
	noted_init(&b, 'b', log, &tasks);
	a.withdraws = &b.t;
	task_list_post(&tasks, &a.t);
	task_list_post(&tasks, &b.t);
	assert_false(task_list_run(&tasks));
	assert_string_equal(log, "a");
}

TEST(a_task_that_posts_itself_is_left_for_the_next_turn_after_a_few_rounds)
{
	char log[64] = "";
	struct list tasks;
	struct noted a;

	list_init(&tasks);
	noted_init(&a, 'a', log, &tasks);
	a.posts = &a.t;
	task_list_post(&tasks, &a.t);
	assert_true(task_list_run(&tasks));
	assert_string_equal(log, "aaaaaaaa");
	a.posts = NULL;
	assert_false(task_list_run(&tasks));
	assert_string_equal(log, "aaaaaaaaa");
}

TESTS(RUN(tasks_run_in_the_order_they_were_posted),
      RUN(what_a_task_posts_runs_after_all_of_its_round),
      RUN(a_task_may_withdraw_another_of_its_round),
      RUN(a_task_that_posts_itself_is_left_for_the_next_turn_after_a_few_rounds))
