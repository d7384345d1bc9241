#include <stdlib.h>

#include "loop/loop_uv_state.h"

#define THREADS 4 /* of libuv's pool, unless the environment says otherwise */

struct uv_job {
	uv_work_t request;
	struct loop_uv *loop;
	struct job *job;
};

static void on_work(uv_work_t *request)
{
	struct uv_job *u = request->data;

	u->job->work(u->job);
}

static void on_done(uv_work_t *request, int status __attribute__((unused)))
{
	struct uv_job *u = request->data;
	struct job *j = u->job;

	u->loop->n_jobs--;
	free(u);
	j->priv = NULL;
	j->done(j);
}

int uv_jobs_submit(struct loop *base, struct job *j)
{
	struct loop_uv *l = loop_uv_of(base);
	struct uv_job *u;
	int r;

	ASSERT(!j->priv);
	if (l->is_ending)
		return -ESHUTDOWN;
	if (l->n_jobs >= LIMIT_JOBS)
		return -EBUSY;
	u = malloc(sizeof(*u));
	if (!u)
		return -ENOMEM;
	*u = (struct uv_job){ .loop = l, .job = j };
	u->request.data = u;
	r = uv_queue_work(&l->uv, &u->request, on_work, on_done);
	if (r < 0) {
		free(u);
		return r;
	}
	j->priv = u;
	l->n_jobs++;
	return 0;
}

size_t uv_jobs_workers(struct loop *base)
{
	unsigned n = uv_available_parallelism();

	(void)base;
	return n < THREADS ? n : THREADS;
}

void uv_jobs_finish(struct loop_uv *l)
{
	while (l->n_jobs > 0)
		(void)uv_run(&l->uv, UV_RUN_ONCE);
}
