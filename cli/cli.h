#ifndef PL_CLI_CLI_H
#define PL_CLI_CLI_H

/* The command line: one table (commands.c), one file per command (cmd_NAME.c). */

#include <stddef.h>

/* What a command's exit says to scripts and monitors. */
enum {
	EXIT_FINE = 0,
	EXIT_USAGE = 1,
	EXIT_NO_NODE = 2,  /* none runs on this data directory, or it does not answer */
	EXIT_DEGRADED = 3, /* it runs, and has problems to tell */
	EXIT_REFUSED = 4,  /* it, or the system, says no */
};

struct command {
	const char *name;
	/* argv[0] is the command's name. */
	int (*run)(int argc, char **argv);
	const char *synopsis; /* behind the name */
	const char *summary;  /* one line */
	const char *help;     /* the rest, lines indented by two; "" */
};

extern const struct command commands[];
extern const size_t n_commands;
/* NULL: no such command. */
const struct command *command_find(const char *name);
/* Says that there is none, and which is near. Returns EXIT_USAGE. */
int command_unknown(const char *name);
/* Prints what there is to know about one. Returns EXIT_FINE. */
int help_about(const struct command *command);

int cmd_run(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_peers(int argc, char **argv);
int cmd_peer(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_topics(int argc, char **argv);
int cmd_consumers(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_sub(int argc, char **argv);
int cmd_pub(int argc, char **argv);
int cmd_req(int argc, char **argv);
int cmd_url(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_help(int argc, char **argv);

#endif
