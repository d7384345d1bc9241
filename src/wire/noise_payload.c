#include "wire/noise_payload.h"

#include <string.h>

#include "wire/protobuf.h"

#define FIELD_KEY 1
#define FIELD_SIG 2
#define FIELD_EXTENSIONS 4
/* in extensions */
#define FIELD_MUXERS 2
#define FIELD_PEERLINE 1024
/* in peerline */
#define FIELD_VERSION 1
#define FIELD_NETWORK 2
#define FIELD_INCARNATION 3
#define FIELD_LINK_ID 4

static size_t peerline_size(const struct noise_extension *x)
{
	return protobuf_bytes_size(FIELD_VERSION, strlen(x->version)) +
	       protobuf_bytes_size(FIELD_NETWORK, strlen(x->network)) +
	       protobuf_varint_size(FIELD_INCARNATION, x->incarnation) +
	       protobuf_varint_size(FIELD_LINK_ID, x->link_id);
}

static size_t extensions_size(const struct noise_payload *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_muxers; i++)
		n += protobuf_bytes_size(FIELD_MUXERS, p->muxers[i].n);
	if (p->has_extension)
		n += protobuf_bytes_size(FIELD_PEERLINE, peerline_size(&p->extension));
	return n;
}

static void write_extensions(struct wr *w, const struct noise_payload *p)
{
	const struct noise_extension *x = &p->extension;

	for (size_t i = 0; i < p->n_muxers; i++)
		protobuf_write_bytes(w, FIELD_MUXERS, p->muxers[i]);
	if (!p->has_extension)
		return;
	protobuf_write_head(w, FIELD_PEERLINE, peerline_size(x));
	protobuf_write_text(w, FIELD_VERSION, x->version);
	protobuf_write_text(w, FIELD_NETWORK, x->network);
	protobuf_write_varint(w, FIELD_INCARNATION, x->incarnation);
	protobuf_write_varint(w, FIELD_LINK_ID, x->link_id);
}

int noise_payload_encode(const struct noise_payload *p, struct buf *out)
{
	struct wr w = wr_to(out);
	size_t n = extensions_size(p);

	protobuf_write_bytes(&w, FIELD_KEY, p->identity_key);
	protobuf_write_bytes(&w, FIELD_SIG, p->identity_sig);
	if (n > 0) {
		protobuf_write_head(&w, FIELD_EXTENSIONS, n);
		write_extensions(&w, p);
	}
	return wr_finish(&w);
}

/* Short and printable, because it ends in logs and listings; else the reader becomes bad. */
static void take_text(struct rd *r, struct bytes b, char out[NOISE_EXTENSION_TEXT_MAX])
{
	if (b.n >= NOISE_EXTENSION_TEXT_MAX) {
		rd_fail(r);
		return;
	}
	for (size_t i = 0; i < b.n; i++) {
		if (b.p[i] < 0x20 || b.p[i] > 0x7e)
			rd_fail(r);
		out[i] = (char)b.p[i];
	}
	out[b.n] = '\0';
}

static int decode_peerline(struct bytes in, struct noise_extension *x)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;

	while (protobuf_next(&r, &f)) {
		switch (f.key) {
		case PROTOBUF_KEY(FIELD_VERSION, PROTOBUF_BYTES):
			take_text(&r, f.bytes, x->version);
			break;
		case PROTOBUF_KEY(FIELD_NETWORK, PROTOBUF_BYTES):
			take_text(&r, f.bytes, x->network);
			break;
		case PROTOBUF_KEY(FIELD_INCARNATION, PROTOBUF_VARINT):
			x->incarnation = f.value;
			break;
		case PROTOBUF_KEY(FIELD_LINK_ID, PROTOBUF_VARINT):
			x->link_id = f.value;
			break;
		}
	}
	return rd_finish(&r);
}

static int decode_extensions(struct bytes in, struct noise_payload *p)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;

	while (protobuf_next(&r, &f)) {
		switch (f.key) {
		case PROTOBUF_KEY(FIELD_MUXERS, PROTOBUF_BYTES):
			if (p->n_muxers < NOISE_PAYLOAD_MUXERS_MAX)
				p->muxers[p->n_muxers++] = f.bytes;
			break;
		case PROTOBUF_KEY(FIELD_PEERLINE, PROTOBUF_BYTES):
			p->has_extension = true;
			if (decode_peerline(f.bytes, &p->extension) < 0)
				rd_fail(&r);
			break;
		}
	}
	return rd_finish(&r);
}

int noise_payload_decode(struct bytes in, struct noise_payload *ret)
{
	struct rd r = rd_of(in);
	struct protobuf_field f;
	struct noise_payload p = { 0 };

	while (protobuf_next(&r, &f)) {
		switch (f.key) {
		case PROTOBUF_KEY(FIELD_KEY, PROTOBUF_BYTES):
			p.identity_key = f.bytes;
			break;
		case PROTOBUF_KEY(FIELD_SIG, PROTOBUF_BYTES):
			p.identity_sig = f.bytes;
			break;
		case PROTOBUF_KEY(FIELD_EXTENSIONS, PROTOBUF_BYTES):
			if (decode_extensions(f.bytes, &p) < 0)
				rd_fail(&r);
			break;
		}
	}
	if (rd_finish(&r) < 0)
		return -EBADMSG;
	*ret = p;
	return 0;
}
