#include "node/node_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One that comes again takes its old place with it: a peer that is dialled in vain every five
 * seconds must not push out what happened once. */
void node_remember_warning(struct node *n, const char *text)
{
	size_t keep = 0;

	while (keep < n->n_warnings && keep < NODE_WARNINGS_MAX - 1 &&
	       strncmp(n->warnings[keep], text, NODE_TEXT_MAX - 1) != 0)
		keep++;
	memmove(n->warnings[1], n->warnings[0], keep * sizeof(n->warnings[0]));
	snprintf(n->warnings[0], sizeof(n->warnings[0]), "%s", text);
	n->n_warnings = size_max(n->n_warnings, keep + 1);
}

void node_emit(struct node *n, enum log_level level, const char *event, const char *kind,
	       json_t *fields)
{
	char *text;

	(void)json_object_set_new(fields, "at_ms",
				  json_integer(loop_wall(n->config.loop).ns / (int64_t)NS_PER_MS));
	text = fields ? json_dumps(fields, JSON_COMPACT) : NULL;
	json_decref(fields);
	if (!text)
		return;
	if (kind && n->door) {
		door_event(n->door, kind, bytes_of_text(text));
		if (n->door_sockets)
			door_sockets_rearm(n->door_sockets);
	}
	if (n->config.ops->on_event)
		n->config.ops->on_event(n->config.user, level, event, text);
	free(text);
}

void node_tell(struct node *n, enum log_level level, const char *format, ...)
{
	char text[NODE_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (level <= LOG_WARN)
		node_remember_warning(n, text);
	node_emit(n, level,
		  level == LOG_ERROR  ? "error"
		  : level == LOG_WARN ? "warning"
				      : "note",
		  NULL, json_pack("{s:o}", "text", json_text_or_null(text)));
}
