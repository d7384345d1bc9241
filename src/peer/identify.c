#include "peer/peer.h"

#include <stdlib.h>

#include "peer/signed_record.h"
#include "wire/public_key.h"
#include "wire/rd.h"
#include "wire/wr.h"

/* Identify: asked on every new peer, answered to everybody; and push, its answer unasked, whenever
 * what it says has changed. Both carry the same message. */

#define IDENTIFY_PROTOCOL "/ipfs/id/1.0.0"
#define PUSH_PROTOCOL "/ipfs/id/push/1.0.0"
#define PROTOCOL_VERSION "ipfs/0.1.0"

/* A length and the message behind it. */
#define MESSAGE_MAX ((size_t)LIMIT_IDENTIFY_IN + 2)
#define PUBLIC_KEY_MAX 64 /* ours is Ed25519 */

/* ---- what we say ---- */

/* A listener on every address is told as the one this peer reached, or would. */
static bool listen_address(const struct addr *listen, const struct link *l, struct multiaddr *ret)
{
	struct addr a = *listen, local = net_link_local(l);

	if (addr_is_unspecified(&a)) {
		/* An IPv6 listener also takes IPv4. */
		if (local.family == ADDR_NONE || (a.family == ADDR_IP4 && local.family != ADDR_IP4))
			return false;
		local.port = a.port;
		a = local;
	}
	multiaddr_from_addr(&a, ret);
	return true;
}

size_t identify_addresses(const struct pool *pool, const struct link *l,
			  struct multiaddr ret[LIMIT_LISTENERS])
{
	size_t n = 0;

	for (size_t i = 0; i < pool->config.n_announce; i++)
		ret[n++] = pool->config.announce[i];
	for (size_t i = 0; i < pool->n_listen && pool->config.n_announce == 0; i++)
		n += listen_address(&pool->listen[i], l, &ret[n]);
	return n;
}

static int put_addresses(const struct multiaddr *addresses, size_t n, struct buf *out)
{
	struct wr w = wr_to(out);

	for (size_t i = 0; i < n; i++)
		wr_varint_bytes(&w, BYTES(addresses[i].b, addresses[i].n));
	return wr_finish(&w);
}

/* Grows also when the clock was set back. */
static uint64_t next_seq(struct pool *pool)
{
	int64_t now = loop_wall(pool->loop).ns;
	uint64_t seq = pool->record_seq + 1;

	return now > 0 && (uint64_t)now > seq ? (uint64_t)now : seq;
}

/* Our addresses under our signature. While they are the same it stays the same too: whoever asks
 * again and again costs no signature. */
static int renew_record(struct pool *pool, const struct multiaddr *addresses, size_t n)
{
	_cleanup_(buf_deinit) struct buf covers;
	uint64_t seq = next_seq(pool);
	int r;

	buf_init(&covers, LIMIT_SIGNED_RECORD);
	r = put_addresses(addresses, n, &covers);
	if (r < 0 || (buf_len(&pool->record) > 0 &&
		      bytes_equal(buf_data(&covers), buf_data(&pool->record_covers))))
		return r;
	buf_clear(&pool->record);
	buf_clear(&pool->record_covers);
	r = signed_record_make(pool->config.key, seq, addresses, n, &pool->record);
	if (r == 0)
		r = buf_append(&pool->record_covers, buf_data(&covers).p, buf_len(&covers));
	if (r < 0)
		buf_clear(&pool->record);
	else
		pool->record_seq = seq;
	return r;
}

static void add_protocols(const struct pool *pool, struct identify *m)
{
	for (size_t i = 0; i < pool->n_protocols; i++)
		m->protocols[m->n_protocols++] = bytes_of_text(pool->protocols[i]->name);
}

