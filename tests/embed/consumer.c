/*
 * A consumer as an outsider writes it, and all that the public library lets it do. It says what it
 * found, one line each, and must say the same whatever the address is: that is the test
 * (tests/system/library.test.mjs).
 *
 *     consumer ADDRESS [SETTING VALUE]...      settings are heeded when the address is embedded:
 */

#define _POSIX_C_SOURCE 200809L
#include <peerline/consumer.h>

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT 20000
#define TOPIC "topic.demo/library"
#define BURST 1200 /* more than kernels keep in sockets */
#define LARGE 16000

static struct pl_line *line;
static int n_consumers;

static struct pl_consumer *consumer(const char *name)
{
	struct pl_consumer_options o = { .size = sizeof(o) };
	struct pl_consumer *c;
	char id[64];
	int r;

	/* The node waits for who left; nobody is to be taken for one of an earlier run. */
	snprintf(id, sizeof(id), "%s-%d-%ld", name, ++n_consumers, (long)getpid());
	o.name = id;
	r = pl_consumer_open(line, &o, &c);

	if (r != 0)
		fprintf(stderr, "%s: %s (%s)\n", name, pl_strerror(r), pl_consumer_error(c));
	assert(r == 0);
	return c;
}

static void say(const char *what, const struct pl_message *m)
{
	printf("%s: %s \"%.*s\"\n", what, m->subject, (int)m->data_size, m->data);
}

static const struct pl_message *take(struct pl_consumer *c)
{
	const struct pl_message *m;
	int r = pl_consumer_next(c, WAIT, &m);

	if (r != 0)
		fprintf(stderr, "%s (%s)\n", pl_strerror(r), pl_consumer_error(c));
	assert(r == 0 && m->kind == PL_MESSAGE);
	return m;
}

static void publish(struct pl_consumer *c, const char *subject, const char *text)
{
	assert(pl_consumer_publish(c, subject, text, strlen(text)) == 0);
}

static int is_ready(struct pl_consumer *c, int wait_ms)
{
	struct pollfd p = { .fd = pl_consumer_fd(c), .events = POLLIN };

	return poll(&p, 1, wait_ms) == 1;
}

static void subjects_and_headers(void)
{
	const struct pl_header headers[] = { { "Colour", "blue" } };
	const struct pl_publication headed = { .size = sizeof(headed),
					       .subject = "local.x",
					       .headers = headers,
					       .n_headers = 1,
					       .data = "with a header",
					       .data_size = 13 };
	struct pl_consumer *a = consumer("a"), *b = consumer("b");
	const struct pl_message *m;
	const char *value;
	uint64_t sid, once;
	size_t n;

	assert(pl_consumer_subscribe(a, "local.*", NULL, &sid) == 0);
	assert(pl_consumer_subscribe(a, "twice", NULL, &once) == 0);
	assert(pl_consumer_unsubscribe(a, once, 2) == 0);
	assert(pl_consumer_flush(a, WAIT) == 0);
	assert(!is_ready(a, 0));
	publish(b, "local.x", "plain");
	assert(pl_consumer_publish_message(b, &headed) == 0);
	for (int i = 0; i < 3; i++)
		publish(b, "twice", "again");
	publish(b, "local.end", "");
	assert(pl_consumer_flush(b, WAIT) == 0);
	assert(is_ready(a, WAIT));
	m = take(a);
	assert(m->sid == sid);
	say("wildcard", m);
	m = take(a);
	value = pl_message_header(m, "Colour", &n);
	printf("header: %.*s\n", (int)n, value);
	for (;;) {
		m = take(a);
		say("then", m);
		if (strcmp(m->subject, "local.end") == 0)
			break;
	}
	assert(pl_consumer_next(a, 0, &m) == PL_E_TIMEOUT);
	assert(!is_ready(a, 0));
	pl_consumer_close(a);
	pl_consumer_close(b);
}

