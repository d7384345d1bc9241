#ifndef PL_CLI_COMPLETION_H
#define PL_CLI_COMPLETION_H

/*
 * Scripts that complete our command line, made from the table of commands and the table of
 * settings: whatever a synopsis names in small letters is a word, whatever begins with -- is a
 * flag.
 */

#include <stdio.h>

#include "cli/cli.h"

void completion_bash(FILE *out);
void completion_zsh(FILE *out);
/* What can stand behind a command, each behind a blank. */
void completion_words(const struct command *command, FILE *out);

#endif
