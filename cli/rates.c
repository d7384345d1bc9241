#include "cli/rates.h"

#include <stdio.h>

#include "cli/object.h"

static const json_t *find_before(const struct rates *r, const json_t *row)
{
	const json_t *list = json_object_get(r->before, r->list),
		     *id = json_object_get(row, r->key);

	for (size_t i = 0; json_is_string(id) && i < json_array_size(list); i++) {
		const json_t *other = json_array_get(list, i);

		if (json_equal(json_object_get(other, r->key), id))
			return other;
	}
	return NULL;
}

double rates_of(const struct rates *r, const json_t *row, const char *counter)
{
	int64_t ms = object_number(r->now, "uptime_ms") - object_number(r->before, "uptime_ms");
	int64_t before = object_number(find_before(r, row), counter);
	int64_t now = object_number(row, counter);

	if (!r->before || ms <= 0 || before < 0 || now < before)
		return -1;
	return (double)(now - before) * 1000 / (double)ms;
}

void rates_add(struct table *t, double rate)
{
	char text[32] = "";

	if (rate == 0 || rate >= 10)
		snprintf(text, sizeof(text), "%.0f", rate);
	else if (rate > 0)
		snprintf(text, sizeof(text), "%.1f", rate);
	table_add(t, text);
}

void rates_add_bytes(struct table *t, double rate)
{
	if (rate < 0)
		table_add(t, "");
	else
		table_add_bytes(t, (int64_t)(rate + 0.5));
}
