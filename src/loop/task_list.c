#include "loop/task_list.h"

#define ROUNDS_MAX 8

static void run_round(struct list *tasks)
{
	struct list round, *first;

	if (list_is_empty(tasks))
		return;
	/* What is posted from now on belongs to the next round. */
	list_insert_before(tasks->next, &round);
	list_remove(tasks);
	while ((first = list_first(&round))) {
		list_remove(first);
		struct task *t = list_entry(first, struct task, link);

		t->run(t);
	}
}

bool task_list_run(struct list *tasks)
{
	for (int i = 0; i < ROUNDS_MAX && !list_is_empty(tasks); i++)
		run_round(tasks);
	return !list_is_empty(tasks);
}
