#include "test.h"

#include <stdio.h>

#include "cli/cli.h"

static char *read_readme(void)
{
	const char *root = getenv("PEERLINE_SOURCE");
	char path[1024];
	char *text = calloc(1, 65536);
	FILE *file;

	assert_non_null(root);
	snprintf(path, sizeof(path), "%s/README.md", root);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

TEST(every_command_stands_in_the_readme)
{
	char *readme = read_readme();

	for (size_t i = 0; i < n_commands; i++) {
		char word[64];

		snprintf(word, sizeof(word), "`peerline %s`", commands[i].name);
		if (!strstr(readme, word))
			fail_msg("README.md lacks %s", word);
	}
	free(readme);
}

TEST(help_is_no_wider_than_a_terminal)
{
	for (size_t i = 0; i < n_commands; i++) {
		const char *p = commands[i].help;

		while (*p) {
			size_t n = strcspn(p, "\n");

			if (n > 96)
				fail_msg("help of %s: %.*s", commands[i].name, (int)n, p);
			assert_true(n == 0 || strncmp(p, "  ", 2) == 0);
			p += n + (p[n] == '\n');
		}
	}
}

TEST(names_are_found_as_a_whole)
{
	assert_non_null(command_find("peer"));
	assert_non_null(command_find("peers"));
	assert_ptr_not_equal(command_find("peer"), command_find("peers"));
	assert_null(command_find("pee"));
	assert_null(command_find(""));
}

TESTS(RUN(every_command_stands_in_the_readme), RUN(help_is_no_wider_than_a_terminal),
      RUN(names_are_found_as_a_whole))
