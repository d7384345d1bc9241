#include "wire/nats_line.h"

#include <string.h>
#include <strings.h>

#include "wire/rd.h"
#include "wire/wr.h"

#define VERB_MAX 7
#define WORDS_MAX 6 /* one more than the longest line has */

struct verb_row {
	const char *name;
	size_t n;      /* its length */
	bool has_args; /* a blank must follow */
	bool has_payload;
};

static const struct verb_row verb_rows[] = {
	[NATS_CONNECT] = { "CONNECT", 7, true, false }, [NATS_PING] = { "PING", 4, false, false },
	[NATS_PONG] = { "PONG", 4, false, false },      [NATS_SUB] = { "SUB", 3, true, false },
	[NATS_UNSUB] = { "UNSUB", 5, true, false },     [NATS_PUB] = { "PUB", 3, true, true },
	[NATS_HPUB] = { "HPUB", 4, true, true },        [NATS_INFO] = { "INFO", 4, true, false },
	[NATS_OK] = { "+OK", 3, false, false },         [NATS_ERR] = { "-ERR", 4, true, false },
	[NATS_MSG] = { "MSG", 3, true, true },          [NATS_HMSG] = { "HMSG", 4, true, true },
};

static const char *const http_methods[] = { "GET",    "POST",    "HEAD", "PUT",
					    "DELETE", "OPTIONS", "PATCH" };

void nats_parser_init(struct nats_parser *p, uint32_t verbs, size_t line_max, size_t payload_max)
{
	*p = (struct nats_parser){
		.verbs = verbs,
		.line_max = line_max,
		.payload_max = payload_max,
	};
	buf_init(&p->line, line_max + VERB_MAX + 4);
	buf_init(&p->payload, payload_max + 2);
}

void nats_parser_deinit(struct nats_parser *p)
{
	buf_deinit(&p->line);
	buf_deinit(&p->payload);
}

size_t nats_parser_held(const struct nats_parser *p)
{
	return p->handed_out ? 0 : buf_len(&p->line) + buf_len(&p->payload);
}

/* ---- words of a line ---- */

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static void skip_blanks(struct rd *r)
{
	while (r->left > 0 && is_blank(*r->p))
		(void)rd_u8(r);
}

/* Up to the next blank or the end. */
static struct bytes read_word(struct rd *r)
{
	size_t n = 0;

	while (n < r->left && !is_blank(r->p[n]))
		n++;
	return rd_bytes(r, n);
}

static bool is_token(struct bytes word)
{
	return word.n > 0 && !memchr(word.p, '\r', word.n);
}

/* The number of words, or WORDS_MAX for that many and more. */
static size_t read_words(struct rd *r, struct bytes words[WORDS_MAX])
{
	size_t n = 0;

	for (skip_blanks(r); r->left > 0 && n < WORDS_MAX; skip_blanks(r))
		words[n++] = read_word(r);
	return n;
}

static bool read_size(struct bytes digits, size_t *ret)
{
	size_t v = 0;

	if (digits.n == 0 || digits.n > NATS_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		v = v * 10 + (digits.p[i] - '0');
	}
	*ret = v;
	return true;
}

static struct bytes trimmed(struct rd *r)
{
	struct bytes text;

	skip_blanks(r);
	text = rd_rest(r);
	while (text.n > 0 && is_blank(text.p[text.n - 1]))
		text.n--;
	return text;
}

/* ---- verbs ---- */

/* `word` is as long as `name`. */
static bool same_word(struct bytes word, const char *name)
{
	/* Letters differ from each other in these bits, whatever their case. */
	return ((word.p[0] ^ (uint8_t)name[0]) & 0x1f) == 0 &&
	       strncasecmp((const char *)word.p, name, word.n) == 0;
}

static bool verb_begins(struct bytes start, const char *name)
{
	return start.n <= strlen(name) && strncasecmp((const char *)start.p, name, start.n) == 0;
}

