#include "wire/multiaddr.h"

#include <string.h>

#include "wire/multiaddr_protocol.h"
#include "wire/rd.h"
#include "wire/wr.h"

struct component {
	const struct protocol *protocol;
	struct bytes value;
};

/* ---- walking the binary form ---- */

/* The next protocol and its value. False at the end, and when the reader is or becomes bad. */
static bool component_next(struct rd *r, struct component *ret)
{
	struct component c;
	size_t left = r->left, n_head;
	uint64_t code;

	if (rd_is_bad(r) || left == 0)
		return false;
	code = rd_varint(r);
	c.protocol = protocol_of_code(code);
	if (!c.protocol) {
		rd_fail(r);
		return false;
	}
	n_head = varint_size(code);
	if (protocol_has_length(c.protocol)) {
		c.value = rd_varint_bytes(r, LIMIT_MULTIADDR);
		n_head += varint_size(c.value.n);
	} else {
		c.value = rd_bytes(r, protocol_size(c.protocol));
	}
	/* Varints longer than they need be would give one address two forms. */
	if (rd_is_bad(r) || left - r->left != n_head + c.value.n ||
	    !protocol_value_is_valid(c.protocol, c.value)) {
		rd_fail(r);
		return false;
	}
	*ret = c;
	return true;
}

static struct bytes bytes_of(const struct multiaddr *m)
{
	return BYTES(m->b, m->n);
}

static void text_of(struct bytes b, struct span *out)
{
	struct rd r = rd_of(b);
	struct component c;

	while (component_next(&r, &c)) {
		span_put_u8(out, '/');
		span_put(out, bytes_of_text(c.protocol->name));
		if (c.protocol->value == VALUE_NONE)
			continue;
		/* A path brings its own slash. */
		if (c.protocol->value != VALUE_PATH)
			span_put_u8(out, '/');
		protocol_value_text(c.protocol, c.value, out);
	}
	span_put_u8(out, '\0');
}

/* Every address we keep can be shown: short codes may stand for long names. */
static bool fits_as_text(struct bytes b)
{
	uint8_t text[LIMIT_MULTIADDR_TEXT];
	struct span out = span_of(text, sizeof(text));

	text_of(b, &out);
	return !out.bad;
}

int multiaddr_decode(struct bytes b, struct multiaddr *ret)
{
	struct rd r = rd_of(b);
	struct component c;
	bool ended = false;

	if (b.n == 0 || b.n > LIMIT_MULTIADDR)
		return -EBADMSG;
	while (component_next(&r, &c)) {
		/* A path takes the rest of the text: nothing can follow it. */
		if (ended)
			return -EBADMSG;
		ended = c.protocol->value == VALUE_PATH;
	}
	if (rd_finish(&r) < 0 || !fits_as_text(b))
		return -EBADMSG;
	ret->n = (uint16_t)b.n;
	memcpy(ret->b, b.p, b.n);
	return 0;
}

const char *multiaddr_text(const struct multiaddr *m, char *out)
{
	struct span text = span_of(out, LIMIT_MULTIADDR_TEXT);

	text_of(bytes_of(m), &text);
	/* Only an address that was never decoded or parsed can be too long. */
	if (text.bad)
		out[0] = '\0';
	return out;
}

/* ---- text ---- */

/* The part before the next slash; it and the slash are taken off. */
static struct bytes take_part(struct bytes *text)
{
	const uint8_t *slash = text->n > 0 ? memchr(text->p, '/', text->n) : NULL;
	struct bytes part = BYTES(text->p, slash ? (size_t)(slash - text->p) : text->n);
	size_t n = slash ? part.n + 1 : part.n;

	*text = BYTES(text->p + n, text->n - n);
	return part;
}

static void put_component(struct span *out, const struct protocol *p, struct bytes value)
{
	span_put_varint(out, p->code);
	if (protocol_has_length(p))
		span_put_varint(out, value.n);
	span_put(out, value);
}

