#include "node/file.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int file_read(const char *path, struct buf *out)
{
	/* Without blocking: opening a FIFO would wait for its other end. */
	_cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	for (;;) {
		uint8_t chunk[4096];
		ssize_t n = read(fd, chunk, sizeof(chunk));
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		r = buf_append(out, chunk, (size_t)n);
		if (r < 0)
			return r == -ENOBUFS ? -EFBIG : r;
	}
}

static int write_all(int fd, struct bytes b)
{
	while (b.n > 0) {
		ssize_t n = write(fd, b.p, b.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		b.p += n;
		b.n -= (size_t)n;
	}
	return 0;
}

static int sync_folder_of(const char *path)
{
	char copy[PATH_MAX];
	_cleanup_(close_fd) int fd = -1;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

static int write_temporary(const char *path, struct bytes content, unsigned int mode)
{
	_cleanup_(close_fd) int fd = -1;
	int r;

	/* Always a new one: what stands there, or where it leads, may be anything. */
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 || fchmod(fd, mode) < 0)
		return -errno;
	r = write_all(fd, content);
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

int file_write_atomic(const char *path, struct bytes content, unsigned int mode)
{
	char temporary[PATH_MAX];
	int r;

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	r = write_temporary(temporary, content, mode);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(temporary);
		return r;
	}
	return sync_folder_of(path);
}
