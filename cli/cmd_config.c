#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/table.h"
#include "crypto/keys.h"
#include "node/config_listing.h"
#include "node/consumers_file.h"
#include "node/datadir.h"
#include "node/file.h"

/* What is set, and by what: of the node that runs, or what the next one would begin with. */

static int refuse(const struct config_error *e)
{
	fprintf(stderr, "%s\n", e->text[0] ? e->text : "no memory");
	return EXIT_USAGE;
}

static void warn(void *user, const char *text)
{
	(void)user;
	fprintf(stderr, "%s\n", table_safe(text));
}

/* As `peerline run` does it, without its flags. */
static int read_next(const char *data, struct config **ret)
{
	struct config_error e = { "" };
	struct config *c = config_new();
	int r = c ? 0 : -ENOMEM;

	if (r == 0 && data)
		r = config_set(c, "data", data, CONFIG_FLAG, &e);
	if (r == 0)
		r = config_read_env(c, getenv, environ, &e);
	if (r == 0)
		r = config_read_own_file(c, &e);
	if (r == 0)
		r = config_finish(c, warn, NULL, &e);
	if (r == 0) {
		c->consumers_is_used = access(c->consumers, F_OK) == 0;
		*ret = c;
		return 0;
	}
	config_free(c);
	return refuse(&e);
}

/* As the start does it. The owner's token, which no entry may have, is there once a node was. */
static int check_consumers(const struct config *c, struct config_error *e)
{
	char path[CONFIG_PATH_MAX + 16], token[DOOR_TOKEN_CHARS + 2] = "";
	struct rights_table *table = NULL;
	_cleanup_(buf_deinit) struct buf content;
	int r;

	buf_init(&content, DOOR_TOKEN_CHARS + 1);
	snprintf(path, sizeof(path), "%s/door.token", c->data);
	if (file_read(path, &content) == 0)
		memcpy(token, buf_data(&content).p, buf_len(&content));
	token[strcspn(token, "\n")] = '\0';
	r = consumers_file_load(c, token, &table, e);
	secret_wipe(token, sizeof(token));
	rights_table_free(table);
	return r;
}

static int check_file(const char *path)
{
	struct config_error e = { "" };
	struct config *c = config_new();
	int r = c ? config_read_file(c, path, &e) : -ENOMEM;

	if (r == -ENOENT && !e.text[0])
		snprintf(e.text, sizeof(e.text), "%.500s does not exist", path);
	if (r == 0)
		r = config_finish(c, warn, NULL, &e);
	/* Which data directory it is for is not said, but for what it names itself. */
	if (r == 0 && !c->consumers_is_default)
		r = check_consumers(c, &e);
	config_free(c);
	return r == 0 ? 0 : refuse(&e);
}

static int check(const char *data, const char *path)
{
	struct config_error e = { "" };
	struct config *c = NULL;
	int r = path ? check_file(path) : read_next(data, &c);

	if (r == 0 && c && check_consumers(c, &e) < 0)
		r = refuse(&e);

	if (r == 0)
		printf("%s%s%s\n", path ? path : c->file, path || c->file[0] ? ": " : "",
		       "every setting is valid");
	config_free(c);
	return r;
}

/* ---- listing ---- */

static bool is_running(const char *data)
{
	char path[CONFIG_PATH_MAX], run[CONFIG_PATH_MAX + 16];

	if (attach_data_dir(data, path) != 0)
		return false;
	snprintf(run, sizeof(run), "%s/run.json", path);
	return access(run, F_OK) == 0;
}

static int listing(const char *data, bool next, json_t **ret)
{
	struct config *c = NULL;
	int r;

	if (!next && is_running(data))
		return attach_ask(data, "CONFIG", NULL, ret);
	r = read_next(data, &c);
	if (r == 0)
		*ret = config_listing(c);
	config_free(c);
	return r;
}

static void print_settings(const json_t *list, bool with_origin)
{
	static const char *const narrow_heads[] = { "SETTING", "VALUE", NULL };
	static const char *const wide_heads[] = { "SETTING", "VALUE", "ORIGIN", "WHERE", NULL };
	struct table t;

	table_init(&t, with_origin ? wide_heads : narrow_heads);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		table_add(&t, object_text(row, "key"));
		table_add(&t, object_text(row, "value"));
		if (!with_origin)
			continue;
		table_add(&t, object_text(row, "origin"));
		table_add(&t, object_text(row, "where"));
	}
	table_print(&t, "");
	table_deinit(&t);
}

static void print_unknown(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		printf("%s is in the environment and is not a setting\n",
		       table_safe(json_string_value(json_array_get(list, i))));
}

int cmd_config(int argc, char **argv)
{
	bool as_json = false, with_origin = false, next = false;
	const struct args_option options[] = {
		{ "json", ARGS_FLAG, &as_json },
		{ "origin", ARGS_FLAG, &with_origin },
		{ "next", ARGS_FLAG, &next },
	};
	struct args args;
	json_t *answer = NULL;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0)
		r = args_expect(argv[0], &args, 0, 2);
	if (r != 0)
		return r;
	if (args.n_words > 0 && strcmp(args.words[0], "check") == 0)
		return check(args.data, args.n_words == 2 ? args.words[1] : NULL);
	if (args.n_words > 0)
		return args_expect(argv[0], &args, 0, 0);
	r = listing(args.data, next, &answer);
	if (r != 0)
		return r;
	if (as_json)
		return object_print(answer);
	print_settings(json_object_get(answer, "settings"), with_origin);
	print_unknown(json_object_get(answer, "unknown"));
	json_decref(answer);
	return EXIT_FINE;
}
