#include "peer/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Addresses to be dialled. At most LIMIT_DIALS are worked on at once: looked up, then each address
 * found is dialled in turn. Managed ones come again by their schedule, the others end with their
 * outcome. A target whose peer is connected, by whichever link, rests.
 */

#define ERROR_TEXT_MAX 256

struct waiter {
	struct list node;
	pool_connect_fn done;
	void *user;
};

static void pump(struct pool *pool);
static void dial_next(struct target *t);

/* ---- small things ---- */

static void address_of(const struct target *t, struct multiaddr *ret)
{
	/* It was decoded when it came. */
	int r = multiaddr_decode(BYTES(t->address, t->n_address), ret);

	ASSERT(r == 0);
}

static void set_timer(struct target *t, struct mono at)
{
	t->at = at;
	loop_timer_set(t->pool->loop, &t->timer, at);
}

static void set_error(struct target *t, enum link_reason reason, const char *text)
{
	free(t->error);
	t->error = strdup(text);
	t->reason = reason;
}

static void clear_error(struct target *t)
{
	free(t->error);
	t->error = NULL;
}

static void set_peer(struct target *t, struct peer *p)
{
	if (t->peer == p)
		return;
	list_remove(&t->of_peer);
	if (t->peer)
		peer_may_go(t->peer);
	t->peer = p;
	list_add_tail(&p->targets, &t->of_peer);
}

/* ---- life ---- */

static void on_timer(struct timer *t);

static struct target *target_new(struct pool *pool, const struct multiaddr *m)
{
	struct target *t;

	if (pool->n_targets >= LIMIT_TARGETS)
		return NULL;
	t = calloc(1, sizeof(*t) + m->n);
	if (!t)
		return NULL;
	t->pool = pool;
	t->timer.fire = on_timer;
	t->n_address = m->n;
	memcpy(t->address, m->b, m->n);
	list_init(&t->of_peer);
	list_init(&t->queue);
	list_init(&t->waiters);
	redial_begin(&t->redial, loop_now(pool->loop));
	list_add_tail(&pool->targets, &t->of_pool);
	pool->n_targets++;
	return t;
}

/* Whatever it is doing, it stops. */
static void rest(struct target *t, enum target_state state)
{
	struct pool *pool = t->pool;

	if (t->state == TARGET_LOOKUP || t->state == TARGET_DIALING)
		pool->n_dialing--;
	if (t->lookup)
		lookup_cancel(TAKE_PTR(t->lookup));
	if (t->dial)
		net_dial_cancel(TAKE_PTR(t->dial));
	list_remove(&t->queue);
	loop_timer_stop(pool->loop, &t->timer);
	free(TAKE_PTR(t->candidates));
	t->n_candidates = t->next = 0;
	t->state = state;
}

/* Nobody keeps it any more. */
static void release(struct target *t)
{
	if (t->managed)
		t->pool->n_managed--;
	t->managed = false;
}

void target_free(struct target *t)
{
	struct pool *pool = t->pool;

	rest(t, TARGET_IDLE);
	list_for_each_safe (it, &t->waiters) {
		list_remove(it);
		free(list_entry(it, struct waiter, node));
	}
	list_remove(&t->of_peer);
	list_remove(&t->of_pool);
	if (t->peer)
		peer_may_go(t->peer);
	release(t);
	pool->n_targets--;
	free(t->error);
	free(t);
}

/* Everybody who waited hears the outcome; a target that nobody keeps goes. */
static void conclude(struct target *t, struct peer *p, enum link_reason reason, const char *text)
{
	struct list waiters;

	list_init(&waiters);
	list_for_each_safe (it, &t->waiters) {
		list_remove(it);
		list_add_tail(&waiters, it);
	}
	t->n_waiters = 0;
	while (!list_is_empty(&waiters)) {
		struct waiter *w = list_entry(list_first(&waiters), struct waiter, node);

		list_remove(&w->node);
		w->done(w->user, p, reason, text);
		free(w);
	}
	if (!t->managed && list_is_empty(&t->waiters) && t->state != TARGET_ENDING)
		target_free(t);
}

/* ---- outcomes ---- */

static void on_connected(struct target *t, struct peer *p)
{
	rest(t, TARGET_IDLE);
	clear_error(t);
	set_peer(t, p);
	conclude(t, p, LINK_CLOSED, NULL);
}

