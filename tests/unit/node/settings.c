#include "test.h"

#include <stdio.h>

#include "node/config.h"

/* The documentation's table and the program's are one. */
static char *read_docs(void)
{
	const char *root = getenv("PEERLINE_SOURCE");
	char path[1024];
	char *text = calloc(1, 65536);
	FILE *f;

	assert_non_null(root);
	snprintf(path, sizeof(path), "%s/docs/configuration.md", root);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	return text;
}

TEST(every_setting_is_documented_with_its_names_and_default)
{
	char *docs = read_docs();

	for (size_t i = 0; i < SETTINGS; i++) {
		char flag[64], row[256];

		assert_non_null(settings[i].env);
		snprintf(flag, sizeof(flag), "%s", settings[i].key);
		for (char *p = flag; *p; p++)
			*p = *p == '_' ? '-' : *p;
		if (settings[i].value && settings[i].value[0])
			snprintf(row, sizeof(row), "| `%s` | `--%s` | `%s` |", settings[i].env,
				 flag, settings[i].value);
		else
			snprintf(row, sizeof(row), "| `%s` | `--%s` |", settings[i].env, flag);
		if (!strstr(docs, row))
			fail_msg("docs/configuration.md lacks: %s", row);
	}
	free(docs);
}

TEST(every_default_passes_its_own_check)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		struct config *c = config_new();
		struct config_error e;

		if (settings[i].value)
			assert_int_equal(
				config_set(c, settings[i].key, settings[i].value, CONFIG_FILE, &e),
				0);
		config_free(c);
	}
}

TESTS(RUN(every_setting_is_documented_with_its_names_and_default),
      RUN(every_default_passes_its_own_check))
