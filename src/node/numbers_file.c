#include "node/numbers_file.h"

#include <limits.h>
#include <stdio.h>

#include "node/file.h"

static void path_in(const char *data, const char *name, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s", data, name);
}

int numbers_file_take(const char *data, struct buf *out)
{
	char path[PATH_MAX], used[PATH_MAX];
	int r;

	path_in(data, "door.numbers", path);
	path_in(data, "door.numbers.used", used);
	r = file_read(path, out);
	if (r == -ENOENT)
		return r;
	/* Out of the way first: numbers that were used once must not be used again. */
	if (rename(path, used) < 0)
		r = -errno;
	if (r < 0)
		buf_clear(out);
	return r;
}

int numbers_file_save(const char *data, struct bytes content)
{
	char path[PATH_MAX];

	path_in(data, "door.numbers", path);
	return file_write_atomic(path, content, 0600);
}
