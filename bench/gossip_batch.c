#include "bench/gossip_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "bench/figures.h"
#include "route/gossip_sign.h"
#include "wire/public_key.h"
#include "wire/rd.h"

#define NUMBER_SIZE 8

static void put_be64(uint8_t out[8], uint64_t v)
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (56 - 8 * i));
}

void gossip_authors_make(struct gossip_authors *a, struct bytes topic, size_t size)
{
	struct random random = crypto_random();

	*a = (struct gossip_authors){ .topic = topic, .size = size_max(size, NUMBER_SIZE) };
	a->data = must_alloc(a->size, 1);
	for (size_t i = 0; i < a->size; i++)
		a->data[i] = (uint8_t)(i * 31);
	for (size_t i = 0; i < GOSSIP_AUTHORS; i++) {
		key_pair_generate(&random, &a->keys[i]);
		public_key_ed25519_peer_id(a->keys[i].public, &a->ids[i]);
	}
}

static struct shared_bytes *sign_next(struct gossip_authors *a, struct buf *scratch)
{
	size_t author = a->n_signed % GOSSIP_AUTHORS;
	uint8_t seqno[GOSSIP_SEQNO], signature[ED25519_SIGNATURE];
	struct gossip_message m = {
		.has_from = true,
		.has_data = true,
		.has_seqno = true,
		.has_topic = true,
		.from = peer_id_bytes(&a->ids[author]),
		.data = BYTES(a->data, a->size),
		.seqno = BYTES(seqno, sizeof(seqno)),
		.topic = a->topic,
	};
	struct shared_bytes *frame;

	put_be64(a->data, a->n_signed);
	put_be64(seqno, ++a->n_signed);
	if (gossip_sign(&m, &a->keys[author], scratch, signature) < 0)
		give_up("a message cannot be signed");
	m.has_signature = true;
	m.signature = BYTES(signature, sizeof(signature));
	if (gossip_frame_message(&m, &frame) < 0)
		give_up("no memory");
	return frame;
}

struct gossip_batch *gossip_batch_sign(struct gossip_authors *a, size_t n, size_t n_receivers)
{
	struct gossip_batch *b = must_alloc(1, sizeof(*b));
	struct buf scratch;

	*b = (struct gossip_batch){
		.first = a->n_signed,
		.n = n,
		.n_receivers = n_receivers,
		.frames = must_alloc(n, sizeof(*b->frames)),
		.sent_at = must_alloc(n, sizeof(*b->sent_at)),
		.latency_us = must_alloc(n * n_receivers, sizeof(*b->latency_us)),
		.n_left = must_alloc(n, sizeof(*b->n_left)),
		.has = must_alloc(n, n_receivers),
	};
	buf_init(&scratch, LIMIT_GOSSIP_RPC);
	for (size_t i = 0; i < n; i++) {
		b->frames[i] = sign_next(a, &scratch);
		b->n_left[i] = (uint32_t)n_receivers;
	}
	buf_deinit(&scratch);
	return b;
}

struct gossip_batch *gossip_batch_free(struct gossip_batch *b)
{
	if (!b)
		return NULL;
	for (size_t i = 0; i < b->n; i++)
		shared_bytes_unref(b->frames[i]);
	free(b->frames);
	free(b->sent_at);
	free(b->latency_us);
	free(b->n_left);
	free(b->has);
	free(b);
	return NULL;
}

void gossip_batch_sent(struct gossip_batch *b)
{
	b->sent_at[b->n_sent++] = exact_now();
}

/* The bytes behind the number are the same in every message. */
static bool is_as_sent(const struct gossip_authors *a, const struct gossip_message *m)
{
	return m->data.n == a->size && m->has_signature &&
	       memcmp(m->data.p + NUMBER_SIZE, a->data + NUMBER_SIZE, a->size - NUMBER_SIZE) == 0;
}

bool gossip_batch_delivered(struct gossip_batch *b, const struct gossip_authors *a,
			    const struct gossip_message *m, size_t receiver)
{
	struct rd r = rd_of(m->data);
	uint64_t i = rd_be64(&r) - b->first;

	if (!is_as_sent(a, m) || i >= b->n_sent)
		return false;
	if (b->has[i * b->n_receivers + receiver]) {
		b->n_duplicates++;
		return true;
	}
	b->has[i * b->n_receivers + receiver] = 1;
	b->last_at = exact_now();
	b->latency_us[b->n_deliveries++] = (double)mono_since_ns(b->sent_at[i], b->last_at) / 1e3;
	if (--b->n_left[i] == 0)
		b->n_done++;
	return true;
}
