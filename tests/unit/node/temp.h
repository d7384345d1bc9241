#ifndef PL_TESTS_UNIT_NODE_TEMP_H
#define PL_TESTS_UNIT_NODE_TEMP_H

/* A folder of the test's own, removed with everything in it. */

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char temp_folder[64];

static inline const char *temp_path(const char *name)
{
	static char ring[8][256];
	static size_t next;
	char *out = ring[next++ % 8];

	snprintf(out, 256, "%s/%s", temp_folder, name);
	return out;
}

static int temp_setup(void **state)
{
	(void)state;
	strcpy(temp_folder, "/tmp/peerline-unit-XXXXXX");
	return mkdtemp(temp_folder) ? 0 : -1;
}

static inline int temp_remove_one(const char *path, const struct stat *st, int type,
				  struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int temp_teardown(void **state)
{
	(void)state;
	return nftw(temp_folder, temp_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void temp_write(const char *name, const void *content, size_t n, mode_t mode)
{
	FILE *f = fopen(temp_path(name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(content, 1, n, f), n);
	fclose(f);
	assert_int_equal(chmod(temp_path(name), mode), 0);
}

#define RUN_IN_TEMP(name) cmocka_unit_test_setup_teardown(name, temp_setup, temp_teardown)

#endif
