#include "node/keyfile.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/file.h"
#include "wire/multibase.h"
#include "wire/public_key.h"

#define KEYFILE_MAX 1024

static int refuse(struct config_error *e, int error, const char *text)
{
	snprintf(e->text, sizeof(e->text), "%s", text);
	return error;
}

static void buf_wipe(struct buf *b)
{
	if (b->mem)
		secret_wipe(b->mem, b->cap);
	buf_deinit(b);
}

static struct bytes trim(struct bytes b)
{
	while (b.n > 0 && isspace(b.p[b.n - 1]))
		b.n--;
	while (b.n > 0 && isspace(b.p[0])) {
		b.p++;
		b.n--;
	}
	return b;
}

static int decode_protobuf(struct bytes content, struct key_pair *ret, struct config_error *e)
{
	uint8_t seed[ED25519_SEED], public[ED25519_PUBLIC];
	struct key_pair key;
	int r = private_key_decode_ed25519(content, seed, public);

	if (r == -ENOTSUP)
		return refuse(e, -EBADMSG, "the key is not Ed25519, the only kind a node may have");
	if (r < 0)
		return refuse(
			e, -EBADMSG,
			"not a libp2p private key (protobuf 08011240 and 64 bytes, or that in "
			"hexadecimal)");
	key_pair_from_seed(seed, &key);
	secret_wipe(seed, sizeof(seed));
	if (memcmp(key.public, public, sizeof(public)) != 0) {
		key_pair_wipe(&key);
		return refuse(e, -EBADMSG, "the two halves of the key do not belong together");
	}
	*ret = key;
	key_pair_wipe(&key);
	return 0;
}

int keyfile_decode(struct bytes content, struct key_pair *ret, struct config_error *ret_error)
{
	uint8_t binary[KEYFILE_MAX];
	struct bytes text = trim(content);
	int n, r;

	/* A binary key begins with the byte 08, hexadecimal text with the character '0': no
	 * mistaking. */
	n = hex_decode(text, binary, sizeof(binary));
	if (n <= 0)
		return decode_protobuf(content, ret, ret_error);
	r = decode_protobuf(BYTES(binary, n), ret, ret_error);
	secret_wipe(binary, sizeof(binary));
	return r;
}

int keyfile_load(const char *path, struct key_pair *ret, struct config_error *ret_error)
{
	_cleanup_(buf_wipe) struct buf content;
	struct config_error why;
	struct stat st;
	int r;

	buf_init(&content, KEYFILE_MAX);
	if (stat(path, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode)) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.500s is not a file; it was left alone", path);
		return -EBADMSG;
	} else if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.500s can be read by others (mode %04o); make it private with chmod "
			 "600, or "
			 "give the node a new key",
			 path, st.st_mode & 07777U);
		return -EACCES;
	} else {
		r = file_read(path, &content);
	}
	if (r < 0) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%.500s cannot be read: %s",
			 path, strerror(-r));
		return r;
	}
	r = keyfile_decode(buf_data(&content), ret, &why);
	if (r < 0)
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.500s: %.400s; it was left alone", path, why.text);
	return r;
}

int keyfile_create(const char *path, const struct key_pair *key, struct config_error *ret_error)
{
	_cleanup_(buf_wipe) struct buf content;
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
