#include "wire/multiaddr_protocol.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/limits.h"
#include "wire/multibase.h"
#include "wire/peer_id.h"
#include "wire/rd.h"

#define PORT_SIZE 2
#define ONION_HOST 10
#define ONION3_HOST 35

static const struct protocol PROTOCOLS[] = {
	{ PROTOCOL_IP4, VALUE_IP4, "ip4" },
	{ PROTOCOL_TCP, VALUE_PORT, "tcp" },
	{ 33, VALUE_PORT, "dccp" },
	{ PROTOCOL_IP6, VALUE_IP6, "ip6" },
	{ 42, VALUE_NAME, "ip6zone" },
	{ 43, VALUE_CIDR, "ipcidr" },
	{ PROTOCOL_DNS, VALUE_NAME, "dns" },
	{ PROTOCOL_DNS4, VALUE_NAME, "dns4" },
	{ PROTOCOL_DNS6, VALUE_NAME, "dns6" },
	{ PROTOCOL_DNSADDR, VALUE_NAME, "dnsaddr" },
	{ 132, VALUE_PORT, "sctp" },
	{ 273, VALUE_PORT, "udp" },
	{ 275, VALUE_NONE, "p2p-webrtc-star" },
	{ 276, VALUE_NONE, "p2p-webrtc-direct" },
	{ 277, VALUE_NONE, "p2p-stardust" },
	{ 280, VALUE_NONE, "webrtc-direct" },
	{ 281, VALUE_NONE, "webrtc" },
	{ 290, VALUE_NONE, "p2p-circuit" },
	{ 301, VALUE_NONE, "udt" },
	{ 302, VALUE_NONE, "utp" },
	{ 400, VALUE_PATH, "unix" },
	{ PROTOCOL_P2P, VALUE_PEER, "p2p" },
	{ PROTOCOL_P2P, VALUE_PEER, "ipfs" }, /* its old name: read, not written */
	{ 443, VALUE_NONE, "https" },
	{ 444, VALUE_ONION, "onion" },
	{ 445, VALUE_ONION3, "onion3" },
	{ 448, VALUE_NONE, "tls" },
	{ 449, VALUE_NAME, "sni" },
	{ 454, VALUE_NONE, "noise" },
	{ 460, VALUE_NONE, "quic" },
	{ 461, VALUE_NONE, "quic-v1" },
	{ 465, VALUE_NONE, "webtransport" },
	{ 466, VALUE_CERTHASH, "certhash" },
	{ 477, VALUE_NONE, "ws" },
	{ 478, VALUE_NONE, "wss" },
	{ 479, VALUE_NONE, "p2p-websocket-star" },
	{ 480, VALUE_NONE, "http" },
	{ 481, VALUE_HTTP_PATH, "http-path" },
	{ 777, VALUE_NUMBER, "memory" },
	{ 7367777, VALUE_NONE, "plaintextv2" },
};

const struct protocol *protocol_of_code(uint64_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(PROTOCOLS); i++)
		if (PROTOCOLS[i].code == code)
			return &PROTOCOLS[i];
	return NULL;
}

const struct protocol *protocol_of_name(struct bytes name)
{
	for (size_t i = 0; i < ARRAY_SIZE(PROTOCOLS); i++)
		if (bytes_equal(bytes_of_text(PROTOCOLS[i].name), name))
			return &PROTOCOLS[i];
	return NULL;
}

size_t protocol_size(const struct protocol *p)
{
	switch (p->value) {
	case VALUE_IP4:
		return 4;
	case VALUE_IP6:
		return 16;
	case VALUE_CIDR:
		return 1;
	case VALUE_PORT:
		return PORT_SIZE;
	case VALUE_NUMBER:
		return 8;
	case VALUE_ONION:
		return ONION_HOST + PORT_SIZE;
	case VALUE_ONION3:
		return ONION3_HOST + PORT_SIZE;
	case VALUE_NONE:
	case VALUE_NAME:
	case VALUE_PEER:
	case VALUE_CERTHASH:
	case VALUE_HTTP_PATH:
	case VALUE_PATH:
		break;
	}
	return 0;
}