/* All that could be tried was. */
static void on_failed(struct target *t)
{
	struct pool *pool = t->pool;
	char text[ERROR_TEXT_MAX];

	snprintf(text, sizeof(text), "%s", t->error ? t->error : "no memory");
	rest(t, TARGET_IDLE);
	if (t->managed && !t->is_self) {
		t->state = TARGET_WAITING;
		set_timer(t,
			  redial_next(&t->redial, pool->config.reconnect_ms, &pool->config.random));
	}
	conclude(t, NULL, t->reason, text);
	pump(pool);
}

static void report(struct target *t, const struct candidate *c, enum link_reason reason,
		   const char *text)
{
	struct pool *pool = t->pool;
	const struct peer_id *id = NULL;
	char address[LIMIT_MULTIADDR_TEXT];
	struct multiaddr m;

	set_error(t, reason, text);
	/* What strangers make us try is of interest to whoever asked for it, and to nobody else. */
	if (t->may_dial)
		return;
	address_of(t, &m);
	if (t->peer && peer_id_is_set(&t->peer->id))
		id = &t->peer->id;
	else if (c && c->has_peer)
		id = &c->peer;
	if (pool->config.ops->on_dial_failed)
		pool->config.ops->on_dial_failed(pool->config.user, multiaddr_text(&m, address), id,
						 reason, text);
}

/* Where the reason's name says little; the others speak for themselves. */
static const char *const sentences[] = {
	[LINK_CLOSED] = "the other side closed the connection",
	[LINK_SHUTDOWN] = "this node ends",
	[LINK_LIMIT] = "there are as many links as allowed",
	[LINK_NETWORK] = "the network failed",
	[LINK_HANDSHAKE_TIMEOUT] = "the handshake took too long",
	[LINK_NOT_LIBP2P] = "what answers there does not speak libp2p",
	[LINK_NO_COMMON_PROTOCOL] = "there is no security protocol or muxer that both speak",
	[LINK_BAD_HANDSHAKE] = "the handshake failed",
	[LINK_BAD_IDENTITY] = "the peer did not prove its key",
	[LINK_WRONG_PEER] = "another peer than the one asked for answers there",
	[LINK_SELF] = "that is this node",
	[LINK_WRONG_NETWORK] = "that peerline belongs to another network",
	[LINK_PROTOCOL_ERROR] = "the other side broke the protocol",
	[LINK_OVER_BUDGET] = "it held much and took nothing while memory was short",
	[LINK_BANNED] = "that peer is banned; peerline peer unban ends it",
	[LINK_NO_MEMORY] = "no memory",
};

static const char *explain(enum link_reason reason, int error)
{
	if (reason == LINK_NETWORK && error < 0)
		return strerror(-error);
	if ((size_t)reason < ARRAY_SIZE(sentences) && sentences[reason])
		return sentences[reason];
	return link_reason_text(reason);
}

static void fail_candidate(struct target *t, enum link_reason reason, int error)
{
	const struct candidate *c = t->next > 0 ? &t->candidates[t->next - 1] : NULL;
	char text[ERROR_TEXT_MAX], at[ADDR_TEXT_MAX];

	if (c)
		snprintf(text, sizeof(text), "%s: %s", addr_text(&c->addr, at),
			 explain(reason, error));
	else
		snprintf(text, sizeof(text), "%s", explain(reason, error));
	report(t, c, reason, text);
}

/* "Connection refused" would be taken for the peer's answer, where it is the name server's. */
static const char *why_no_address(int error)
{
	switch (error) {
	case -ENOENT:
		return "the name has no address";
	case -ECONNREFUSED:
	case -ETIMEDOUT:
		return "no name server answers";
	case -EIO:
		return "the name server has no answer";
	}
	return strerror(-error);
}

/* Nothing was dialled: the name is what is wrong. */
static void fail_lookup(struct target *t, int error)
{
	struct multiaddr address;
	struct multiaddr_target where = { .name = "" };
	char text[ERROR_TEXT_MAX];

	if (multiaddr_decode(BYTES(t->address, t->n_address), &address) < 0 ||
	    multiaddr_target(&address, &where) < 0 || !where.name[0]) {
		fail_candidate(t, LINK_NETWORK, error);
		return;
	}
	snprintf(text, sizeof(text), "%.200s: %s", where.name, why_no_address(error));
	report(t, NULL, LINK_NETWORK, text);
}

