#include "wire/gossip_rpc.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "wire/protobuf.h"

#define SIGNED_PREFIX "libp2p-pubsub:"

#define RPC_ARRAY_MIN 8

enum rpc_field {
	RPC_SUBSCRIPTION = 1,
	RPC_MESSAGE = 2,
	RPC_CONTROL = 3,
};

enum subscription_field {
	SUBSCRIPTION_SUBSCRIBE = 1,
	SUBSCRIPTION_TOPIC = 2,
};

enum message_field {
	MESSAGE_FROM = 1,
	MESSAGE_DATA = 2,
	MESSAGE_SEQNO = 3,
	MESSAGE_TOPIC = 4,
	MESSAGE_SIGNATURE = 5,
	MESSAGE_KEY = 6,
};

enum control_field {
	CONTROL_IHAVE = 1,
	CONTROL_IWANT = 2,
	CONTROL_GRAFT = 3,
	CONTROL_PRUNE = 4,
	CONTROL_IDONTWANT = 5,
};

/* IHAVE, GRAFT and PRUNE have their topic in the same place. */
#define CONTROL_TOPIC 1
#define IHAVE_ID 2
#define IWANT_ID 1
#define PRUNE_PX 2
#define PRUNE_BACKOFF 3
#define PX_PEER_ID 1
#define PX_RECORD 2

#define BYTES_KEY(number) PROTOBUF_KEY(number, PROTOBUF_BYTES)
#define VARINT_KEY(number) PROTOBUF_KEY(number, PROTOBUF_VARINT)

/* ---- arrays ---- */

/* Room for one more element of `size` bytes. -EBADMSG: there are `max`. */
static int make_room(void **v, size_t n, size_t *cap, size_t size, size_t max)
{
	size_t cap_new = *cap ? *cap * 2 : RPC_ARRAY_MIN;
	void *mem;

	if (n >= max)
		return -EBADMSG;
	if (n < *cap)
		return 0;
	mem = realloc(*v, cap_new * size);
	if (!mem)
		return -ENOMEM;
	*v = mem;
	*cap = cap_new;
	return 0;
}

/* 0 with `*ret` at a new zeroed element, or the error. */
#define ARRAY_ADD(array, max, ret)                                                                 \
	({                                                                                         \
		void *_v = (array).v;                                                              \
		int _r = make_room(&_v, (array).n, &(array).cap, sizeof(*(array).v), max);         \
		(array).v = _v;                                                                    \
		if (_r == 0) {                                                                     \
			*(ret) = &(array).v[(array).n++];                                          \
			memset(*(ret), 0, sizeof(**(ret)));                                        \
		}                                                                                  \
		_r;                                                                                \
	})

void gossip_rpc_init(struct gossip_rpc *rpc)
{
	*rpc = (struct gossip_rpc){ 0 };
}

void gossip_rpc_deinit(struct gossip_rpc *rpc)
{
	free(rpc->subscriptions.v);
	free(rpc->messages.v);
	free(rpc->ihave.v);
	free(rpc->iwant.v);
	free(rpc->idontwant.v);
	free(rpc->graft.v);
	free(rpc->prune.v);
	free(rpc->px.v);
	free(rpc->ids.v);
	gossip_rpc_init(rpc);
}

void gossip_rpc_clear(struct gossip_rpc *rpc)
{
	rpc->subscriptions.n = 0;
	rpc->messages.n = 0;
	rpc->ihave.n = 0;
	rpc->iwant.n = 0;
	rpc->idontwant.n = 0;
	rpc->graft.n = 0;
	rpc->prune.n = 0;
	rpc->px.n = 0;
	rpc->ids.n = 0;
}

/* ---- reading ---- */