static int encode_ours(const struct pool_link *pl, struct bytes key, struct buf *out)
{
	struct pool *pool = pl->pool;
	struct addr remote = net_link_remote(pl->link);
	struct multiaddr listen[LIMIT_LISTENERS], observed;
	struct identify m = {
		.has_public_key = true,
		.public_key = key,
		.has_observed = true,
		.has_protocol_version = true,
		.protocol_version = BYTES_LITERAL(PROTOCOL_VERSION),
		.has_agent = true,
		.agent = bytes_of_text(pool->config.agent),
	};

	multiaddr_from_addr(&remote, &observed);
	m.observed = BYTES(observed.b, observed.n);
	m.n_listen = identify_addresses(pool, pl->link, listen);
	for (size_t i = 0; i < m.n_listen; i++)
		m.listen[i] = BYTES(listen[i].b, listen[i].n);
	add_protocols(pool, &m);
	/* Without it the message is worth as much to whoever only wants to talk to us. */
	m.has_record = m.n_listen > 0 && renew_record(pool, listen, m.n_listen) == 0;
	m.record = buf_data(&pool->record);
	return identify_encode(&m, out);
}

/* The message with its length; -ENOBUFS when it would be longer than all take. */
static int encode_framed(const struct pool_link *pl, struct buf *out)
{
	_cleanup_(buf_deinit) struct buf key, message;
	struct public_key k = {
		.type = KEY_ED25519,
		.data = BYTES(pl->pool->config.key->public, ED25519_PUBLIC),
	};
	struct wr w = wr_to(out);
	int r;

	buf_init(&key, PUBLIC_KEY_MAX);
	buf_init(&message, LIMIT_IDENTIFY_OUT);
	r = public_key_encode(&k, &key);
	if (r == 0)
		r = encode_ours(pl, buf_data(&key), &message);
	if (r < 0)
		return r;
	wr_varint_bytes(&w, buf_data(&message));
	return wr_finish(&w);
}

/* Says all and leaves. */
static void tell(const struct pool_link *pl, struct stream *s)
{
	_cleanup_(buf_deinit) struct buf b;
	struct bytes v;

	buf_init(&b, MESSAGE_MAX);
	if (encode_framed(pl, &b) < 0) {
		stream_reset(s, 0);
		return;
	}
	v = buf_data(&b);
	if (stream_write(s, &v, 1) < 0) {
		stream_reset(s, 0);
		return;
	}
	stream_close(s);
	stream_forget(s);
}

/* ---- what they say ---- */

struct identify_read {
	struct pool_link *pl; /* NULL: the link's record is gone */
	struct stream *s;
	bool push;
	struct buf in;
};

static void detach(struct identify_read *rd)
{
	if (!rd->pl)
		return;
	if (rd->pl->asked == rd)
		rd->pl->asked = NULL;
	if (rd->pl->pushed == rd)
		rd->pl->pushed = NULL;
	rd->pl = NULL;
}

static void read_free(struct identify_read *rd)
{
	detach(rd);
	buf_deinit(&rd->in);
	free(rd);
}

static void read_abort(struct identify_read *rd)
{
	stream_reset(rd->s, 0);
	read_free(rd);
}

static int decode_all(struct bytes b, struct identify *ret)
{
	struct rd r = rd_of(b);
	size_t n = 0;

	*ret = (struct identify){ 0 };
	while (r.left > 0) {
		struct bytes message = rd_varint_bytes(&r, LIMIT_IDENTIFY_IN);

		if (rd_is_bad(&r) || ++n > LIMIT_IDENTIFY_MESSAGES ||
		    identify_decode(message, ret) < 0)
			return -EBADMSG;
	}
	return n > 0 ? 0 : -EBADMSG;
}

/* The key it claims must be the one it proved. */
static bool is_plausible(const struct identify *m, const struct link *l)
{
	return !m->has_public_key || bytes_equal(m->public_key, link_peer_key(l));
}

static void keep_record(struct peer *p, struct bytes envelope)
{
	struct pool *pool = p->pool;
	struct mono now = loop_now(pool->loop);
	struct peer_record record;

	if (bytes_equal(envelope, buf_data(&p->record)) || !mono_reached(p->record_check_at, now))
		return;
	/* Whoever pushes records as fast as it can is not checked as fast. */
	p->record_check_at = mono_add_ms(now, LIMIT_RECORD_CHECK_MS);
	if (signed_record_check(envelope, &p->id, &record) != 0 ||
	    (buf_len(&p->record) > 0 && record.seq <= p->record_seq))
		return;
	buf_clear(&p->record);
	/* Without memory there is none: it is only shown to others. */
	if (buf_append(&p->record, envelope.p, envelope.n) == 0)
		p->record_seq = record.seq;
}

