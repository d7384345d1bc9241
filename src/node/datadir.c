#include "node/datadir.h"

#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/unix_probe.h"
#include "node/file.h"
#include "node/keyfile.h"
#include "node/private_file.h"

#define STATE_MAX 256
/* Beyond it a number is no clock's: -1, or one that would soon begin again at 0. */
#define STATE_NUMBER_MAX ((uint64_t)INT64_MAX)
/* Sequence numbers reserved at each start beyond the clock: a restart inside this span goes on
 * after it. */
#define SEQNO_RESERVE (UINT64_C(1) << 32)

static int refuse_errno(struct config_error *e, const char *path, const char *what, int error)
{
	snprintf(e->text, sizeof(e->text), "%.700s %s: %s", path, what, strerror(-error));
	return error;
}

static void path_in(const struct datadir *d, const char *name, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s", d->path, name);
}

static int make_folders(const char *path)
{
	char copy[CONFIG_PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	if (mkdir(copy, 0700) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

/* Whoever can put files there can be the node. A group may: our files are checked one by one. */
static int check_folder(const char *path, struct config_error *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return refuse_errno(e, path, "cannot be looked at", -errno);
	if (!S_ISDIR(st.st_mode))
		return refuse_errno(e, path, "is no data directory", -ENOTDIR);
	if (st.st_uid == geteuid() || st.st_uid == 0) {
		if (!(st.st_mode & S_IWOTH))
			return 0;
		snprintf(e->text, sizeof(e->text),
			 "%.500s can be written by everybody (mode %04o); make it private with "
			 "chmod 700, or give another --data",
			 path, st.st_mode & 07777U);
		return -EACCES;
	}
	snprintf(e->text, sizeof(e->text),
		 "%.500s belongs to another user (uid %u); give another --data", path,
		 (unsigned int)st.st_uid);
	return -EPERM;
}

static int lock_held(struct datadir *d, const char *path, struct config_error *e)
{
	char text[32] = { 0 };
	ssize_t n = pread(d->lock_fd, text, sizeof(text) - 1, 0);

	snprintf(e->text, sizeof(e->text),
		 "%.500s: another node runs on this data directory, pid %ld; stop it or give "
		 "another "
		 "--data",
		 path, n > 0 ? strtol(text, NULL, 10) : 0L);
	return -EBUSY;
}

static int take_lock(struct datadir *d, struct config_error *e)
{
	char path[PATH_MAX], text[32];
	int n;

	path_in(d, "node.lock", path);
	d->lock_fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (d->lock_fd < 0)
		return refuse_errno(e, path, "cannot be opened", -errno);
	if (flock(d->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return lock_held(d, d->path, e);
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(d->lock_fd, 0) < 0 || pwrite(d->lock_fd, text, (size_t)n, 0) != n)
		return refuse_errno(e, path, "cannot be written", -errno);
	return 0;
}

static int open_key(struct datadir *d, const struct random *random, struct config_error *e)
{
	char path[PATH_MAX];
	int r;

	path_in(d, "node.key", path);
	r = keyfile_load(path, &d->key, e);
	if (r != -ENOENT)
		return r;
	key_pair_generate(random, &d->key);
	return keyfile_create(path, &d->key, e);
}

static void make_token(const struct random *random, char out[DOOR_TOKEN_CHARS + 1])
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	uint8_t bytes[DOOR_TOKEN_CHARS];

	random_fill(random, bytes, sizeof(bytes));
	for (size_t i = 0; i < DOOR_TOKEN_CHARS; i++)
		out[i] = alphabet[bytes[i] % 64];
	out[DOOR_TOKEN_CHARS] = '\0';
}

static bool is_token(struct bytes b)
{
	if (b.n != DOOR_TOKEN_CHARS)
		return false;
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] <= ' ' || b.p[i] >= 0x7f)
			return false;
	return true;
}

static int open_token(struct datadir *d, const struct random *random, struct config_error *e)
{
	_cleanup_(secret_buf_deinit) struct buf content;
	char path[PATH_MAX];
	struct bytes text;
	int r;

	buf_init(&content, STATE_MAX);
	path_in(d, "door.token", path);
	r = private_file_check(path, "delete it to get a new one", e);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0)
		r = file_read(path, &content);
	text = buf_data(&content);
	if (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	if (r == 0 && is_token(text)) {
		memcpy(d->token, text.p, text.n);
		return 0;
	}
	if (r == 0) {
		snprintf(e->text, sizeof(e->text),
			 "%.700s does not hold a token; delete it to get a new one", path);
		return -EBADMSG;
	}
	if (r != -ENOENT)
		return refuse_errno(e, path, "cannot be read", r);
	make_token(random, d->token);
	r = file_write_atomic(path, bytes_of_text(d->token), 0600);
	return r < 0 ? refuse_errno(e, path, "cannot be written", r) : 0;
}

/* node.state: "incarnation seqno\n", both reserved for good before anything uses them. */
static int open_state(struct datadir *d, struct wall now, struct config_error *e)
{
	_cleanup_(buf_deinit) struct buf content;
	uint64_t incarnation = 0, seqno = 0, clock = now.ns > 0 ? (uint64_t)now.ns : 0;
	char path[PATH_MAX], text[STATE_MAX];
	int r, n;

	buf_init(&content, STATE_MAX - 1);
	path_in(d, "node.state", path);
	r = file_read(path, &content);
	if (r < 0 && r != -ENOENT)
		return refuse_errno(e, path, "cannot be read", r);
	if (r == 0) {
		snprintf(text, sizeof(text), "%.*s", (int)buf_len(&content),
			 (const char *)buf_data(&content).p);
		if (sscanf(text, "%" SCNu64 " %" SCNu64, &incarnation, &seqno) != 2 ||
		    incarnation > STATE_NUMBER_MAX || seqno > STATE_NUMBER_MAX) {
			snprintf(e->text, sizeof(e->text),
				 "%.700s is damaged; if its numbers are lost for good, delete it: "
				 "the "
				 "clock then gives new ones",
				 path);
			return -EBADMSG;
		}
	}
	d->incarnation = incarnation + 1 > clock / NS_PER_S ? incarnation + 1 : clock / NS_PER_S;
	d->seqno_last = seqno > clock ? seqno : clock;
	n = snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 "\n", d->incarnation,
		     d->seqno_last + SEQNO_RESERVE);
	r = file_write_atomic(path, BYTES(text, n), 0600);
	return r < 0 ? refuse_errno(e, path, "cannot be written", r) : 0;
}

