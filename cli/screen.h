#ifndef PL_CLI_SCREEN_H
#define PL_CLI_SCREEN_H

/*
 * A whole terminal for a command that draws itself again and again. The alternate screen is used,
 * so what stood there comes back, also when a signal ends the program.
 *
 *     screen_open(); screen_draw(); screen_wait() ...; screen_close()
 *
 * One at a time: a terminal has one mode, and a signal handler must be able to restore it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* False: standard output is no terminal, or will not do. */
bool screen_open(void);
void screen_close(void);
/* Rows that a frame may have. */
size_t screen_rows(void);
/* Shows lines of text, cut to what the terminal has room for. */
void screen_draw(const char *text);
/* False: the user has had enough (q, Ctrl-C, Ctrl-D). True after so many milliseconds, or when the
 * terminal's size changed. Without a screen it only waits. */
bool screen_wait(uint64_t ms);

/* As many characters of `line` as stand in `columns`, in bytes. */
size_t screen_cut(const char *line, size_t n, size_t columns);

#endif
