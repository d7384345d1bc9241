/* Runs every file of the corpus folders named on the command line through the fuzz target it is linked with. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;
	size_t n;

	if (!f || fstat(fileno(f), &st) < 0) {
		perror(path);
		return -1;
	}
	/* Exactly as large as the input, so that reading one byte too many is seen. */
	data = malloc(st.st_size > 0 ? (size_t)st.st_size : 1);
	if (!data)
		abort();
	n = fread(data, 1, (size_t)st.st_size, f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 0;
}

static int replay_folder(const char *folder, size_t *n_files)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	if (!dir) {
		perror(folder);
		return -1;
	}
	while ((e = readdir(dir))) {
		char path[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (replay_file(path) < 0) {
			closedir(dir);
			return -1;
		}
		(*n_files)++;
	}
	closedir(dir);
	return 0;
}

int main(int argc, char **argv)
{
	size_t n_files = 0;

	for (int i = 1; i < argc; i++)
		if (replay_folder(argv[i], &n_files) < 0)
			return 1;
	printf("%zu inputs replayed\n", n_files);
	return n_files > 0 ? 0 : 1;
}
