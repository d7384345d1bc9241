#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/duration.h"
#include "cli/object.h"
#include "cli/table.h"

/* What is known of one peer, and what the user wants of it. */

struct wish {
	const char *data, *what, *for_time;
	bool as_json;
};

/* Prints the answer as it came, or with `print`. */
static int ask(const struct wish *w, const char *verb, json_t *body,
	       void (*print)(const json_t *answer))
{
	json_t *answer;
	int r = attach_ask(w->data, verb, body, &answer);

	if (r != 0)
		return r;
	if (w->as_json)
		return object_print(answer);
	print(answer);
	json_decref(answer);
	return EXIT_FINE;
}

static bool is_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

/* Peer ids have no dots, colons or slashes, addresses have. */
static bool is_address(const char *word)
{
	return strpbrk(word, "/:.") != NULL;
}

/* ---- add, drop ---- */

static void print_added(const json_t *answer)
{
	printf("%s is %s%s\n", table_safe(object_text(answer, "address")),
	       is_true(answer, "already") ? "kept connected already" : "kept connected",
	       is_true(answer, "kept") ? ", also after a restart"
	       : is_true(answer, "already")
		       ? ", because a setting says so"
		       : ", until the node ends; see peerline status for why not longer");
}

static void print_dropped(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "addresses");
	int64_t n = object_number(answer, "links_closed");

	for (size_t i = 0; i < json_array_size(list); i++)
		printf("%s is not dialled any more\n",
		       table_safe(json_string_value(json_array_get(list, i))));
	printf("%lld link%s closed\n", (long long)n, n == 1 ? "" : "s");
	if (is_true(answer, "configured"))
		printf("BOOTSTRAP_PEERS or PEERLINE_DIRECT_PEERS names it: the next start dials it "
		       "again\n");
}

/* ---- bans ---- */

static const char *until_text(const json_t *ban, char out[64])
{
	const json_t *ms = json_object_get(ban, "until_ms");
	time_t s = (time_t)(json_integer_value(ms) / 1000);
	struct tm tm = { 0 };

	snprintf(out, 64, "for ever");
	if (json_is_integer(ms)) {
		gmtime_r(&s, &tm);
		strftime(out, 64, "until %Y-%m-%dT%H:%M:%SZ", &tm);
	}
	return out;
}

static void print_banned(const json_t *answer)
{
	int64_t n = object_number(answer, "links_closed");
	char until[64];

	printf("%s is banned %s%s; %lld link%s closed\n",
	       table_safe(object_text(answer, "peer_id")), until_text(answer, until),
	       is_true(answer, "kept") ? "" : ", or until the node ends", (long long)n,
	       n == 1 ? "" : "s");
}

static void print_unbanned(const json_t *answer)
{
	printf("%s is not banned any more%s\n", table_safe(object_text(answer, "peer_id")),
	       is_true(answer, "kept") ? "" : ", until the node ends");
}

static void print_bans(const json_t *answer)
{
	static const char *const heads[] = { "PEER", "BANNED", NULL };
	const json_t *list = json_object_get(answer, "bans");
	struct table t;

	if (json_array_size(list) == 0) {
		printf("Nobody is banned\n");
		return;
	}
	table_init(&t, heads);
	for (size_t i = 0; i < json_array_size(list); i++) {
		char until[64];

		table_add(&t, object_text(json_array_get(list, i), "peer_id"));
		table_add(&t, until_text(json_array_get(list, i), until));
	}
	table_print(&t, "");
	table_deinit(&t);
}

/* ---- show ---- */

static void line(const char *label, const char *text)
{
	printf("%-12s%s\n", label, text[0] ? table_safe(text) : "-");
}

static void print_texts(const char *label, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		line(i == 0 ? label : "", json_string_value(json_array_get(list, i)));
}

static void print_links(const json_t *list)
{
	static const char *const heads[] = { "LINK", "DIRECTION", "ADDRESS", "UP",      "RTT",
					     "IN",   "OUT",       "QUEUED",  "STREAMS", NULL };
	struct table t;

	if (json_array_size(list) == 0)
		return;
	printf("\n");
	table_init(&t, heads);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *l = json_array_get(list, i);
		char text[64];

		snprintf(text, sizeof(text), "%.32s%s", object_text(l, "link"),
			 is_true(l, "primary") ? " *" : "");
		table_add(&t, text);
		table_add(&t, object_text(l, "direction"));
		table_add(&t, object_text(l, "address"));
		table_add_duration_us(&t, object_number(l, "up_ms") * 1000);
		table_add_duration_us(&t, object_number(l, "rtt_us"));
		table_add_bytes(&t, object_number(l, "bytes_in"));
		table_add_bytes(&t, object_number(l, "bytes_out"));
		table_add_bytes(&t, object_number(l, "bytes_queued"));
		snprintf(text, sizeof(text), "%lld in, %lld out",
			 (long long)object_number(l, "streams_in"),
			 (long long)object_number(l, "streams_out"));
		table_add(&t, text);
	}
	table_print(&t, "");
	table_deinit(&t);
}

static void add_part(struct table *t, const json_t *score, const char *key)
{
	const json_t *value = json_object_get(score, key);
	char text[32] = "";

	if (json_is_number(value))
		snprintf(text, sizeof(text), "%.2f", json_number_value(value));
	table_add(t, text);
}