static int read_subscription(struct gossip_rpc *rpc, struct bytes in)
{
	struct rd r = rd_of(in);
	struct gossip_subscription *s;
	struct protobuf_field f;
	int e;

	e = ARRAY_ADD(rpc->subscriptions, LIMIT_GOSSIP_SUBSCRIPTIONS_PER_RPC, &s);
	if (e < 0)
		return e;
	while (protobuf_next(&r, &f)) {
		switch (f.key) {
		case VARINT_KEY(SUBSCRIPTION_SUBSCRIBE):
			s->subscribe = f.value != 0;
			break;
		case BYTES_KEY(SUBSCRIPTION_TOPIC):
			s->topic = f.bytes;
			break;
		}
	}
	return rd_finish(&r);
}

static size_t field_size(bool has, uint32_t number, struct bytes b)
{
	return has ? protobuf_bytes_size(number, b.n) : 0;
}

/* Of what the signature covers. */
static size_t signed_size(const struct gossip_message *m)
{
	return field_size(m->has_from, MESSAGE_FROM, m->from) +
	       field_size(m->has_data, MESSAGE_DATA, m->data) +
	       field_size(m->has_seqno, MESSAGE_SEQNO, m->seqno) +
	       field_size(m->has_topic, MESSAGE_TOPIC, m->topic);
}

static size_t message_size(const struct gossip_message *m)
{
	return signed_size(m) + field_size(m->has_signature, MESSAGE_SIGNATURE, m->signature) +
	       field_size(m->has_key, MESSAGE_KEY, m->key);
}

/* False when the field is none of a message's. */
static bool read_message_field(struct gossip_message *m, const struct protobuf_field *f)
{
	static const struct {
		size_t has, bytes;
	} places[] = {
#define PLACE(name)                                                                                \
	{ offsetof(struct gossip_message, has_##name), offsetof(struct gossip_message, name) }
		[MESSAGE_FROM] = PLACE(from),   [MESSAGE_DATA] = PLACE(data),
		[MESSAGE_SEQNO] = PLACE(seqno), [MESSAGE_TOPIC] = PLACE(topic),
		[MESSAGE_KEY] = PLACE(key),     [MESSAGE_SIGNATURE] = PLACE(signature),
#undef PLACE
	};
	uint32_t number = protobuf_number(f);
	char *at = (char *)m;

	if (number >= ARRAY_SIZE(places) || f->key != BYTES_KEY(number))
		return false;
	memcpy(at + places[number].has, &(bool){ true }, sizeof(bool));
	memcpy(at + places[number].bytes, &f->bytes, sizeof(f->bytes));
	return true;
}

static int decode_message(struct bytes in, struct gossip_message *m)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;
	uint32_t last = 0;
	bool in_order = true;

	while (protobuf_next(&r, &f)) {
		if (!read_message_field(m, &f) || protobuf_number(&f) <= last)
			in_order = false;
		last = protobuf_number(&f);
	}
	m->raw = in;
	/* Known fields, each once and in order: only longer varints than needed could still differ,
	 * and they show in the size. */
	m->canonical = in_order && message_size(m) == in.n;
	return rd_finish(&r);
}

static int read_message(struct gossip_rpc *rpc, struct bytes in)
{
	struct gossip_message *m;
	int e;

	e = ARRAY_ADD(rpc->messages, LIMIT_GOSSIP_MESSAGES_PER_RPC, &m);
	return e < 0 ? e : decode_message(in, m);
}

static int add_id(struct gossip_rpc *rpc, struct bytes id)
{
	struct bytes *at;
	int e;

	e = ARRAY_ADD(rpc->ids, LIMIT_GOSSIP_IDS_PER_RPC, &at);
	if (e < 0)
		return e;
	*at = id;
	return 0;
}

/* IHAVE, IWANT, IDONTWANT; without a topic field when `topic_key` is 0. */
static int read_ids(struct gossip_rpc *rpc, struct bytes in, uint32_t topic_key, uint32_t id_key,
		    struct gossip_ids *ret)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;
	int e;

	ret->first = rpc->ids.n;
	while (protobuf_next(&r, &f)) {
		if (f.key == topic_key)
			ret->topic = f.bytes;
		if (f.key != id_key)
			continue;
		e = add_id(rpc, f.bytes);
		if (e < 0)
			return e;
		ret->n++;
	}
	return rd_finish(&r);
}