static void parse_component(struct bytes *text, struct span *out)
{
	const struct protocol *p = protocol_of_name(take_part(text));
	uint8_t b[LIMIT_MULTIADDR];
	struct span value = span_of(b, sizeof(b));

	if (!p) {
		span_fail(out);
		return;
	}
	if (p->value == VALUE_PATH) {
		span_put_u8(&value, '/');
		protocol_value_parse(p, *text, &value);
		*text = BYTES(text->p + text->n, 0);
	} else if (p->value != VALUE_NONE) {
		protocol_value_parse(p, take_part(text), &value);
	}
	if (value.bad)
		span_fail(out);
	put_component(out, p, BYTES(b, value.n));
}

int multiaddr_parse(struct bytes text, struct multiaddr *ret)
{
	uint8_t b[LIMIT_MULTIADDR];
	struct span out = span_of(b, sizeof(b));

	if (text.n < 2 || text.n >= LIMIT_MULTIADDR_TEXT || text.p[0] != '/')
		return -EINVAL;
	text = BYTES(text.p + 1, text.n - 1);
	while (text.n > 1 && text.p[text.n - 1] == '/')
		text.n--;
	while (text.n > 0 && !out.bad)
		parse_component(&text, &out);
	/* One place checks values: the decoder. */
	if (out.bad || multiaddr_decode(BYTES(b, out.n), ret) < 0)
		return -EINVAL;
	return 0;
}

/* ---- made of parts ---- */

static void put_host(struct span *out, const struct addr *a)
{
	bool is_ip6 = a->family == ADDR_IP6;

	put_component(out, protocol_of_code(is_ip6 ? PROTOCOL_IP6 : PROTOCOL_IP4),
		      BYTES(a->ip, is_ip6 ? 16 : 4));
}