/* ---- what is a value ---- */

static bool is_name(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] <= ' ' || b.p[i] > '~' || b.p[i] == '/')
			return false;
	return b.n > 0;
}

/* Control characters would end in terminals and logs; a slash at the end is lost in text. */
static bool is_path(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < ' ' || b.p[i] == 0x7f)
			return false;
	return b.n >= 2 && b.p[0] == '/' && b.p[b.n - 1] != '/';
}

static bool is_multihash(struct bytes b)
{
	struct rd r = rd_of(b);

	rd_varint(&r);
	rd_varint_bytes(&r, b.n);
	return rd_finish(&r) == 0;
}

static bool is_onion(struct bytes b)
{
	return b.p[b.n - 2] != 0 || b.p[b.n - 1] != 0;
}

bool protocol_value_is_valid(const struct protocol *p, struct bytes b)
{
	struct peer_id id;

	switch (p->value) {
	case VALUE_NONE:
	case VALUE_IP4:
	case VALUE_IP6:
	case VALUE_CIDR:
	case VALUE_PORT:
	case VALUE_NUMBER:
		return true;
	case VALUE_ONION:
	case VALUE_ONION3:
		return is_onion(b);
	case VALUE_NAME:
		return is_name(b);
	case VALUE_PEER:
		return peer_id_decode(b, &id) == 0;
	case VALUE_CERTHASH:
		return is_multihash(b);
	case VALUE_HTTP_PATH:
		return b.n > 0;
	case VALUE_PATH:
		return is_path(b);
	}
	return false;
}

/* ---- text to binary ---- */

/* Decimal without sign and leading zeroes, big-endian in `size` bytes. */
static void parse_number(struct bytes text, size_t size, uint64_t max, struct span *out)
{
	uint64_t v = 0;

	if (text.n == 0 || (text.n > 1 && text.p[0] == '0'))
		span_fail(out);
	for (size_t i = 0; i < text.n; i++) {
		unsigned int digit = text.p[i] - (unsigned int)'0';

		if (digit > 9 || v > (max - digit) / 10) {
			span_fail(out);
			return;
		}
		v = v * 10 + digit;
	}
	while (size-- > 0)
		span_put_u8(out, (uint8_t)(v >> (8 * size)));
}

static void parse_ip(struct bytes text, int family, size_t size, struct span *out)
{
	char plain[INET6_ADDRSTRLEN];
	uint8_t ip[16];

	if (text.n >= sizeof(plain)) {
		span_fail(out);
		return;
	}
	memcpy(plain, text.p, text.n);
	plain[text.n] = '\0';
	/* A NUL inside would hide what follows it. */
	if (strlen(plain) != text.n || inet_pton(family, plain, ip) != 1)
		span_fail(out);
	span_put(out, BYTES(ip, size));
}

static void parse_onion(struct bytes text, size_t n_host, struct span *out)
{
	const uint8_t *colon = memchr(text.p, ':', text.n);
	uint8_t host[ONION3_HOST];
	size_t n;

	if (!colon) {
		span_fail(out);
		return;
	}
	n = (size_t)(colon - text.p);
	if (base32_decode(BYTES(text.p, n), host, n_host) != (int)n_host)
		span_fail(out);
	span_put(out, BYTES(host, n_host));
	parse_number(BYTES(colon + 1, text.n - n - 1), PORT_SIZE, UINT16_MAX, out);
}

static void parse_peer(struct bytes text, struct span *out)
{
	struct peer_id id = { 0 };

	if (peer_id_parse(text, &id) < 0)
		span_fail(out);
	span_put(out, peer_id_bytes(&id));
}

static void parse_certhash(struct bytes text, struct span *out)
{
	uint8_t hash[LIMIT_MULTIADDR];
	int n = multibase_decode(text, hash, sizeof(hash));

	if (n < 0)
		span_fail(out);
	else
		span_put(out, BYTES(hash, n));
}

static void parse_percent(struct bytes text, struct span *out)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '%') {
			if (text.n - i < 3 || hex_decode(BYTES(text.p + i + 1, 2), &c, 1) != 1)
				span_fail(out);
			i += 2;
		}
		span_put_u8(out, c);
	}
}

