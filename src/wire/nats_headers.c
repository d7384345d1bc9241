#include "wire/nats_headers.h"

#include <string.h>

static const char version[] = "NATS/1.0";

void nats_headers_begin(struct wr *w)
{
	wr_text(w, version);
	wr_text(w, "\r\n");
}

static void write_without_line_ends(struct wr *w, struct bytes b)
{
	size_t from = 0;

	for (size_t i = 0; i < b.n; i++) {
		if (b.p[i] != '\r' && b.p[i] != '\n')
			continue;
		wr_bytes(w, BYTES(b.p + from, i - from));
		from = i + 1;
	}
	if (from < b.n)
		wr_bytes(w, BYTES(b.p + from, b.n - from));
}

void nats_headers_add(struct wr *w, const char *key, struct bytes value)
{
	write_without_line_ends(w, bytes_of_text(key));
	wr_text(w, ": ");
	write_without_line_ends(w, value);
	wr_text(w, "\r\n");
}

void nats_headers_end(struct wr *w)
{
	wr_text(w, "\r\n");
}

struct bytes nats_headers_without_end(struct bytes block)
{
	if (block.n < 4 || memcmp(block.p + block.n - 4, "\r\n\r\n", 4) != 0)
		return BYTES(NULL, 0);
	return BYTES(block.p, block.n - 2);
}

/* ---- reading ---- */

/* Up to CR LF, which is taken too. false: there is none. */
static bool read_line(struct rd *r, struct bytes *ret)
{
	const uint8_t *end = r->left > 0 ? memmem(r->p, r->left, "\r\n", 2) : NULL;

	if (!end)
		return false;
	*ret = rd_bytes(r, (size_t)(end - r->p));
	(void)rd_bytes(r, 2);
	return true;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static struct bytes trim(struct bytes b)
{
	while (b.n > 0 && is_blank(b.p[0]))
		b = BYTES(b.p + 1, b.n - 1);
	while (b.n > 0 && is_blank(b.p[b.n - 1]))
		b.n--;
	return b;
}

/* Splits at the first `at`; false where there is none. */
static bool split(struct bytes b, uint8_t at, struct bytes *ret_left, struct bytes *ret_right)
{
	const uint8_t *found = b.n > 0 ? memchr(b.p, at, b.n) : NULL;
	size_t n_left = found ? (size_t)(found - b.p) : 0;

	if (!found)
		return false;
	*ret_left = BYTES(b.p, n_left);
	*ret_right = BYTES(found + 1, b.n - n_left - 1);
	return true;
}

int nats_headers_read(struct nats_headers *h, struct bytes block)
{
	struct rd r = rd_of(block);
	struct bytes first, code, text = { 0 };

	if (!read_line(&r, &first))
		return -EBADMSG;
	if (first.n < strlen(version) || memcmp(first.p, version, strlen(version)) != 0)
		return -EBADMSG;
	code = trim(BYTES(first.p + strlen(version), first.n - strlen(version)));
	if (split(code, ' ', &code, &text))
		text = trim(text);
	*h = (struct nats_headers){ .rest = r, .code = code, .text = text };
	return 0;
}

bool nats_headers_next(struct nats_headers *h, struct bytes *ret_key, struct bytes *ret_value)
{
	struct bytes line, key, value;

	if (!read_line(&h->rest, &line) || !split(line, ':', &key, &value))
		return false;
	*ret_key = key;
	*ret_value = trim(value);
	return true;
}

struct bytes nats_headers_get(struct bytes block, const char *key)
{
	struct bytes name = bytes_of_text(key), found, value;
	struct nats_headers h;

	if (nats_headers_read(&h, block) != 0)
		return BYTES(NULL, 0);
	while (nats_headers_next(&h, &found, &value))
		if (bytes_equal(found, name))
			return value;
	return BYTES(NULL, 0);
}
