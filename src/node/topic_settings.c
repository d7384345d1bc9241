#include "node/topic_settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL "*"
#define VALIDATE_MS_MAX 60000
#define REMEMBER_MS_MAX 604800000

_printf_(2, 3) static int refuse(struct topic_settings_error *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	return -EINVAL;
}

/* ---- words ---- */

/* The next of `io` up to one of `ends`; what follows the end stays. False: none is left. */
static bool next_word(struct bytes *io, const char *ends, struct bytes *ret)
{
	size_t n = 0;

	while (io->n > 0 && strchr(ends, io->p[0]))
		*io = BYTES(io->p + 1, io->n - 1);
	while (n < io->n && !strchr(ends, io->p[n]))
		n++;
	*ret = BYTES(io->p, n);
	*io = BYTES(io->p + n, io->n - n);
	return n > 0;
}

/* Between "key=" and the end; false: another key. */
static bool value_of(struct bytes word, const char *key, struct bytes *ret)
{
	size_t n = strlen(key);

	if (word.n <= n || memcmp(word.p, key, n) != 0 || word.p[n] != '=')
		return false;
	*ret = BYTES(word.p + n + 1, word.n - n - 1);
	return true;
}

static int parse_ms(struct bytes text, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;

	if (text.n == 0 || text.n > 9)
		return -EINVAL;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return -EINVAL;
		n = 10 * n + (uint64_t)(text.p[i] - '0');
	}
	*ret = n;
	return n <= max ? 0 : -EINVAL;
}

/* ---- entries ---- */

static int parse_word(struct bytes word, struct topic_setting *t, struct topic_settings_error *e)
{
	struct bytes value;

	if (value_of(word, "message_id", &value)) {
		t->has_id_kind = true;
		if (gossip_id_kind_parse(value, &t->id_kind) == 0)
			return 0;
		return refuse(e, "message_id is go, js, rust or content, not \"%.*s\"",
			      (int)value.n, (const char *)value.p);
	}
	if (value_of(word, "validate_ms", &value)) {
		t->has_validate_ms = true;
		if (parse_ms(value, VALIDATE_MS_MAX, &t->validate_ms) == 0)
			return 0;
		return refuse(e, "validate_ms is 0 to %d, not \"%.*s\"", VALIDATE_MS_MAX,
			      (int)value.n, (const char *)value.p);
	}
	if (value_of(word, "remember_ms", &value)) {
		t->has_remember_ms = true;
		if (parse_ms(value, REMEMBER_MS_MAX, &t->remember_ms) == 0)
			return 0;
		return refuse(e, "remember_ms is 0 to %d, not \"%.*s\"", REMEMBER_MS_MAX,
			      (int)value.n, (const char *)value.p);
	}
	return refuse(e, "\"%.*s\" is none of message_id=…, validate_ms=…, remember_ms=…",
		      (int)word.n, (const char *)word.p);
}

static int set_name(struct bytes name, const char *prefix, struct topic_setting *t,
		    struct topic_settings_error *e)
{
	bool is_short = !memchr(name.p, '/', name.n) && !bytes_equal(name, bytes_of_text(ALL));
	size_t n_prefix = is_short ? strlen(prefix) : 0;

	if (n_prefix + name.n > sizeof(t->name))
		return refuse(e, "a topic's name has at most %zu bytes", sizeof(t->name));
	memcpy(t->name, prefix, n_prefix);
	memcpy(t->name + n_prefix, name.p, name.n);
	t->name_n = n_prefix + name.n;
	return 0;
}

static int parse_entry(struct bytes entry, const char *prefix, struct topic_setting *t,
		       struct topic_settings_error *e)
{
	struct bytes word;
	int r;

	*t = (struct topic_setting){ 0 };
	if (!next_word(&entry, " \t", &word))
		return refuse(e, "an entry without a topic");
	r = set_name(word, prefix, t, e);
	if (r == 0 && !next_word(&entry, " \t", &word))
		return refuse(e, "nothing is said of \"%.*s\"", (int)t->name_n, t->name);
	while (r == 0 && word.n > 0) {
		r = parse_word(word, t, e);
		(void)next_word(&entry, " \t", &word);
	}
	return r;
}

/* Of two sentences about one topic one would be lost; which one, nobody would expect. */
static int refuse_twice(const struct topic_settings *s, const struct topic_setting *t,
			struct topic_settings_error *e)
{
	const struct bytes name = BYTES(t->name, t->name_n);

	for (size_t i = 0; i < s->n; i++)
		if (bytes_equal(BYTES(s->v[i].name, s->v[i].name_n), name))
			return refuse(e, "\"%.*s\" stands there twice", (int)name.n, t->name);
	return 0;
}

int topic_settings_parse(const char *text, const char *topic_prefix, struct topic_settings *ret,
			 struct topic_settings_error *ret_error)
{
	struct bytes rest = bytes_of_text(text), entry;
	int r = 0;

	ret->n = 0;
	while (r == 0 && next_word(&rest, ",", &entry)) {
		if (ret->n == LIMIT_TOPIC_SETTINGS)
			return refuse(ret_error, "more than %d topics", LIMIT_TOPIC_SETTINGS);
		r = parse_entry(entry, topic_prefix, &ret->v[ret->n], ret_error);
		if (r == 0)
			r = refuse_twice(ret, &ret->v[ret->n], ret_error);
		ret->n++;
	}
	return r;
}

static void apply(const struct topic_setting *t, struct gossip_topic_params *io)
{
	if (t->has_id_kind)
		io->id_kind = t->id_kind;
	if (t->has_validate_ms)
		io->validate_ms = t->validate_ms;
	if (t->has_remember_ms)
		io->remember_ms = t->remember_ms;
}

void topic_settings_apply(const struct topic_settings *s, struct bytes topic,
			  struct gossip_topic_params *io)
{
	const struct bytes all = bytes_of_text(ALL);

	for (size_t i = 0; i < s->n; i++)
		if (bytes_equal(BYTES(s->v[i].name, s->v[i].name_n), all))
			apply(&s->v[i], io);
	for (size_t i = 0; i < s->n; i++)
		if (bytes_equal(BYTES(s->v[i].name, s->v[i].name_n), topic))
			apply(&s->v[i], io);
}