static int read_ihave(struct gossip_rpc *rpc, struct bytes in)
{
	struct gossip_ids *ids;
	int e;

	e = ARRAY_ADD(rpc->ihave, LIMIT_GOSSIP_CONTROL_PER_RPC, &ids);
	if (e < 0)
		return e;
	return read_ids(rpc, in, BYTES_KEY(CONTROL_TOPIC), BYTES_KEY(IHAVE_ID), ids);
}

static int read_iwant(struct gossip_rpc *rpc, struct bytes in)
{
	struct gossip_ids *ids;
	int e;

	e = ARRAY_ADD(rpc->iwant, LIMIT_GOSSIP_CONTROL_PER_RPC, &ids);
	if (e < 0)
		return e;
	return read_ids(rpc, in, 0, BYTES_KEY(IWANT_ID), ids);
}

static int read_idontwant(struct gossip_rpc *rpc, struct bytes in)
{
	struct gossip_ids *ids;
	int e;

	e = ARRAY_ADD(rpc->idontwant, LIMIT_GOSSIP_CONTROL_PER_RPC, &ids);
	if (e < 0)
		return e;
	return read_ids(rpc, in, 0, BYTES_KEY(IWANT_ID), ids);
}

static int read_graft(struct gossip_rpc *rpc, struct bytes in)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;
	struct bytes *topic;
	int e;

	e = ARRAY_ADD(rpc->graft, LIMIT_GOSSIP_CONTROL_PER_RPC, &topic);
	if (e < 0)
		return e;
	while (protobuf_next(&r, &f))
		if (f.key == BYTES_KEY(CONTROL_TOPIC))
			*topic = f.bytes;
	return rd_finish(&r);
}

static int read_px(struct gossip_rpc *rpc, struct bytes in)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;
	struct gossip_px *px;
	int e;

	e = ARRAY_ADD(rpc->px, LIMIT_GOSSIP_PX_PER_RPC, &px);
	if (e < 0)
		return e;
	while (protobuf_next(&r, &f)) {
		switch (f.key) {
		case BYTES_KEY(PX_PEER_ID):
			px->peer_id = f.bytes;
			break;
		case BYTES_KEY(PX_RECORD):
			px->signed_record = f.bytes;
			break;
		}
	}
	return rd_finish(&r);
}

static int read_prune_field(struct gossip_rpc *rpc, const struct protobuf_field *f,
			    struct gossip_prune *prune)
{
	switch (f->key) {
	case BYTES_KEY(CONTROL_TOPIC):
		prune->topic = f->bytes;
		break;
	case BYTES_KEY(PRUNE_PX):
		prune->n_peers++;
		return read_px(rpc, f->bytes);
	case VARINT_KEY(PRUNE_BACKOFF):
		prune->has_backoff = true;
		prune->backoff_s = f->value;
		break;
	}
	return 0;
}

static int read_prune(struct gossip_rpc *rpc, struct bytes in)
{
	struct rd r = rd_of(in);
	struct gossip_prune *prune;
	struct protobuf_field f;
	int e;

	e = ARRAY_ADD(rpc->prune, LIMIT_GOSSIP_CONTROL_PER_RPC, &prune);
	if (e < 0)
		return e;
	prune->first_peer = rpc->px.n;
	while (protobuf_next(&r, &f)) {
		e = read_prune_field(rpc, &f, prune);
		if (e < 0)
			return e;
	}
	return rd_finish(&r);
}

