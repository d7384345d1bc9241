#include "node/config_listing.h"

#include <stdio.h>

#include "node/json_values.h"

/* Some defaults are computed from others. */
static const char *value_of(const struct config *c, enum setting_id id)
{
	const char *value = config_value(c, id);

	if (value)
		return value;
	if (id == SETTING_DATA)
		return c->data;
	if (id == SETTING_DOOR_SOCKET)
		return c->door_socket;
	if (id == SETTING_CONSUMERS && c->consumers_is_used)
		return c->consumers;
	return NULL;
}

static json_t *where(const struct config *c, enum setting_id id)
{
	char text[CONFIG_PATH_MAX + 32];
	char *p = text;

	switch (c->origins[id]) {
	case CONFIG_DEFAULT:
		return json_null();
	case CONFIG_PRESET:
		return json_text_or_null(config_value(c, SETTING_NETWORK));
	case CONFIG_FILE:
		snprintf(text, sizeof(text), "%s, line %u", c->file, c->lines[id]);
		return json_text_or_null(text);
	case CONFIG_ENV:
		return json_string(settings[id].env);
	case CONFIG_FLAG:
		snprintf(text, sizeof(text), "--%s", settings[id].key);
		for (; *p; p++)
			*p = *p == '_' ? '-' : *p;
		return json_string(text);
	}
	return json_null();
}

static json_t *row(const struct config *c, enum setting_id id)
{
	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:s}", "key", settings[id].key, "env",
			 settings[id].env, "value", json_text_or_null(value_of(c, id)), "origin",
			 config_origin_text(c->origins[id]), "where", where(c, id), "default",
			 json_text_or_null(settings[id].value), "help", settings[id].help);
}

json_t *config_listing(const struct config *c)
{
	json_t *rows = json_array(), *unknown = json_array();

	for (size_t i = 0; i < SETTINGS; i++)
		(void)json_array_append_new(rows, row(c, i));
	for (size_t i = 0; i < c->n_unknown; i++)
		(void)json_array_append_new(unknown, json_text_or_null(c->unknown[i]));
	return json_pack("{s:o, s:o, s:o}", "settings", rows, "file",
			 c->file[0] ? json_text_or_null(c->file) : json_null(), "unknown", unknown);
}
