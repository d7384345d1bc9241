#include "crypto/noise.h"

#include "base/limits.h"
#include "crypto/keys.h"
#include "test.h"

#include "noise_vectors.h"

struct pair {
	struct noise initiator, responder;
	struct buf message, payload;
};

static void pair_init(struct pair *p)
{
	*p = (struct pair){ 0 };
	buf_init(&p->message, LIMIT_NOISE_MESSAGE);
	buf_init(&p->payload, LIMIT_NOISE_MESSAGE);
}

static void pair_deinit(struct pair *p)
{
	noise_deinit(&p->initiator);
	noise_deinit(&p->responder);
	buf_deinit(&p->message);
	buf_deinit(&p->payload);
}

static void pair_init_seeded(struct pair *p, uint64_t seed)
{
	struct random_seeded g;
	struct random random;

	pair_init(p);
	random_seeded_init(&g, seed);
	random = random_seeded_source(&g);
	noise_init(&p->initiator, true, &random);
	noise_init(&p->responder, false, &random);
}

static struct noise *writer(struct pair *p, size_t step)
{
	return step % 2 == 0 ? &p->initiator : &p->responder;
}

static struct noise *reader(struct pair *p, size_t step)
{
	return step % 2 == 0 ? &p->responder : &p->initiator;
}

/* Has the next message written, into p->message. */
static void pair_write(struct pair *p, size_t step, struct bytes payload)
{
	buf_clear(&p->message);
	assert_int_equal(noise_write(writer(p, step), payload, &p->message), 0);
}

static int pair_read(struct pair *p, size_t step, struct bytes message)
{
	buf_clear(&p->payload);
	return noise_read(reader(p, step), message, &p->payload);
}

/* Runs the first `n` messages. */
static void pair_run(struct pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		pair_write(p, i, BYTES_LITERAL("hello"));
		assert_int_equal(pair_read(p, i, buf_data(&p->message)), 0);
		assert_bytes(buf_data(&p->payload), "hello");
	}
}

/* ---- published vectors ---- */

static void check_handshake(struct pair *p, const struct noise_vector *v)
{
	pair_init(p);
	noise_init_with(&p->initiator, true, HEX(v->prologue), HEX(v->init_static).p,
			HEX(v->init_ephemeral).p);
	noise_init_with(&p->responder, false, HEX(v->prologue), HEX(v->resp_static).p,
			HEX(v->resp_ephemeral).p);
	for (size_t i = 0; i < 3; i++) {
		struct bytes payload = HEX(v->messages[i].payload);

		pair_write(p, i, payload);
		assert_true(bytes_equal(buf_data(&p->message), HEX(v->messages[i].ciphertext)));
		assert_int_equal(pair_read(p, i, buf_data(&p->message)), 0);
		assert_true(bytes_equal(buf_data(&p->payload), payload));
	}
	assert_memory_equal(p->initiator.h, p->responder.h, 32);
	if (v->handshake_hash)
		assert_memory_equal(p->initiator.h, HEX(v->handshake_hash).p, 32);
}

static void check_record(struct noise_cipher *send, struct noise_cipher *receive,
			 const char *payload, const char *ciphertext)
{
	struct bytes plain = HEX(payload), sealed = HEX(ciphertext);
	uint8_t out[256], back[256];

	assert_int_equal(noise_seal(send, plain, out), 0);
	assert_true(bytes_equal(BYTES(out, plain.n + NOISE_TAG), sealed));
	assert_int_equal(noise_open(receive, sealed, back), 0);
	assert_true(bytes_equal(BYTES(back, plain.n), plain));
}

static void check_vector(const struct noise_vector *v)
{
	struct noise_cipher *i_send, *i_receive, *r_send, *r_receive;
	struct pair p;

	check_handshake(&p, v);
	assert_int_equal(noise_split(&p.initiator, &i_send, &i_receive), 0);
	assert_int_equal(noise_split(&p.responder, &r_send, &r_receive), 0);
	for (size_t i = 3; i < ARRAY_SIZE(v->messages) && v->messages[i].payload; i++) {
		bool by_responder = (i % 2 == 1) != v->initiator_begins;

		check_record(by_responder ? r_send : i_send, by_responder ? i_receive : r_receive,
			     v->messages[i].payload, v->messages[i].ciphertext);
	}
	noise_cipher_free(i_send);
	noise_cipher_free(i_receive);
	noise_cipher_free(r_send);
	noise_cipher_free(r_receive);
	pair_deinit(&p);
}

