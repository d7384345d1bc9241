#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "node/config.h"
#include "node/file.h"

/* The configuration file: `key = value`, each on one line, however long that is (a bootstrap list
 * is); `#` and `;` begin a comment, at the start of a line or behind a blank. */

struct config_line {
	const char *path;
	int number;
	struct config_error *error;
};

/* -ENOENT stands for a file that does not exist: an unknown key in one is -EINVAL. */
static int refuse_line(const struct config_line *at, const char *why)
{
	char text[700];

	snprintf(text, sizeof(text), "%s", why);
	snprintf(at->error->text, sizeof(at->error->text), "%.200s, line %d: %s", at->path,
		 at->number, text);
	return -EINVAL;
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

static void cut_comment(char *line)
{
	for (char *p = line; *p; p++) {
		bool begins = p == line || isspace((unsigned char)p[-1]);

		if (begins && (*p == '#' || *p == ';'))
			*p = '\0';
		if (!*p)
			return;
	}
}

static int read_line(struct config *c, char *line, bool given[SETTINGS],
		     const struct config_line *at)
{
	char *equals, *key;
	int r;

	cut_comment(line);
	line = trim(line);
	if (!line[0])
		return 0;
	if (line[0] == '[')
		return refuse_line(at, "the configuration file has no sections");
	equals = strchr(line, '=');
	if (!equals)
		return refuse_line(at, "it is not \"key = value\"");
	*equals = '\0';
	key = trim(line);
	r = config_set(c, key, trim(equals + 1), CONFIG_FILE, at->error);
	if (r == -EINVAL || r == -ENOENT)
		return refuse_line(at, at->error->text);
	if (r < 0)
		return r;
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(settings[i].key, key) != 0)
			continue;
		if (given[i])
			return refuse_line(at, "the key stands in an earlier line too");
		given[i] = true;
		c->lines[i] = (unsigned int)at->number;
	}
	return 0;
}

static int read_lines(struct config *c, char *text, const char *path, struct config_error *e)
{
	struct config_line at = { .path = path, .error = e };
	bool given[SETTINGS] = { false };
	char *line;
	int r = 0;

	while (r == 0 && (line = strsep(&text, "\n"))) {
		at.number++;
		r = read_line(c, line, given, &at);
	}
	return r;
}

int config_read_file(struct config *c, const char *path, struct config_error *ret_error)
{
	_cleanup_(buf_deinit) struct buf content;
	int r;

	buf_init(&content, LIMIT_CONFIG_FILE + 1);
	r = file_read(path, &content);
	if (r == 0 && buf_len(&content) > 0 &&
	    memchr(buf_data(&content).p, '\0', buf_len(&content)))
		r = -EBADMSG; /* what stands behind it would be passed over in silence */
	if (r == 0)
		r = buf_append(&content, "", 1);
	if (r == -ENOENT || r == -ENOMEM)
		return r;
	if (r < 0) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%.200s cannot be read: %s",
			 path, strerror(-r));
		return -EINVAL;
	}
	snprintf(c->file, sizeof(c->file), "%s", path);
	return read_lines(c, (char *)content.mem + content.start, path, ret_error);
}

int config_read_own_file(struct config *c, struct config_error *ret_error)
{
	char data[CONFIG_PATH_MAX], path[CONFIG_PATH_MAX + 16];
	const char *named = config_value(c, SETTING_CONFIG);
	int r = config_data_dir(c, data);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/peerline.conf", data);
	r = config_read_file(c, named ? named : path, ret_error);
	if (r == -ENOENT && !named)
		return 0;
	if (r == -ENOENT && !ret_error->text[0])
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "PEERLINE_CONFIG: %.500s does not exist", named);
	return r;
}
