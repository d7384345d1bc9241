#include "cli/completion.h"

#include <ctype.h>
#include <string.h>

#include "node/config.h"

/* ---- words ---- */

static bool is_word(const char *p, size_t n)
{
	bool is_flag = n > 2 && p[0] == '-' && p[1] == '-';

	for (size_t i = is_flag ? 2 : 0; i < n; i++)
		if (!islower((unsigned char)p[i]) && !(is_flag && p[i] == '-'))
			return false;
	return n > 1;
}

static void write_synopsis_words(const char *synopsis, FILE *out)
{
	static const char between[] = " []|.";

	while (*synopsis) {
		size_t n = strcspn(synopsis, between);

		if (is_word(synopsis, n))
			fprintf(out, " %.*s", (int)n, synopsis);
		synopsis += n + strspn(synopsis + n, between);
	}
}

static void write_settings(FILE *out)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		fprintf(out, " --");
		for (const char *p = settings[i].key; *p; p++)
			fputc(*p == '_' ? '-' : *p, out);
	}
}

static void write_commands(FILE *out)
{
	for (size_t i = 0; i < n_commands; i++)
		fprintf(out, " %s", commands[i].name);
}

void completion_words(const struct command *command, FILE *out)
{
	write_synopsis_words(command->synopsis, out);
	if (command->run == cmd_run)
		write_settings(out);
	else if (command->run == cmd_help)
		write_commands(out);
	else
		fprintf(out, " --data");
	fprintf(out, " --help");
}

/* One line of the script for each command: what its words are. */
static void write_cases(const char *format, const char *end, FILE *out)
{
	for (size_t i = 0; i < n_commands; i++) {
		fprintf(out, "\t%s) ", commands[i].name);
		fputs(format, out);
		completion_words(&commands[i], out);
		fputs(end, out);
	}
	fputs("\t'') ", out);
	fputs(format, out);
	write_commands(out);
	fprintf(out, " --data --help --version%s", end);
}

/* ---- scripts ---- */

/* Both find the command behind its flags first. What only the running node knows, names of peers,
 * topics and consumers, is asked of it, and silence is an answer. */

void completion_bash(FILE *out)
{
	fputs("# bash: source <(peerline completion bash)\n"
	      "_peerline() {\n"
	      "\tlocal current=${COMP_WORDS[COMP_CWORD]} command= list= i\n"
	      "\tlocal -a data=()\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t--data) ((i++)); data=(--data \"${COMP_WORDS[i]}\") ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*) [ -n \"$command\" ] || command=${COMP_WORDS[i]} ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase $command in\n",
	      out);
	write_cases("list='", "' ;;\n", out);
	fputs("\tesac\n"
	      "\tcase $command in\n"
	      "\tpeer | sub | pub | consumers)\n"
	      "\t\tlist+=\" $(\"${COMP_WORDS[0]}\" \"${data[@]}\" completion words \"$command\" "
	      "2>/dev/null)\" ;;\n"
	      "\tesac\n"
	      "\tCOMPREPLY=($(compgen -W \"$list\" -- \"$current\"))\n"
	      "}\n"
	      "complete -o default -F _peerline peerline\n",
	      out);
}

void completion_zsh(FILE *out)
{
	fputs("#compdef peerline\n"
	      "# zsh: source <(peerline completion zsh), or this file as _peerline in $fpath\n"
	      "_peerline() {\n"
	      "\tlocal command= i\n"
	      "\tlocal -a list data\n"
	      "\tfor ((i = 2; i < CURRENT; i++)); do\n"
	      "\t\tcase ${words[i]} in\n"
	      "\t\t--data) ((i++)); data=(--data \"${words[i]}\") ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*) [[ -n $command ]] || command=${words[i]} ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase $command in\n",
	      out);
	write_cases("list=(", ") ;;\n", out);
	fputs("\tesac\n"
	      "\tcase $command in\n"
	      "\tpeer | sub | pub | consumers)\n"
	      "\t\tlist+=(${(f)\"$(${words[1]} $data completion words $command 2>/dev/null)\"}) "
	      ";;\n"
	      "\tesac\n"
	      "\tcompadd -- $list || _files\n"
	      "}\n"
	      "if [[ $funcstack[1] = _peerline ]]; then _peerline; else compdef _peerline "
	      "peerline; fi\n",
	      out);
}
