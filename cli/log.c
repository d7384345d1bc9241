#include "cli/log.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/table.h"

static const char *const level_names[] = { "error", "warn", "info", "debug" };

static void print_time(FILE *out)
{
	struct timespec now;
	char stamp[32];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	fprintf(out, "%s.%03ldZ", stamp, now.tv_nsec / 1000000);
}

/* Words stand as they are; what has blanks, and what is no text, as JSON. */
static void print_value(FILE *out, const json_t *value)
{
	const char *word = json_string_value(value);
	char *text;

	if (word && word[0] && !strpbrk(word, " \"")) {
		fputs(table_safe(word), out);
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	fputs(text ? table_safe(text) : "?", out);
	free(text);
}

/* A list of texts is easier to copy from without brackets and quotes. */
static void print_field(FILE *out, const char *key, const json_t *value)
{
	fprintf(out, " %s=", key);
	if (!json_is_array(value) || json_array_size(value) == 0) {
		print_value(out, value);
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		fputs(i > 0 ? "," : "", out);
		print_value(out, json_array_get(value, i));
	}
}

/* The line's own time and the event's name are told already. */
static bool is_told(const char *key)
{
	return strcmp(key, "at_ms") == 0 || strcmp(key, "event") == 0;
}

/* These events are a sentence; their name says no more than the level. */
static const char *sentence_of(const char *event, json_t *fields)
{
	if (strcmp(event, "error") != 0 && strcmp(event, "warning") != 0 &&
	    strcmp(event, "note") != 0)
		return NULL;
	return json_string_value(json_object_get(fields, "text"));
}

void log_text(enum pl_level level, const char *event, const char *json)
{
	json_t *fields = json_loads(json, 0, NULL), *value;
	const char *sentence = sentence_of(event, fields), *key;

	print_time(stderr);
	fprintf(stderr, " %-5s %s", level_names[level], sentence ? table_safe(sentence) : event);
	if (!sentence)
		json_object_foreach(fields, key, value) if (!is_told(key))
			print_field(stderr, key, value);
	fputc('\n', stderr);
	json_decref(fields);
}

void log_json(enum pl_level level, const char *event, const char *json)
{
	if (strcmp(event, "ready") == 0)
		printf("%s\n", json);
	else
		printf("{\"event\":\"%s\",\"level\":\"%s\"%s%s\n", event, level_names[level],
		       json[1] == '}' ? "" : ",", json + 1);
	fflush(stdout);
}
