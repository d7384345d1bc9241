#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/log.h"
#include "node/embed.h"

/* `peerline run`: the node itself, until SIGTERM, SIGINT or STOP; SIGHUP reads its files again. */

/* A signal handler can only reach what is global. */
static struct pl_node *volatile running;
static volatile sig_atomic_t is_ending;

static void on_signal(int number)
{
	(void)number;
	is_ending = true;
	if (running)
		pl_node_stop(running);
}

static void on_hangup(int number)
{
	(void)number;
	if (running)
		pl_node_reload(running);
}

static void on_event(void *user, enum pl_level level, const char *event, const char *json)
{
	const bool *as_json = user;

	if (*as_json)
		log_json(level, event, json);
	else
		log_text(level, event, json);
}

/* Flags first: they win whatever the order. */
static int read_flags(struct config *config, int argc, char **argv, bool *as_json)
{
	struct config_error e;

	for (int i = 1; i < argc; i++) {
		const char *flag = argv[i], *value;
		char name[64];

		if (strcmp(flag, "--json") == 0) {
			*as_json = true;
			continue;
		}
		if (strncmp(flag, "--", 2) != 0) {
			fprintf(stderr,
				"peerline run takes flags only, not \"%s\"; see peerline help "
				"run\n",
				flag);
			return EXIT_USAGE;
		}
		value = strchr(flag, '=');
		snprintf(name, sizeof(name), "%.*s", value ? (int)(value - flag - 2) : 62,
			 flag + 2);
		if (value)
			value++;
		else if (i + 1 < argc)
			value = argv[++i];
		if (!value) {
			fprintf(stderr, "%s needs a value\n", flag);
			return EXIT_USAGE;
		}
		if (config_set_flag(config, name, value, &e) < 0) {
			fprintf(stderr, "%s\n", e.text);
			return EXIT_USAGE;
		}
	}
	return 0;
}

static int read_settings(struct config *config, int argc, char **argv, bool *as_json)
{
	struct config_error e;
	int r = read_flags(config, argc, argv, as_json);

	if (r != 0)
		return r;
	if (config_read_env(config, getenv, environ, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return EXIT_USAGE;
	}
	return 0;
}

static void handle_signals(void)
{
	struct sigaction end = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
	struct sigaction reload = { .sa_handler = on_hangup };

	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGHUP, &reload, NULL);
}

static int exit_code(int error)
{
	if (error == -EINVAL || error == -ENOENT)
		return EXIT_USAGE;
	return error < 0 ? EXIT_REFUSED : 0;
}

int cmd_run(int argc, char **argv)
{
	struct config *config = config_new();
	struct pl_node *node;
	bool as_json = false;
	int r;

	if (!config)
		return EXIT_REFUSED;
	r = read_settings(config, argc, argv, &as_json);
	if (r != 0) {
		config_free(config);
		return r;
	}
	handle_signals();
	r = embed_new(config, on_event, &as_json, &node);
	if (r < 0)
		return exit_code(r);
	running = node;
	/* Told before there was anything to stop. */
	if (is_ending)
		pl_node_stop(node);
	r = pl_node_run(node);
	running = NULL;
	pl_node_free(node);
	return exit_code(r);
}
