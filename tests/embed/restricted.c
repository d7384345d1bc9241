/*
 * A consumer with a token of its own, and what it hears of what it may not do. It says what each
 * call returned and why, one line each (tests/system/library.test.mjs).
 *
 *     restricted ADDRESS TOKEN
 */

#include <peerline/consumer.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define WAIT 20000

static const char *outcome(int r)
{
	return r == 0 ? "done" : pl_strerror(r);
}

static void say(const struct pl_consumer *c, const char *what, int r)
{
	printf("%s: %s%s%s\n", what, outcome(r), r == 0 ? "" : ": ",
	       r == 0 ? "" : pl_consumer_error(c));
}

static int open_with(struct pl_line *line, const char *token, struct pl_consumer **ret)
{
	struct pl_consumer_options o = { .size = sizeof(o), .token = token, .stays_lost = 1 };

	return pl_consumer_open(line, &o, ret);
}

static void subscribe(struct pl_consumer *c, const char *subject)
{
	assert(pl_consumer_subscribe(c, subject, NULL, NULL) == 0);
	printf("subscribe to %s, ", subject);
	say(c, "flush", pl_consumer_flush(c, WAIT));
}

static void publish(struct pl_consumer *c, const char *subject)
{
	assert(pl_consumer_publish(c, subject, "x", 1) == 0);
	printf("publish to %s, ", subject);
	say(c, "flush", pl_consumer_flush(c, WAIT));
}

static void request(struct pl_consumer *c, const char *subject)
{
	const struct pl_publication p = { .size = sizeof(p), .subject = subject };
	const struct pl_message *m;

	printf("request to %s, ", subject);
	say(c, "answer", pl_consumer_request(c, &p, WAIT, &m));
}

/* Without a flush it is the next message's place where the refusal comes. */
static void refused_in_between(struct pl_consumer *c)
{
	const struct pl_message *m;
	int r;

	assert(pl_consumer_publish(c, "results.1", "before", 6) == 0);
	assert(pl_consumer_publish(c, "elsewhere", "x", 1) == 0);
	assert(pl_consumer_publish(c, "results.2", "behind", 6) == 0);
	for (int i = 0; i < 3; i++) {
		r = pl_consumer_next(c, WAIT, &m);
		say(c, "next", r);
		if (r == 0)
			printf("%s \"%.*s\"\n", m->subject, (int)m->data_size, m->data);
	}
}

int main(int argc, char **argv)
{
	struct pl_line *line;
	struct pl_consumer *c, *wrong;
	int r;

	assert(argc == 3 && pl_line_open(argv[1], NULL, 0, &line) == 0);
	r = open_with(line, argv[2], &c);
	say(c, "open", r);
	assert(r == 0);
	subscribe(c, "results.*");
	subscribe(c, "jobs.secret");
	subscribe(c, "serve.other");
	publish(c, "forbidden");
	publish(c, "topic.demo/other");
	request(c, "$PL.API.STATUS");
	request(c, "$PL.API.PEERS");
	refused_in_between(c);
	r = open_with(line, "nobody-has-this-one", &wrong);
	say(wrong, "open with a wrong token", r);
	pl_consumer_close(wrong);
	pl_consumer_close(c);
	pl_line_close(line);
	return 0;
}