void protocol_value_parse(const struct protocol *p, struct bytes text, struct span *out)
{
	switch (p->value) {
	case VALUE_NONE:
		break;
	case VALUE_IP4:
		parse_ip(text, AF_INET, 4, out);
		break;
	case VALUE_IP6:
		parse_ip(text, AF_INET6, 16, out);
		break;
	case VALUE_CIDR:
		parse_number(text, 1, UINT8_MAX, out);
		break;
	case VALUE_PORT:
		parse_number(text, PORT_SIZE, UINT16_MAX, out);
		break;
	case VALUE_NUMBER:
		parse_number(text, 8, UINT64_MAX, out);
		break;
	case VALUE_ONION:
		parse_onion(text, ONION_HOST, out);
		break;
	case VALUE_ONION3:
		parse_onion(text, ONION3_HOST, out);
		break;
	case VALUE_PEER:
		parse_peer(text, out);
		break;
	case VALUE_CERTHASH:
		parse_certhash(text, out);
		break;
	case VALUE_HTTP_PATH:
		parse_percent(text, out);
		break;
	case VALUE_NAME:
	case VALUE_PATH:
		span_put(out, text);
		break;
	}
}

/* ---- binary to text ---- */

static void put_text(struct span *out, const char *text)
{
	span_put(out, bytes_of_text(text));
}

static void text_ip(struct bytes b, int family, struct span *out)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(family, b.p, text, sizeof(text)))
		span_fail(out);
	else
		put_text(out, text);
}

static void text_number(struct bytes b, struct span *out)
{
	unsigned long long v = 0;
	char text[24];

	for (size_t i = 0; i < b.n; i++)
		v = v << 8 | b.p[i];
	snprintf(text, sizeof(text), "%llu", v);
	put_text(out, text);
}

static void text_onion(struct bytes b, struct span *out)
{
	size_t n_host = b.n - PORT_SIZE;
	char text[2 * ONION3_HOST];
	int n = base32_encode(BYTES(b.p, n_host), text, sizeof(text));

	if (n < 0)
		span_fail(out);
	else
		span_put(out, BYTES(text, n));
	span_put_u8(out, ':');
	text_number(BYTES(b.p + n_host, PORT_SIZE), out);
}

static void text_peer(struct bytes b, struct span *out)
{
	char text[PEER_ID_TEXT_MAX];
	struct peer_id id;

	if (peer_id_decode(b, &id) < 0)
		span_fail(out);
	else
		put_text(out, peer_id_text(&id, text));
}

static void text_certhash(struct bytes b, struct span *out)
{
	char text[2 * LIMIT_MULTIADDR];
	int n = base64url_encode(b, text, sizeof(text));

	span_put_u8(out, 'u');
	if (n < 0)
		span_fail(out);
	else
		span_put(out, BYTES(text, n));
}

static bool is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

static void text_percent(struct bytes b, struct span *out)
{
	char text[4];

	for (size_t i = 0; i < b.n; i++) {
		if (is_unreserved(b.p[i])) {
			span_put_u8(out, b.p[i]);
		} else {
			snprintf(text, sizeof(text), "%%%02X", b.p[i]);
			put_text(out, text);
		}
	}
}

void protocol_value_text(const struct protocol *p, struct bytes b, struct span *out)
{
	switch (p->value) {
	case VALUE_NONE:
		break;
	case VALUE_IP4:
		text_ip(b, AF_INET, out);
		break;
	case VALUE_IP6:
		text_ip(b, AF_INET6, out);
		break;
	case VALUE_CIDR:
	case VALUE_PORT:
	case VALUE_NUMBER:
		text_number(b, out);
		break;
	case VALUE_ONION:
	case VALUE_ONION3:
		text_onion(b, out);
		break;
	case VALUE_PEER:
		text_peer(b, out);
		break;
	case VALUE_CERTHASH:
		text_certhash(b, out);
		break;
	case VALUE_HTTP_PATH:
		text_percent(b, out);
		break;
	case VALUE_NAME:
	case VALUE_PATH:
		span_put(out, b);
		break;
	}
}
