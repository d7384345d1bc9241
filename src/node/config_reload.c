#include "node/config_reload.h"

#include <stdio.h>
#include <string.h>

int config_reread(const struct config *old, config_warn_fn warn, void *user, struct config **ret,
		  struct config_error *ret_error)
{
	struct config *c = config_new();
	int r = c ? 0 : -ENOMEM;

	ret_error->text[0] = 0;
	for (size_t i = 0; i < SETTINGS && r == 0; i++)
		if (old->values[i] && old->origins[i] >= CONFIG_ENV)
			r = config_set(c, settings[i].key, old->values[i], old->origins[i],
				       ret_error);
	if (r == 0)
		r = config_read_own_file(c, ret_error);
	if (r == 0)
		r = config_finish(c, warn, user, ret_error);
	if (r < 0) {
		config_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

bool config_differs(const struct config *a, const struct config *b, enum setting_id id)
{
	const char *x = config_value(a, id), *y = config_value(b, id);

	return x && y ? strcmp(x, y) != 0 : x != y;
}

bool setting_is_live(enum setting_id id)
{
	return id == SETTING_LOG || id == SETTING_SLOW_CONSUMER || id == SETTING_CONSUMER_BYTES ||
	       id == SETTING_CONSUMERS || id == SETTING_CONSUMERS_MEMORY;
}

void config_take(struct config *to, struct config *from, enum setting_id id)
{
	char *value = to->values[id];

	ASSERT(setting_is_live(id));
	to->values[id] = from->values[id];
	from->values[id] = value; /* freed with it */
	to->origins[id] = from->origins[id];
	to->lines[id] = from->lines[id];
	if (id == SETTING_LOG)
		to->log = from->log;
	else if (id == SETTING_SLOW_CONSUMER)
		to->slow_consumer = from->slow_consumer;
	else if (id == SETTING_CONSUMER_BYTES)
		to->consumer_bytes = from->consumer_bytes;
	else if (id == SETTING_CONSUMERS_MEMORY)
		to->consumers_memory = from->consumers_memory;
	else
		snprintf(to->consumers, sizeof(to->consumers), "%s", from->consumers);
}
