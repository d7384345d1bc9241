#include "peer/hints.h"

#include <stdlib.h>

#include "base/limits.h"
#include "peer/hints_priv.h"
#include "peer/peer.h"
#include "peer/signed_record.h"

static void on_dial_timer(struct timer *t);
static void on_ask_timer(struct timer *t);

static struct mono now_of(const struct hints *h)
{
	return loop_now(h->config.loop);
}

/* ---- life ---- */

int hints_new(const struct hints_config *config, struct hints **ret)
{
	struct hints *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->config = *config;
	h->dial_timer.fire = on_dial_timer;
	h->ask_timer.fire = on_ask_timer;
	hint_book_init(&h->book, &config->id, random_u64(&config->random));
	r = addr_requests_new(config->loop, config->pool, &hints_request_ops, h, &h->requests);
	if (r < 0)
		hints_free(h);
	else
		*ret = h;
	return r;
}

struct hints *hints_free(struct hints *h)
{
	if (!h)
		return NULL;
	loop_timer_stop(h->config.loop, &h->dial_timer);
	loop_timer_stop(h->config.loop, &h->ask_timer);
	addr_requests_free(h->requests);
	hint_book_deinit(&h->book);
	free(h);
	return NULL;
}

/* ---- when ---- */

static size_t target(const struct hints *h)
{
	return size_min(LIMIT_HINT_TARGET, h->config.peers_max / 2);
}

bool hints_are_wanted(const struct hints *h)
{
	return h->config.dial && pool_n_connected(h->config.pool) < target(h) &&
	       h->config.ops->is_wanted(h->config.user);
}

/* Nodes that came up together do not dial together. */
static void set_dial_timer(struct hints *h)
{
	uint64_t ms = LIMIT_HINT_DIAL_MS / 2 + random_below(&h->config.random, LIMIT_HINT_DIAL_MS);

	loop_timer_set(h->config.loop, &h->dial_timer, mono_add_ms(now_of(h), ms));
}

static void set_ask_timer(struct hints *h)
{
	loop_timer_set(h->config.loop, &h->ask_timer, mono_add_ms(now_of(h), LIMIT_ADDR_ROUND_MS));
}

/* With an empty book there is nothing to wake up for. */
static void arm(struct hints *h)
{
	if (h->is_armed || !h->config.dial || hint_book_n(&h->book) == 0)
		return;
	h->is_armed = true;
	set_dial_timer(h);
	set_ask_timer(h);
}

static void on_ask_timer(struct timer *t)
{
	struct hints *h = container_of(t, struct hints, ask_timer);

	hints_ask_round(h);
	if (h->is_armed)
		set_ask_timer(h);
}

/* ---- news ---- */

/* A peer that is gone by now is taken for a public one: the stricter rule holds. */
static bool is_public(const struct peer *p)
{
	const struct link *l = p ? peer_primary(p) : NULL;
	struct addr remote;

	if (!l)
		return true;
	remote = net_link_remote(l);
	return addr_is_public(&remote);
}

void hints_add_told(struct hints *h, struct peer *via, struct hint_news *news)
{
	news->via_is_public = is_public(via);
	(void)hint_book_add(&h->book, news, now_of(h));
	arm(h);
}

static bool is_connected(const struct hints *h, const struct peer_id *id)
{
	const struct peer *p = pool_find(h->config.pool, id);

	return p && peer_is_connected(p);
}

void hints_add_px(struct hints *h, const struct peer_id *via, const struct peer_id *peer,
		  struct bytes signed_record)
{
	struct hint_news news = { .via = via, .id = *peer };
	struct peer_record record;

	if (peer_id_equal(peer, &h->config.id) || is_connected(h, peer) ||
	    !hint_book_charge(&h->book, via, now_of(h)))
		return;
	if (signed_record.n > 0) {
		if (signed_record_check(signed_record, peer, &record) != 0)
			return;
		news.is_certified = true;
		news.seq = record.seq;
		news.n = record.n_addresses;
		news.addresses = record.addresses;
	}
	hints_add_told(h, pool_find(h->config.pool, via), &news);
}

void hints_add_named(struct hints *h, const struct peer_id *peer, const struct multiaddr *addresses,
		     size_t n)
{
	struct bytes all[LIMIT_HINT_ADDRESSES];
	struct hint_news news = { .id = *peer, .addresses = all };

	news.n = size_min(n, ARRAY_SIZE(all));
	for (size_t i = 0; i < news.n; i++)
		all[i] = BYTES(addresses[i].b, addresses[i].n);
	(void)hint_book_add(&h->book, &news, now_of(h));
	arm(h);
}

