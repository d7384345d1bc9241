/* The public library as an outsider uses it: nothing but its header. Built twice, against the
 * shared and the static one. */

#include <peerline/peerline.h>

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen {
	char event[32][32];
	int n;
	struct pl_node *node;
};

static void on_event(void *user, enum pl_level level, const char *event, const char *json)
{
	struct seen *seen = user;

	(void)level;
	assert(json[0] == '{');
	if (seen->n < 32)
		snprintf(seen->event[seen->n++], sizeof(seen->event[0]), "%s", event);
	/* The one call that is allowed here. */
	if (strcmp(event, "ready") == 0)
		pl_node_stop(seen->node);
}

static int has_event(const struct seen *seen, const char *name)
{
	for (int i = 0; i < seen->n; i++)
		if (strcmp(seen->event[i], name) == 0)
			return 1;
	return 0;
}

static void *run(void *user)
{
	struct seen *seen = user;

	return pl_node_run(seen->node) == 0 ? seen : NULL;
}

int main(void)
{
	char folder[] = "/tmp/peerline-embed-XXXXXX", command[64];
	struct pl_setting settings[] = { { "data", folder },
					 { "p2p_host", "127.0.0.1" },
					 { "p2p_port", "auto" },
					 { "door_port", "auto" },
					 { "max_peers", "many" } };
	struct seen seen = { .n = 0 };
	struct pl_node *second = NULL;
	pthread_t thread;
	void *result;

	assert(mkdtemp(folder));
	assert(strlen(pl_version()) >= 5);

	/* A bad setting is refused, with a sentence, and nothing is left behind. */
	assert(pl_node_new(settings, 5, on_event, &seen, &second) < 0);
	assert(has_event(&seen, "error") && !second);

	assert(pl_node_new(settings, 4, on_event, &seen, &seen.node) == 0);
	/* One node at a time on a data directory. */
	assert(pl_node_new(settings, 4, NULL, NULL, &second) < 0 && !second);
	assert(pthread_create(&thread, NULL, run, &seen) == 0);
	assert(pthread_join(thread, &result) == 0);
	assert(result == &seen);
	assert(has_event(&seen, "ready") && has_event(&seen, "stopping"));
	pl_node_free(seen.node);
	pl_node_free(NULL);

	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? 0 : 1;
}