TEST(the_published_vectors_come_out_byte_for_byte)
{
	for (size_t i = 0; i < ARRAY_SIZE(NOISE_VECTORS); i++)
		check_vector(&NOISE_VECTORS[i]);
}

/* ---- who is who ---- */

TEST(both_sides_learn_the_other_s_static_key)
{
	struct pair p;

	pair_init_seeded(&p, 1);
	pair_run(&p, 3);
	assert_true(
		bytes_equal(noise_remote_static_key(&p.initiator), noise_static_key(&p.responder)));
	assert_true(
		bytes_equal(noise_remote_static_key(&p.responder), noise_static_key(&p.initiator)));
	pair_deinit(&p);
}

TEST(every_handshake_has_its_own_keys)
{
	struct pair a, b;

	pair_init_seeded(&a, 1);
	pair_init_seeded(&b, 2);
	assert_memory_not_equal(a.initiator.s_pub, a.responder.s_pub, 32);
	assert_memory_not_equal(a.initiator.s_pub, a.initiator.e_pub, 32);
	assert_memory_not_equal(a.initiator.s_pub, b.initiator.s_pub, 32);
	pair_deinit(&a);
	pair_deinit(&b);
}

TEST(a_prologue_is_part_of_the_handshake)
{
	const struct noise_vector *v = &NOISE_VECTORS[0];
	struct pair p;

	pair_init(&p);
	noise_init_with(&p.initiator, true, BYTES_LITERAL("one"), HEX(v->init_static).p,
			HEX(v->init_ephemeral).p);
	noise_init_with(&p.responder, false, BYTES_LITERAL("two"), HEX(v->resp_static).p,
			HEX(v->resp_ephemeral).p);
	pair_write(&p, 0, BYTES(NULL, 0));
	assert_int_equal(pair_read(&p, 0, buf_data(&p.message)), 0);
	pair_write(&p, 1, BYTES(NULL, 0));
	assert_int_equal(pair_read(&p, 1, buf_data(&p.message)), NOISE_E_BAD);
	pair_deinit(&p);
}

/* ---- what goes wrong ---- */

/* A fresh pair whose message `step` is written and not read. */
static void pair_at(struct pair *p, size_t step)
{
	pair_init_seeded(p, 7);
	pair_run(p, step);
	pair_write(p, step, BYTES_LITERAL("payload"));
}

TEST(every_truncation_is_bad_and_leaves_the_payload_alone)
{
	for (size_t step = 0; step < 3; step++) {
		struct pair p;
		struct bytes whole;

		pair_at(&p, step);
		whole = buf_data(&p.message);
		for (size_t n = 0; n < whole.n; n++) {
			struct noise copy = *reader(&p, step);

			buf_clear(&p.payload);
			/* Message 1 carries its payload in clear: a shorter one is another one. */
			if (step == 0 && n >= NOISE_KEY)
				continue;
			assert_int_equal(noise_read(&copy, BYTES(whole.p, n), &p.payload),
					 NOISE_E_BAD);
			assert_int_equal(buf_len(&p.payload), 0);
		}
		pair_deinit(&p);
	}
}

