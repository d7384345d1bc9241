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
