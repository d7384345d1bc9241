#include "wire/yamux_header.h"

#include "wire/rd.h"

int yamux_header_decode(struct bytes in, struct yamux_header *ret)
{
	struct rd r = rd_of(in);
	uint8_t version = rd_u8(&r);
	uint8_t type = rd_u8(&r);
	uint16_t flags = rd_be16(&r);
	uint32_t stream_id = rd_be32(&r);
	uint32_t length = rd_be32(&r);

	if (rd_finish(&r) < 0)
		return -EBADMSG;
	if (version != 0)
		return YAMUX_HEADER_E_VERSION;
	if (type > YAMUX_GO_AWAY)
		return YAMUX_HEADER_E_TYPE;
	if (flags & ~YAMUX_FLAGS_ALL)
		return YAMUX_HEADER_E_FLAGS;
	*ret = (struct yamux_header){
		.type = (enum yamux_type)type,
		.flags = flags,
		.stream_id = stream_id,
		.length = length,
	};
	return 0;
}

void yamux_header_encode(const struct yamux_header *h, struct wr *w)
{
	wr_u8(w, 0);
	wr_u8(w, (uint8_t)h->type);
	wr_be16(w, h->flags);
	wr_be32(w, h->stream_id);
	wr_be32(w, h->length);
}