TEST(every_flipped_bit_of_messages_2_and_3_is_bad)
{
	for (size_t step = 1; step < 3; step++) {
		struct pair p;
		uint8_t message[256];
		size_t n;

		pair_at(&p, step);
		n = buf_len(&p.message);
		memcpy(message, buf_data(&p.message).p, n);
		for (size_t bit = 0; bit < 8 * n; bit += 3) {
			struct noise copy = *reader(&p, step);

			/* X25519 ignores the last bit of a point, but the hash does not. */
			message[bit / 8] ^= (uint8_t)(1 << (bit % 8));
			assert_int_equal(noise_read(&copy, BYTES(message, n), &p.payload),
					 NOISE_E_BAD);
			message[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		}
		pair_deinit(&p);
	}
}

TEST(a_changed_message_1_is_found_out_by_message_2)
{
	struct pair p;
	uint8_t message[NOISE_KEY];

	pair_init_seeded(&p, 3);
	pair_write(&p, 0, BYTES(NULL, 0));
	memcpy(message, buf_data(&p.message).p, NOISE_KEY);
	message[4] ^= 1;
	assert_int_equal(pair_read(&p, 0, BYTES(message, NOISE_KEY)), 0);
	pair_write(&p, 1, BYTES(NULL, 0));
	assert_int_equal(pair_read(&p, 1, buf_data(&p.message)), NOISE_E_BAD);
	pair_deinit(&p);
}

/* H-08: by a table, before any curve operation. */
TEST(low_order_points_are_refused)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(points); i++) {
		uint8_t message[NOISE_KEY];
		struct pair p;

		memcpy(message, HEX(points[i / 2]).p, NOISE_KEY);
		if (i % 2 == 1)
			message[NOISE_KEY - 1] |= 0x80;
		pair_init_seeded(&p, i);
		assert_int_equal(pair_read(&p, 0, BYTES(message, NOISE_KEY)), NOISE_E_BAD);
		pair_deinit(&p);
	}
}

TEST(a_low_order_ephemeral_in_message_2_is_refused)
{
	uint8_t message[96] = { 1 };
	struct pair p;

	pair_init_seeded(&p, 1);
	pair_write(&p, 0, BYTES(NULL, 0));
	assert_int_equal(pair_read(&p, 1, BYTES(message, sizeof(message))), NOISE_E_BAD);
	pair_deinit(&p);
}

/* A peer that follows the protocol with a static key of low order. */
TEST(a_low_order_static_key_is_refused)
{
	struct pair p;

	pair_init_seeded(&p, 1);
	pair_run(&p, 1);
	memset(p.responder.s_pub, 0, sizeof(p.responder.s_pub));
	pair_write(&p, 1, BYTES(NULL, 0));
	assert_int_equal(pair_read(&p, 1, buf_data(&p.message)), NOISE_E_BAD);
	pair_deinit(&p);
}

TEST(a_message_out_of_turn_is_bad)
{
	struct pair p;

	pair_init_seeded(&p, 1);
	pair_write(&p, 0, BYTES(NULL, 0));
	/* The initiator waits for message 2 and gets it, then it is its turn. */
	assert_int_equal(pair_read(&p, 0, buf_data(&p.message)), 0);
	assert_int_equal(pair_read(&p, 0, buf_data(&p.message)), NOISE_E_BAD);
	pair_write(&p, 1, BYTES(NULL, 0));
	assert_int_equal(pair_read(&p, 1, buf_data(&p.message)), 0);
	assert_int_equal(pair_read(&p, 1, buf_data(&p.message)), NOISE_E_BAD);
	pair_write(&p, 2, BYTES(NULL, 0));
	assert_int_equal(pair_read(&p, 2, buf_data(&p.message)), 0);
	/* After the last one nothing more is a handshake message. */
	assert_int_equal(pair_read(&p, 2, buf_data(&p.message)), NOISE_E_BAD);
	pair_deinit(&p);
}

/* H-07: what was recorded once convinces nobody again. */
TEST(a_replayed_handshake_gives_no_session)
{
	uint8_t first[64], third[256];
	size_t n_first, n_third;
	struct pair p, q;

	pair_init_seeded(&p, 1);
	pair_write(&p, 0, BYTES(NULL, 0));
	n_first = buf_len(&p.message);
	memcpy(first, buf_data(&p.message).p, n_first);
	assert_int_equal(pair_read(&p, 0, buf_data(&p.message)), 0);
	pair_write(&p, 1, BYTES(NULL, 0));
	assert_int_equal(pair_read(&p, 1, buf_data(&p.message)), 0);
	pair_write(&p, 2, BYTES(NULL, 0));
	n_third = buf_len(&p.message);
	memcpy(third, buf_data(&p.message).p, n_third);

	pair_init_seeded(&q, 2);
	assert_int_equal(pair_read(&q, 0, BYTES(first, n_first)), 0);
	pair_write(&q, 1, BYTES(NULL, 0));
	assert_int_equal(pair_read(&q, 2, BYTES(third, n_third)), NOISE_E_BAD);
	pair_deinit(&p);
	pair_deinit(&q);
}