int datadir_open(const char *path, const struct random *random, struct wall now,
		 struct datadir **ret, struct config_error *ret_error)
{
	struct datadir *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->lock_fd = -1;
	snprintf(d->path, sizeof(d->path), "%s", path);
	r = make_folders(path);
	if (r < 0)
		(void)refuse_errno(ret_error, path, "cannot be made", r);
	if (r == 0)
		r = check_folder(path, ret_error);
	if (r == 0)
		r = take_lock(d, ret_error);
	if (r == 0)
		r = open_key(d, random, ret_error);
	if (r == 0)
		r = open_token(d, random, ret_error);
	if (r == 0)
		r = open_state(d, now, ret_error);
	if (r < 0) {
		datadir_close(d);
		return r;
	}
	*ret = d;
	return 0;
}

struct datadir *datadir_close(struct datadir *d)
{
	char path[PATH_MAX];

	if (!d)
		return NULL;
	if (d->published) {
		path_in(d, "run.json", path);
		(void)unlink(path);
	}
	if (d->lock_fd >= 0)
		close(d->lock_fd);
	key_pair_wipe(&d->key);
	secret_wipe(d->token, sizeof(d->token));
	free(d);
	return NULL;
}

int datadir_publish(struct datadir *d, const char *json, struct config_error *ret_error)
{
	char path[PATH_MAX];
	int r;

	path_in(d, "run.json", path);
	r = file_write_atomic(path, bytes_of_text(json), 0600);
	if (r < 0)
		return refuse_errno(ret_error, path, "cannot be written", r);
	d->published = true;
	return 0;
}

/* Whoever may rename things there can put a socket of his own in the place of ours, and be taken
 * for us by our consumers. */
static int check_socket_folder(const char *path, struct config_error *e)
{
	char copy[CONFIG_PATH_MAX];
	const char *folder;
	struct stat st;

	snprintf(copy, sizeof(copy), "%s", path);
	folder = dirname(copy);
	if (stat(folder, &st) < 0)
		return refuse_errno(e, folder, "cannot be looked at", -errno);
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		snprintf(e->text, sizeof(e->text),
			 "%.500s belongs to another user (uid %u), who could take the socket's "
			 "place; set PEERLINE_DOOR_SOCKET",
			 folder, (unsigned int)st.st_uid);
		return -EPERM;
	}
	if (!(st.st_mode & S_IWOTH) || st.st_mode & S_ISVTX)
		return 0;
	snprintf(e->text, sizeof(e->text),
		 "%.500s can be written by everybody (mode %04o): others could take the socket's "
		 "place; make it private, or set PEERLINE_DOOR_SOCKET",
		 folder, st.st_mode & 07777U);
	return -EACCES;
}

int datadir_clear_socket(const char *path, struct config_error *ret_error)
{
	struct stat st;
	int r = check_socket_folder(path, ret_error);

	if (r < 0)
		return r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT
			       ? 0
			       : refuse_errno(ret_error, path, "cannot be looked at", -errno);
	if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid()) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.700s is not a socket of ours and was left alone; set "
			 "PEERLINE_DOOR_SOCKET",
			 path);
		return -EADDRINUSE;
	}
	if (unix_socket_answers(path)) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.700s: another program listens there; set PEERLINE_DOOR_SOCKET", path);
		return -EADDRINUSE;
	}
	return unlink(path) < 0 ? refuse_errno(ret_error, path, "cannot be removed", -errno) : 0;
}