static int read_control_field(struct gossip_rpc *rpc, const struct protobuf_field *f)
{
	switch (f->key) {
	case BYTES_KEY(CONTROL_IHAVE):
		return read_ihave(rpc, f->bytes);
	case BYTES_KEY(CONTROL_IWANT):
		return read_iwant(rpc, f->bytes);
	case BYTES_KEY(CONTROL_GRAFT):
		return read_graft(rpc, f->bytes);
	case BYTES_KEY(CONTROL_PRUNE):
		return read_prune(rpc, f->bytes);
	case BYTES_KEY(CONTROL_IDONTWANT):
		return read_idontwant(rpc, f->bytes);
	}
	return 0;
}

/* A control message that comes in several pieces is their sum. */
static int read_control(struct gossip_rpc *rpc, struct bytes in)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;
	int e;

	while (protobuf_next(&r, &f)) {
		e = read_control_field(rpc, &f);
		if (e < 0)
			return e;
	}
	return rd_finish(&r);
}

static int read_rpc_field(struct gossip_rpc *rpc, const struct protobuf_field *f)
{
	switch (f->key) {
	case BYTES_KEY(RPC_SUBSCRIPTION):
		return read_subscription(rpc, f->bytes);
	case BYTES_KEY(RPC_MESSAGE):
		return read_message(rpc, f->bytes);
	case BYTES_KEY(RPC_CONTROL):
		return read_control(rpc, f->bytes);
	}
	return 0;
}

int gossip_rpc_decode(struct bytes in, struct gossip_rpc *rpc)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;
	int e = 0;

	gossip_rpc_clear(rpc);
	while (e == 0 && protobuf_next(&r, &f))
		e = read_rpc_field(rpc, &f);
	if (e == 0)
		e = rd_finish(&r);
	if (e < 0)
		gossip_rpc_clear(rpc);
	return e;
}

/* ---- writing ---- */

static void write_field(struct wr *w, bool has, uint32_t number, struct bytes b)
{
	if (has)
		protobuf_write_bytes(w, number, b);
}

static void write_signed_part(struct wr *w, const struct gossip_message *m)
{
	write_field(w, m->has_from, MESSAGE_FROM, m->from);
	write_field(w, m->has_data, MESSAGE_DATA, m->data);
	write_field(w, m->has_seqno, MESSAGE_SEQNO, m->seqno);
	write_field(w, m->has_topic, MESSAGE_TOPIC, m->topic);
}

static void write_message(struct wr *w, const struct gossip_message *m)
{
	if (m->canonical) {
		wr_bytes(w, m->raw);
		return;
	}
	write_signed_part(w, m);
	write_field(w, m->has_signature, MESSAGE_SIGNATURE, m->signature);
	write_field(w, m->has_key, MESSAGE_KEY, m->key);
}

int gossip_message_encode(const struct gossip_message *m, struct buf *out)
{
	struct wr w = wr_to(out);

	write_message(&w, m);
	return wr_finish(&w);
}

int gossip_message_signed_bytes(const struct gossip_message *m, struct buf *out)
{
	struct wr w = wr_to(out);

	wr_text(&w, SIGNED_PREFIX);
	/* Signature and key have the last numbers, so a canonical message begins with the part. */
	if (m->canonical)
		wr_bytes(&w, BYTES(m->raw.p, signed_size(m)));
	else
		write_signed_part(&w, m);
	return wr_finish(&w);
}

void gossip_write_subscription(struct wr *w, const struct gossip_subscription *s)
{
	protobuf_write_head(w, RPC_SUBSCRIPTION,
			    protobuf_varint_size(SUBSCRIPTION_SUBSCRIBE, s->subscribe) +
				    protobuf_bytes_size(SUBSCRIPTION_TOPIC, s->topic.n));
	protobuf_write_bool(w, SUBSCRIPTION_SUBSCRIBE, s->subscribe);
	protobuf_write_bytes(w, SUBSCRIPTION_TOPIC, s->topic);
}

static size_t ids_size(uint32_t number, const struct bytes *ids, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += protobuf_bytes_size(number, ids[i].n);
	return size;
}

