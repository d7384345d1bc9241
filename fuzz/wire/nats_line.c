/* covers: src/wire/nats_line.c */
/*
 * The lines of either side: the split of the bytes makes no difference, what is kept is bounded,
 * and an operation that is written again reads as the same operation.
 */

#include <stdlib.h>
#include <string.h>

#include "wire/nats_line.h"

#define FUZZ_LINE_MAX 256
#define FUZZ_PAYLOAD_MAX 512

static bool ops_equal(const struct nats_op *a, const struct nats_op *b)
{
	return a->verb == b->verb && a->max == b->max && bytes_equal(a->text, b->text) &&
	       bytes_equal(a->subject, b->subject) && bytes_equal(a->reply, b->reply) &&
	       bytes_equal(a->queue, b->queue) && bytes_equal(a->sid, b->sid) &&
	       bytes_equal(a->header, b->header) && bytes_equal(a->payload, b->payload);
}

static void check_round_trip(uint32_t verbs, const struct nats_op *op)
{
	struct nats_parser p;
	struct nats_op again;
	struct bytes in;
	struct buf out;

	buf_init(&out, 4096);
	ASSERT(nats_op_encode(op, &out) == 0);
	in = buf_data(&out);
	nats_parser_init(&p, verbs, 2 * FUZZ_LINE_MAX, FUZZ_PAYLOAD_MAX);
	ASSERT(nats_parser_next(&p, &in, &again) == 0 && in.n == 0);
	ASSERT(ops_equal(op, &again));
	nats_parser_deinit(&p);
	buf_deinit(&out);
}

/* Appends every operation, written again, to `out`; the outcome of the last piece. */
static int read_in_steps(uint32_t verbs, struct bytes all, size_t step, struct buf *out)
{
	struct nats_parser p;
	struct nats_op op;
	int r = NATS_E_MORE;

	nats_parser_init(&p, verbs, FUZZ_LINE_MAX, FUZZ_PAYLOAD_MAX);
	for (size_t at = 0; at < all.n && r == NATS_E_MORE; at += step) {
		size_t n = size_min(step, all.n - at);
		uint8_t *piece = malloc(n);
		struct bytes in;

		ASSERT(piece);
		memcpy(piece, all.p + at, n);
		in = BYTES(piece, n);
		while ((r = nats_parser_next(&p, &in, &op)) == 0) {
			check_round_trip(verbs, &op);
			ASSERT(nats_op_encode(&op, out) == 0);
		}
		ASSERT(r > 0);
		ASSERT(nats_parser_held(&p) <= FUZZ_LINE_MAX + FUZZ_PAYLOAD_MAX + 16);
		free(piece);
	}
	nats_parser_deinit(&p);
	return r;
}

static void check_lines(uint32_t verbs, struct bytes all)
{
	static const size_t steps[] = { 1, 2, 7, 64 };
	struct buf whole, split;
	int r;

	if (all.n > 2048)
		return;
	buf_init(&whole, 1 << 20);
	buf_init(&split, 1 << 20);
	r = read_in_steps(verbs, all, size_max(all.n, 1), &whole);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		buf_clear(&split);
		ASSERT(read_in_steps(verbs, all, steps[i], &split) == r);
		ASSERT(bytes_equal(buf_data(&whole), buf_data(&split)));
	}
	buf_deinit(&whole);
	buf_deinit(&split);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_lines(NATS_VERBS_OF_CLIENT, BYTES(data, size));
	check_lines(NATS_VERBS_OF_SERVER, BYTES(data, size));
	return 0;
}
