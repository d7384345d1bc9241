#ifndef PL_TESTS_UNIT_ROUTE_ENGINE_H
#define PL_TESTS_UNIT_ROUTE_ENGINE_H

/*
 * One engine among neighbours that the test plays: what they say goes in with fake_says(), what
 * they got is looked at with fake_got(), which gives everything since the last look as one RPC.
 */

#include "test.h"

#include "base/limits.h"
#include "route/gossip_priv.h"
#include "route/gossip_sign.h"
#include "wire/public_key.h"
#include "wire/rd.h"

#define FAKES_MAX 64

struct engine;

struct fake {
	struct engine *engine;
	struct gossip_peer *p;
	struct gossip_reader reader;
	struct key_pair key;
	struct peer_id id;
	uint64_t seqno;
	bool is_full; /* frames that may be dropped are refused */
	struct bytes record;
	struct buf sent; /* RPCs without their lengths: one after the other they are one RPC */
	struct gossip_rpc got;
	size_t n_frames, frame_max;
	bool last_may_drop;
};

struct engine {
	struct gossip *g;
	struct key_pair key;
	struct peer_id id;
	struct random_seeded seeded;
	struct mono now;
	struct fake fakes[FAKES_MAX];
	size_t n_delivered, n_topic_peers, n_grafted, n_pruned, n_health;
	struct gossip_topic_info health; /* as told last, without its name */
	size_t n_px, n_px_records;
	struct peer_id last_px;
	struct gossip_delivery last; /* without what it borrows */
	uint8_t last_data[256];
	size_t last_data_n;
};

static inline void identity(uint8_t number, struct key_pair *ret_key, struct peer_id *ret_id)
{
	uint8_t seed[ED25519_SEED];

	memset(seed, number, sizeof(seed));
	key_pair_from_seed(seed, ret_key);
	public_key_ed25519_peer_id(ret_key->public, ret_id);
}

static inline int engine_send(void *user, void *peer_user, struct shared_bytes *frame,
			      bool may_drop)
{
	struct fake *f = peer_user;
	struct rd r = rd_of(shared_bytes_data(frame));
	struct bytes rpc = rd_varint_bytes(&r, LIMIT_GOSSIP_RPC);

	assert_ptr_equal(f->engine, user);
	assert_int_equal(rd_finish(&r), 0);
	if (f->is_full && may_drop)
		return -EAGAIN;
	f->n_frames++;
	f->frame_max = size_max(f->frame_max, frame->n);
	f->last_may_drop = may_drop;
	assert_int_equal(buf_append(&f->sent, rpc.p, rpc.n), 0);
	return 0;
}

static inline void engine_on_message(void *user, const struct gossip_delivery *d)
{
	struct engine *e = user;

	e->n_delivered++;
	e->last = *d;
	e->last_data_n = size_min(d->data.n, sizeof(e->last_data));
	memcpy(e->last_data, d->data.p, e->last_data_n);
}

static inline void engine_on_topic_peer(void *user, struct bytes topic, const struct peer_id *peer,
					bool joined)
{
	struct engine *e = user;

	(void)topic;
	(void)peer;
	e->n_topic_peers += joined ? 1 : SIZE_MAX;
}

static inline void engine_on_mesh(void *user, struct bytes topic, const struct peer_id *peer,
				  bool grafted)
{
	struct engine *e = user;

	(void)topic;
	(void)peer;
	if (grafted)
		e->n_grafted++;
	else
		e->n_pruned++;
}

static inline void engine_on_topic_health(void *user, const struct gossip_topic_info *info)
{
	struct engine *e = user;

	e->n_health++;
	e->health = *info;
}

static inline void engine_on_px(void *user, const struct peer_id *via, const struct peer_id *peer,
				struct bytes signed_record)
{
	struct engine *e = user;

	(void)via;
	e->n_px++;
	e->n_px_records += signed_record.n > 0;
	e->last_px = *peer;
}

static inline bool engine_signed_record(void *user, void *peer_user, struct bytes *ret)
{
	const struct fake *f = peer_user;

	(void)user;
	*ret = f->record;
	return ret->n > 0;
}

static const struct gossip_ops engine_ops = {
	.send = engine_send,
	.on_message = engine_on_message,
	.on_topic_peer = engine_on_topic_peer,
	.on_mesh = engine_on_mesh,
	.on_topic_health = engine_on_topic_health,
	.on_px = engine_on_px,
	.signed_record = engine_signed_record,
};