/* The line so far ends inside its verb: can it still become one? */
static int check_beginning(const struct nats_parser *p, struct bytes start)
{
	for (size_t i = 0; i < ARRAY_SIZE(verb_rows); i++)
		if (verb_begins(start, verb_rows[i].name))
			return NATS_E_MORE;
	for (size_t i = 0; !p->begun && i < ARRAY_SIZE(http_methods); i++)
		if (verb_begins(start, http_methods[i]))
			return NATS_E_MORE;
	return NATS_E_VERB;
}

static int find_verb(const struct nats_parser *p, struct bytes word, enum nats_verb *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(verb_rows); i++) {
		if (word.n != verb_rows[i].n || !same_word(word, verb_rows[i].name))
			continue;
		*ret = (enum nats_verb)i;
		return p->verbs & NATS_VERB_BIT(i) ? 0 : NATS_E_REFUSED;
	}
	for (size_t i = 0; !p->begun && i < ARRAY_SIZE(http_methods); i++)
		if (word.n == strlen(http_methods[i]) && same_word(word, http_methods[i]))
			return NATS_E_HTTP;
	return NATS_E_VERB;
}

/*
 * Judges a line by what is there of it, so that a mistake is told at the same place however the
 * bytes were split. NATS_E_MORE: nothing against it so far, but it has not ended.
 */
static int check_line(const struct nats_parser *p, struct bytes line, bool ended)
{
	struct bytes word = { line.p, 0 };
	enum nats_verb verb;
	size_t n_args;
	int r;

	while (word.n < size_min(line.n, VERB_MAX + 1) && !is_blank(line.p[word.n]) &&
	       line.p[word.n] != '\r' && line.p[word.n] != '\n')
		word.n++;
	if (word.n == line.n)
		return check_beginning(p, word);
	r = find_verb(p, word, &verb);
	if (r != 0)
		return r;
	if (verb_rows[verb].has_args && !is_blank(line.p[word.n]))
		return NATS_E_VERB;
	n_args = line.n - word.n;
	if (n_args > p->line_max + (ended ? 3 : 2)) /* a blank, CR, and LF */
		return NATS_E_LINE;
	return ended ? 0 : NATS_E_MORE;
}

/* ---- one line ---- */

static int parse_text(struct rd *r, struct nats_op *op)
{
	op->text = trimmed(r);
	return op->text.n > 0 ? 0 : NATS_E_FIELDS;
}

static int parse_error(struct rd *r, struct nats_op *op)
{
	struct bytes t = trimmed(r);

	if (t.n >= 2 && t.p[0] == '\'' && t.p[t.n - 1] == '\'')
		t = BYTES(t.p + 1, t.n - 2);
	op->text = t;
	return 0;
}

static int parse_sub(struct rd *r, struct nats_op *op)
{
	struct bytes w[WORDS_MAX];
	size_t n = read_words(r, w);

	if (n != 2 && n != 3)
		return NATS_E_FIELDS;
	for (size_t i = 0; i < n; i++)
		if (!is_token(w[i]))
			return NATS_E_FIELDS;
	op->subject = w[0];
	if (n == 3)
		op->queue = w[1];
	op->sid = w[n - 1];
	return 0;
}

static int parse_unsub(struct rd *r, struct nats_op *op)
{
	struct bytes w[WORDS_MAX];
	size_t n = read_words(r, w);
	size_t max = 0;

	if ((n != 1 && n != 2) || !is_token(w[0]))
		return NATS_E_FIELDS;
	/* What is no number ends the subscription at once, as in every NATS server. */
	if (n == 2 && !read_size(w[1], &max))
		max = 0;
	op->sid = w[0];
	op->max = (uint32_t)max;
	return 0;
}

/* The last one or two words are sizes: [header] total. */
static int parse_sizes(const struct bytes *w, bool has_header, size_t *ret_header, size_t *ret_all)
{
	size_t header = 0, all;

	if (has_header && !read_size(w[0], &header))
		return NATS_E_FIELDS;
	if (!read_size(w[has_header ? 1 : 0], &all) || header > all)
		return NATS_E_FIELDS;
	*ret_header = header;
	*ret_all = all;
	return 0;
}

/* PUB, HPUB: subject [reply] sizes. MSG, HMSG: subject sid [reply] sizes. The lengths, not yet the
 * bytes, of header and payload are filled in. */
