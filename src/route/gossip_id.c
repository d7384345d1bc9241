#include "route/gossip_id.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/keys.h"

#define SHA256_SIZE 32
#define SEEN_TOPIC 16 /* bytes of the topic's hash in a seen key */

/* An identity multihash: code 0 and a length, then the encoded key itself. */
#define IDENTITY_CODE 0
#define IDENTITY_HEAD 2

static const char *const KIND_TEXTS[] = {
	[GOSSIP_ID_GO] = "go",
	[GOSSIP_ID_JS] = "js",
	[GOSSIP_ID_RUST] = "rust",
	[GOSSIP_ID_CONTENT] = "content",
};

int gossip_id_kind_parse(struct bytes text, enum gossip_id_kind *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(KIND_TEXTS); i++) {
		if (!bytes_equal(text, bytes_of_text(KIND_TEXTS[i])))
			continue;
		*ret = (enum gossip_id_kind)i;
		return 0;
	}
	return -EINVAL;
}

const char *gossip_id_kind_text(enum gossip_id_kind kind)
{
	return KIND_TEXTS[kind];
}

static void add(struct gossip_id *id, struct bytes b)
{
	ASSERT(id->n + b.n <= GOSSIP_ID_MAX);
	if (b.n > 0)
		memcpy(id->b + id->n, b.p, b.n);
	id->n = (uint8_t)(id->n + b.n);
}

static struct gossip_id go_id(struct bytes author, uint64_t seqno)
{
	uint64_t be = __builtin_bswap64(seqno);
	struct gossip_id id = { 0 };

	add(&id, author);
	add(&id, BYTES(&be, sizeof(be)));
	return id;
}

static struct gossip_id js_id(const struct peer_id *author, uint64_t seqno)
{
	size_t head = author->b[0] == IDENTITY_CODE ? IDENTITY_HEAD : 0;

	return go_id(BYTES(author->b + head, author->n - head), seqno);
}

static struct gossip_id rust_id(const struct peer_id *author, uint64_t seqno)
{
	char text[PEER_ID_TEXT_MAX], number[24];
	struct gossip_id id = { 0 };

	snprintf(number, sizeof(number), "%llu", (unsigned long long)seqno);
	add(&id, bytes_of_text(peer_id_text(author, text)));
	add(&id, bytes_of_text(number));
	return id;
}

static struct gossip_id content_id(struct bytes data)
{
	struct gossip_id id = { .n = SHA256_SIZE };

	sha256(data, id.b);
	return id;
}

struct gossip_id gossip_message_id(enum gossip_id_kind kind, const struct gossip_message *m,
				   const struct peer_id *author, uint64_t seqno)
{
	switch (kind) {
	case GOSSIP_ID_GO:
		break;
	case GOSSIP_ID_JS:
		return js_id(author, seqno);
	case GOSSIP_ID_RUST:
		return rust_id(author, seqno);
	case GOSSIP_ID_CONTENT:
		return content_id(m->data);
	}
	return go_id(peer_id_bytes(author), seqno);
}

/* ---- from one into another ---- */

static uint64_t last_number(struct bytes id)
{
	uint64_t be;

	memcpy(&be, id.p + id.n - sizeof(be), sizeof(be));
	return __builtin_bswap64(be);
}

/* "12D3KooW...", "16Uiu2HA...", "Qm...": how long the author in front of a number is. */
static size_t author_text_length(struct bytes id)
{
	static const struct {
		const char *head;
		size_t n;
	} shapes[] = { { "12D3Koo", 52 }, { "16Uiu2HA", 53 }, { "Qm", 46 } };

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct bytes head = bytes_of_text(shapes[i].head);

		if (id.n > shapes[i].n && bytes_equal(BYTES(id.p, head.n), head))
			return shapes[i].n;
	}
	return 0;
}

static bool read_decimal(struct bytes text, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < text.n; i++) {
		uint64_t digit = (uint64_t)text.p[i] - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*ret = v;
	return text.n > 0;
}

static bool read_rust(struct bytes id, struct peer_id *ret_author, uint64_t *ret_seqno)
{
	size_t n = author_text_length(id);

	return n > 0 && peer_id_parse(BYTES(id.p, n), ret_author) == 0 &&
	       read_decimal(BYTES(id.p + n, id.n - n), ret_seqno);
}

static bool read_go(struct bytes id, struct peer_id *ret_author, uint64_t *ret_seqno)
{
	if (id.n <= sizeof(uint64_t))
		return false;
	*ret_seqno = last_number(id);
	return peer_id_decode(BYTES(id.p, id.n - sizeof(uint64_t)), ret_author) == 0;
}

static bool read_js(struct bytes id, struct peer_id *ret_author, uint64_t *ret_seqno)
{
	uint8_t hash[PEER_ID_MAX];
	size_t n = id.n - sizeof(uint64_t);

	if (id.n <= sizeof(uint64_t) || n + IDENTITY_HEAD > sizeof(hash))
		return false;
	hash[0] = IDENTITY_CODE;
	hash[1] = (uint8_t)n;
	memcpy(hash + IDENTITY_HEAD, id.p, n);
	*ret_seqno = last_number(id);
	return peer_id_decode(BYTES(hash, IDENTITY_HEAD + n), ret_author) == 0;
}

static bool read_any(struct bytes id, enum gossip_id_kind *ret_kind, struct peer_id *ret_author,
		     uint64_t *ret_seqno)
{
	if (read_go(id, ret_author, ret_seqno))
		*ret_kind = GOSSIP_ID_GO;
	else if (read_js(id, ret_author, ret_seqno))
		*ret_kind = GOSSIP_ID_JS;
	else if (read_rust(id, ret_author, ret_seqno))
		*ret_kind = GOSSIP_ID_RUST;
	else
		return false;
	return true;
}

bool gossip_id_kind_of(struct bytes id, enum gossip_id_kind *ret)
{
	struct peer_id author;
	uint64_t seqno;

	return read_any(id, ret, &author, &seqno);
}

bool gossip_id_translate(enum gossip_id_kind kind, struct bytes id, struct gossip_id *ret)
{
	enum gossip_id_kind from;
	struct peer_id author;
	uint64_t seqno;

	ASSERT(id.n <= GOSSIP_ID_MAX);
	*ret = (struct gossip_id){ 0 };
	add(ret, id);
	if (kind == GOSSIP_ID_CONTENT)
		return id.n == SHA256_SIZE;
	if (!read_any(id, &from, &author, &seqno))
		return false;
	*ret = gossip_message_id(kind, NULL, &author, seqno);
	return true;
}

struct gossip_id gossip_seen_key(enum gossip_id_kind kind, struct bytes topic, struct bytes id)
{
	struct gossip_id key = { 0 };
	uint8_t hash[SHA256_SIZE];

	if (kind == GOSSIP_ID_CONTENT) {
		sha256(topic, hash);
		add(&key, BYTES(hash, SEEN_TOPIC));
		id.n = size_min(id.n, GOSSIP_ID_MAX - SEEN_TOPIC);
	}
	add(&key, id);
	return key;
}
