#include "wire/identify.h"

#include "wire/protobuf.h"

#define FIELD_PUBLIC_KEY 1
#define FIELD_LISTEN 2
#define FIELD_PROTOCOL 3
#define FIELD_OBSERVED 4
#define FIELD_PROTOCOL_VERSION 5
#define FIELD_AGENT 6
#define FIELD_RECORD 8

static void write_optional(struct wr *w, uint32_t number, bool has, struct bytes b)
{
	if (has)
		protobuf_write_bytes(w, number, b);
}

static void write_each(struct wr *w, uint32_t number, const struct bytes *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		protobuf_write_bytes(w, number, v[i]);
}

int identify_encode(const struct identify *m, struct buf *out)
{
	struct wr w = wr_to(out);

	write_optional(&w, FIELD_PUBLIC_KEY, m->has_public_key, m->public_key);
	write_each(&w, FIELD_LISTEN, m->listen, m->n_listen);
	write_each(&w, FIELD_PROTOCOL, m->protocols, m->n_protocols);
	write_optional(&w, FIELD_OBSERVED, m->has_observed, m->observed);
	write_optional(&w, FIELD_PROTOCOL_VERSION, m->has_protocol_version, m->protocol_version);
	write_optional(&w, FIELD_AGENT, m->has_agent, m->agent);
	write_optional(&w, FIELD_RECORD, m->has_record, m->record);
	return wr_finish(&w);
}

static void set(bool *has, struct bytes *at, struct bytes b)
{
	*has = true;
	*at = b;
}

/* Texts that only people read are cut rather than refused. */
static struct bytes cut(struct bytes b)
{
	return BYTES(b.p, size_min(b.n, LIMIT_AGENT_TEXT));
}

static void take_field(const struct protobuf_field *f, struct identify *m)
{
	switch (f->key) {
	case PROTOBUF_KEY(FIELD_PUBLIC_KEY, PROTOBUF_BYTES):
		set(&m->has_public_key, &m->public_key, f->bytes);
		break;
	case PROTOBUF_KEY(FIELD_LISTEN, PROTOBUF_BYTES):
		if (m->n_listen < ARRAY_SIZE(m->listen))
			m->listen[m->n_listen++] = f->bytes;
		break;
	case PROTOBUF_KEY(FIELD_PROTOCOL, PROTOBUF_BYTES):
		/* What is longer cannot be one that we speak. */
		if (f->bytes.n <= LIMIT_PROTOCOL_NAME && m->n_protocols < ARRAY_SIZE(m->protocols))
			m->protocols[m->n_protocols++] = f->bytes;
		break;
	case PROTOBUF_KEY(FIELD_OBSERVED, PROTOBUF_BYTES):
		set(&m->has_observed, &m->observed, f->bytes);
		break;
	case PROTOBUF_KEY(FIELD_PROTOCOL_VERSION, PROTOBUF_BYTES):
		set(&m->has_protocol_version, &m->protocol_version, cut(f->bytes));
		break;
	case PROTOBUF_KEY(FIELD_AGENT, PROTOBUF_BYTES):
		set(&m->has_agent, &m->agent, cut(f->bytes));
		break;
	case PROTOBUF_KEY(FIELD_RECORD, PROTOBUF_BYTES):
		set(&m->has_record, &m->record, f->bytes);
		break;
	}
}

int identify_decode(struct bytes in, struct identify *io)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;
	struct identify m = *io;

	if (in.n > LIMIT_IDENTIFY_IN)
		return -EBADMSG;
	while (protobuf_next(&r, &f))
		take_field(&f, &m);
	if (rd_finish(&r) < 0)
		return -EBADMSG;
	*io = m;
	return 0;
}