static void learn(struct peer *p, const struct identify *m, bool push)
{
	struct pool *pool = p->pool;
	struct identity *i = identity_new(m, push ? p->identity : NULL);

	if (!i)
		return;
	identity_free(p->identity);
	p->identity = i;
	p->is_identified |= !push;
	if (m->has_record)
		keep_record(p, m->record);
	if (pool->config.ops->on_identified)
		pool->config.ops->on_identified(pool->config.user, p);
}

static void on_data(void *user, struct stream *s, struct bytes b)
{
	struct identify_read *rd = user;

	(void)s;
	if (buf_append(&rd->in, b.p, b.n) < 0)
		read_abort(rd);
}

static void on_eof(void *user, struct stream *s)
{
	struct identify_read *rd = user;
	struct pool_link *pl = rd->pl;
	struct identify m;

	stream_close(s);
	stream_forget(s);
	if (!pl || decode_all(buf_data(&rd->in), &m) < 0 || !is_plausible(&m, pl->link)) {
		read_free(rd);
		return;
	}
	detach(rd);
	/* A push before the first answer is no whole picture, but it is the newest one. */
	learn(pl->peer, &m, rd->push);
	read_free(rd);
}

static void on_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	(void)s;
	(void)end;
	(void)code;
	read_free(user);
}

static const struct stream_ops read_ops = {
	.on_data = on_data,
	.on_eof = on_eof,
	.on_closed = on_closed,
};

static struct identify_read *read_new(struct pool_link *pl, bool push)
{
	struct identify_read *rd = calloc(1, sizeof(*rd));

	if (!rd)
		return NULL;
	rd->pl = pl;
	rd->push = push;
	buf_init(&rd->in, LIMIT_IDENTIFY_MESSAGES * MESSAGE_MAX);
	return rd;
}

void identify_ask(struct pool_link *pl)
{
	static const char *const protocols[] = { IDENTIFY_PROTOCOL, NULL };
	struct identify_read *rd;

	if (pl->asked)
		return;
	rd = read_new(pl, false);
	if (!rd)
		return;
	if (link_open_stream(pl->link, protocols, &read_ops, rd, &rd->s) < 0)
		read_free(rd);
	else
		pl->asked = rd;
}

void identify_forget(struct pool_link *pl)
{
	/* Their streams end with the link and free them. */
	if (pl->asked)
		detach(pl->asked);
	if (pl->pushed)
		detach(pl->pushed);
}

/* ---- being asked, and told ---- */

static void on_identify(void *user, struct peer *p, struct link *l, struct stream *s)
{
	static const struct stream_ops nothing;

	(void)user;
	(void)p;
	stream_accept(s, &nothing, NULL);
	tell(pool_link_of(l), s);
}

static void on_push(void *user, struct peer *p, struct link *l, struct stream *s)
{
	struct pool_link *pl = pool_link_of(l);
	struct identify_read *rd = read_new(pl, true);

	(void)user;
	(void)p;
	if (!rd) {
		stream_reset(s, 0);
		return;
	}
	/* The newest one is right, and one at a time is enough to hold. */
	if (pl->pushed)
		read_abort(pl->pushed);
	pl->pushed = rd;
	rd->s = s;
	stream_accept(s, &read_ops, rd);
}

void identify_init(struct pool *pool)
{
	pool->identify = (struct pool_protocol){ IDENTIFY_PROTOCOL, on_identify, pool };
	pool->push = (struct pool_protocol){ PUSH_PROTOCOL, on_push, pool };
	pool->protocols[pool->n_protocols++] = &pool->identify;
	pool->protocols[pool->n_protocols++] = &pool->push;
}

static void push_to(const struct pool_link *pl)
{
	static const char *const protocols[] = { PUSH_PROTOCOL, NULL };
	static const struct stream_ops nothing;
	struct stream *s;

	if (link_open_stream(pl->link, protocols, &nothing, NULL, &s) == 0)
		tell(pl, s);
}

void identify_push(struct pool *pool)
{
	list_for_each (it, &pool->all) {
		struct peer *p = list_entry(it, struct peer, all);

		if (p->primary && peer_serves(p, PUSH_PROTOCOL))
			push_to(pool_link_of(p->primary));
	}
}
