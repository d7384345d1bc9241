#include "node/port_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TCP_LISTEN_STATE 0x0a

static void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* The inode of the socket that listens on `port`, 0 if there is none. */
static unsigned long listening_inode(const char *table, uint16_t port)
{
	_cleanup_(close_file) FILE *f = fopen(table, "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		unsigned int local_port, state;
		unsigned long inode;

		if (sscanf(line,
			   " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*d %*d %lu",
			   &local_port, &state, &inode) == 3 &&
		    local_port == port && state == TCP_LISTEN_STATE)
			return inode;
	}
	return 0;
}

static bool holds_inode(const char *pid, unsigned long inode)
{
	char path[300], target[64], wanted[64];
	_cleanup_(close_dir) DIR *dir = NULL;
	struct dirent *e;

	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", pid, e->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		if (strcmp(target, wanted) == 0)
			return true;
	}
	return false;
}

static void program_name(const char *pid, char *out, size_t n)
{
	char path[64];
	_cleanup_(close_file) FILE *f = NULL;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	f = fopen(path, "re");
	if (!f || !fgets(out, (int)n, f))
		snprintf(out, n, "a program");
	out[strcspn(out, "\n")] = '\0';
}

bool port_holder(uint16_t port, char out[PORT_HOLDER_MAX])
{
	unsigned long inode = listening_inode("/proc/net/tcp", port);
	_cleanup_(close_dir) DIR *proc = opendir("/proc");
	struct dirent *e;

	if (inode == 0)
		inode = listening_inode("/proc/net/tcp6", port);
	if (inode == 0)
		return false;
	while (proc && (e = readdir(proc))) {
		char name[32];

		if (!isdigit((unsigned char)e->d_name[0]) || !holds_inode(e->d_name, inode))
			continue;
		program_name(e->d_name, name, sizeof(name));
		snprintf(out, PORT_HOLDER_MAX, "%s, pid %.20s", name, e->d_name);
		return true;
	}
	return false;
}
