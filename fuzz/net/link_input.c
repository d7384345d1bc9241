/* covers: src/net/link_handshake.c src/net/link_identity.c src/net/link_record.c */
/*
 * A link under an arbitrary peer. The first byte chooses the link's side; then come operations,
 * [op][n, 2 bytes big-endian][n bytes]: raw bytes, or, so that the handshake does not keep the
 * fuzzer out, bytes that this file puts into Noise messages and records for it. Nobody gets up
 * without an honest identity, nothing is held beyond what came, and every stream ends once.
 */

#include <stdlib.h>
#include <string.h>

#include "crypto/keys.h"
#include "crypto/noise.h"
#include "net/link_identity.h"
#include "net/link_priv.h"
#include "wire/public_key.h"
#include "wire/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum op {
	OP_RAW,
	OP_PAYLOAD,      /* handshake message with this payload */
	OP_IDENTITY,     /* with an honest identity and these bytes behind it */
	OP_RECORD,       /* sealed */
	OP_READ,         /* skip n bytes of what the link said, then read a handshake message */
	OP_TICK,         /* n milliseconds pass */
	OP_OPEN,         /* our user opens a stream, lazily when n is odd, and writes the bytes */
	OP_OWN_IDENTITY, /* as OP_IDENTITY, with the link's own key */
	OP_FIN,
	OP_CLOSE,
	OP_PING,
	OP_WRITE, /* our user writes n KiB to the stream it opened or accepted last */
	OP_FLOOD, /* our user opens n streams and resets none */
	OP_CUT,
	OP_COUNT,
};

struct fuzz {
	struct link_config config;
	struct key_pair key, peer_key;
	struct random_seeded seeded;
	struct random random;
	struct link *l;
	struct noise noise;
	struct noise_cipher *send, *receive;
	struct buf said;
	struct mono now;
	bool honest, own, over;
	size_t n_up, n_open, n_closed, n_received;
	struct stream *latest;
	uint8_t tail;
	bool has_tail, cut;
	uint8_t mood; /* what our user does with the next stream */
};

static bool serves(void *user __attribute__((unused)), struct bytes protocol)
{
	return bytes_equal(protocol, BYTES_LITERAL("/a"));
}

static void forget(struct fuzz *f, struct stream *s)
{
	f->n_closed++;
	if (f->latest == s)
		f->latest = NULL;
}

static void on_closed(void *user, struct stream *s, enum stream_end end __attribute__((unused)),
		      uint32_t code __attribute__((unused)))
{
	forget(user, s);
}

static void write_some(struct stream *s, struct bytes b)
{
	int r = stream_write(s, &b, 1);

	ASSERT(r == 0 || r == -EAGAIN || r == -EPIPE || r == -EMSGSIZE);
	ASSERT(stream_queued(s) <= LIMIT_STREAM_SEND + LIMIT_MSS_ANSWERS);
}

static void on_data(void *user, struct stream *s, struct bytes b)
{
	struct fuzz *f = user;

	ASSERT(b.n > 0 && stream_link(s) == f->l);
	if (b.p[0] == 'r') {
		forget(f, s);
		stream_reset(s, 1);
		return;
	}
	write_some(s, b);
	if (b.p[0] == 'f') {
		forget(f, s);
		stream_forget(s);
	} else if (b.p[0] == 'h') {
		stream_hold(s, true);
	} else if (b.p[0] == 'l') {
		link_close(f->l, LINK_DISCONNECTED);
	}
}

static void on_eof(void *user __attribute__((unused)), struct stream *s)
{
	stream_close(s);
}

static void on_open(void *user, struct stream *s, struct bytes protocol)
{
	ASSERT(stream_link(s) == ((struct fuzz *)user)->l);
	ASSERT(serves(NULL, protocol));
}

static void on_writable(void *user, struct stream *s)
{
	if (((struct fuzz *)user)->mood % 2)
		write_some(s, BYTES_LITERAL("more"));
}

static const struct stream_ops stream_ops = {
	.on_open = on_open,
	.on_writable = on_writable,
	.on_data = on_data,
	.on_eof = on_eof,
	.on_closed = on_closed,
};

static void on_up(void *user, struct link *l)
{
	struct fuzz *f = user;

	ASSERT(f->honest && !f->own && !f->over);
	ASSERT(link_peer_key(l).n == 36);
	f->n_up++;
}

static void on_stream(void *user, struct link *l __attribute__((unused)), struct stream *s,
		      struct bytes protocol)
{
	struct fuzz *f = user;

	ASSERT(serves(NULL, protocol));
	f->n_open++;
	if (++f->mood % 5 == 0) {
		f->n_closed++;
		stream_reset(s, 5);
	} else if (f->mood % 7 == 0) {
		f->n_closed++; /* not accepted: refused for us */
	} else {
		stream_accept(s, &stream_ops, f);
		f->latest = s;
	}
}

static void on_going(void *user __attribute__((unused)), struct link *l)
{
	ASSERT(link_is_going(l));
}

