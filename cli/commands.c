#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "node/nearest.h"

const struct command commands[] = {
	{ "run", cmd_run, "[--SETTING VALUE]... [--json]", "run a node",
	  "  It runs until Ctrl-C, SIGTERM or a STOP request, and tells its events on standard\n"
	  "  error; with --json, as one JSON object per line on standard output.\n" },
	{ "status", cmd_status, "[--json]", "what the node is, and how it is",
	  "  Exits with 3 when the node has problems to tell. What sharing avoids is counted\n"
	  "  as if each consumer had links of its own; this command line's are not counted.\n" },
	{ "peers", cmd_peers, "[--wide] [--json]", "who it is connected to, or tries to be",
	  "  --wide    also traffic, gossip's score, agents and the last error\n" },
	{ "peer", cmd_peer,
	  "add ADDRESS | drop PEER | ban PEER [--for TIME] | unban PEER | bans | show PEER "
	  "[--json]",
	  "one peer: what is known of it, and what is wanted of it",
	  "  add ADDRESS    keep a link to it: it is dialled for ever, also after a restart\n"
	  "  drop PEER      close its links and do not dial it any more; an address will do.\n"
	  "                 It may dial us: ban it to keep it away\n"
	  "  ban PEER       no link with it, whoever dials; --for 90s, 15m, 24h, 7d or 2w,\n"
	  "                 else until it is unbanned, also after a restart\n"
	  "  unban PEER     end its ban; one that is kept is dialled at once\n"
	  "  bans           who is banned, and until when\n"
	  "  show PEER      its state, addresses, links (* is the one we write on), score,\n"
	  "                 topics\n"
	  "  PEER is a peer id. Additions and bans stand in DATA/peer_rules.json.\n" },
	{ "topics", cmd_topics, "[--wide | --rates] [--json]", "the topics, and how they are",
	  "  PACE is the usual pause between two messages; docs/control.md explains HEALTH.\n"
	  "  --wide     also duplicates, the mesh's median score, when silence would be one\n"
	  "  --rates    also messages a second, measured for one second\n" },
	{ "consumers", cmd_consumers, "[NAME] [--wide] [--json]",
	  "the programs that share its links",
	  "  LAG is what waits because the consumer does not read, and for how long;\n"
	  "  MISSED what it did not get. With NAME that one alone, by subject and by the\n"
	  "  peer that brought it.\n"
	  "  --wide     also gaps, traffic, bytes held, what happens when it is slow, how\n"
	  "             long its quotas made it wait, its rights and its client\n" },
	{ "top", cmd_top, "[--once | --count N] [--json]",
	  "who does how much, now and again each second",
	  "  Rates of consumers, topics and peers, by the node's own clock, the busiest\n"
	  "  first. On a terminal it draws itself again each second, until q or Ctrl-C;\n"
	  "  elsewhere it prints blocks.\n"
	  "  --once       one block, after one second\n"
	  "  --count N    N blocks, one a second\n"
	  "  --json       one object a block\n" },
	{ "sub", cmd_sub, "[--name ID] [--count N] [--raw | --json] [--subject] NAME...",
	  "print messages as they arrive",
	  "  Goes on when the node is restarted; Ctrl-C ends it.\n"
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
	{ "req", cmd_req, "[--timeout TIME] [--json] SUBJECT [DATA | -]",
	  "ask once, print the answer",
	  "  SUBJECT is one as it stands: $PL.API.STATUS, or what a consumer serves.\n"
	  "  Without DATA, or with -, the question is what comes on standard input.\n"
	  "  --timeout TIME    how long to wait for the answer (5s)\n"
	  "  --json            one JSON object, with its headers\n" },
	{ "events", cmd_events, "[KIND]... [--count N] [--json]", "what happens, as it happens",
	  "  KIND is one of $PL.EVENT's, such as LINK_UP or gap (docs/control.md); all\n"
	  "  without one. Goes on when the node is restarted; Ctrl-C ends it.\n"
	  "  --count N    end after N events\n"
	  "  --json       as they come, with their kind\n" },
	{ "config", cmd_config, "[check [FILE] | --origin] [--next] [--json]",
	  "every setting and its value",
	  "  Of the node that runs on the data directory, and where none does, what the\n"
	  "  next one would begin with.\n"
	  "  --origin      also where each value came from: a flag, the environment, a file\n"
	  "                and its line, the network's name, or nowhere (default)\n"
	  "  --next        what the next start would begin with, although a node runs\n"
	  "  check FILE    says what is wrong in a configuration file and the consumers file\n"
	  "                it names; without FILE, in what the next start would read. Exits\n"
	  "                with 1 if something is\n" },
	{ "reload", cmd_reload, "[--json]", "have the node read its files again",
	  "  The configuration file and the consumers file; says what changed and what needs a\n"
	  "  restart. A mistake in one of them changes nothing, and exits with 4.\n" },
	{ "bench", cmd_bench,
	  "pub | fanout | req [--size N] [--seconds N] [--count N] [--rate N] [--publishers N] "
	  "[--subscribers N] [--clients N] [--json]",
	  "how fast the running node's door is, from here",
	  "  pub       publishers alone; nobody listens\n"
	  "  fanout    each of the subscribers gets what all publishers send\n"
	  "  req       clients ask one that answers, each one thing at a time\n"
	  "  Messages are local to the host: no other node hears of them. MISSED is what the door\n"
	  "  dropped for a subscriber that did not keep up; with --rate none should be.\n"
	  "  --size N           bytes of a message (128)\n"
	  "  --seconds N        end after so long (5)\n"
	  "  --count N          or when each publisher or client has sent so many\n"
	  "  --rate N           messages a second of each publisher; else as fast as it goes\n"
	  "  --publishers N     for pub and fanout (1); --subscribers N for fanout (8);\n"
	  "                     --clients N for req (4)\n" },
	{ "url", cmd_url, "[--token] [--json]", "where NATS clients connect",
	  "  nats://TOKEN@HOST:PORT; with --token the token alone, for clients that ignore it in a "
	  "URL.\n" },
	{ "key", cmd_key, "[import FILE | HEX] [--json]", "the node's peer id; bring a key along",
	  "  import takes libp2p private keys (protobuf, Ed25519) and go-p2p-message-bus's\n"
	  "  hexadecimal ones. A key that is there is never overwritten.\n" },
	{ "completion", cmd_completion, "bash | zsh | words COMMAND",
	  "a script that completes this command line",
	  "  bash: source <(peerline completion bash)\n"
	  "  zsh:  source <(peerline completion zsh), behind compinit\n"
	  "  words prints what a running node can name behind peer, sub, pub or consumers, one a\n"
	  "  line; the scripts use it.\n" },
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