static void put_tcp(struct span *out, uint16_t port)
{
	const uint8_t b[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	put_component(out, protocol_of_code(PROTOCOL_TCP), BYTES(b, 2));
}

void multiaddr_from_addr(const struct addr *a, struct multiaddr *ret)
{
	struct span out = span_of(ret->b, sizeof(ret->b));

	put_host(&out, a);
	put_tcp(&out, a->port);
	ret->n = (uint16_t)out.n;
}

bool multiaddr_equal(const struct multiaddr *a, const struct multiaddr *b)
{
	return bytes_equal(bytes_of(a), bytes_of(b));
}

void multiaddr_without_peer(const struct multiaddr *m, struct multiaddr *ret)
{
	struct rd r = rd_of(bytes_of(m));
	struct component c = { 0 };
	size_t n = m->n, at = 0;

	while (component_next(&r, &c)) {
		n = c.protocol->code == PROTOCOL_P2P ? at : m->n;
		at = m->n - r.left;
	}
	memmove(ret->b, m->b, n);
	ret->n = (uint16_t)n;
}

int multiaddr_with_peer(const struct multiaddr *m, const struct peer_id *id, struct multiaddr *ret)
{
	struct multiaddr bare;
	struct span out;

	multiaddr_without_peer(m, &bare);
	out = span_of(bare.b, sizeof(bare.b));
	out.n = bare.n;
	put_component(&out, protocol_of_code(PROTOCOL_P2P), peer_id_bytes(id));
	if (out.bad || multiaddr_decode(BYTES(bare.b, out.n), ret) < 0)
		return -EINVAL;
	return 0;
}

/* ---- what a TCP dialler needs ---- */

static int target_ip(struct bytes value, struct multiaddr_target *t)
{
	struct addr a = { .family = value.n == 4 ? ADDR_IP4 : ADDR_IP6 };
	char text[ADDR_TEXT_MAX];

	memcpy(a.ip, value.p, value.n);
	t->host = MULTIADDR_IP;
	/* By way of text, because there an IPv4 address dressed as IPv6 becomes itself. */
	return addr_parse_ip(addr_ip_text(&a, text), &t->addr);
}

static int target_name(enum multiaddr_host host, struct bytes name, struct multiaddr_target *t)
{
	if (name.n >= sizeof(t->name))
		return -EPROTONOSUPPORT;
	t->host = host;
	memcpy(t->name, name.p, name.n);
	return 0;
}

static int target_host(const struct component *c, struct multiaddr_target *t)
{
	switch (c->protocol->code) {
	case PROTOCOL_IP4:
	case PROTOCOL_IP6:
		return target_ip(c->value, t);
	case PROTOCOL_DNS:
		return target_name(MULTIADDR_DNS, c->value, t);
	case PROTOCOL_DNS4:
		return target_name(MULTIADDR_DNS4, c->value, t);
	case PROTOCOL_DNS6:
		return target_name(MULTIADDR_DNS6, c->value, t);
	case PROTOCOL_DNSADDR:
		return target_name(MULTIADDR_DNSADDR, c->value, t);
	default:
		return -EPROTONOSUPPORT;
	}
}

static int target_port(struct rd *r, struct multiaddr_target *t)
{
	struct component c;

	if (!component_next(r, &c) || c.protocol->code != PROTOCOL_TCP)
		return -EPROTONOSUPPORT;
	t->addr.port = (uint16_t)(c.value.p[0] << 8 | c.value.p[1]);
	return t->addr.port == 0 ? -EPROTONOSUPPORT : 0;
}

int multiaddr_target(const struct multiaddr *m, struct multiaddr_target *ret)
{
	struct multiaddr_target t = { 0 };
	struct rd r = rd_of(bytes_of(m));
	struct component c;
	int error = 0;

	if (!component_next(&r, &c) || target_host(&c, &t) < 0)
		return -EPROTONOSUPPORT;
	if (t.host != MULTIADDR_DNSADDR)
		error = target_port(&r, &t);
	if (error == 0 && component_next(&r, &c)) {
		t.has_peer = c.protocol->code == PROTOCOL_P2P;
		if (!t.has_peer || peer_id_decode(c.value, &t.peer) < 0)
			error = -EPROTONOSUPPORT;
	}
	if (error < 0 || rd_finish(&r) < 0)
		return -EPROTONOSUPPORT;
	*ret = t;
	return 0;
}

/* ---- host:port ---- */

#define HOST_NAME_MAX_TEXT 253

/* At least one letter: what has none is a mistyped IP address. */
static bool is_host_name(struct bytes b)
{
	bool has_letter = false;

	for (size_t i = 0; i < b.n; i++) {
		uint8_t c = b.p[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool is_digit = c >= '0' && c <= '9';

		if (!is_letter && !is_digit && c != '-' && c != '.' && c != '_')
			return false;
		has_letter = has_letter || is_letter;
	}
	return has_letter && b.n <= HOST_NAME_MAX_TEXT;
}

static int parse_port(struct bytes text, uint16_t *ret)
{
	uint8_t b[2];
	struct span out = span_of(b, sizeof(b));

	protocol_value_parse(protocol_of_code(PROTOCOL_TCP), text, &out);
	if (out.bad || (b[0] == 0 && b[1] == 0))
		return -EINVAL;
	*ret = (uint16_t)(b[0] << 8 | b[1]);
	return 0;
}

/* Literals are addresses, brackets belong to IPv6 only, the rest is a name of either family. */
static int put_loose_host(struct span *out, struct bytes host)
{
	char text[HOST_NAME_MAX_TEXT + 1] = "";
	bool has_brackets = host.n > 0 && host.p[0] == '[';
	struct addr a = { 0 };

	if (host.n >= sizeof(text))
		return -EINVAL;
	memcpy(text, host.p, host.n);
	if (strlen(text) == host.n && addr_parse_ip(text, &a) == 0) {
		if (has_brackets != (memchr(text, ':', host.n) != NULL))
			return -EINVAL;
		put_host(out, &a);
		return 0;
	}
	if (!is_host_name(host))
		return -EINVAL;
	put_component(out, protocol_of_code(PROTOCOL_DNS), host);
	return 0;
}

int multiaddr_parse_loose(struct bytes text, struct multiaddr *ret)
{
	const uint8_t *colon;
	uint8_t b[LIMIT_MULTIADDR];
	struct span out = span_of(b, sizeof(b));
	uint16_t port;
	size_t n_host;

	if (text.n > 0 && text.p[0] == '/')
		return multiaddr_parse(text, ret);
	colon = text.n > 0 ? memrchr(text.p, ':', text.n) : NULL;
	if (!colon)
		return -EINVAL;
	n_host = (size_t)(colon - text.p);
	if (put_loose_host(&out, BYTES(text.p, n_host)) < 0 ||
	    parse_port(BYTES(colon + 1, text.n - n_host - 1), &port) < 0)
		return -EINVAL;
	put_tcp(&out, port);
	return multiaddr_decode(BYTES(b, out.n), ret) < 0 ? -EINVAL : 0;
}