void target_on_dial_failed(struct target *t, enum link_reason reason, int error)
{
	t->dial = NULL;
	if (reason == LINK_SELF)
		t->is_self = true;
	fail_candidate(t, reason, error);
	/* The report may have ended it. */
	if (t->state == TARGET_DIALING)
		dial_next(t);
}

void target_on_answer(struct target *t)
{
	t->dial = NULL;
}

void target_on_refused(struct target *t, enum link_reason reason)
{
	target_on_dial_failed(t, reason, 0);
}

void target_on_up(struct target *t, struct peer *p)
{
	/* Who heard of the new peer may have dropped it at once. */
	if (t->state == TARGET_DIALING)
		on_connected(t, p);
	pump(p->pool);
}

/* ---- dialling ---- */

static int dial(struct target *t, const struct candidate *c)
{
	const struct peer_id *expected = t->bound ? &t->peer->id : c->has_peer ? &c->peer : NULL;

	t->latest = c->addr;
	return net_dial(t->pool->net, &c->addr, expected, t, &t->dial);
}

static bool is_ourselves(const struct target *t, const struct candidate *c)
{
	return c->has_peer && peer_id_equal(&c->peer, &t->pool->config.id);
}

static bool is_banned(const struct target *t, const struct candidate *c)
{
	const struct peer_id *id = t->bound ? &t->peer->id : c->has_peer ? &c->peer : NULL;

	return id && pool_is_banned(t->pool, id);
}

static bool is_allowed(struct target *t, const struct candidate *c)
{
	if (is_ourselves(t, c))
		return false;
	if (is_banned(t, c)) {
		set_error(t, LINK_BANNED, explain(LINK_BANNED, 0));
		return false;
	}
	if (!t->may_dial || t->may_dial(t->may_dial_user, &c->addr))
		return true;
	set_error(t, LINK_LIMIT, "that address is not dialled on a stranger's word");
	return false;
}

static void dial_next(struct target *t)
{
	t->state = TARGET_DIALING;
	while (t->next < t->n_candidates && !t->is_self) {
		const struct candidate *c = &t->candidates[t->next++];
		int r;

		if (!is_allowed(t, c))
			continue;
		r = dial(t, c);
		if (r == 0)
			return;
		fail_candidate(t, LINK_NO_MEMORY, r);
		if (t->state != TARGET_DIALING)
			return;
	}
	on_failed(t);
}

static bool set_candidates(struct target *t, const struct candidate *c, size_t n)
{
	t->candidates = calloc(n, sizeof(*c));
	if (!t->candidates)
		return false;
	memcpy(t->candidates, c, n * sizeof(*c));
	t->n_candidates = n;
	t->next = 0;
	return true;
}

/* One target for each that a dnsaddr without a peer stands for. */
static void expand(struct target *t, const struct candidate *c, size_t n)
{
	struct pool *pool = t->pool;

	for (size_t i = 0; i < n; i++) {
		struct multiaddr m;
		int r;

		multiaddr_from_addr(&c[i].addr, &m);
		if (c[i].has_peer && multiaddr_with_peer(&m, &c[i].peer, &m) < 0)
			continue;
		/* Those we have already, ourselves and those beyond the maximum stay out. */
		r = pool_manage(pool, &m);
		(void)r;
	}
	rest(t, TARGET_WAITING);
	clear_error(t);
	set_timer(t, mono_add_ms(loop_now(pool->loop), LIMIT_DNSADDR_AGAIN_MS));
	pump(pool);
}

static void on_looked_up(void *user, int error, const struct candidate *c, size_t n)
{
	struct target *t = user;

	t->lookup = NULL;
	if (n > 0 && t->is_group) {
		expand(t, c, n);
		return;
	}
	if (n > 0 && set_candidates(t, c, n)) {
		dial_next(t);
		return;
	}
	fail_lookup(t, n > 0 ? -ENOMEM : error);
	if (t->state == TARGET_LOOKUP)
		on_failed(t);
}

static void begin(struct target *t)
{
	struct multiaddr_target to;
	struct multiaddr m;
	int r;

	t->pool->n_dialing++;
	t->state = TARGET_LOOKUP;
	redial_on_try(&t->redial, loop_now(t->pool->loop));
	address_of(t, &m);
	r = multiaddr_target(&m, &to);
	if (r == 0 && to.host == MULTIADDR_IP) {
		struct candidate c = { to.addr, to.has_peer, to.peer };

		r = set_candidates(t, &c, 1) ? 0 : -ENOMEM;
		if (r == 0) {
			dial_next(t);
			return;
		}
	}
	if (r == 0)
		r = lookup_start(t->pool->loop, &m, on_looked_up, t, &t->lookup);
	if (r < 0) {
		fail_lookup(t, r);
		if (t->state == TARGET_LOOKUP)
			on_failed(t);
	}
}