static void queue_groups(void)
{
	struct pl_consumer *a = consumer("a"), *b = consumer("b"), *c = consumer("c");
	const struct pl_message *m;
	int n_a = 0, n_b = 0;

	assert(pl_consumer_subscribe(a, "work", "workers", NULL) == 0);
	assert(pl_consumer_subscribe(b, "work", "workers", NULL) == 0);
	assert(pl_consumer_flush(a, WAIT) == 0 && pl_consumer_flush(b, WAIT) == 0);
	for (int i = 0; i < 200; i++)
		publish(c, "work", "job");
	assert(pl_consumer_flush(c, WAIT) == 0);
	assert(pl_consumer_flush(a, WAIT) == 0 && pl_consumer_flush(b, WAIT) == 0);
	while (pl_consumer_next(a, 0, &m) == 0)
		n_a++;
	while (pl_consumer_next(b, 0, &m) == 0)
		n_b++;
	printf("queue group: %d jobs, shared: %s\n", n_a + n_b,
	       n_a > 20 && n_b > 20 ? "yes" : "no");
	pl_consumer_close(a);
	pl_consumer_close(b);
	pl_consumer_close(c);
}

static void requests(void)
{
	struct pl_publication q = {
		.size = sizeof(q), .subject = "service", .data = "q", .data_size = 1
	};
	struct pl_consumer *asks = consumer("asks"), *serves = consumer("serves");
	const struct pl_message *m;
	uint64_t ticket[3], late;
	char text[32];

	assert(pl_consumer_subscribe(serves, "service", NULL, NULL) == 0);
	assert(pl_consumer_flush(serves, WAIT) == 0);
	for (int i = 0; i < 3; i++)
		assert(pl_consumer_ask(asks, &q, WAIT, &ticket[i]) == 0);
	assert(pl_consumer_flush(asks, WAIT) == 0);
	for (int i = 0; i < 3; i++) {
		m = take(serves);
		snprintf(text, sizeof(text), "answer %d", i);
		assert(pl_consumer_respond(serves, m, text, strlen(text)) == 0);
	}
	assert(pl_consumer_flush(serves, WAIT) == 0);
	for (int i = 0; i < 3; i++) {
		assert(pl_consumer_next(asks, WAIT, &m) == 0 && m->kind == PL_ANSWER);
		assert(m->ticket == ticket[i]);
		printf("asked: %.*s\n", (int)m->data_size, m->data);
	}
	assert(pl_consumer_ask(asks, &q, 30, &late) == 0);
	assert(pl_consumer_next(asks, WAIT, &m) == 0 && m->ticket == late);
	printf("late: %s\n", pl_strerror(m->end));
	q.subject = "nobody";
	printf("nobody: %s\n", pl_strerror(pl_consumer_request(asks, &q, WAIT, &m)));
	q.subject = "$PL.API.STATUS";
	q.data = "{}";
	q.data_size = 2;
	assert(pl_consumer_request(asks, &q, WAIT, &m) == 0);
	printf("status: %s\n", m->data_size > 100 ? "yes" : "no");
	pl_consumer_close(asks);
	pl_consumer_close(serves);
}

static void topics(void)
{
	struct pl_consumer *a = consumer("a"), *b = consumer("b");
	const struct pl_message *m;
	unsigned long base = 0;
	const char *value;
	size_t n;

	assert(pl_consumer_subscribe(a, TOPIC, NULL, NULL) == 0);
	assert(pl_consumer_flush(a, WAIT) == 0);
	for (int i = 0; i < 3; i++) {
		publish(b, TOPIC, "news");
		assert(pl_consumer_flush(b, WAIT) == 0);
		m = take(a);
		value = pl_message_header(m, "Pl-Seq", &n);
		/* Numbers of a topic go on from run to run. */
		base = i == 0 ? strtoul(value, NULL, 10) - 1 : base;
		printf("topic: %lu, gap %d\n", strtoul(value, NULL, 10) - base, (int)m->gap.why);
	}
	publish(b, "topic.teranode/bitcoin/1.0.0/mainnet-block", "no block");
	printf("refused: %s\n", pl_strerror(pl_consumer_flush(b, WAIT)));
	printf("because: %s\n", pl_consumer_error(b));
	publish(b, TOPIC, "it goes on");
	assert(pl_consumer_flush(b, WAIT) == 0);
	say("then", take(a));
	pl_consumer_close(a);
	pl_consumer_close(b);
}

