#include "cli/topic_cells.h"

#include <string.h>

#include "base/def.h"
#include "cli/object.h"

void topic_add_health(struct table *t, const json_t *topic)
{
	static const char *const words[][2] = {
		{ "no_peers", "no peers" },
		{ "no_mesh", "no mesh" },
	};
	const char *health = object_text(topic, "health");

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(health, words[i][0]) == 0)
			health = words[i][1];
	table_add(t, health);
}

void topic_add_ms(struct table *t, const json_t *topic, const char *key)
{
	int64_t ms = object_number(topic, key);

	table_add_duration_us(t, ms < 0 ? -1 : ms * 1000);
}

void topic_add_last(struct table *t, const json_t *topic)
{
	topic_add_ms(t, topic, "last_message_ms");
}
