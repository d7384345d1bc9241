#include "wire/teranode.h"

#include <string.h>

#include "base/limits.h"
#include "wire/base64.h"
#include "wire/json.h"

/* ---- envelopes ---- */

static int read_name(struct bytes value, struct buf *name)
{
	int r;

	if (json_value_is_null(value))
		return 0; /* leaves an earlier name alone */
	buf_clear(name);
	r = json_text_read(value, name);
	return r == -ENOBUFS ? 0 : r;
}

/* Base64 has no need of escapes, but JSON lets every character be written as one. */
static int read_escaped_data(struct bytes value, struct buf *data)
{
	struct buf text;
	int r;

	buf_init(&text, value.n);
	r = json_text_read(value, &text);
	if (r == 0)
		r = base64_decode(buf_data(&text), data);
	else if (r == -ENOBUFS)
		r = -EBADMSG; /* only what is no UTF-8 grows, and it is no base64 either */
	buf_deinit(&text);
	return r;
}

static int read_data(struct bytes value, struct buf *data)
{
	buf_clear(data);
	if (json_value_is_null(value))
		return 0;
	if (!json_value_is_text(value))
		return -EBADMSG;
	if (memchr(value.p, '\\', value.n))
		return read_escaped_data(value, data);
	return base64_decode(BYTES(value.p + 1, value.n - 2), data);
}

int teranode_envelope_decode(struct bytes json, struct buf *name, struct buf *data)
{
	struct json_members m;
	struct bytes key, value;
	int r;

	buf_clear(name);
	buf_clear(data);
	r = json_check(json);
	if (r == 0)
		r = json_members_open(&m, json);
	while (r == 0 && json_members_next(&m, &key, &value)) {
		if (json_key_is(key, "name"))
			r = read_name(value, name);
		else if (json_key_is(key, "data"))
			r = read_data(value, data);
	}
	return r;
}

int teranode_envelope_encode(struct bytes name, struct bytes data, struct buf *out)
{
	struct wr w = wr_to(out);

	wr_text(&w, "{\"name\":");
	json_text_write(&w, name);
	wr_text(&w, ",\"data\":\"");
	base64_write(&w, data);
	wr_text(&w, "\"}");
	return wr_finish(&w);
}

/* ---- payloads ---- */

#define TOPIC_PREFIX "teranode/bitcoin/"

static const char *const kind_texts[] = {
	[TERANODE_OTHER] = "",
	[TERANODE_BLOCK] = "-block",
	[TERANODE_SUBTREE] = "-subtree",
	[TERANODE_REJECTED_TX] = "-rejected-tx",
	[TERANODE_NODE_STATUS] = "-node_status",
};

/* The announcements are Go structs without JSON names, so their keys are the fields'; the status
 * has names of its own. */
static const char *const keys[][TERANODE_FIELDS] = {
	[TERANODE_OTHER] = { NULL },
	[TERANODE_BLOCK] = {
		[TERANODE_PEER_ID] = "PeerID",
		[TERANODE_CLIENT_NAME] = "ClientName",
		[TERANODE_URL] = "DataHubURL",
		[TERANODE_HASH] = "Hash",
		[TERANODE_HEADER] = "Header",
		[TERANODE_COINBASE] = "Coinbase",
		[TERANODE_HEIGHT] = "Height",
	},
	[TERANODE_SUBTREE] = {
		[TERANODE_PEER_ID] = "PeerID",
		[TERANODE_CLIENT_NAME] = "ClientName",
		[TERANODE_URL] = "DataHubURL",
		[TERANODE_HASH] = "Hash",
	},
	[TERANODE_REJECTED_TX] = {
		[TERANODE_PEER_ID] = "PeerID",
		[TERANODE_CLIENT_NAME] = "ClientName",
		[TERANODE_HASH] = "TxID",
		[TERANODE_REASON] = "Reason",
	},
	[TERANODE_NODE_STATUS] = {
		[TERANODE_PEER_ID] = "peer_id",
		[TERANODE_CLIENT_NAME] = "client_name",
		[TERANODE_URL] = "base_url",
		[TERANODE_PROPAGATION_URL] = "propagation_url",
		[TERANODE_HASH] = "best_block_hash",
		[TERANODE_HEIGHT] = "best_height",
		[TERANODE_VERSION] = "version",
		[TERANODE_MINER_NAME] = "miner_name",
	},
};

static bool takes_from_front(struct bytes *io, const char *text)
{
	size_t n = strlen(text);

	if (io->n < n || memcmp(io->p, text, n) != 0)
		return false;
	*io = BYTES(io->p + n, io->n - n);
	return true;
}

static bool ends_with(struct bytes b, const char *text)
{
	size_t n = strlen(text);

	return b.n > n && memcmp(b.p + b.n - n, text, n) == 0;
}

enum teranode_kind teranode_kind_of(struct bytes topic)
{
	struct bytes rest = topic;
	const uint8_t *slash;

	if (!takes_from_front(&rest, TOPIC_PREFIX) || rest.n == 0)
		return TERANODE_OTHER;
	slash = memchr(rest.p, '/', rest.n);
	if (!slash || slash == rest.p)
		return TERANODE_OTHER;
	rest = BYTES(slash + 1, rest.n - (size_t)(slash + 1 - rest.p));
	if (rest.n == 0 || memchr(rest.p, '/', rest.n))
		return TERANODE_OTHER;
	for (size_t i = TERANODE_BLOCK; i < ARRAY_SIZE(kind_texts); i++)
		if (ends_with(rest, kind_texts[i]))
			return (enum teranode_kind)i;
	return TERANODE_OTHER;
}

const char *teranode_key(enum teranode_kind kind, enum teranode_field field)
{
	return keys[kind][field];
}

static bool is_of_its_type(enum teranode_field field, struct bytes value)
{
	uint64_t height;

	if (field == TERANODE_HEIGHT)
		return json_unsigned_read(value, UINT32_MAX, &height) == 0;
	return json_value_is_text(value);
}

static void take_member(enum teranode_kind kind, struct bytes key, struct bytes value,
			struct teranode_payload *p)
{
	for (size_t i = 0; i < TERANODE_FIELDS; i++) {
		const char *name = keys[kind][i];

		if (!name || !json_key_is(key, name) || json_value_is_null(value))
			continue;
		p->values[i] = value;
		if (!p->wrong && !is_of_its_type((enum teranode_field)i, value))
			p->wrong = name;
	}
}

int teranode_payload_decode(enum teranode_kind kind, struct bytes json,
			    struct teranode_payload *ret)
{
	struct teranode_payload p = { 0 };
	struct json_members m;
	struct bytes key, value;
	int r;

	r = json_check(json);
	if (r == 0)
		r = json_members_open(&m, json);
	if (r < 0)
		return r;
	while (json_members_next(&m, &key, &value))
		take_member(kind, key, value, &p);
	*ret = p;
	return 0;
}

bool teranode_author_is(const struct teranode_payload *p, const struct peer_id *id)
{
	uint8_t room[PEER_ID_TEXT_MAX];
	struct buf text = { .mem = room, .cap = sizeof(room), .max = sizeof(room) };
	char wanted[PEER_ID_TEXT_MAX];

	if (json_text_read(p->values[TERANODE_PEER_ID], &text) < 0)
		return false;
	return bytes_equal(buf_data(&text), bytes_of_text(peer_id_text(id, wanted)));
}