static inline void engine_init_with(struct engine *e, const struct gossip_params *params)
{
	struct gossip_config config = { .params = *params, .ops = &engine_ops, .user = e };

	assert_int_equal(crypto_start(), 0);
	memset(e, 0, sizeof(*e));
	e->now = (struct mono){ 1000 * NS_PER_S };
	random_seeded_init(&e->seeded, 1);
	identity(255, &e->key, &e->id);
	config.key = &e->key;
	config.id = e->id;
	config.random = random_seeded_source(&e->seeded);
	assert_int_equal(gossip_new(&config, e->now, &e->g), 0);
}

static inline void engine_init(struct engine *e)
{
	struct gossip_params params = gossip_params_default();

	engine_init_with(e, &params);
}

static inline void engine_deinit(struct engine *e)
{
	gossip_free(e->g);
	for (size_t i = 0; i < FAKES_MAX; i++) {
		gossip_reader_deinit(&e->fakes[i].reader);
		gossip_rpc_deinit(&e->fakes[i].got);
		buf_deinit(&e->fakes[i].sent);
	}
}

/* Time goes on, heartbeat by heartbeat. */
static inline void engine_wait(struct engine *e, uint64_t ms)
{
	struct mono until = mono_add_ms(e->now, ms);

	while (mono_reached(gossip_deadline(e->g), until)) {
		e->now = gossip_deadline(e->g);
		gossip_tick(e->g, e->now);
	}
	e->now = until;
}

static inline struct fake *fake_add_as(struct engine *e, size_t i, const char *protocol,
				       bool outbound)
{
	struct fake *f = &e->fakes[i];

	if (!f->engine) {
		f->engine = e;
		identity((uint8_t)i, &f->key, &f->id);
		gossip_reader_init(&f->reader);
		gossip_rpc_init(&f->got);
		buf_init(&f->sent, 64 * MIB);
	}
	assert_int_equal(gossip_peer_add(e->g, &f->id, bytes_of_text(protocol), outbound, f, &f->p),
			 0);
	return f;
}

static inline struct fake *fake_add(struct engine *e, size_t i)
{
	return fake_add_as(e, i, "/meshsub/1.1.0", false);
}

static inline void fake_remove(struct fake *f)
{
	gossip_peer_remove(f->engine->g, f->p);
	f->p = NULL;
}

/* Everything it got since the last call; borrowed until then. */
static inline const struct gossip_rpc *fake_got(struct fake *f)
{
	static struct buf kept[FAKES_MAX];
	struct buf *k = &kept[f - f->engine->fakes];

	buf_deinit(k);
	*k = f->sent;
	buf_init(&f->sent, k->max);
	assert_int_equal(gossip_rpc_decode(buf_data(k), &f->got), 0);
	f->n_frames = 0;
	f->frame_max = 0;
	return &f->got;
}

static inline int fake_says_bytes(struct fake *f, struct bytes b)
{
	return gossip_input(f->engine->g, f->p, &f->reader, b, f->engine->now);
}

static inline void fake_says_frame(struct fake *f, struct shared_bytes *frame)
{
	assert_int_equal(fake_says_bytes(f, shared_bytes_data(frame)), 0);
	shared_bytes_unref(frame);
}

static inline void fake_subscribes(struct fake *f, const char *topic, bool subscribe)
{
	struct gossip_subscription s = { .subscribe = subscribe, .topic = bytes_of_text(topic) };
	struct shared_bytes *frame;
	struct buf b;
	struct wr w = wr_to(&b);

	buf_init(&b, MIB);
	gossip_write_subscription(&w, &s);
	assert_int_equal(wr_finish(&w), 0);
	assert_int_equal(gossip_frame_subscriptions(buf_data(&b), &frame), 0);
	buf_deinit(&b);
	fake_says_frame(f, frame);
}

/* `b` holds control entries and is given up. */
static inline void fake_says_control(struct fake *f, struct buf *b)
{
	struct shared_bytes *frame;

	assert_int_equal(gossip_frame_control(buf_data(b), &frame), 0);
	buf_deinit(b);
	fake_says_frame(f, frame);
}

