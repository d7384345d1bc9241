#include "test.h"

#include "cli/completion.h"
#include "node/config.h"

static char *text;
static size_t n_text;

static FILE *open_text(void)
{
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &n_text);
	assert_non_null(out);
	return out;
}

static int no_command(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static const char *words_of(const char *synopsis)
{
	const struct command c = { "some", no_command, synopsis, "", "" };
	FILE *out = open_text();

	completion_words(&c, out);
	fclose(out);
	return text;
}

TEST(small_letters_are_words_and_capitals_are_what_users_say)
{
	assert_string_equal(words_of("add ADDRESS | ban PEER [--for TIME] | bans [--json]"),
			    " add ban --for bans --json --data --help");
	assert_string_equal(words_of("[--flag-name N] [KIND]... [DATA | -]"),
			    " --flag-name --data --help");
	assert_string_equal(words_of(""), " --data --help");
}

TEST(run_takes_every_setting)
{
	FILE *out = open_text();

	completion_words(command_find("run"), out);
	fclose(out);
	for (size_t i = 0; i < SETTINGS; i++) {
		char flag[64];

		snprintf(flag, sizeof(flag), " --%s ", settings[i].key);
		for (char *p = flag; *p; p++)
			*p = *p == '_' ? '-' : *p;
		assert_non_null(strstr(text, flag));
	}
	assert_null(strstr(text, "SETTING"));
}

static void knows_all_commands(void (*write)(FILE *out))
{
	FILE *out = open_text();

	write(out);
	fclose(out);
	for (size_t i = 0; i < n_commands; i++) {
		char line[64];

		snprintf(line, sizeof(line), "\n\t%s) ", commands[i].name);
		assert_non_null(strstr(text, line));
	}
}

TEST(both_scripts_know_all_commands)
{
	knows_all_commands(completion_bash);
	assert_non_null(strstr(text, "complete -o default -F _peerline peerline"));
	knows_all_commands(completion_zsh);
	assert_non_null(strstr(text, "#compdef peerline\n"));
	free(text);
	text = NULL;
}

TESTS(RUN(small_letters_are_words_and_capitals_are_what_users_say), RUN(run_takes_every_setting),
      RUN(both_scripts_know_all_commands))