static void write_ids(struct wr *w, uint32_t number, const struct bytes *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		protobuf_write_bytes(w, number, ids[i]);
}

void gossip_write_ihave(struct wr *w, struct bytes topic, const struct bytes *ids, size_t n)
{
	protobuf_write_head(w, CONTROL_IHAVE,
			    protobuf_bytes_size(CONTROL_TOPIC, topic.n) +
				    ids_size(IHAVE_ID, ids, n));
	protobuf_write_bytes(w, CONTROL_TOPIC, topic);
	write_ids(w, IHAVE_ID, ids, n);
}

void gossip_write_iwant(struct wr *w, const struct bytes *ids, size_t n)
{
	protobuf_write_head(w, CONTROL_IWANT, ids_size(IWANT_ID, ids, n));
	write_ids(w, IWANT_ID, ids, n);
}

void gossip_write_idontwant(struct wr *w, const struct bytes *ids, size_t n)
{
	protobuf_write_head(w, CONTROL_IDONTWANT, ids_size(IWANT_ID, ids, n));
	write_ids(w, IWANT_ID, ids, n);
}

void gossip_write_graft(struct wr *w, struct bytes topic)
{
	protobuf_write_head(w, CONTROL_GRAFT, protobuf_bytes_size(CONTROL_TOPIC, topic.n));
	protobuf_write_bytes(w, CONTROL_TOPIC, topic);
}

static size_t px_size(const struct gossip_px *px)
{
	return protobuf_bytes_size(PX_PEER_ID, px->peer_id.n) +
	       protobuf_bytes_size(PX_RECORD, px->signed_record.n);
}

static size_t prune_size(const struct gossip_prune *prune, const struct gossip_px *px)
{
	size_t size = protobuf_bytes_size(CONTROL_TOPIC, prune->topic.n);

	for (size_t i = 0; i < prune->n_peers; i++)
		size += protobuf_bytes_size(PRUNE_PX, px_size(&px[i]));
	if (prune->has_backoff)
		size += protobuf_varint_size(PRUNE_BACKOFF, prune->backoff_s);
	return size;
}

void gossip_write_prune(struct wr *w, const struct gossip_prune *prune, const struct gossip_px *px)
{
	protobuf_write_head(w, CONTROL_PRUNE, prune_size(prune, px));
	protobuf_write_bytes(w, CONTROL_TOPIC, prune->topic);
	for (size_t i = 0; i < prune->n_peers; i++) {
		protobuf_write_head(w, PRUNE_PX, px_size(&px[i]));
		protobuf_write_bytes(w, PX_PEER_ID, px[i].peer_id);
		protobuf_write_bytes(w, PX_RECORD, px[i].signed_record);
	}
	if (prune->has_backoff)
		protobuf_write_varint(w, PRUNE_BACKOFF, prune->backoff_s);
}

static bool has_control(const struct gossip_rpc *rpc)
{
	return rpc->ihave.n || rpc->iwant.n || rpc->graft.n || rpc->prune.n || rpc->idontwant.n;
}

/* The ids of one entry; NULL when it has none, because the array may be NULL then. */
static const struct bytes *ids_of(const struct gossip_rpc *rpc, const struct gossip_ids *ids)
{
	return ids->n > 0 ? &rpc->ids.v[ids->first] : NULL;
}

static const struct gossip_px *px_of(const struct gossip_rpc *rpc, const struct gossip_prune *prune)
{
	return prune->n_peers > 0 ? &rpc->px.v[prune->first_peer] : NULL;
}