/* ---- sizes ---- */

TEST(a_payload_may_be_as_long_as_the_limit_and_no_longer)
{
	static uint8_t payload[LIMIT_NOISE_PAYLOAD + 1];
	static uint8_t message[NOISE_KEY + LIMIT_NOISE_PAYLOAD + 1] = { 9 };
	struct pair p;

	pair_init_seeded(&p, 1);
	assert_int_equal(noise_write(&p.initiator, BYTES(payload, sizeof(payload)), &p.message),
			 -EMSGSIZE);
	assert_int_equal(buf_len(&p.message), 0);
	pair_write(&p, 0, BYTES(payload, LIMIT_NOISE_PAYLOAD));
	assert_int_equal(pair_read(&p, 0, BYTES(message, sizeof(message))), NOISE_E_BAD);
	assert_int_equal(pair_read(&p, 0, buf_data(&p.message)), 0);
	assert_int_equal(buf_len(&p.payload), LIMIT_NOISE_PAYLOAD);
	pair_deinit(&p);
}

TEST(without_room_nothing_is_written_or_read)
{
	struct buf small;
	struct pair p;

	pair_init_seeded(&p, 1);
	buf_init(&small, NOISE_KEY - 1);
	assert_int_equal(noise_write(&p.initiator, BYTES(NULL, 0), &small), -ENOBUFS);
	assert_int_equal(buf_len(&small), 0);
	buf_deinit(&small);

	pair_write(&p, 0, BYTES_LITERAL("12345"));
	buf_init(&small, 4);
	assert_int_equal(noise_read(&p.responder, buf_data(&p.message), &small), -ENOBUFS);
	assert_int_equal(buf_len(&small), 0);
	buf_deinit(&small);
	pair_deinit(&p);
}

TEST(a_message_is_appended_to_what_is_there)
{
	struct pair p;

	pair_init_seeded(&p, 1);
	assert_int_equal(buf_append(&p.message, "xx", 2), 0);
	assert_int_equal(noise_write(&p.initiator, BYTES_LITERAL("pay"), &p.message), 0);
	assert_int_equal(buf_len(&p.message), 2 + NOISE_KEY + 3);
	buf_consume(&p.message, 2);
	assert_int_equal(buf_append(&p.payload, "yy", 2), 0);
	assert_int_equal(noise_read(&p.responder, buf_data(&p.message), &p.payload), 0);
	assert_bytes(buf_data(&p.payload), "yypay");
	pair_deinit(&p);
}

TEST(a_deinitialised_handshake_holds_no_secret)
{
	static const struct noise zero;
	struct pair p;

	pair_init_seeded(&p, 1);
	pair_run(&p, 3);
	noise_deinit(&p.initiator);
	assert_memory_equal(&p.initiator, &zero, sizeof(zero));
	pair_deinit(&p);
}

TESTS(RUN(the_published_vectors_come_out_byte_for_byte),
      RUN(both_sides_learn_the_other_s_static_key), RUN(every_handshake_has_its_own_keys),
      RUN(a_prologue_is_part_of_the_handshake),
      RUN(every_truncation_is_bad_and_leaves_the_payload_alone),
      RUN(every_flipped_bit_of_messages_2_and_3_is_bad),
      RUN(a_changed_message_1_is_found_out_by_message_2), RUN(low_order_points_are_refused),
      RUN(a_low_order_ephemeral_in_message_2_is_refused), RUN(a_low_order_static_key_is_refused),
      RUN(a_message_out_of_turn_is_bad), RUN(a_replayed_handshake_gives_no_session),
      RUN(a_payload_may_be_as_long_as_the_limit_and_no_longer),
      RUN(without_room_nothing_is_written_or_read), RUN(a_message_is_appended_to_what_is_there),
      RUN(a_deinitialised_handshake_holds_no_secret))
