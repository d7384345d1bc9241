#ifndef PL_TESTS_UNIT_NET_NET_END_H
#define PL_TESTS_UNIT_NET_NET_END_H

/* Hosts of a virtual world that each have a struct net, and a record of what it reported. */

#include "test.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/random.h"
#include "crypto/keys.h"
#include "loop/loop_virtual.h"
#include "net/net.h"
#include "wire/public_key.h"

#define PORT 4001
#define HEADER "\x13/multistream/1.0.0\n"

struct site {
	struct world *w;
	struct loop *loop;
	struct net *net;
	struct key_pair key;
	struct peer_id id;
	struct addr at;
	bool knows_all; /* is_known() */

	struct link *link; /* the latest */
	size_t n_up, n_down, n_failed, n_going, n_rtt, n_streams, n_links;
	void *dial_user;
	enum link_reason reason;
	enum net_by by;
	int error;
	bool aborts_on_up, closes_on_up, echoes;
	struct stream *stream;
	size_t n_got, n_eof, n_closed;
	bool wants_more; /* on_writable came */
};

static inline bool site_serves(void *user __attribute__((unused)), struct bytes protocol)
{
	return bytes_equal(protocol, BYTES_LITERAL("/sink/1"));
}

static inline void site_on_data(void *user, struct stream *s, struct bytes b)
{
	struct site *x = user;

	x->n_got += b.n;
	if (x->echoes)
		assert_int_equal(stream_write(s, &b, 1), 0);
}

static inline void site_on_eof(void *user, struct stream *s __attribute__((unused)))
{
	((struct site *)user)->n_eof++;
}

static inline void site_on_writable(void *user, struct stream *s __attribute__((unused)))
{
	((struct site *)user)->wants_more = true;
}

static inline void site_on_closed(void *user, struct stream *s __attribute__((unused)),
				  enum stream_end end __attribute__((unused)),
				  uint32_t code __attribute__((unused)))
{
	struct site *x = user;

	x->n_closed++;
	x->stream = NULL;
}

static const struct stream_ops site_stream_ops = {
	.on_data = site_on_data,
	.on_eof = site_on_eof,
	.on_writable = site_on_writable,
	.on_closed = site_on_closed,
};

static inline void site_on_up(void *user, struct link *l, void *dial_user)
{
	struct site *x = user;

	x->n_up++;
	x->n_links++;
	x->link = l;
	x->dial_user = dial_user;
	if (x->aborts_on_up)
		net_link_abort(l, LINK_LIMIT);
	if (x->closes_on_up)
		link_close(l, LINK_DUPLICATE);
}

static inline void site_on_stream(void *user, struct link *l __attribute__((unused)),
				  struct stream *s, struct bytes protocol __attribute__((unused)))
{
	struct site *x = user;

	x->n_streams++;
	x->stream = s;
	stream_accept(s, &site_stream_ops, x);
}

static inline void site_on_going(void *user, struct link *l __attribute__((unused)))
{
	((struct site *)user)->n_going++;
}

static inline void site_on_rtt(void *user, struct link *l __attribute__((unused)),
			       uint64_t rtt_ns __attribute__((unused)))
{
	((struct site *)user)->n_rtt++;
}

static inline void site_on_down(void *user, struct link *l, enum link_reason reason, enum net_by by)
{
	struct site *x = user;

	assert_false(link_is_up(l));
	x->n_down++;
	x->n_links--;
	if (x->link == l)
		x->link = NULL;
	x->reason = reason;
	x->by = by;
}

static inline void site_on_dial_failed(void *user, void *dial_user, enum link_reason reason,
				       int error)
{
	struct site *x = user;

	x->n_failed++;
	x->dial_user = dial_user;
	x->reason = reason;
	x->error = error;
}

static inline bool site_is_known(void *user, const struct addr *a __attribute__((unused)))
{
	return ((struct site *)user)->knows_all;
}

static const struct net_ops site_ops = {
	.on_up = site_on_up,
	.on_stream = site_on_stream,
	.on_going = site_on_going,
	.on_rtt = site_on_rtt,
	.on_down = site_on_down,
	.on_dial_failed = site_on_dial_failed,
	.is_known = site_is_known,
};

