#include "cli/print.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/nats_headers.h"

/* ---- for people ---- */

static void print_escaped(FILE *out, struct bytes b)
{
	for (size_t i = 0; i < b.n; i++) {
		/* Bytes from 0xa0 on may be UTF-8; 0x80 to 0x9f only behind a byte that begins one.
		 */
		bool is_text = b.p[i] >= 0xa0 || (b.p[i] >= 0x80 && i > 0 && b.p[i - 1] >= 0x80 &&
						  b.p[i - 1] != 0xc2);

		if (b.p[i] == '\\')
			fputs("\\\\", out);
		else if (b.p[i] >= ' ' && b.p[i] < 0x7f)
			fputc(b.p[i], out);
		else if (is_text)
			fputc(b.p[i], out);
		else
			fprintf(out, "\\x%02x", b.p[i]);
	}
}

static const char *reason(enum gap_why why)
{
	switch (why) {
	case GAP_NONE:
	case GAP_SLOW:
		break;
	case GAP_AWAY:
		return ": the connection was lost";
	case GAP_RESTART:
		return ": the node was restarted";
	}
	return "";
}

static void print_gap(const struct client_message *m)
{
	if (m->gap.is_exact)
		fprintf(stderr, "missed %llu-%llu of ", (unsigned long long)m->gap.from,
			(unsigned long long)m->gap.to);
	else if (m->gap.count > 0)
		fprintf(stderr, "missed %llu or more of ", (unsigned long long)m->gap.count);
	else
		fputs("missed nobody knows how many of ", stderr);
	print_escaped(stderr, m->subject);
	fprintf(stderr, "%s\n", reason(m->gap.why));
}

void print_plain(uint64_t n, const struct client_message *m)
{
	struct bytes from = nats_headers_get(m->header, "Pl-From");

	if (m->gap.why != GAP_NONE)
		print_gap(m);
	printf("[#%llu] ", (unsigned long long)n);
	print_escaped(stdout, m->subject);
	if (from.n > 0) {
		fputs(" from ", stdout);
		print_escaped(stdout, from);
	}
	fputs("  ", stdout);
	print_escaped(stdout, m->payload);
	fputc('\n', stdout);
}

/* ---- as JSON ---- */

static char *base64(struct bytes b)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = malloc((b.n + 2) / 3 * 4 + 1), *at = out;

	if (!out)
		return NULL;
	for (size_t i = 0; i < b.n; i += 3) {
		uint32_t v = (uint32_t)b.p[i] << 16;

		v |= i + 1 < b.n ? (uint32_t)b.p[i + 1] << 8 : 0;
		v |= i + 2 < b.n ? b.p[i + 2] : 0;
		*at++ = digits[v >> 18];
		*at++ = digits[v >> 12 & 63];
		*at++ = i + 1 < b.n ? digits[v >> 6 & 63] : '=';
		*at++ = i + 2 < b.n ? digits[v & 63] : '=';
	}
	*at = 0;
	return out;
}

/* As text where it is UTF-8, else under another name in base64. */
static void put_bytes(json_t *o, const char *key, const char *key_base64, struct bytes b)
{
	json_t *text = json_stringn((const char *)b.p, b.n);
	char *encoded;

	if (text) {
		(void)json_object_set_new(o, key, text);
		return;
	}
	encoded = base64(b);
	if (encoded)
		(void)json_object_set_new(o, key_base64, json_string(encoded));
	free(encoded);
}

static void put_header(json_t *headers, struct bytes key, struct bytes value)
{
	json_t *text = json_stringn((const char *)value.p, value.n);
	char name[256];
	json_t *there;

	snprintf(name, sizeof(name), "%.*s", (int)key.n, (const char *)key.p);
	there = json_object_get(headers, name);
	if (!text)
		return; /* not UTF-8: no header of ours */
	if (!there) {
		(void)json_object_set_new(headers, name, text);
		return;
	}
	if (!json_is_array(there)) {
		json_t *list = json_pack("[O]", there);

		(void)json_object_set_new(headers, name, list);
		there = list;
	}
	(void)json_array_append_new(there, text);
}

void print_json(const struct client_message *m)
{
	json_t *o = json_object(), *headers = json_object();
	struct bytes key, value;
	struct nats_headers h;
	char *text;

	put_bytes(o, "subject", "subject_base64", m->subject);
	if (m->reply.n > 0)
		put_bytes(o, "reply", "reply_base64", m->reply);
	if (nats_headers_read(&h, m->header) == 0)
		while (nats_headers_next(&h, &key, &value))
			put_header(headers, key, value);
	(void)json_object_set_new(o, "headers", headers);
	put_bytes(o, "data", "data_base64", m->payload);
	text = json_dumps(o, JSON_COMPACT);
	if (text)
		printf("%s\n", text);
	free(text);
	json_decref(o);
}
