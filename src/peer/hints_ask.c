#include "base/limits.h"
#include "peer/hints_priv.h"
#include "peer/peer.h"

/* Questions about where peers are: ours to others, and others' to us. */

/* ---- ours ---- */

/* A few of those that may be asked, each with the same chance. */
struct choice {
	struct hints *h;
	const struct peer_id *wanted;
	size_t n_seen, n;
	struct peer *chosen[LIMIT_ADDR_ROUND_PEERS];
};

static void consider(void *user, struct peer *p)
{
	struct choice *c = user;
	uint64_t at;

	if (!peer_is_connected(p) || peer_id_equal(peer_id_of(p), c->wanted) ||
	    !peer_serves(p, ADDR_REQUEST_PROTOCOL))
		return;
	c->n_seen++;
	if (c->n < ARRAY_SIZE(c->chosen)) {
		c->chosen[c->n++] = p;
		return;
	}
	at = random_below(&c->h->config.random, c->n_seen);
	if (at < ARRAY_SIZE(c->chosen))
		c->chosen[at] = p;
}

static void ask_for(struct hints *h, const struct peer_id *id)
{
	struct choice c = { .h = h, .wanted = id };

	pool_each(h->config.pool, consider, &c);
	for (size_t i = 0; i < c.n; i++) {
		/* One that cannot be asked now is asked another time. */
		int r = addr_requests_ask(h->requests, c.chosen[i], id);

		(void)r;
	}
}

void hints_ask_round(struct hints *h)
{
	struct peer_id ids[LIMIT_ADDR_ROUND_IDS];
	size_t n;

	if (!hints_are_wanted(h))
		return;
	n = hint_book_wanted(&h->book, &h->config.random, hint_is_open, h, loop_now(h->config.loop),
			     ids);
	for (size_t i = 0; i < n; i++)
		ask_for(h, &ids[i]);
}

static void on_answer(void *user, struct peer *via, const struct peer_id *id,
		      const struct multiaddr *addresses, size_t n)
{
	struct hints *h = user;
	struct bytes all[LIMIT_HINT_ADDRESSES];
	struct hint_news news = { .via = peer_id_of(via), .id = *id, .addresses = all };

	if (!hint_book_charge(&h->book, news.via, loop_now(h->config.loop)))
		return;
	news.n = size_min(n, ARRAY_SIZE(all));
	for (size_t i = 0; i < news.n; i++)
		all[i] = BYTES(addresses[i].b, addresses[i].n);
	hints_add_told(h, via, &news);
}

/* ---- theirs ---- */

struct list_of {
	struct multiaddr *at;
	size_t n;
};

static void put(struct list_of *l, const struct multiaddr *m)
{
	if (l->n < ADDR_REQUEST_ADDRESSES_MAX)
		l->at[l->n++] = *m;
}

/* A private address is worth something only from those who are on a private network. */
static bool is_credible(const struct multiaddr *m, const struct addr *from)
{
	struct multiaddr_target to;

	return !addr_is_public(from) || multiaddr_target(m, &to) < 0 || to.host != MULTIADDR_IP ||
	       addr_is_public(&to.addr);
}

/* Where it says it listens, and where we reached it; not the port it happened to dial us from. */
static void put_connected(struct list_of *l, const struct peer *p)
{
	struct multiaddr reached = { 0 };
	struct peer_info info;

	peer_get_info(p, &info);
	if (!info.inbound) {
		multiaddr_from_addr(&info.remote, &reached);
		put(l, &reached);
	}
	for (size_t i = 0; i < info.n_listen_addresses; i++) {
		const struct multiaddr *m = &info.listen_addresses[i];

		if (!multiaddr_equal(m, &reached) && is_credible(m, &info.remote))
			put(l, m);
	}
}

/* What one stranger said of another is not passed on as if we knew it. */
static void put_hint(struct list_of *l, const struct hint *hint)
{
	for (size_t i = 0; i < hint->n; i++) {
		const struct hint_address *a = hint->addresses[i];
		struct multiaddr m;

		if ((hint->is_certified || a->told_by_user) &&
		    multiaddr_decode(BYTES(a->b, a->n), &m) == 0)
			put(l, &m);
	}
}

static size_t known(void *user, const struct peer_id *id, const struct link *l,
		    struct multiaddr ret[ADDR_REQUEST_ADDRESSES_MAX])
{
	struct hints *h = user;
	struct list_of list = { .at = ret };
	const struct peer *p = pool_find(h->config.pool, id);
	const struct hint *hint = hint_book_find(&h->book, id);

	if (peer_id_equal(id, &h->config.id))
		return identify_addresses(h->config.pool, l, ret);
	if (p && peer_is_connected(p))
		put_connected(&list, p);
	else if (hint)
		put_hint(&list, hint);
	return list.n;
}

const struct addr_requests_ops hints_request_ops = {
	.known = known,
	.on_answer = on_answer,
};