static void pump(struct pool *pool)
{
	/* One that fails at once asks for the next: here, and not in a deeper call. */
	if (pool->is_pumping)
		return;
	pool->is_pumping = true;
	while (!pool->stopping && pool->n_dialing < LIMIT_DIALS && !list_is_empty(&pool->queue)) {
		struct target *t = list_entry(list_first(&pool->queue), struct target, queue);

		list_remove(&t->queue);
		begin(t);
	}
	pool->is_pumping = false;
}

static void on_timer(struct timer *timer)
{
	struct target *t = container_of(timer, struct target, timer);

	if (t->state == TARGET_ENDING) {
		release(t);
		t->state = TARGET_IDLE;
		conclude(t, NULL, t->reason, explain(t->reason, 0));
	} else if (t->peer && t->peer->is_up) {
		/* A link that is ending is no link; when it has ended the dial begins. */
		if (keeper_primary(&t->peer->keeper))
			on_connected(t, t->peer);
	} else if (t->state == TARGET_WAITING) {
		t->state = TARGET_QUEUED;
		list_add_tail(&t->pool->queue, &t->queue);
		pump(t->pool);
	}
}

/* ---- what happens to peers ---- */

void targets_on_peer_up(struct peer *p)
{
	struct pool *pool = p->pool;

	list_for_each_safe (it, &p->targets) {
		struct target *t = list_entry(it, struct target, of_peer);

		if (t->state != TARGET_ENDING && t->state != TARGET_IDLE &&
		    keeper_primary(&p->keeper))
			on_connected(t, p);
	}
	pump(pool);
}

void targets_on_peer_down(struct peer *p)
{
	struct pool *pool = p->pool;

	list_for_each (it, &p->targets) {
		struct target *t = list_entry(it, struct target, of_peer);

		if (t->state == TARGET_WAITING)
			set_timer(t, loop_now(pool->loop));
		if (t->state != TARGET_IDLE || !t->managed || pool->stopping)
			continue;
		redial_begin(&t->redial, loop_now(pool->loop));
		t->state = TARGET_WAITING;
		set_timer(t,
			  redial_next(&t->redial, pool->config.reconnect_ms, &pool->config.random));
	}
}

/* Its outcome comes from its timer: nobody is called back from within his own call. */
static void end(struct target *t, enum link_reason reason)
{
	rest(t, TARGET_ENDING);
	t->reason = reason;
	set_timer(t, loop_now(t->pool->loop));
}

void targets_drop(struct peer *p)
{
	list_for_each (it, &p->targets)
		end(list_entry(it, struct target, of_peer), LINK_DISCONNECTED);
}

void targets_hurry(struct peer *p)
{
	list_for_each (it, &p->targets) {
		struct target *t = list_entry(it, struct target, of_peer);

		if (t->state == TARGET_WAITING)
			set_timer(t, loop_now(t->pool->loop));
	}
}

void targets_stop(struct pool *pool)
{
	list_for_each (it, &pool->targets)
		end(list_entry(it, struct target, of_pool), LINK_SHUTDOWN);
}

bool targets_know(const struct pool *pool, const struct addr *a)
{
	list_for_each (it, &pool->targets)
		if (addr_same_ip(&list_entry(it, struct target, of_pool)->latest, a))
			return true;
	return false;
}

/* ---- being asked ---- */

static struct target *find_target(struct pool *pool, const struct multiaddr *m)
{
	list_for_each (it, &pool->targets) {
		struct target *t = list_entry(it, struct target, of_pool);

		/* What a stranger told is not what the user asked for, even where it is the same.
		 */
		if (t->state != TARGET_ENDING && !t->may_dial &&
		    bytes_equal(BYTES(t->address, t->n_address), BYTES(m->b, m->n)))
			return t;
	}
	return NULL;
}

struct target *target_find_managed(struct pool *pool, const struct multiaddr *m)
{
	struct target *t = find_target(pool, m);

	return t && t->managed ? t : NULL;
}

