#ifndef PL_TESTS_UNIT_NET_LINK_END_H
#define PL_TESTS_UNIT_NET_LINK_END_H

/*
 * One end of a link under test: a key, a configuration, and a record of what was reported. Two of
 * them are connected by carrying the bytes by hand, whole or in random pieces.
 */

#include "test.h"

#include "base/random.h"
#include "crypto/keys.h"
#include "net/link.h"
#include "wire/public_key.h"

#define AT(ms) mono_add_ms((struct mono){ 0 }, 1000000 + (ms))

struct end {
	struct link *l;
	struct link_config config;
	struct key_pair key;
	struct random_seeded seeded;
	struct random random;
	bool over;
	struct buf wire; /* what it said and nobody has read */

	size_t n_up, n_going, n_rtt, n_streams;
	struct stream *stream; /* the latest one */
	char protocol[64];
	bool refuses;      /* streams: reset in on_stream */
	bool ignores;      /* streams: neither accepted nor reset */
	bool closes_on_up; /* link_close() in on_up */
	size_t n_open, n_eof, n_writable, n_closed;
	bool resets_on_open, resets_on_data;
	enum stream_end end;
	uint32_t code;
	struct buf got; /* on its streams, all together */
};

static inline bool end_serves(void *user __attribute__((unused)), struct bytes protocol)
{
	return bytes_equal(protocol, BYTES_LITERAL("/echo/1")) ||
	       bytes_equal(protocol, BYTES_LITERAL("/sink/1"));
}

static inline void end_on_open(void *user, struct stream *s, struct bytes protocol)
{
	struct end *e = user;

	e->n_open++;
	assert_true(protocol.n < sizeof(e->protocol));
	memcpy(e->protocol, protocol.p, protocol.n);
	e->protocol[protocol.n] = 0;
	if (e->resets_on_open)
		stream_reset(s, 3);
}

static inline void end_on_data(void *user, struct stream *s, struct bytes b)
{
	struct end *e = user;

	assert_true(b.n > 0);
	assert_int_equal(buf_append(&e->got, b.p, b.n), 0);
	if (e->resets_on_data)
		stream_reset(s, 4);
}

static inline void end_on_eof(void *user, struct stream *s __attribute__((unused)))
{
	((struct end *)user)->n_eof++;
}

static inline void end_on_writable(void *user, struct stream *s __attribute__((unused)))
{
	((struct end *)user)->n_writable++;
}

static inline void end_on_closed(void *user, struct stream *s __attribute__((unused)),
				 enum stream_end end, uint32_t code)
{
	struct end *e = user;

	e->n_closed++;
	e->end = end;
	e->code = code;
	e->stream = NULL;
}

static const struct stream_ops end_stream_ops = {
	.on_open = end_on_open,
	.on_data = end_on_data,
	.on_eof = end_on_eof,
	.on_writable = end_on_writable,
	.on_closed = end_on_closed,
};

static inline void end_on_up(void *user, struct link *l)
{
	struct end *e = user;

	assert_true(link_is_up(l));
	e->n_up++;
	if (e->closes_on_up)
		link_close(l, LINK_DISCONNECTED);
}

static inline void end_on_stream(void *user, struct link *l __attribute__((unused)),
				 struct stream *s, struct bytes protocol)
{
	struct end *e = user;

	e->n_streams++;
	memcpy(e->protocol, protocol.p, protocol.n);
	e->protocol[protocol.n] = 0;
	if (e->refuses) {
		stream_reset(s, 7);
	} else if (!e->ignores) {
		e->stream = s;
		stream_accept(s, &end_stream_ops, e);
	}
}

static inline void end_on_going(void *user, struct link *l __attribute__((unused)))
{
	((struct end *)user)->n_going++;
}

static inline void end_on_rtt(void *user, struct link *l __attribute__((unused)),
			      uint64_t rtt_ns __attribute__((unused)))
{
	((struct end *)user)->n_rtt++;
}

static const struct link_ops end_link_ops = {
	.on_up = end_on_up,
	.on_stream = end_on_stream,
	.on_going = end_on_going,
	.on_rtt = end_on_rtt,
};

/* `seed` names the end: the same one has the same key. */
static inline void end_init(struct end *e, uint64_t seed)
{
	*e = (struct end){ 0 };
	assert_int_equal(crypto_start(), 0);
	random_seeded_init(&e->seeded, seed);
	e->random = random_seeded_source(&e->seeded);
	key_pair_generate(&e->random, &e->key);
	e->config = (struct link_config){ .key = &e->key,
					  .random = e->random,
					  .serves = end_serves,
					  .ops = &end_link_ops,
					  .user = e };
	strcpy(e->config.extension.version, "0.1.0");
	strcpy(e->config.extension.network, "testnet");
	e->config.extension.incarnation = seed;
	public_key_ed25519_peer_id(e->key.public, &e->config.id);
	buf_init(&e->wire, 64 << 20);
	buf_init(&e->got, 64 << 20);
}

static inline void end_start(struct end *e, bool dialer, const struct peer_id *expected)
{
	assert_int_equal(link_new(&e->config, dialer, expected, AT(0), &e->l), 0);
}

static inline void end_deinit(struct end *e)
{
	e->l = link_free(e->l);
	buf_deinit(&e->wire);
	buf_deinit(&e->got);
}

/* All output of `e` onto its wire. */
static inline void end_flush(struct end *e)
{
	while (link_output(e->l, &e->wire, 100000))
		;
}

/* Lets `to` read the first `n` bytes of what `from` said, from memory that is gone afterwards. */
static inline void end_carry(struct end *from, struct end *to, size_t n, struct mono now)
{
	uint8_t *copy = malloc(n);

	if (n > 0)
		memcpy(copy, buf_data(&from->wire).p, n);
	buf_consume(&from->wire, n);
	if (!to->over)
		to->over = link_input(to->l, BYTES(copy, n), now) != 0;
	free(copy);
}

/* What is due now, as a driver's timer would have it. */
static inline void end_tick(struct end *e, struct mono now)
{
	for (int i = 0; i < 100 && !e->over && mono_reached(link_deadline(e->l), now); i++)
		e->over = link_tick(e->l, now) != 0;
}

/* Both talk until neither has anything left to say; pieces of at most `piece` bytes, 0: whole. */
static inline void ends_talk(struct end *a, struct end *b, size_t piece, struct mono now)
{
	struct random *pick = &a->random;

	for (;;) {
		end_flush(a);
		end_flush(b);
		end_tick(a, now);
		end_tick(b, now);
		end_flush(a);
		end_flush(b);
		if (buf_len(&a->wire) == 0 && buf_len(&b->wire) == 0)
			return;
		for (int i = 0; i < 2; i++) {
			struct end *from = i == 0 ? a : b, *to = i == 0 ? b : a;
			size_t n = buf_len(&from->wire);

			if (n > 0 && piece > 0)
				n = size_min(n, 1 + (size_t)random_below(pick, piece));
			if (n > 0)
				end_carry(from, to, n, now);
		}
	}
}

/* Two ends with a link between them. */
static inline void ends_connect(struct end *a, struct end *b)
{
	end_init(a, 1);
	end_init(b, 2);
	end_start(a, true, &b->config.id);
	end_start(b, false, NULL);
	ends_talk(a, b, 0, AT(1));
	assert_true(link_is_up(a->l) && link_is_up(b->l));
}

static inline void ends_deinit(struct end *a, struct end *b)
{
	end_deinit(a);
	end_deinit(b);
}

#endif
