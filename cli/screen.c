#include "cli/screen.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli.h"

/* The alternate screen, without a cursor; and back. */
static const char begin[] = "\x1b[?1049h\x1b[?25l", end[] = "\x1b[?25h\x1b[?1049l";

/* A signal handler can only reach what is global. */
static struct termios before;
static volatile sig_atomic_t is_open, has_keys;

static void restore(void)
{
	ssize_t n;

	if (!is_open)
		return;
	is_open = false;
	n = write(STDOUT_FILENO, end, sizeof(end) - 1);
	(void)n;
	if (has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static void on_signal(int number)
{
	(void)number;
	restore();
	_exit(EXIT_FINE);
}

/* Only interrupts the wait. */
static void on_resize(int number)
{
	(void)number;
}

static void handle_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal }, resize = { .sa_handler = on_resize };

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGWINCH, &resize, NULL);
}

/* Keys come one by one and are not shown; Ctrl-C is one of them. */
static bool take_keys(void)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) < 0)
		return false;
	raw = before;
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static struct winsize size(void)
{
	struct winsize w = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_row == 0 || w.ws_col == 0)
		w = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	return w;
}

bool screen_open(void)
{
	const char *term = getenv("TERM");

	if (!isatty(STDOUT_FILENO) || !term || !term[0] || strcmp(term, "dumb") == 0)
		return false;
	handle_signals();
	has_keys = take_keys();
	is_open = true;
	fputs(begin, stdout);
	fflush(stdout);
	return true;
}

void screen_close(void)
{
	fflush(stdout);
	restore();
}

size_t screen_rows(void)
{
	return size().ws_row;
}

size_t screen_cut(const char *line, size_t n, size_t columns)
{
	size_t used = 0, i = 0;

	for (; i < n; i++) {
		/* Continuation bytes of UTF-8 take no column. */
		used += ((unsigned char)line[i] & 0xc0) != 0x80;
		if (used > columns)
			break;
	}
	return i;
}

void screen_draw(const char *text)
{
	struct winsize w = size();

	fputs("\x1b[H", stdout);
	for (size_t row = 0; row < w.ws_row && *text; row++) {
		size_t n = strcspn(text, "\n");

		printf("%s%.*s\x1b[K", row > 0 ? "\n" : "", (int)screen_cut(text, n, w.ws_col),
		       text);
		text += n + (text[n] == '\n');
	}
	fputs("\x1b[J", stdout);
	fflush(stdout);
}

static bool is_enough(char key)
{
	return key == 'q' || key == 'Q' || key == 3 || key == 4;
}

bool screen_wait(uint64_t ms)
{
	struct timeval time = { .tv_sec = (time_t)(ms / 1000),
				.tv_usec = (suseconds_t)(ms % 1000 * 1000) };
	char key = 0;
	fd_set in;

	FD_ZERO(&in);
	if (is_open && has_keys)
		FD_SET(STDIN_FILENO, &in);
	if (select(STDIN_FILENO + 1, &in, NULL, NULL, &time) <= 0)
		return true;
	/* A terminal that is gone reads as nothing, for ever. */
	if (read(STDIN_FILENO, &key, 1) <= 0)
		return false;
	return !is_enough(key);
}