static void print_score(const json_t *score)
{
	static const char *const keys[] = { "total", "topics", "application", "colocation",
					    "behaviour" };
	static const char *const heads[] = { "SCORE",      "TOPICS",    "APPLICATION",
					     "COLOCATION", "BEHAVIOUR", NULL };
	struct table t;

	if (!json_is_object(score))
		return;
	printf("\n");
	table_init(&t, heads);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		add_part(&t, score, keys[i]);
	table_print(&t, "");
	table_deinit(&t);
}

static const json_t *score_in(const json_t *list, const char *topic)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(object_text(json_array_get(list, i), "topic"), topic) == 0)
			return json_array_get(list, i);
	return NULL;
}

static void print_topics(const json_t *list, const json_t *scores)
{
	static const char *const heads[] = { "TOPIC", "MESH", "SCORE", NULL };
	struct table t;

	if (json_array_size(list) == 0)
		return;
	printf("\n");
	table_init(&t, heads);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *topic = json_array_get(list, i);

		table_add(&t, object_text(topic, "topic"));
		table_add(&t, is_true(topic, "in_mesh") ? "yes" : "no");
		add_part(&t, score_in(scores, object_text(topic, "topic")), "total");
	}
	table_print(&t, "");
	table_deinit(&t);
}

static void print_next_dial(const json_t *peer)
{
	int64_t ms = object_number(peer, "next_dial_ms");

	if (ms >= 0 && !json_is_object(json_object_get(peer, "banned")))
		line("next dial", table_duration_us(ms * 1000));
}

static void print_peer(const json_t *peer)
{
	const json_t *banned = json_object_get(peer, "banned"),
		     *score = json_object_get(peer, "score");
	char until[64];

	line("peer", object_text(peer, "peer_id"));
	line("state", object_text(peer, "state"));
	if (json_is_object(banned))
		line("banned", until_text(banned, until));
	line("managed", is_true(peer, "managed") ? "yes: it is dialled for ever" : "no");
	print_texts("addresses", json_object_get(peer, "managed_addresses"));
	print_next_dial(peer);
	line("last error", object_text(peer, "last_error"));
	line("agent", object_text(peer, "agent"));
	line("peerline", object_text(peer, "peerline"));
	line("keeper", object_text(peer, "keeper"));
	line("sees us at", object_text(peer, "observed_address"));
	print_texts("listens", json_object_get(peer, "listen_addresses"));
	print_texts("speaks", json_object_get(peer, "protocols"));
	print_links(json_object_get(peer, "link_list"));
	print_score(score);
	print_topics(json_object_get(peer, "topics"), json_object_get(score, "by_topic"));
}

/* ---- the words ---- */

static int run_add(const struct wish *w)
{
	return ask(w, "PEER_ADD", json_pack("{s:s}", "address", w->what), print_added);
}

static int run_drop(const struct wish *w)
{
	return ask(w, "PEER_DROP",
		   json_pack("{s:s}", is_address(w->what) ? "address" : "peer_id", w->what),
		   print_dropped);
}

static int run_ban(const struct wish *w)
{
	json_t *body;
	uint64_t ms;

	if (w->for_time && !duration_parse(w->for_time, &ms)) {
		fprintf(stderr, "--for takes a time such as 90s, 15m, 24h or 7d, not \"%s\"\n",
			w->for_time);
		return EXIT_USAGE;
	}
	body = json_pack("{s:s}", "peer_id", w->what);
	if (w->for_time)
		(void)json_object_set_new(body, "for_ms", json_integer((json_int_t)ms));
	return ask(w, "BAN", body, print_banned);
}

static int run_unban(const struct wish *w)
{
	return ask(w, "UNBAN", json_pack("{s:s}", "peer_id", w->what), print_unbanned);
}

static int run_bans(const struct wish *w)
{
	return ask(w, "BANS", NULL, print_bans);
}

static int run_show(const struct wish *w)
{
	return ask(w, "PEER", json_pack("{s:s}", "peer_id", w->what), print_peer);
}

static const struct {
	const char *word;
	size_t n_words; /* with the first */
	int (*run)(const struct wish *w);
} actions[] = {
	{ "add", 2, run_add },     { "drop", 2, run_drop }, { "ban", 2, run_ban },
	{ "unban", 2, run_unban }, { "bans", 1, run_bans }, { "show", 2, run_show },
};

int cmd_peer(int argc, char **argv)
{
	struct wish wish = { 0 };
	const struct args_option options[] = {
		{ "json", ARGS_FLAG, &wish.as_json },
		{ "for", ARGS_TEXT, &wish.for_time },
	};
	struct args args;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 1, 2);
	if (r != 0)
		return r;
	wish.data = args.data;
	wish.what = args.words[1];
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i].word, args.words[0]) != 0)
			continue;
		r = args_expect(argv[0], &args, actions[i].n_words, actions[i].n_words);
		if (r == 0 && wish.for_time && actions[i].run != run_ban) {
			fprintf(stderr, "--for belongs to peerline peer ban\n");
			r = EXIT_USAGE;
		}
		return r == 0 ? actions[i].run(&wish) : r;
	}
	/* Says how it is used. */
	return args_expect(argv[0], &args, ARGS_WORDS_MAX + 1, ARGS_WORDS_MAX + 1);
}
