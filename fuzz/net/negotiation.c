/* covers: src/net/multistream.c */
/*
 * One negotiation under arbitrary bytes. The first byte chooses the side, the rest is what the
 * other side says. However it is split, the outcome, the answers and what is left for the
 * application are the same; and a listener that agrees echoes what it agreed to.
 */

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "net/multistream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const one[] = { "/noise", NULL };
static const char *const three[] = { "/meshsub/1.3.0", "/meshsub/1.2.0", "/floodsub/1.0.0", NULL };

struct run {
	int result;
	struct buf out;
	size_t left;
	char protocol[LIMIT_MSS_LINE];
	size_t n_protocol;
};

static bool serves(void *user __attribute__((unused)), struct bytes protocol)
{
	return protocol.n > 0 && protocol.p[protocol.n - 1] == '1';
}

static void start(struct mss *m, uint8_t side, struct buf *out)
{
	buf_init(out, 64 * KIB);
	if (side % 3 == 0) {
		mss_init_listener(m, serves, NULL);
		return;
	}
	mss_init_dialer(m, side % 3 == 1 ? one : three);
	ASSERT(mss_start(m, out) == 0);
}

/* Pieces of `piece` bytes, each in memory of its own; 0: all at once. */
static void play(struct run *run, uint8_t side, struct bytes in, size_t piece)
{
	struct mss m;

	*run = (struct run){ 0 };
	start(&m, side, &run->out);
	for (size_t at = 0; at < in.n && run->result == 0;) {
		size_t n = piece ? size_min(piece, in.n - at) : in.n;
		uint8_t *copy = malloc(n);
		struct bytes io = BYTES(copy, n);

		memcpy(copy, in.p + at, n);
		run->result = mss_input(&m, &io, &run->out);
		ASSERT(run->result >= 0);
		ASSERT(run->result != 0 || io.n == 0);
		ASSERT(buf_len(&m.line) <= LIMIT_MSS_LINE + 2);
		at += n;
		run->left = io.n + in.n - at;
		if (run->result == MSS_AGREED) {
			struct bytes p = mss_protocol(&m);

			ASSERT(p.n < sizeof(run->protocol));
			memcpy(run->protocol, p.p, p.n);
			run->n_protocol = p.n;
		}
		free(copy);
	}
	mss_deinit(&m);
}

static void check_agreed(const struct run *run, uint8_t side)
{
	struct bytes out = buf_data(&run->out);

	if (side % 3 != 0 || run->result != MSS_AGREED)
		return;
	ASSERT(out.n > run->n_protocol);
	ASSERT(memcmp(out.p + out.n - 1 - run->n_protocol, run->protocol, run->n_protocol) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = { 0, 1, 3, 17 };
	struct run first, other;
	struct bytes in;

	if (size == 0)
		return 0;
	in = BYTES(data + 1, size - 1);
	play(&first, data[0], in, pieces[0]);
	check_agreed(&first, data[0]);
	for (size_t i = 1; i < ARRAY_SIZE(pieces); i++) {
		play(&other, data[0], in, pieces[i]);
		ASSERT(other.result == first.result);
		ASSERT(bytes_equal(buf_data(&other.out), buf_data(&first.out)));
		ASSERT(other.n_protocol == first.n_protocol);
		if (first.result == MSS_AGREED)
			ASSERT(other.left == first.left);
		buf_deinit(&other.out);
	}
	buf_deinit(&first.out);
	return 0;
}
