#ifndef PL_CLI_UNTIL_SIGNAL_H
#define PL_CLI_UNTIL_SIGNAL_H

/* For commands that go on until they are told to stop, which is how they are used: from now on
 * SIGINT and SIGTERM end the program, and that is no failure. What waits in stdout is lost, so
 * flush after each line. */
void until_signal(void);

/* For those that have something to do first: a descriptor that becomes readable with the first of
 * these signals, and is the process's until its end; the second one ends the program as above.
 * Negative errno: there is none. */
int until_signal_fd(void);

#endif