static void on_rtt(void *user __attribute__((unused)), struct link *l __attribute__((unused)),
		   uint64_t rtt_ns __attribute__((unused)))
{
}

static const struct link_ops link_ops = {
	.on_up = on_up,
	.on_stream = on_stream,
	.on_going = on_going,
	.on_rtt = on_rtt,
};

static void start(struct fuzz *f, uint8_t side)
{
	bool dialer = side & 1;
	struct peer_id expected;

	random_seeded_init(&f->seeded, 1);
	f->random = random_seeded_source(&f->seeded);
	key_pair_generate(&f->random, &f->key);
	key_pair_generate(&f->random, &f->peer_key);
	f->config = (struct link_config){
		.key = &f->key, .random = f->random, .serves = serves, .ops = &link_ops, .user = f
	};
	public_key_ed25519_peer_id(f->key.public, &f->config.id);
	noise_init(&f->noise, !dialer, &f->random);
	buf_init(&f->said, 64 * MIB);
	public_key_ed25519_peer_id(side & 4 ? f->key.public : f->peer_key.public, &expected);
	ASSERT(link_new(&f->config, dialer, side & 2 ? &expected : NULL, f->now, &f->l) == 0);
}

static void stop(struct fuzz *f)
{
	link_down(f->l);
	ASSERT(f->n_open == f->n_closed);
	ASSERT(f->n_up <= 1);
	f->l = link_free(f->l);
	noise_deinit(&f->noise);
	noise_cipher_free(f->send);
	noise_cipher_free(f->receive);
	buf_deinit(&f->said);
}

static void take_output(struct fuzz *f)
{
	while (link_output(f->l, &f->said, 100000))
		;
	ASSERT(!link_has_output(f->l));
	/* Nobody reads it once the handshake is done. */
	if (f->noise.step == 3)
		buf_clear(&f->said);
}

/* Every input from memory of its own. */
static void feed_now(struct fuzz *f, struct bytes b)
{
	uint8_t *copy = malloc(b.n + 1);

	if (f->over || b.n == 0) {
		free(copy);
		return;
	}
	memcpy(copy, b.p, b.n);
	f->over = link_input(f->l, BYTES(copy, b.n), f->now) != 0;
	ASSERT(!f->over || !link_is_up(f->l));
	f->n_received += b.n;
	free(copy);
	ASSERT(f->l->in.cap <= f->n_received * 2 + 64 * KIB);
	ASSERT(!f->l->plain.mem);
	take_output(f);
}

/* After OP_CUT the last byte comes with the next input. */
static void feed(struct fuzz *f, struct bytes b)
{
	bool cut = f->cut && b.n > 0;
	struct buf all;

	buf_init(&all, 256 * KIB);
	ASSERT(buf_append(&all, &f->tail, f->has_tail) == 0);
	ASSERT(buf_append(&all, b.p, b.n - cut) == 0);
	f->has_tail = cut;
	f->cut = false;
	if (cut)
		f->tail = b.p[b.n - 1];
	feed_now(f, buf_data(&all));
	buf_deinit(&all);
}

static bool is_our_turn(const struct fuzz *f)
{
	return f->noise.step < 3 && f->noise.initiator == (f->noise.step % 2 == 0);
}

static void split_if_done(struct fuzz *f)
{
	if (f->noise.step == 3 && !f->send)
		ASSERT(noise_split(&f->noise, &f->send, &f->receive) == 0);
}

static void feed_framed(struct fuzz *f, struct bytes m)
{
	uint8_t prefix[2] = { (uint8_t)(m.n >> 8), (uint8_t)m.n };
	struct buf b;

	buf_init(&b, 128 * KIB);
	ASSERT(buf_append(&b, prefix, 2) == 0);
	ASSERT(buf_append(&b, m.p, m.n) == 0);
	feed(f, buf_data(&b));
	buf_deinit(&b);
}

static void send_noise(struct fuzz *f, struct bytes payload)
{
	struct buf m;

	if (!is_our_turn(f))
		return;
	buf_init(&m, 65535);
	if (noise_write(&f->noise, payload, &m) == 0) {
		split_if_done(f);
		feed_framed(f, buf_data(&m));
	}
	buf_deinit(&m);
}

static void send_identity(struct fuzz *f, const struct key_pair *key, struct bytes more)
{
	struct link_config config = { .key = key };
	struct noise_payload p;
	struct buf payload, whole;

	if (!is_our_turn(f) || f->noise.step == 0)
		return;
	buf_init(&payload, 8 * KIB);
	buf_init(&whole, 80 * KIB);
	ASSERT(link_identity_write(&config, 1, noise_static_key(&f->noise), &payload) == 0);
	/* Key and signature only: 38 and 66 bytes. What stands behind them is the fuzzer's. */
	ASSERT(buf_append(&whole, buf_data(&payload).p, 38 + 66) == 0);
	ASSERT(buf_append(&whole, more.p, more.n) == 0);
	f->honest = true;
	f->own = key == &f->key;
	if (noise_payload_decode(buf_data(&whole), &p) != 0)
		f->honest = false;
	send_noise(f, buf_data(&whole));
	buf_deinit(&payload);
	buf_deinit(&whole);
}