static void publish_numbered(struct pl_consumer *c, unsigned long number)
{
	static char large[LARGE];

	snprintf(large, sizeof(large), "%lu", number);
	assert(pl_consumer_publish(c, TOPIC, large, sizeof(large)) == 0);
	assert(pl_consumer_flush(c, WAIT) == 0);
}

/* Does not read while more is published than the node holds for it; then each number was either
 * heard or is in a gap that was told right before the next one. */
static void slowness(void)
{
	struct pl_consumer *slow = consumer("slow"), *b = consumer("b");
	unsigned long heard = 0, missed = 0, inexact = 0, wrong = 0, last = 0, n = 0;
	struct pl_counts counts = { .size = sizeof(counts) };
	const struct pl_message *m;

	assert(pl_consumer_subscribe(slow, TOPIC, NULL, NULL) == 0);
	assert(pl_consumer_flush(slow, WAIT) == 0);
	while (n < BURST)
		publish_numbered(b, ++n);
	while (last < n) {
		/* One that gets through behind the hole tells of it. */
		if (pl_consumer_next(slow, 50, &m) == PL_E_TIMEOUT) {
			publish_numbered(b, ++n);
			continue;
		}
		wrong += strtoul(m->data, NULL, 10) != last + m->gap.count + 1;
		wrong += m->gap.why != (m->gap.count > 0 ? PL_GAP_SLOW : PL_GAP_NONE);
		inexact += m->gap.count > 0 && !m->gap.exact;
		missed += m->gap.count;
		heard++;
		last = strtoul(m->data, NULL, 10);
	}
	assert(pl_consumer_counts(slow, &counts) == 0);
	printf("slow: missed something: %s, heard or told: %s, wrong %lu, inexact %lu, counted: "
	       "%s\n",
	       missed > 0 ? "yes" : "no", heard + missed == n ? "all" : "not all", wrong, inexact,
	       counts.missed == missed && counts.received == heard ? "yes" : "no");
	pl_consumer_close(slow);
	pl_consumer_close(b);
}

static void mistakes_and_ends(void)
{
	static char huge[1024 * 1024 + 1];
	struct pl_consumer *a = consumer("a"), *b = consumer("b");
	const struct pl_message *m;
	int n = 0;

	printf("mistakes: %d %d %d %d\n",
	       pl_consumer_publish(a, "a", huge, sizeof(huge)) == -EMSGSIZE,
	       pl_consumer_publish(a, "a b", "", 0) == -EINVAL,
	       pl_consumer_subscribe(a, "", NULL, NULL) == -EINVAL,
	       pl_consumer_unsubscribe(a, 77, 0) == -ENOENT);
	assert(pl_consumer_subscribe(a, "last", NULL, NULL) == 0);
	assert(pl_consumer_flush(a, WAIT) == 0);
	for (int i = 0; i < 100; i++)
		publish(b, "last", "word");
	assert(pl_consumer_flush(b, WAIT) == 0);
	assert(pl_consumer_drain(a) == 0);
	while (pl_consumer_next(a, WAIT, &m) == 0)
		n++;
	printf("drained: %d, then %s\n", n, pl_strerror(pl_consumer_next(a, WAIT, &m)));
	pl_consumer_close(a);
	pl_consumer_close(b);
}

int main(int argc, char **argv)
{
	struct pl_setting settings[16];
	size_t n = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 2; i + 1 < argc && n < 16; i += 2, n++) {
		settings[n].key = argv[i];
		settings[n].value = argv[i + 1];
	}
	if (argc < 2 || pl_line_open(argv[1], settings, n, &line) != 0) {
		fprintf(stderr, "%s\n", argc < 2 ? "no address" : pl_line_error(line));
		return 1;
	}
	subjects_and_headers();
	queue_groups();
	requests();
	topics();
	slowness();
	mistakes_and_ends();
	pl_line_close(line);
	return 0;
}