static int parse_message(struct rd *r, struct nats_op *op)
{
	bool has_sid = op->verb == NATS_MSG || op->verb == NATS_HMSG;
	bool has_header = op->verb == NATS_HPUB || op->verb == NATS_HMSG;
	struct bytes w[WORDS_MAX];
	size_t n = read_words(r, w), n_tokens, header, all;
	int res;

	if (n < 2 + (size_t)has_sid + has_header || n > 3 + (size_t)has_sid + has_header)
		return NATS_E_FIELDS;
	n_tokens = n - 1 - has_header;
	for (size_t i = 0; i < n_tokens; i++)
		if (!is_token(w[i]))
			return NATS_E_FIELDS;
	res = parse_sizes(w + n_tokens, has_header, &header, &all);
	if (res != 0)
		return res;
	op->subject = w[0];
	if (has_sid)
		op->sid = w[1];
	if (n_tokens == 2 + (size_t)has_sid)
		op->reply = w[n_tokens - 1];
	op->header.n = header;
	op->payload.n = all - header;
	return 0;
}

static int parse_args(struct rd *r, struct nats_op *op)
{
	switch (op->verb) {
	case NATS_CONNECT:
	case NATS_INFO:
		return parse_text(r, op);
	case NATS_ERR:
		return parse_error(r, op);
	case NATS_PING:
	case NATS_PONG:
	case NATS_OK:
		return 0; /* whatever follows is ignored, as in every NATS server */
	case NATS_SUB:
		return parse_sub(r, op);
	case NATS_UNSUB:
		return parse_unsub(r, op);
	case NATS_PUB:
	case NATS_HPUB:
	case NATS_MSG:
	case NATS_HMSG:
		return parse_message(r, op);
	}
	return NATS_E_VERB;
}

/* `line` ends in LF and passed check_line(). */
static int parse_line(const struct nats_parser *p, struct bytes line, struct nats_op *op)
{
	struct rd r;
	int res;

	line.n--;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	r = rd_of(line);
	*op = (struct nats_op){ 0 };
	res = find_verb(p, read_word(&r), &op->verb);
	if (res != 0)
		return res;
	res = parse_args(&r, op);
	if (res != 0)
		return res;
	if (op->header.n + op->payload.n > p->payload_max)
		return NATS_E_PAYLOAD;
	return 0;
}

/* ---- the machine ---- */

/* 0: `ret` is a whole line, in place or in p->line. */
static int take_line(struct nats_parser *p, struct bytes *io, struct bytes *ret)
{
	const uint8_t *end = io->n > 0 ? memchr(io->p, '\n', io->n) : NULL;
	struct bytes piece = BYTES(io->p, end ? (size_t)(end - io->p) + 1 : io->n);
	struct bytes line = piece;
	int r;

	if (buf_len(&p->line) > 0) {
		/* Judged before it is kept: the buffer has room for every line that may go on. */
		piece.n = size_min(piece.n, buf_room(&p->line));
		r = buf_append(&p->line, piece.p, piece.n);
		if (r < 0)
			return r;
		line = buf_data(&p->line);
	}
	if (line.n == 0)
		return NATS_E_MORE;
	r = check_line(p, line, end && piece.p + piece.n == end + 1);
	if (r == NATS_E_MORE && line.p == piece.p) {
		int kept = buf_append(&p->line, piece.p, piece.n);

		if (kept < 0)
			return kept;
	}
	*io = BYTES(io->p + piece.n, io->n - piece.n);
	*ret = line;
	return r;
}

/* Waits for the payload: the line must outlive the bytes it came in. */
static int keep_line(struct nats_parser *p, struct bytes line, size_t awaited)
{
	int r;

	if (buf_len(&p->line) == 0) {
		r = buf_append(&p->line, line.p, line.n);
		if (r < 0)
			return r;
	}
	p->awaited = awaited;
	return 0;
}

/* `body` is header, payload, CR, LF. */
static int finish_message(struct nats_op *op, struct bytes body)
{
	struct rd r = rd_of(body);

	op->header = rd_bytes(&r, op->header.n);
	op->payload = rd_bytes(&r, op->payload.n);
	if (rd_u8(&r) != '\r' || rd_u8(&r) != '\n' || rd_finish(&r) != 0)
		return NATS_E_VERB;
	return 0;
}

