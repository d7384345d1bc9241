#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/log.h"
#include "cli/object.h"
#include "cli/until_signal.h"
#include "node/nearest.h"

#define PREFIX "$PL.EVENT."
#define SUBJECT_MAX 64

/* docs/control.md says what each brings. */
static const char *const kinds[] = {
	"LINK_UP",        "LINK_DOWN",
	"IDENTIFIED",     "DIAL_FAILED",
	"TOPIC_PEER",     "MESH",
	"TOPIC_HEALTH",   "GAP",
	"CONSUMER_SLOW",  "CONSUMER_OK",
	"RELOADED",       "AUTHOR_SKIPPED",
	"VALIDATOR_SLOW", "CONSUMER_REFUSED",
};

/* A kind as people write it, link_up or LINK_UP, as a subject. */
static bool subject_of(const char *kind, char out[SUBJECT_MAX])
{
	size_t n = strlen(PREFIX);

	strcpy(out, PREFIX);
	for (; *kind && n < SUBJECT_MAX - 1; kind++) {
		if (!isalnum((unsigned char)*kind) && *kind != '_' && *kind != '-')
			return false;
		out[n++] = *kind == '-' ? '_' : (char)toupper((unsigned char)*kind);
	}
	out[n] = '\0';
	return !*kind && n > strlen(PREFIX);
}

static void kind_of(const struct client_message *m, char out[SUBJECT_MAX])
{
	size_t skip = strlen(PREFIX);

	snprintf(out, SUBJECT_MAX, "%.*s", m->subject.n > skip ? (int)(m->subject.n - skip) : 0,
		 (const char *)m->subject.p + skip);
}

/* What came, and first of all which kind it is. NULL: no memory. */
static json_t *with_kind(const char *kind, json_t *fields)
{
	json_t *o = json_pack("{s:s}", "kind", kind);

	if (o)
		(void)json_object_update(o, fields);
	return o;
}

static int print_event(const struct client_message *m, bool as_json)
{
	json_t *fields = json_loadb((const char *)m->payload.p, m->payload.n, 0, NULL);
	char kind[SUBJECT_MAX];
	int r = EXIT_FINE;

	kind_of(m, kind);
	if (as_json)
		r = object_print(with_kind(kind, fields));
	else
		log_event(stdout, kind, fields);
	json_decref(fields);
	fflush(stdout);
	return r;
}

static int receive(struct client *c, uint64_t count, bool as_json)
{
	struct client_message m;
	int r = EXIT_FINE;

	for (uint64_t n = 0; r == EXIT_FINE && (count == 0 || n < count);) {
		r = client_next(c, CLIENT_FOREVER, &m);
		if (r != 0)
			return attach_failed(c, r);
		if (!attach_is_message(&m))
			continue;
		r = print_event(&m, as_json);
		n++;
	}
	return r;
}

static int subscribe(struct client *c, const struct args *args)
{
	char subject[SUBJECT_MAX] = PREFIX ">";
	uint64_t sid;
	int r = 0;

	if (args->n_words == 0)
		r = client_subscribe(c, subject, &sid);
	for (size_t i = 0; i < args->n_words && r == 0; i++)
		r = subject_of(args->words[i], subject) ? client_subscribe(c, subject, &sid)
							: -EINVAL;
	if (r == 0)
		r = client_flush(c, ATTACH_TIMEOUT_MS);
	return r == 0 ? 0 : attach_failed(c, r);
}

static bool is_kind(const char *subject)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(subject + strlen(PREFIX), kinds[i]) == 0)
			return true;
	return false;
}

static void refuse_kind(const char *word, const char *kind)
{
	const char *near = nearest_word(kind, kinds, ARRAY_SIZE(kinds));

	fprintf(stderr, "\"%s\" is not the name of an event; ", word);
	if (near) {
		fprintf(stderr, "did you mean %s?\n", near);
		return;
	}
	fprintf(stderr, "there are");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		fprintf(stderr, " %s", kinds[i]);
	fprintf(stderr, "\n");
}

/* Whoever misspells one would wait for ever. */
static int check_kinds(const struct args *args)
{
	char subject[SUBJECT_MAX];

	for (size_t i = 0; i < args->n_words; i++) {
		bool is_word = subject_of(args->words[i], subject);

		if (is_word && is_kind(subject))
			continue;
		refuse_kind(args->words[i], is_word ? subject + strlen(PREFIX) : args->words[i]);
		return EXIT_USAGE;
	}
	return 0;
}

static int stay(const char *data, struct client **ret)
{
	char name[ATTACH_NAME_MAX];

	attach_name("events", name);
	return attach_stay(data, name, ret);
}

int cmd_events(int argc, char **argv)
{
	bool as_json = false;
	uint64_t count = 0;
	const struct args_option options[] = {
		{ "json", ARGS_FLAG, &as_json },
		{ "count", ARGS_NUMBER, &count },
	};
	struct args args;
	struct client *c;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 0, ARGS_WORDS_MAX);
	if (r == 0)
		r = check_kinds(&args);
	if (r == 0)
		r = stay(args.data, &c);
	if (r != 0)
		return r;
	until_signal();
	r = subscribe(c, &args);
	if (r == 0 && !as_json && isatty(STDOUT_FILENO))
		fprintf(stderr, "listening to what happens; Ctrl-C ends it\n");
	if (r == 0)
		r = receive(c, count, as_json);
	client_close(c);
	return r;
}