static void send_record(struct fuzz *f, struct bytes plain)
{
	uint8_t *m;

	if (!f->send || plain.n > LIMIT_NOISE_MESSAGE - NOISE_TAG)
		return;
	m = malloc(plain.n + NOISE_TAG);
	ASSERT(noise_seal(f->send, plain, m) == 0);
	feed_framed(f, BYTES(m, plain.n + NOISE_TAG));
	free(m);
}

static void read_noise(struct fuzz *f, size_t skip)
{
	struct buf payload;
	struct bytes b;
	size_t n;

	take_output(f);
	buf_consume(&f->said, size_min(skip, buf_len(&f->said)));
	b = buf_data(&f->said);
	if (b.n < 2 || is_our_turn(f) || f->noise.step >= 3)
		return;
	n = (size_t)b.p[0] << 8 | b.p[1];
	if (b.n < 2 + n)
		return;
	buf_init(&payload, 65535);
	(void)!noise_read(&f->noise, BYTES(b.p + 2, n), &payload);
	split_if_done(f);
	buf_deinit(&payload);
	buf_consume(&f->said, 2 + n);
}

static void open_stream(struct fuzz *f, struct bytes b)
{
	static const char *const two[] = { "/b", "/a", NULL };
	struct stream *s;
	int r;

	if (f->over)
		return;
	if (b.n % 2)
		r = link_open_stream_lazy(f->l, "/a", &stream_ops, f, &s);
	else
		r = link_open_stream(f->l, two, &stream_ops, f, &s);
	if (r < 0)
		return;
	f->n_open++;
	f->latest = s;
	write_some(s, b);
	if (b.n > 0 && b.p[0] == 'c')
		stream_close(s);
	if (b.n > 0 && b.p[0] == 'f') {
		forget(f, s);
		stream_forget(s);
	}
}

static void flood(struct fuzz *f, size_t n)
{
	struct stream *s;

	for (size_t i = 0; i < n && i < 2 * LIMIT_YAMUX_BACKLOG && !f->over; i++) {
		if (link_open_stream_lazy(f->l, "/a", &stream_ops, f, &s) < 0)
			return;
		f->n_open++;
		f->latest = s;
	}
}

static void write_much(struct fuzz *f, size_t n_kib)
{
	static const uint8_t zeroes[4 * MIB];

	if (f->latest && !f->over)
		write_some(f->latest, BYTES(zeroes, size_min(n_kib * KIB, sizeof(zeroes))));
}

static void tick(struct fuzz *f, uint64_t ms)
{
	f->now = mono_add_ms(f->now, ms);
	for (int i = 0; i < 10 && !f->over && mono_reached(link_deadline(f->l), f->now); i++)
		f->over = link_tick(f->l, f->now) != 0;
}

static void end_input(struct fuzz *f)
{
	if (!f->over)
		f->over = link_input_end(f->l, f->now) != 0;
}

static void act(struct fuzz *f, enum op op, struct bytes b)
{
	switch (op) {
	case OP_RAW:
		feed(f, b);
		break;
	case OP_PAYLOAD:
		send_noise(f, b);
		break;
	case OP_IDENTITY:
		send_identity(f, &f->peer_key, b);
		break;
	case OP_RECORD:
		send_record(f, b);
		break;
	case OP_READ:
		read_noise(f, b.n);
		break;
	case OP_TICK:
		tick(f, b.n);
		break;
	case OP_OPEN:
		open_stream(f, b);
		break;
	case OP_OWN_IDENTITY:
		send_identity(f, &f->key, b);
		break;
	case OP_FIN:
		end_input(f);
		break;
	case OP_CLOSE:
		link_close(f->l, LINK_SHUTDOWN);
		break;
	case OP_PING:
		link_ping(f->l, f->now);
		break;
	case OP_WRITE:
		write_much(f, b.n);
		break;
	case OP_FLOOD:
		flood(f, b.n);
		break;
	case OP_CUT:
		f->cut = true;
		break;
	case OP_COUNT:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(BYTES(data, size));
	struct fuzz f = { .now = { 1000000 } };
	uint8_t side = rd_u8(&r);

	ASSERT(crypto_start() == 0);
	start(&f, side);
	for (int i = 0; i < 256 && r.left > 0; i++) {
		enum op op = (enum op)(rd_u8(&r) % OP_COUNT);
		size_t n = rd_be16(&r);
		/* These take the number alone. */
		bool bare = op == OP_READ || op == OP_TICK || op == OP_WRITE || op == OP_FLOOD;
		struct bytes b = bare ? BYTES(NULL, n) : rd_bytes(&r, size_min(n, r.left));

		act(&f, op, b);
	}
	stop(&f);
	return 0;
}