/* Who an address leads to. NULL with -ENOMEM in `ret_error`, or with 0: nobody knows yet. */
static struct peer *peer_of(struct pool *pool, const struct multiaddr_target *to, bool managed,
			    int *ret_error)
{
	struct peer *p = to->has_peer ? pool_find(pool, &to->peer) : NULL;

	*ret_error = 0;
	/* A managed address has a record to be listed by, known or not. */
	if (!p && (to->has_peer || managed)) {
		p = peer_new(pool, to->has_peer ? &to->peer : NULL);
		*ret_error = p ? 0 : -ENOMEM;
	}
	return p;
}

static int add_target(struct pool *pool, const struct multiaddr *m,
		      const struct multiaddr_target *to, bool managed, struct target **ret)
{
	int r;
	struct peer *p = peer_of(pool, to, managed, &r);
	struct target *t;

	if (r < 0)
		return r;
	t = target_new(pool, m);
	if (!t) {
		if (p)
			peer_may_go(p);
		return pool->n_targets >= LIMIT_TARGETS ? -ENOSPC : -ENOMEM;
	}
	t->bound = to->has_peer;
	t->managed = managed;
	t->is_group = managed && !t->bound && to->host == MULTIADDR_DNSADDR;
	pool->n_managed += managed;
	if (p)
		set_peer(t, p);
	t->state = TARGET_WAITING;
	set_timer(t, loop_now(pool->loop));
	*ret = t;
	return 0;
}

static int check_address(const struct pool *pool, const struct multiaddr *m,
			 struct multiaddr_target *ret)
{
	int r = multiaddr_target(m, ret);

	if (r < 0)
		return r;
	if (pool->stopping)
		return -ESHUTDOWN;
	return ret->has_peer && peer_id_equal(&ret->peer, &pool->config.id) ? POOL_E_SELF : 0;
}

static int take_over(struct target *t)
{
	if (t->managed)
		return -EEXIST;
	/* Somebody is dialling it this once; from now on it is kept, and listed. */
	if (!t->peer) {
		struct peer *p = peer_new(t->pool, NULL);

		if (!p)
			return -ENOMEM;
		set_peer(t, p);
	}
	t->managed = true;
	t->pool->n_managed++;
	return 0;
}

int pool_manage(struct pool *pool, const struct multiaddr *address)
{
	struct multiaddr_target to;
	int r = check_address(pool, address, &to);
	struct target *t;

	if (r != 0)
		return r;
	if (pool->n_managed >= LIMIT_MANAGED_PEERS)
		return -ENOSPC;
	t = find_target(pool, address);
	return t ? take_over(t) : add_target(pool, address, &to, true, &t);
}

static int add_waiter(struct target *t, pool_connect_fn done, void *user)
{
	struct waiter *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->done = done;
	w->user = user;
	list_add_tail(&t->waiters, &w->node);
	t->n_waiters++;
	return 0;
}

int pool_connect(struct pool *pool, const struct multiaddr *address, pool_connect_fn done,
		 void *user)
{
	struct multiaddr_target to;
	int r = check_address(pool, address, &to);
	struct target *t;
	bool is_new;

	if (r != 0)
		return r;
	t = find_target(pool, address);
	if (t && t->n_waiters >= LIMIT_CONNECT_WAITERS)
		return -ENOSPC;
	is_new = !t || t->is_group;
	if (is_new)
		r = add_target(pool, address, &to, false, &t);
	if (r < 0)
		return r;
	r = add_waiter(t, done, user);
	if (r < 0) {
		if (is_new)
			target_free(t);
		return r;
	}
	/* One that rests or waits is looked at now. */
	if (t->state == TARGET_IDLE)
		t->state = TARGET_WAITING;
	if (t->state == TARGET_WAITING)
		set_timer(t, loop_now(pool->loop));
	return 0;
}

int pool_connect_if(struct pool *pool, const struct multiaddr *address, pool_may_dial_fn may_dial,
		    pool_connect_fn done, void *user)
{
	struct multiaddr_target to;
	int r = check_address(pool, address, &to);
	struct target *t;

	if (r == 0)
		r = add_target(pool, address, &to, false, &t);
	if (r != 0)
		return r;
	t->may_dial = may_dial;
	t->may_dial_user = user;
	r = add_waiter(t, done, user);
	if (r < 0)
		target_free(t);
	return r;
}
