#include "cli/object.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

const char *object_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

int64_t object_number(const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

int object_print(json_t *o)
{
	char *text = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;

	json_decref(o);
	if (!text) {
		fprintf(stderr,
			"it cannot be shown as JSON: no memory, or a path that is not UTF-8\n");
		return EXIT_REFUSED;
	}
	printf("%s\n", text);
	free(text);
	return EXIT_FINE;
}
