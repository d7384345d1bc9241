#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/until_signal.h"

enum form {
	FORM_PLAIN,
	FORM_RAW,
	FORM_JSON,
};

static void print_message(enum form form, uint64_t n, const struct client_message *m)
{
	switch (form) {
	case FORM_PLAIN:
		print_plain(n, m);
		break;
	case FORM_RAW:
		fwrite(m->payload.p, 1, m->payload.n, stdout);
		putchar('\n');
		break;
	case FORM_JSON:
		print_json(m);
		break;
	}
	fflush(stdout);
}

/* The end of a wait, or with `timeout_ms` 0 a look: is it a signal that came? */
static bool is_told_to_end(int fd, int signal_fd, int timeout_ms)
{
	struct pollfd p[] = { { .fd = signal_fd, .events = POLLIN },
			      { .fd = fd, .events = POLLIN } };

	return poll(p, ARRAY_SIZE(p), timeout_ms) > 0 && p[0].revents != 0;
}

static int receive(struct client *c, enum form form, uint64_t count, int signal_fd)
{
	int fd = client_fd(c), timeout_ms = 0;
	struct client_message m;

	if (fd < 0)
		return attach_failed(c, fd);
	for (uint64_t n = 0; count == 0 || n < count;) {
		int r;

		if (is_told_to_end(fd, signal_fd, timeout_ms))
			break;
		r = client_next(c, 0, &m);
		timeout_ms = r == CLIENT_E_TIMEOUT ? -1 : 0;
		if (r != 0 && r != CLIENT_E_TIMEOUT)
			return attach_failed(c, r);
		if (r == 0 && attach_is_message(&m))
			print_message(form, ++n, &m);
	}
	return EXIT_FINE;
}

struct wish {
	const char *data, *name; /* NULL: not given */
	size_t n_subjects;
	char subjects[ARGS_WORDS_MAX][LIMIT_SUBJECT + 1];
	enum form form;
	uint64_t count; /* 0: for ever */
	int signal_fd;
};

/* Silence would look like a fault to who watches; programs are not told. */
static void say_waiting(const struct wish *w)
{
	if (w->form != FORM_PLAIN || !isatty(STDOUT_FILENO))
		return;
	for (size_t i = 0; i < w->n_subjects; i++)
		fprintf(stderr, "%s%s", i == 0 ? "listening to " : ", ", w->subjects[i]);
	fprintf(stderr, "; Ctrl-C ends it\n");
}

static int subscribe(const struct wish *w)
{
	char name[ATTACH_NAME_MAX];
	uint64_t sids[ARGS_WORDS_MAX];
	struct client *c;
	size_t n = 0;
	int r;

	attach_name("sub", name);
	r = attach_stay(w->data, w->name ? w->name : name, &c);
	if (r != 0)
		return r;
	for (; n < w->n_subjects && r == 0; n += r == 0)
		r = client_subscribe(c, w->subjects[n], &sids[n]);
	if (r == 0)
		r = client_flush(c, ATTACH_TIMEOUT_MS);
	if (r == 0)
		say_waiting(w);
	r = r == 0 ? receive(c, w->form, w->count, w->signal_fd) : attach_failed(c, r);
	/* It does not come back: the node is not to wait for it, as it does for who vanishes. */
	while (n > 0 && client_unsubscribe(c, sids[n - 1], 0) == 0)
		n--;
	client_close(c);
	return r;
}

int cmd_sub(int argc, char **argv)
{
	bool as_json = false, raw = false, literal = false;
	struct wish wish = { 0 };
	const struct args_option options[] = {
		{ "name", ARGS_TEXT, &wish.name },  { "count", ARGS_NUMBER, &wish.count },
		{ "json", ARGS_FLAG, &as_json },    { "raw", ARGS_FLAG, &raw },
		{ "subject", ARGS_FLAG, &literal },
	};
	struct args args;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 1, ARGS_WORDS_MAX);
	if (r != 0)
		return r;
	if (as_json && raw) {
		fprintf(stderr, "--json and --raw exclude each other\n");
		return EXIT_USAGE;
	}
	for (; wish.n_subjects < args.n_words; wish.n_subjects++)
		if (attach_subject(args.words[wish.n_subjects], literal,
				   wish.subjects[wish.n_subjects], LIMIT_SUBJECT + 1) < 0)
			return attach_failed(NULL, -EINVAL);
	wish.signal_fd = until_signal_fd();
	if (wish.signal_fd < 0)
		return attach_failed(NULL, wish.signal_fd);
	wish.data = args.data;
	wish.form = as_json ? FORM_JSON : raw ? FORM_RAW : FORM_PLAIN;
	return subscribe(&wish);
}