#define FAKE_CONTROL(f, call)                                                                      \
	do {                                                                                       \
		struct buf _b;                                                                     \
		struct wr w = wr_to(&_b);                                                          \
		buf_init(&_b, MIB);                                                                \
		call;                                                                              \
		assert_int_equal(wr_finish(&w), 0);                                                \
		fake_says_control(f, &_b);                                                         \
	} while (0)

static inline void fake_grafts(struct fake *f, const char *topic)
{
	FAKE_CONTROL(f, gossip_write_graft(&w, bytes_of_text(topic)));
}

static inline void fake_prunes(struct fake *f, const char *topic, uint64_t backoff_s)
{
	struct gossip_prune prune = {
		.topic = bytes_of_text(topic),
		.backoff_s = backoff_s,
		.has_backoff = backoff_s > 0,
	};

	FAKE_CONTROL(f, gossip_write_prune(&w, &prune, NULL));
}

static inline double fake_score(struct fake *f)
{
	struct gossip_peer_score score;

	assert_true(gossip_peer_score(f->engine->g, &f->id, f->engine->now, &score));
	return score.parts.total;
}

static inline void fake_has(struct fake *f, const char *topic, struct bytes id)
{
	FAKE_CONTROL(f, gossip_write_ihave(&w, bytes_of_text(topic), &id, 1));
}

static inline void fake_wants(struct fake *f, struct bytes id)
{
	FAKE_CONTROL(f, gossip_write_iwant(&w, &id, 1));
}

static inline void fake_does_not_want(struct fake *f, struct bytes id)
{
	FAKE_CONTROL(f, gossip_write_idontwant(&w, &id, 1));
}

/* A frame with a message of this author's; its next number. */
static inline struct shared_bytes *message_of(struct fake *author, const char *topic,
					      struct bytes data)
{
	uint64_t seqno = __builtin_bswap64(++author->seqno);
	uint8_t signature[ED25519_SIGNATURE];
	struct gossip_message m = {
		.has_from = true,
		.has_data = true,
		.has_seqno = true,
		.has_topic = true,
		.from = peer_id_bytes(&author->id),
		.data = data,
		.seqno = BYTES(&seqno, sizeof(seqno)),
		.topic = bytes_of_text(topic),
	};
	struct shared_bytes *frame;
	struct buf scratch;

	buf_init(&scratch, 4 * MIB);
	assert_int_equal(gossip_sign(&m, &author->key, &scratch, signature), 0);
	buf_deinit(&scratch);
	m.has_signature = true;
	m.signature = BYTES(signature, sizeof(signature));
	assert_int_equal(gossip_frame_message(&m, &frame), 0);
	return frame;
}

static inline struct bytes id_of(struct fake *author, uint64_t seqno)
{
	static uint8_t ring[16][GOSSIP_ID_MAX];
	static size_t next;
	uint8_t *out = ring[next++ % ARRAY_SIZE(ring)];
	uint64_t be = __builtin_bswap64(seqno);

	memcpy(out, author->id.b, author->id.n);
	memcpy(out + author->id.n, &be, sizeof(be));
	return BYTES(out, author->id.n + sizeof(be));
}

static inline void fake_publishes(struct fake *f, const char *topic, const char *data)
{
	fake_says_frame(f, message_of(f, topic, bytes_of_text(data)));
}

/* `n` fakes from number `first` on, subscribed to the topic. */
static inline void fakes_subscribed(struct engine *e, size_t first, size_t n, const char *topic)
{
	for (size_t i = first; i < first + n; i++)
		fake_subscribes(fake_add(e, i), topic, true);
}

static inline struct topic *engine_topic(struct engine *e, const char *topic)
{
	return topic_find(e->g, bytes_of_text(topic));
}

static inline size_t engine_n_mesh(struct engine *e, const char *topic)
{
	struct topic *t = engine_topic(e, topic);

	return t ? t->n_mesh : 0;
}

static inline bool fake_is_in_mesh(struct fake *f, const char *topic)
{
	struct member *m = member_find(f->p, bytes_of_text(topic));

	return m && member_is_in_mesh(m);
}

static inline void engine_joins(struct engine *e, const char *topic)
{
	assert_int_equal(gossip_join(e->g, bytes_of_text(topic), e->now), 0);
}

static inline void engine_publishes(struct engine *e, const char *topic, const char *data)
{
	assert_int_equal(
		gossip_publish(e->g, bytes_of_text(topic), bytes_of_text(data), e->now, NULL), 0);
}

#endif