/* A wrong end is told at its first wrong byte. */
static int check_end(const struct nats_parser *p)
{
	struct bytes got = buf_data(&p->payload);

	return got.n + 1 == p->awaited && got.p[got.n - 1] != '\r' ? NATS_E_VERB : NATS_E_MORE;
}

static int take_payload(struct nats_parser *p, struct bytes *io, struct nats_op *ret)
{
	size_t n = size_min(io->n, p->awaited - buf_len(&p->payload));
	int r;

	r = buf_append(&p->payload, io->p, n);
	if (r < 0)
		return r;
	if (n > 0)
		*io = BYTES(io->p + n, io->n - n);
	if (buf_len(&p->payload) < p->awaited)
		return check_end(p);
	/* Read a second time, now that it stays where it is; the first time it was found good. */
	r = parse_line(p, buf_data(&p->line), ret);
	if (r != 0)
		return r;
	p->awaited = 0;
	return finish_message(ret, buf_data(&p->payload));
}

static int next_op(struct nats_parser *p, struct bytes *io, struct nats_op *ret)
{
	struct bytes line;
	size_t n_body;
	int r;

	if (p->awaited > 0)
		return take_payload(p, io, ret);
	r = take_line(p, io, &line);
	if (r != 0)
		return r;
	r = parse_line(p, line, ret);
	if (r != 0 || !verb_rows[ret->verb].has_payload)
		return r;
	n_body = ret->header.n + ret->payload.n + 2;
	if (io->n < n_body) {
		r = keep_line(p, line, n_body);
		return r < 0 ? r : take_payload(p, io, ret);
	}
	r = finish_message(ret, BYTES(io->p, n_body));
	*io = BYTES(io->p + n_body, io->n - n_body);
	return r;
}

int nats_parser_next(struct nats_parser *p, struct bytes *io, struct nats_op *ret)
{
	struct nats_op op;
	int r;

	if (p->failed)
		return p->failed;
	if (p->handed_out) {
		buf_clear(&p->line);
		buf_clear(&p->payload);
		p->handed_out = false;
	}
	r = next_op(p, io, &op);
	if (r != 0) {
		p->failed = r == NATS_E_MORE ? 0 : r;
		return r;
	}
	p->begun = p->handed_out = true;
	*ret = op;
	return 0;
}

/* ---- the writer ---- */

size_t nats_decimal(uint64_t v, char out[NATS_DECIMAL_MAX])
{
	char digits[NATS_DECIMAL_MAX];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	for (size_t i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	return n;
}

static void write_word(struct wr *w, struct bytes word)
{
	if (word.n == 0)
		return;
	wr_u8(w, ' ');
	wr_bytes(w, word);
}

static void write_size(struct wr *w, size_t v)
{
	char digits[NATS_DECIMAL_MAX];

	write_word(w, BYTES(digits, nats_decimal(v, digits)));
}

static void write_args(struct wr *w, const struct nats_op *op)
{
	if (op->verb == NATS_ERR) {
		wr_text(w, " '");
		wr_bytes(w, op->text);
		wr_text(w, "'");
		return;
	}
	write_word(w, op->text);
	write_word(w, op->subject);
	if (op->verb == NATS_SUB)
		write_word(w, op->queue);
	write_word(w, op->sid);
	write_word(w, op->reply);
	if (op->verb == NATS_UNSUB && op->max > 0)
		write_size(w, op->max);
}

int nats_op_encode(const struct nats_op *op, struct buf *out)
{
	struct wr w = wr_to(out);

	wr_text(&w, verb_rows[op->verb].name);
	write_args(&w, op);
	if (verb_rows[op->verb].has_payload) {
		if (op->verb == NATS_HPUB || op->verb == NATS_HMSG)
			write_size(&w, op->header.n);
		write_size(&w, op->header.n + op->payload.n);
		wr_text(&w, "\r\n");
		wr_bytes(&w, op->header);
		wr_bytes(&w, op->payload);
	}
	wr_text(&w, "\r\n");
	return wr_finish(&w);
}
