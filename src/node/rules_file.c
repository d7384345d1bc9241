#include "node/rules_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/file.h"
#include "node/peer_rules.h"

#define PATH_ROOM (CONFIG_PATH_MAX + 32)

struct rules_file {
	char path[PATH_ROOM];
	struct buf content;
	bool is_stuck; /* what is there is damaged, and could not be set aside */
};

struct saving {
	struct job job;
	char path[PATH_ROOM];
	void (*done)(void *user, int error);
	void *user;
	int error;
	size_t n;
	uint8_t content[];
};

static void set_aside(struct rules_file *f, struct wall now, const char *why, config_warn_fn warn,
		      void *user)
{
	char aside[PATH_ROOM + 32], text[512];

	snprintf(aside, sizeof(aside), "%s.damaged-%lld", f->path,
		 (long long)(now.ns / (int64_t)NS_PER_S));
	f->is_stuck = rename(f->path, aside) < 0;
	snprintf(text, sizeof(text),
		 "%.150s is not used: %s. Nobody is banned, and no peer was added; %s%.150s",
		 f->path, why,
		 f->is_stuck ? "what is said from now on is not kept: it cannot be moved to "
			     : "it is now ",
		 aside);
	warn(user, text);
}

int rules_file_open(const char *data, struct wall now, config_warn_fn warn, void *user,
		    struct rules_file **ret)
{
	struct rules_file *f = calloc(1, sizeof(*f));
	struct peer_rules rules = { 0 };
	int r;

	if (!f)
		return -ENOMEM;
	snprintf(f->path, sizeof(f->path), "%s/peer_rules.json", data);
	buf_init(&f->content, LIMIT_PEER_RULES);
	r = file_read(f->path, &f->content);
	if (r == 0)
		r = peer_rules_decode(buf_data(&f->content), &rules);
	peer_rules_deinit(&rules);
	if (r < 0)
		buf_clear(&f->content);
	if (r < 0 && r != -ENOENT)
		set_aside(f, now, r == -EBADMSG ? "it is damaged" : strerror(-r), warn, user);
	*ret = f;
	return 0;
}

struct rules_file *rules_file_close(struct rules_file *f)
{
	if (f)
		buf_deinit(&f->content);
	free(f);
	return NULL;
}

struct bytes rules_file_content(const struct rules_file *f)
{
	return buf_data(&f->content);
}

static void write_out(struct job *job)
{
	struct saving *s = container_of(job, struct saving, job);

	s->error = file_write_atomic(s->path, BYTES(s->content, s->n), 0600);
}

static void on_written(struct job *job)
{
	struct saving *s = container_of(job, struct saving, job);

	s->done(s->user, s->error);
	free(s);
}

int rules_file_save(struct rules_file *f, struct loop *l, struct bytes content,
		    void (*done)(void *user, int error), void *user)
{
	struct saving *s;
	int r;

	if (f->is_stuck)
		return -EEXIST;
	s = calloc(1, sizeof(*s) + content.n);
	if (!s)
		return -ENOMEM;
	s->job.work = write_out;
	s->job.done = on_written;
	strcpy(s->path, f->path);
	s->done = done;
	s->user = user;
	s->n = content.n;
	memcpy(s->content, content.p, content.n);
	r = loop_submit(l, &s->job);
	if (r < 0)
		free(s);
	return r;
}
