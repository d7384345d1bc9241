#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "node/nearest.h"

const struct command commands[] = {
	{ "run", cmd_run, "[--SETTING VALUE]... [--json]", "run a node",
	  "  It runs until Ctrl-C, SIGTERM or a STOP request, and tells its events on standard\n"
	  "  error; with --json, as one JSON object per line on standard output.\n" },
	{ "status", cmd_status, "[--json]", "what the node is, and how it is",
	  "  Exits with 3 when the node has problems to tell.\n" },
	{ "peers", cmd_peers, "[--wide] [--json]", "who it is connected to, or tries to be",
	  "  --wide    also traffic, gossip's score, agents and the last error\n" },
	{ "sub", cmd_sub, "[--name ID] [--count N] [--raw | --json] [--subject] NAME...",
	  "print messages as they arrive",
	  "  NAME is a topic (a name with a slash in it, or topic.NAME, or payload.NAME for what "
	  "its\n"
	  "  envelopes hold) or any other subject. Short names need one of the two before them:\n"
	  "  on --network mainnet, topic.block is teranode/bitcoin/1.0.0/mainnet-block.\n"
	  "  In a subject, * stands for one whole part between dots and > for all that follow.\n"
	  "  --name ID    the consumer's id, as status shows it\n"
	  "  --count N    end after N messages\n"
	  "  --raw        the payload's bytes and a newline, nothing else\n"
	  "  --json       one JSON object a message, with its headers\n"
	  "  --subject    NAME is a subject as it stands, even with a slash in it\n" },
	{ "pub", cmd_pub, "[--subject] NAME [DATA | -]", "publish one message",
	  "  NAME is as for sub; payload.NAME puts the message into an envelope of Teranode's.\n"
	  "  Without DATA, or with -, the message is what comes on standard input.\n"
	  "  --subject    NAME is a subject as it stands, even with a slash in it\n" },
	{ "url", cmd_url, "[--token] [--json]", "where NATS clients connect",
	  "  nats://TOKEN@HOST:PORT; with --token the token alone, for clients that ignore it in a "
	  "URL.\n" },
	{ "key", cmd_key, "[import FILE | HEX] [--json]", "the node's peer id; bring a key along",
	  "  import takes libp2p private keys (protobuf, Ed25519) and go-p2p-message-bus's\n"
	  "  hexadecimal ones. A key that is there is never overwritten.\n" },
	{ "version", cmd_version, "", "which version this is", "" },
	{ "help", cmd_help, "[COMMAND]", "this, or more about one command", "" },
};
const size_t n_commands = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < n_commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int command_unknown(const char *name)
{
	const char *names[sizeof(commands) / sizeof(commands[0])], *near;

	for (size_t i = 0; i < n_commands; i++)
		names[i] = commands[i].name;
	near = nearest_word(name, names, n_commands);
	if (name[0] == '-')
		fprintf(stderr,
			"only --data may stand before the command, not \"%s\"; see peerline help\n",
			name);
	else if (near)
		fprintf(stderr, "peerline has no command \"%s\"; did you mean \"%s\"?\n", name,
			near);
	else
		fprintf(stderr, "peerline has no command \"%s\"; see peerline help\n", name);
	return EXIT_USAGE;
}
