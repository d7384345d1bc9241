/* covers: src/wire/noise_payload.c */

/* What was read and written again says the same. */

#include <string.h>

#include "wire/noise_payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct noise_payload *a, const struct noise_payload *b)
{
	ASSERT(bytes_equal(a->identity_key, b->identity_key));
	ASSERT(bytes_equal(a->identity_sig, b->identity_sig));
	ASSERT(a->n_muxers == b->n_muxers && a->n_muxers <= NOISE_PAYLOAD_MUXERS_MAX);
	for (size_t i = 0; i < a->n_muxers; i++)
		ASSERT(bytes_equal(a->muxers[i], b->muxers[i]));
	ASSERT(a->has_extension == b->has_extension);
	ASSERT(strcmp(a->extension.version, b->extension.version) == 0);
	ASSERT(strcmp(a->extension.network, b->extension.network) == 0);
	ASSERT(a->extension.incarnation == b->extension.incarnation);
	ASSERT(a->extension.link_id == b->extension.link_id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct noise_payload p, again;
	struct buf out;

	if (noise_payload_decode(BYTES(data, size), &p) < 0)
		return 0;
	/* Absent fields are written as empty ones: a few bytes more. */
	buf_init(&out, size + 64);
	ASSERT(noise_payload_encode(&p, &out) == 0);
	ASSERT(noise_payload_decode(buf_data(&out), &again) == 0);
	check_same(&p, &again);
	buf_deinit(&out);
	return 0;
}