void hints_saw_author(struct hints *h, const struct peer_id *via, const struct peer_id *author)
{
	struct hint_news news = { .via = via, .id = *author };

	if (peer_id_equal(author, via) || hint_book_find(&h->book, author) ||
	    peer_id_equal(author, &h->config.id) || is_connected(h, author) ||
	    !hint_book_charge_spare(&h->book, via, now_of(h)))
		return;
	hints_add_told(h, NULL, &news);
}

/* ---- dialling ---- */

static void try_next(struct hints *h, struct hint *hint);

bool hint_is_open(void *hints, const struct hint *hint)
{
	const struct hints *h = hints;
	const struct peer *p = pool_find(h->config.pool, &hint->id);

	return !p || (!peer_is_connected(p) && !peer_is_managed(p));
}

/* What the address names, or what a name was resolved to. */
static bool may_dial(void *user, const struct addr *at)
{
	struct hints *h = user;

	if (addr_is_no_host(at) || (h->public_only && !addr_is_public(at)))
		return false;
	return h->told_by_user || dialled_hosts_take(&h->hosts, at, now_of(h));
}

static void report(struct hints *h, const struct hint *hint, bool connected,
		   enum link_reason reason, const char *text)
{
	char address[LIMIT_MULTIADDR_TEXT] = "";
	struct multiaddr m;

	if (!h->config.ops->on_dialled)
		return;
	/* The hint may have got other addresses meanwhile. */
	if (hint && h->next <= hint->n &&
	    multiaddr_decode(
		    BYTES(hint->addresses[h->next - 1]->b, hint->addresses[h->next - 1]->n), &m) ==
		    0)
		multiaddr_text(&m, address);
	h->config.ops->on_dialled(h->config.user, &h->trying, address, connected, reason, text);
}

static void on_outcome(void *user, struct peer *p, enum link_reason reason, const char *text)
{
	struct hints *h = user;
	struct hint *hint = hint_book_find(&h->book, &h->trying);

	report(h, hint, p != NULL, reason, text);
	h->n_connected += p != NULL;
	if (hint && p)
		hint_book_on_connected(hint);
	if (hint)
		hint->error = reason;
	if (hint && !p && reason != LINK_SHUTDOWN)
		try_next(h, hint);
	else
		h->is_trying = false;
}

static int dial(struct hints *h, const struct hint *hint, const struct hint_address *a)
{
	struct multiaddr m;
	int r = multiaddr_decode(BYTES(a->b, a->n), &m);

	if (r == 0)
		r = multiaddr_with_peer(&m, &hint->id, &m);
	if (r < 0)
		return r;
	h->told_by_user = a->told_by_user;
	h->public_only = a->public_only;
	return pool_connect_if(h->config.pool, &m, may_dial, on_outcome, h);
}

/* The next of its addresses, or the end of the try. */
static void try_next(struct hints *h, struct hint *hint)
{
	while (h->next < hint->n)
		if (dial(h, hint, hint->addresses[h->next++]) == 0)
			return;
	h->is_trying = false;
	hint_book_on_failed(&h->book, hint, hint->error);
}

static void try_one(struct hints *h)
{
	struct mono now = now_of(h);
	struct hint *hint;

	if (h->is_trying || !hints_are_wanted(h))
		return;
	hint = hint_book_choose(&h->book, &h->config.random, hint_is_open, h, now);
	if (!hint)
		return;
	hint_book_on_tried(hint, now);
	h->n_dialled++;
	h->is_trying = true;
	h->trying = hint->id;
	h->next = 0;
	try_next(h, hint);
}

static void on_dial_timer(struct timer *t)
{
	struct hints *h = container_of(t, struct hints, dial_timer);

	hint_book_tick(&h->book, now_of(h));
	try_one(h);
	if (hint_book_n(&h->book) > 0) {
		set_dial_timer(h);
		return;
	}
	h->is_armed = false;
	loop_timer_stop(h->config.loop, &h->ask_timer);
}

struct hints_counts hints_counts(const struct hints *h)
{
	return (struct hints_counts){
		.n = hint_book_n(&h->book),
		.dialled = h->n_dialled,
		.connected = h->n_connected,
		.refused = h->book.n_refused,
		.requests = addr_requests_counts(h->requests),
	};
}
