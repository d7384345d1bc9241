#include "cli/log.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/line.h"
#include "cli/table.h"

static const char *const level_names[] = { "error", "warn", "info", "debug" };

static void print_time(FILE *out, int64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	char stamp[32];
	struct tm tm = { 0 };

	gmtime_r(&s, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	fprintf(out, "%s.%03lldZ", stamp, (long long)(ms % 1000));
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
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

static void print_fields(FILE *out, json_t *fields)
{
	const char *key;
	json_t *value;

	json_object_foreach(fields, key, value) if (!is_told(key)) print_field(out, key, value);
}

/* These events are a sentence; their name says no more than the level. */
static const char *sentence_of(const char *event, json_t *fields)
{
	if (strcmp(event, "error") != 0 && strcmp(event, "warning") != 0 &&
	    strcmp(event, "note") != 0)
		return NULL;
	return json_string_value(json_object_get(fields, "text"));
}

static void write_text(FILE *out, enum pl_level level, const char *event, json_t *fields)
{
	const char *sentence = sentence_of(event, fields);

	print_time(out, now_ms());
	fprintf(out, " %-5s %s", level_names[level], sentence ? table_safe(sentence) : event);
	if (!sentence)
		print_fields(out, fields);
	fputc('\n', out);
}

static void write_json(FILE *out, enum pl_level level, const char *event, const char *json)
{
	if (strcmp(event, "ready") == 0)
		fprintf(out, "%s\n", json);
	else
		fprintf(out, "{\"event\":\"%s\",\"level\":\"%s\"%s%s\n", event, level_names[level],
			json[1] == '}' ? "" : ",", json + 1);
}

void log_event(FILE *out, const char *kind, json_t *fields)
{
	const json_t *at = json_object_get(fields, "at_ms");

	print_time(out, json_is_integer(at) ? json_integer_value(at) : now_ms());
	fprintf(out, " %s", table_safe(kind));
	print_fields(out, fields);
	fputc('\n', out);
}

/* ---- where it goes ---- */

static const char lost_format[] = "{\"text\":\"%zu lines of this log were lost: it was not read\"}";

static void tell_lost_text(struct line_log *log, size_t n)
{
	char json[128];

	(void)log;
	snprintf(json, sizeof(json), lost_format, n);
	log_text(PL_LEVEL_WARN, "warning", json);
}

static void tell_lost_json(struct line_log *log, size_t n)
{
	char json[128];

	(void)log;
	snprintf(json, sizeof(json), lost_format, n);
	log_json(PL_LEVEL_WARN, "warning", json);
}

static struct line_log text_log = { .fd = STDERR_FILENO, .tell_lost = tell_lost_text };
static struct line_log json_log = { .fd = STDOUT_FILENO, .tell_lost = tell_lost_json };

void log_text(enum pl_level level, const char *event, const char *json)
{
	char *line = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&line, &n);
	json_t *fields;

	if (!out)
		return;
	fields = json_loads(json, 0, NULL);
	write_text(out, level, event, fields);
	json_decref(fields);
	if (fclose(out) == 0)
		line_write(&text_log, line, n);
	free(line);
}

void log_json(enum pl_level level, const char *event, const char *json)
{
	char *line = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&line, &n);

	if (!out)
		return;
	write_json(out, level, event, json);
	if (fclose(out) == 0)
		line_write(&json_log, line, n);
	free(line);
}