static inline void site_init(struct site *x, struct world *w, const char *ip, size_t half_open_max,
			     size_t per_ip_max)
{
	struct net_config c = { .half_open_max = half_open_max,
				.per_ip_max = per_ip_max,
				.ops = &site_ops,
				.user = x };

	*x = (struct site){ .w = w };
	assert_int_equal(crypto_start(), 0);
	assert_int_equal(world_host(w, ip, &x->loop), 0);
	assert_int_equal(addr_parse_ip(ip, &x->at), 0);
	x->at.port = PORT;
	c.loop = x->loop;
	c.link.random = world_random(w);
	key_pair_generate(&c.link.random, &x->key);
	public_key_ed25519_peer_id(x->key.public, &x->id);
	c.link.key = &x->key;
	c.link.id = x->id;
	c.link.serves = site_serves;
	strcpy(c.link.extension.version, "0.1.0");
	assert_int_equal(net_new(&c, &x->net), 0);
	assert_int_equal(net_listen(x->net, &x->at), 0);
}

static inline void site_deinit(struct site *x)
{
	x->net = net_free(x->net);
}

static inline struct net_dial *site_dial(struct site *x, const struct site *to)
{
	struct net_dial *d;

	assert_int_equal(net_dial(x->net, &to->at, &to->id, x, &d), 0);
	return d;
}

/* Two sites in a world, and a link that `a` dialled. */
struct pair {
	struct world *w;
	struct site a, b;
};

static inline void pair_init(struct pair *p, uint64_t seed)
{
	assert_int_equal(world_new(seed, &p->w), 0);
	site_init(&p->a, p->w, "10.0.0.1", 256, 8);
	site_init(&p->b, p->w, "10.0.0.2", 256, 8);
}

static inline void pair_connect(struct pair *p)
{
	(void)site_dial(&p->a, &p->b);
	world_run_for(p->w, 100);
	assert_int_equal(p->a.n_links, 1);
	assert_int_equal(p->b.n_links, 1);
}

static inline void pair_deinit(struct pair *p)
{
	net_close_all(p->a.net, LINK_SHUTDOWN);
	net_close_all(p->b.net, LINK_SHUTDOWN);
	world_run_for(p->w, 30000);
	assert_int_equal(p->a.n_links + p->b.n_links, 0);
	assert_int_equal(world_connections(p->w, p->a.loop, p->b.loop), 0);
	site_deinit(&p->a);
	site_deinit(&p->b);
	world_free(p->w);
}

/* A bare socket that somebody else opens. */
struct stranger {
	struct sock *sock;
	bool is_connected, is_over, has_fin;
	struct buf heard;
};

static inline void stranger_on_connect(void *user)
{
	((struct stranger *)user)->is_connected = true;
}

static inline void stranger_on_read(void *user, struct bytes b)
{
	struct stranger *x = user;

	if (b.n == 0)
		x->has_fin = true;
	assert_int_equal(buf_append(&x->heard, b.p, b.n), 0);
}

static inline void stranger_on_drain(void *user __attribute__((unused)))
{
}

static inline void stranger_on_error(void *user, int error __attribute__((unused)))
{
	((struct stranger *)user)->is_over = true;
}

static const struct sock_ops stranger_ops = {
	.on_connect = stranger_on_connect,
	.on_read = stranger_on_read,
	.on_drain = stranger_on_drain,
	.on_error = stranger_on_error,
};

static inline void stranger_open(struct stranger *x, struct loop *loop, const struct addr *to)
{
	*x = (struct stranger){ 0 };
	buf_init(&x->heard, 1 << 20);
	assert_int_equal(loop_connect_tcp(loop, to, &stranger_ops, x, &x->sock), 0);
}

static inline void stranger_say(struct stranger *x, const char *text)
{
	struct bytes v = bytes_of_text(text);
	int r = sock_write(x->sock, &v, 1);

	assert_true(r == 0 || r == -EPIPE);
}

static inline bool stranger_is_out(const struct stranger *x)
{
	return x->is_over || x->has_fin;
}

static inline void stranger_close(struct stranger *x)
{
	sock_close(x->sock, true);
	buf_deinit(&x->heard);
}

#endif
