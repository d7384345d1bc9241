/* covers: src/crypto/noise.c */

/*
 * The first byte says which of the three messages the rest is. The other side is a peer with fixed
 * keys: messages 2 and 3 are accepted only if they are its own, byte for byte (F-10); message 1,
 * which nothing protects yet, gives its payload in clear.
 */

#include <string.h>

#include "base/limits.h"
#include "crypto/noise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define N_STEPS 3

/* The handshake as it goes between honest peers. */
struct story {
	bool is_told;
	struct noise reader[N_STEPS]; /* who reads message i, just before */
	uint8_t message[N_STEPS][256];
	size_t n_message[N_STEPS];
};

/* Both sides got to the end: what one seals the other opens, both ways. */
static void check_ciphers(struct noise sides[2])
{
	struct noise_cipher *send[2], *receive[2];
	uint8_t record[4 + NOISE_TAG], text[4];

	for (size_t i = 0; i < 2; i++)
		ASSERT(noise_split(&sides[i], &send[i], &receive[i]) == 0);
	for (size_t i = 0; i < 2; i++) {
		ASSERT(noise_seal(send[i], BYTES_LITERAL("text"), record) == 0);
		ASSERT(noise_open(receive[1 - i], BYTES(record, sizeof(record)), text) == 0);
		ASSERT(memcmp(text, "text", 4) == 0);
	}
	for (size_t i = 0; i < 2; i++) {
		noise_cipher_free(send[i]);
		noise_cipher_free(receive[i]);
	}
}

static void tell(struct story *s)
{
	static const uint8_t keys[2][32] = { "an initiator's own static key,",
					     "and the one of this session" };
	struct random_seeded g;
	struct random random;
	struct noise sides[2];
	struct buf message, payload;

	buf_init(&message, LIMIT_NOISE_MESSAGE);
	buf_init(&payload, LIMIT_NOISE_MESSAGE);
	noise_init_with(&sides[0], true, BYTES(NULL, 0), keys[0], keys[1]);
	random_seeded_init(&g, 1);
	random = random_seeded_source(&g);
	noise_init(&sides[1], false, &random);
	for (size_t i = 0; i < N_STEPS; i++) {
		struct noise *writer = &sides[i % 2], *reader = &sides[(i + 1) % 2];

		s->reader[i] = *reader;
		buf_clear(&message);
		ASSERT(noise_write(writer, BYTES_LITERAL("payload"), &message) == 0);
		s->n_message[i] = buf_len(&message);
		memcpy(s->message[i], buf_data(&message).p, buf_len(&message));
		ASSERT(noise_read(reader, buf_data(&message), &payload) == 0);
	}
	check_ciphers(sides);
	buf_deinit(&message);
	buf_deinit(&payload);
	s->is_told = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct story story;
	struct buf payload;
	struct bytes in;
	struct noise n;
	size_t step;
	int r;

	if (!story.is_told)
		tell(&story);
	if (size == 0)
		return 0;
	step = data[0] % N_STEPS;
	in = BYTES(data + 1, size - 1);
	n = story.reader[step];
	buf_init(&payload, LIMIT_NOISE_PAYLOAD);
	r = noise_read(&n, in, &payload);
	ASSERT(r == 0 || r == NOISE_E_BAD);
	if (r == 0 && step == 0)
		ASSERT(bytes_equal(buf_data(&payload), BYTES(in.p + NOISE_KEY, in.n - NOISE_KEY)));
	else if (r == 0)
		ASSERT(bytes_equal(in, BYTES(story.message[step], story.n_message[step])));
	else
		ASSERT(buf_len(&payload) == 0);
	noise_deinit(&n);
	buf_deinit(&payload);
	return 0;
}
