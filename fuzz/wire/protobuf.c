/* covers: src/wire/protobuf.c */

/* What was read and written again in its shortest form is read as the same fields. */

#include "wire/protobuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_written(const struct protobuf_field *f)
{
	return (f->key & 7) == PROTOBUF_VARINT || (f->key & 7) == PROTOBUF_BYTES;
}

static void write_field(struct wr *w, const struct protobuf_field *f)
{
	uint32_t number = protobuf_number(f);
	size_t before = buf_len(w->out), size;

	if ((f->key & 7) == PROTOBUF_VARINT) {
		if (f->value <= 1)
			protobuf_write_bool(w, number, f->value == 1);
		else
			protobuf_write_varint(w, number, f->value);
		size = protobuf_varint_size(number, f->value);
	} else {
		if (f->bytes.n == 0)
			protobuf_write_text(w, number, "");
		else
			protobuf_write_bytes(w, number, f->bytes);
		size = protobuf_bytes_size(number, f->bytes.n);
	}
	ASSERT(wr_finish(w) == 0 && buf_len(w->out) - before == size);
}

static void check_again(struct bytes in, struct bytes written)
{
	struct rd a = rd_of(in), b = rd_of(written);
	struct protobuf_field f, g;

	while (protobuf_next(&a, &f)) {
		if (!is_written(&f))
			continue;
		ASSERT(protobuf_next(&b, &g));
		ASSERT(f.key == g.key && f.value == g.value && bytes_equal(f.bytes, g.bytes));
	}
	ASSERT(!protobuf_next(&b, &g) && rd_finish(&b) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = BYTES(data, size);
	struct rd r = rd_of(in);
	struct protobuf_field f;
	struct buf out;
	struct wr w;

	buf_init(&out, size);
	w = wr_to(&out);
	while (protobuf_next(&r, &f)) {
		ASSERT(protobuf_number(&f) >= 1 && protobuf_number(&f) <= PROTOBUF_NUMBER_MAX);
		if (is_written(&f))
			write_field(&w, &f);
	}
	check_again(in, buf_data(&out));
	buf_deinit(&out);
	return 0;
}
