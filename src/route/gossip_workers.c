#include <stdlib.h>

#include "route/streams_priv.h"

/* A batch of signatures at the loop's workers. */
struct check_job {
	struct job job;
	struct gossip_streams *gs; /* NULL: gone */
	struct gossip_batch *batch;
	struct list in_jobs;
};

static void check_work(struct job *j)
{
	gossip_batch_check(container_of(j, struct check_job, job)->batch);
}

static void check_done(struct job *j)
{
	struct check_job *cj = container_of(j, struct check_job, job);
	struct gossip_streams *gs = cj->gs;

	list_remove(&cj->in_jobs);
	gossip_batch_done(cj->batch, gs ? streams_now(gs) : (struct mono){ 0 });
	free(cj);
	if (gs)
		streams_update_timer(gs);
}

int workers_verify(struct gossip_streams *gs, struct gossip_batch *batch)
{
	struct check_job *cj = calloc(1, sizeof(*cj));
	int r;

	if (!cj)
		return -ENOMEM;
	cj->job.work = check_work;
	cj->job.done = check_done;
	cj->gs = gs;
	cj->batch = batch;
	list_init(&cj->in_jobs);
	r = loop_submit(gs->config.loop, &cj->job);
	if (r < 0) {
		free(cj);
		return r;
	}
	list_add_tail(&gs->jobs, &cj->in_jobs);
	return 0;
}

void workers_stop(struct gossip_streams *gs)
{
	/* Jobs are done also when the loop ends; they only free what they hold. */
	list_for_each_safe (it, &gs->jobs) {
		list_entry(it, struct check_job, in_jobs)->gs = NULL;
		list_remove(it);
	}
}
