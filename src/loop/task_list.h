#ifndef PL_LOOP_TASK_LIST_H
#define PL_LOOP_TASK_LIST_H

/* The tasks of one loop, run at the end of its turn. */

#include "loop/loop.h"

static inline void task_list_post(struct list *tasks, struct task *t)
{
	if (list_is_empty(&t->link))
		list_add_tail(tasks, &t->link);
}

/*
 * Runs what was posted, and what that posted in turn: a stream's flush posts its link's flush.
 * After a few rounds the rest is left for the next turn, so that a task that keeps posting itself
 * cannot shut out the sockets. True when something is left.
 */
bool task_list_run(struct list *tasks);

#endif
