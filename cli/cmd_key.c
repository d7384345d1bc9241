#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "cli/args.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "node/file.h"
#include "node/key_format.h"
#include "node/keyfile.h"
#include "wire/multibase.h"
#include "wire/public_key.h"

#define KEY_FILE_MAX 4096

/* ---- showing ---- */

static int print_key(const struct key_pair *key, const char *path, bool as_json)
{
	char id[PEER_ID_TEXT_MAX], public[2 * ED25519_PUBLIC + 1];
	struct peer_id peer;

	public_key_ed25519_peer_id(key->public, &peer);
	peer_id_text(&peer, id);
	hex_encode(BYTES(key->public, ED25519_PUBLIC), public);
	if (!as_json) {
		printf("peer id     %s\npublic key  %s (Ed25519)\nfile        %s\n", id, public,
		       path);
		return EXIT_FINE;
	}
	return object_print(json_pack("{s:s, s:s, s:s, s:s}", "peer_id", id, "type", "Ed25519",
				      "public_key", public, "file", path));
}

static int show(const char *path, const char *data, bool as_json)
{
	_cleanup_(key_pair_wipe) struct key_pair key = { 0 };
	struct config_error e = { "" };
	int r;

	r = keyfile_load(path, &key, &e);
	if (r == -ENOENT) {
		fprintf(stderr,
			"%s has no key yet; peerline run makes one, peerline key import brings "
			"one\n",
			data);
		return EXIT_NO_NODE;
	}
	if (r < 0) {
		fprintf(stderr, "%s\n", e.text);
		return EXIT_REFUSED;
	}
	return print_key(&key, path, as_json);
}

/* ---- importing ---- */

/* What the word names: a file, or the key itself in hexadecimal. */
static int read_source(const char *word, struct key_pair *ret)
{
	_cleanup_(secret_buf_deinit) struct buf content;
	struct config_error e = { "" };
	bool is_file;
	int r;

	buf_init(&content, KEY_FILE_MAX);
	r = file_read(word, &content);
	is_file = r != -ENOENT && r != -ENAMETOOLONG;
	if (is_file && r < 0) {
		fprintf(stderr, "%s cannot be read: %s\n", word, strerror(-r));
		return EXIT_REFUSED;
	}
	r = key_format_decode(is_file ? buf_data(&content) : bytes_of_text(word), ret, &e);
	if (r == 0)
		return 0;
	/* What may be half a key is not repeated on a screen. */
	if (is_file)
		fprintf(stderr, "%s: %s\n", word, e.text);
	else
		fprintf(stderr, "there is no such file, and as a key in hexadecimal: %s\n", e.text);
	return EXIT_REFUSED;
}

/* Every missing part of the path, for the owner alone. */
static int make_directory(const char *path)
{
	char part[CONFIG_PATH_MAX];
	size_t n = strlen(path);

	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != 0)
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, path);
		if (mkdir(part, 0700) < 0 && errno != EEXIST) {
			fprintf(stderr, "%s cannot be made: %s\n", part, strerror(errno));
			return EXIT_REFUSED;
		}
	}
	return 0;
}

static int import_over(const struct key_pair *key, const char *path, bool as_json)
{
	_cleanup_(key_pair_wipe) struct key_pair there = { 0 };
	struct config_error e = { "" };

	if (keyfile_load(path, &there, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return EXIT_REFUSED;
	}
	if (!secret_equal(&there, key, sizeof(there))) {
		fprintf(stderr, "%s is another key, and was left alone; move it away first\n",
			path);
		return EXIT_REFUSED;
	}
	return print_key(key, path, as_json);
}

static int import(const char *word, const char *data, const char *path, bool as_json)
{
	_cleanup_(key_pair_wipe) struct key_pair key = { 0 };
	struct config_error e = { "" };
	int r;

	r = read_source(word, &key);
	if (r == 0)
		r = make_directory(data);
	if (r != 0)
		return r;
	r = keyfile_create(path, &key, &e);
	if (r == -EEXIST)
		return import_over(&key, path, as_json);
	if (r < 0) {
		fprintf(stderr, "%s\n", e.text);
		return EXIT_REFUSED;
	}
	return print_key(&key, path, as_json);
}

int cmd_key(int argc, char **argv)
{
	bool as_json = false;
	const struct args_option options[] = { { "json", ARGS_FLAG, &as_json } };
	char data[CONFIG_PATH_MAX], path[CONFIG_PATH_MAX + 16];
	struct args args;
	int r;

	r = args_read(argc, argv, options, ARRAY_SIZE(options), &args);
	if (r == 0 && args.n_words > 0 && strcmp(args.words[0], "import") != 0)
		r = args_expect(argv[0], &args, 0, 0);
	if (r == 0 && args.n_words > 0)
		r = args_expect(argv[0], &args, 2, 2);
	if (r == 0)
		r = attach_data_dir(args.data, data);
	if (r != 0)
		return r;
	if (crypto_start() < 0) {
		fprintf(stderr, "the crypto library does not start\n");
		return EXIT_REFUSED;
	}
	snprintf(path, sizeof(path), "%s/node.key", data);
	return args.n_words == 2 ? import(args.words[1], data, path, as_json)
				 : show(path, data, as_json);
}