static void write_control(struct wr *w, const struct gossip_rpc *rpc)
{
	for (size_t i = 0; i < rpc->ihave.n; i++) {
		const struct gossip_ids *ids = &rpc->ihave.v[i];

		gossip_write_ihave(w, ids->topic, ids_of(rpc, ids), ids->n);
	}
	for (size_t i = 0; i < rpc->iwant.n; i++)
		gossip_write_iwant(w, ids_of(rpc, &rpc->iwant.v[i]), rpc->iwant.v[i].n);
	for (size_t i = 0; i < rpc->graft.n; i++)
		gossip_write_graft(w, rpc->graft.v[i]);
	for (size_t i = 0; i < rpc->prune.n; i++)
		gossip_write_prune(w, &rpc->prune.v[i], px_of(rpc, &rpc->prune.v[i]));
	for (size_t i = 0; i < rpc->idontwant.n; i++) {
		const struct gossip_ids *ids = &rpc->idontwant.v[i];

		gossip_write_idontwant(w, ids_of(rpc, ids), ids->n);
	}
}

int gossip_rpc_encode(const struct gossip_rpc *rpc, struct buf *out)
{
	struct wr w = wr_to(out);
	struct buf control;
	struct wr cw = wr_to(&control);
	int r;

	buf_init(&control, out->max);
	write_control(&cw, rpc);
	r = wr_finish(&cw);
	if (r == 0) {
		for (size_t i = 0; i < rpc->subscriptions.n; i++)
			gossip_write_subscription(&w, &rpc->subscriptions.v[i]);
		for (size_t i = 0; i < rpc->messages.n; i++) {
			protobuf_write_head(&w, RPC_MESSAGE, message_size(&rpc->messages.v[i]));
			write_message(&w, &rpc->messages.v[i]);
		}
		if (has_control(rpc))
			protobuf_write_bytes(&w, RPC_CONTROL, buf_data(&control));
		r = wr_finish(&w);
	}
	buf_deinit(&control);
	return r;
}

/* ---- frames ---- */

/* A frame for an RPC of `n` bytes and a buffer over its memory: exactly full at the end, so the
 * buffer neither grows nor owns anything. */
static int frame_new(size_t n, struct shared_bytes **ret, struct buf *ret_memory)
{
	struct shared_bytes *s = shared_bytes_new(varint_size(n) + n);
	struct wr w = wr_to(ret_memory);

	if (!s)
		return -ENOMEM;
	*ret_memory = (struct buf){ .mem = s->data, .cap = s->n, .max = s->n };
	wr_varint(&w, n);
	*ret = s;
	return 0;
}

static void frame_finish(const struct wr *w)
{
	ASSERT(wr_finish(w) == 0 && buf_room(w->out) == 0);
}

int gossip_frame_message(const struct gossip_message *m, struct shared_bytes **ret)
{
	size_t n = message_size(m);
	struct buf memory;
	struct wr w = wr_to(&memory);
	int r;

	r = frame_new(protobuf_bytes_size(RPC_MESSAGE, n), ret, &memory);
	if (r < 0)
		return r;
	protobuf_write_head(&w, RPC_MESSAGE, n);
	write_message(&w, m);
	frame_finish(&w);
	return 0;
}

void gossip_message_in_frame(const struct gossip_message *m, const struct shared_bytes *frame,
			     struct gossip_message *ret)
{
	size_t n = message_size(m);
	int r;

	/* Nothing follows the message in its frame. */
	*ret = (struct gossip_message){ 0 };
	r = decode_message(BYTES(frame->data + frame->n - n, n), ret);
	ASSERT(r == 0 && ret->canonical);
}

int gossip_frame_subscriptions(struct bytes written, struct shared_bytes **ret)
{
	struct buf memory;
	struct wr w = wr_to(&memory);
	int r;

	r = frame_new(written.n, ret, &memory);
	if (r < 0)
		return r;
	wr_bytes(&w, written);
	frame_finish(&w);
	return 0;
}

int gossip_frame_control(struct bytes written, struct shared_bytes **ret)
{
	struct buf memory;
	struct wr w = wr_to(&memory);
	int r;

	r = frame_new(protobuf_bytes_size(RPC_CONTROL, written.n), ret, &memory);
	if (r < 0)
		return r;
	protobuf_write_bytes(&w, RPC_CONTROL, written);
	frame_finish(&w);
	return 0;
}
