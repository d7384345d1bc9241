#include "node/keyfile.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/file.h"
#include "node/key_format.h"
#include "node/private_file.h"
#include "wire/public_key.h"

#define KEYFILE_MAX 1024

int keyfile_load(const char *path, struct key_pair *ret, struct config_error *ret_error)
{
	_cleanup_(secret_buf_deinit) struct buf content;
	struct config_error why;
	int r;

	buf_init(&content, KEYFILE_MAX);
	r = private_file_check(path, "give the node a new key", ret_error);
	if (r < 0)
		return r;
	r = file_read(path, &content);
	if (r < 0) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%.500s cannot be read: %s",
			 path, strerror(-r));
		return r;
	}
	r = key_format_decode(buf_data(&content), ret, &why);
	if (r < 0)
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.500s: %.400s; it was left alone", path, why.text);
	return r;
}

int keyfile_create(const char *path, const struct key_pair *key, struct config_error *ret_error)
{
	_cleanup_(secret_buf_deinit) struct buf content;
	int r;

	buf_init(&content, KEYFILE_MAX);
	if (access(path, F_OK) == 0) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.500s exists and was left alone", path);
		return -EEXIST;
	}
	r = private_key_encode_ed25519(key->seed, key->public, &content);
	if (r == 0)
		r = file_write_atomic(path, buf_data(&content), 0600);
	if (r < 0)
		snprintf(ret_error->text, sizeof(ret_error->text), "%.500s cannot be written: %s",
			 path, strerror(-r));
	return r;
}
