/* covers: src/wire/gossip_rpc.c */
/* Gossip RPCs: whatever is accepted is written, read again and the same; every message is passed on
 * in its canonical form, and both ways to what is signed agree. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "wire/gossip_rpc.h"
#include "wire/rd.h"

static void same_bytes(struct bytes a, struct bytes b)
{
	ASSERT(bytes_equal(a, b));
}

static void same_message(const struct gossip_message *a, const struct gossip_message *b)
{
	ASSERT(a->has_from == b->has_from && a->has_data == b->has_data);
	ASSERT(a->has_seqno == b->has_seqno && a->has_topic == b->has_topic);
	ASSERT(a->has_signature == b->has_signature && a->has_key == b->has_key);
	same_bytes(a->from, b->from);
	same_bytes(a->data, b->data);
	same_bytes(a->seqno, b->seqno);
	same_bytes(a->topic, b->topic);
	same_bytes(a->signature, b->signature);
	same_bytes(a->key, b->key);
}

static void same_ids(const struct gossip_rpc *a, const struct gossip_ids *ia,
		     const struct gossip_rpc *b, const struct gossip_ids *ib)
{
	same_bytes(ia->topic, ib->topic);
	ASSERT(ia->n == ib->n);
	ASSERT(ia->first + ia->n <= a->ids.n && ib->first + ib->n <= b->ids.n);
	for (size_t i = 0; i < ia->n; i++)
		same_bytes(a->ids.v[ia->first + i], b->ids.v[ib->first + i]);
}

static void same_prune(const struct gossip_rpc *a, const struct gossip_prune *pa,
		       const struct gossip_rpc *b, const struct gossip_prune *pb)
{
	same_bytes(pa->topic, pb->topic);
	ASSERT(pa->has_backoff == pb->has_backoff && pa->backoff_s == pb->backoff_s);
	ASSERT(pa->n_peers == pb->n_peers && pa->first_peer + pa->n_peers <= a->px.n);
	for (size_t i = 0; i < pa->n_peers; i++) {
		const struct gossip_px *xa = &a->px.v[pa->first_peer + i];
		const struct gossip_px *xb = &b->px.v[pb->first_peer + i];

		same_bytes(xa->peer_id, xb->peer_id);
		same_bytes(xa->signed_record, xb->signed_record);
	}
}

static void same_control(const struct gossip_rpc *a, const struct gossip_rpc *b)
{
	ASSERT(a->ihave.n == b->ihave.n && a->iwant.n == b->iwant.n);
	ASSERT(a->graft.n == b->graft.n && a->prune.n == b->prune.n);
	ASSERT(a->idontwant.n == b->idontwant.n);
	for (size_t i = 0; i < a->ihave.n; i++)
		same_ids(a, &a->ihave.v[i], b, &b->ihave.v[i]);
	for (size_t i = 0; i < a->iwant.n; i++)
		same_ids(a, &a->iwant.v[i], b, &b->iwant.v[i]);
	for (size_t i = 0; i < a->idontwant.n; i++)
		same_ids(a, &a->idontwant.v[i], b, &b->idontwant.v[i]);
	for (size_t i = 0; i < a->graft.n; i++)
		same_bytes(a->graft.v[i], b->graft.v[i]);
	for (size_t i = 0; i < a->prune.n; i++)
		same_prune(a, &a->prune.v[i], b, &b->prune.v[i]);
}

static void same_rpc(const struct gossip_rpc *a, const struct gossip_rpc *b)
{
	ASSERT(a->subscriptions.n == b->subscriptions.n && a->messages.n == b->messages.n);
	for (size_t i = 0; i < a->subscriptions.n; i++) {
		ASSERT(a->subscriptions.v[i].subscribe == b->subscriptions.v[i].subscribe);
		same_bytes(a->subscriptions.v[i].topic, b->subscriptions.v[i].topic);
	}
	for (size_t i = 0; i < a->messages.n; i++)
		same_message(&a->messages.v[i], &b->messages.v[i]);
	same_control(a, b);
}

/* A message alone in a frame, and what its signature covers. */
static void check_message(const struct gossip_message *m)
{
	struct gossip_message fields = *m;
	struct shared_bytes *frame;
	struct gossip_rpc rpc;
	struct buf one, other;
	struct rd r;

	buf_init(&one, SIZE_MAX);
	buf_init(&other, SIZE_MAX);
	fields.canonical = false;
	ASSERT(gossip_message_signed_bytes(m, &one) == 0);
	ASSERT(gossip_message_signed_bytes(&fields, &other) == 0);
	same_bytes(buf_data(&one), buf_data(&other));
	buf_deinit(&one);
	buf_deinit(&other);

	gossip_rpc_init(&rpc);
	ASSERT(gossip_frame_message(m, &frame) == 0);
	r = rd_of(shared_bytes_data(frame));
	ASSERT(gossip_rpc_decode(rd_varint_bytes(&r, SIZE_MAX), &rpc) == 0 && rd_finish(&r) == 0);
	ASSERT(rpc.messages.n == 1 && rpc.messages.v[0].canonical);
	same_message(m, &rpc.messages.v[0]);
	gossip_rpc_deinit(&rpc);
	shared_bytes_unref(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gossip_rpc first, second;
	struct buf out, again;
	struct shared_bytes *frame;

	gossip_rpc_init(&first);
	gossip_rpc_init(&second);
	buf_init(&out, SIZE_MAX);
	buf_init(&again, SIZE_MAX);
	if (gossip_rpc_decode(BYTES(data, size), &first) == 0) {
		ASSERT(gossip_rpc_encode(&first, &out) == 0);
		ASSERT(gossip_rpc_decode(buf_data(&out), &second) == 0);
		same_rpc(&first, &second);
		ASSERT(gossip_rpc_encode(&second, &again) == 0);
		same_bytes(buf_data(&out), buf_data(&again));
		for (size_t i = 0; i < first.messages.n; i++)
			check_message(&first.messages.v[i]);
		ASSERT(gossip_frame_subscriptions(buf_data(&out), &frame) == 0);
		shared_bytes_unref(frame);
		ASSERT(gossip_frame_control(buf_data(&out), &frame) == 0);
		shared_bytes_unref(frame);
	} else {
		ASSERT(first.messages.n == 0 && first.ids.n == 0 && first.px.n == 0);
	}
	buf_deinit(&out);
	buf_deinit(&again);
	gossip_rpc_deinit(&first);
	gossip_rpc_deinit(&second);
	return 0;
}
