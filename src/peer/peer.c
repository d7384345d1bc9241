#include "peer/peer.h"

#include <stdlib.h>
#include <string.h>

static void on_timer(struct timer *t);

struct peer *peer_new(struct pool *pool, const struct peer_id *id)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pool = pool;
	list_init(&p->idle);
	list_init(&p->links);
	list_init(&p->targets);
	p->timer.fire = on_timer;
	buf_init(&p->record, LIMIT_SIGNED_RECORD);
	budget_account_init(&p->account, &pool->budget);
	if (id) {
		p->id = *id;
		if (map_put(&pool->peers, &p->by_id, peer_id_bytes(&p->id)) < 0) {
			free(p);
			return NULL;
		}
	}
	list_add_tail(&pool->all, &p->all);
	return p;
}

void peer_free(struct peer *p)
{
	loop_timer_stop(p->pool->loop, &p->timer);
	map_remove(&p->pool->peers, &p->by_id);
	list_remove(&p->all);
	list_remove(&p->idle);
	identity_free(p->identity);
	buf_deinit(&p->record);
	budget_account_deinit(&p->account);
	free(p);
}

void peer_may_go(struct peer *p)
{
	if (!list_is_empty(&p->idle))
		return;
	list_add_tail(&p->pool->idle, &p->idle);
	loop_task_post(p->pool->loop, &p->pool->sweep);
}

static void on_timer(struct timer *t)
{
	struct peer *p = container_of(t, struct peer, timer);

	peer_settle(p);
}

bool peer_is_managed(const struct peer *p)
{
	list_for_each (it, &p->targets)
		if (list_entry(it, struct target, of_peer)->managed)
			return true;
	return false;
}

size_t peer_n_links(const struct peer *p)
{
	size_t n = 0;

	list_for_each (it, &p->links)
		n += !list_entry(it, struct pool_link, of_peer)->closing;
	return n;
}

/* ---- questions ---- */

const struct peer_id *peer_id_of(const struct peer *p)
{
	return &p->id;
}

/* A link that is ending is no link to be connected by. */
bool peer_is_connected(const struct peer *p)
{
	return peer_n_links(p) > 0;
}

struct budget_account *peer_account(struct peer *p)
{
	return &p->account;
}

struct link *peer_primary(const struct peer *p)
{
	return p->primary;
}

bool peer_serves(const struct peer *p, const char *protocol)
{
	return identity_serves(p->identity, protocol);
}

struct bytes peer_signed_record(const struct peer *p)
{
	return buf_data(&p->record);
}

void *peer_route_user(const struct peer *p)
{
	return p->route_user;
}

void peer_set_route_user(struct peer *p, void *user)
{
	p->route_user = user;
}

/* ---- snapshots ---- */

/* Listen addresses are kept as they came, much shorter than a struct multiaddr; a snapshot unfolds
 * them for the rest of the turn. */
struct snapshot {
	struct list node;
	struct multiaddr listen[];
};

void snapshots_free(struct pool *pool)
{
	list_for_each_safe (it, &pool->snapshots) {
		list_remove(it);
		free(list_entry(it, struct snapshot, node));
	}
}

static void unfold_listen(const struct peer *p, struct peer_info *info)
{
	const struct identity *i = p->identity;
	struct pool *pool = p->pool;
	struct snapshot *s;

	if (i->n_listen == 0)
		return;
	s = malloc(sizeof(*s) + i->n_listen * sizeof(s->listen[0]));
	if (!s)
		return;
	list_add_tail(&pool->snapshots, &s->node);
	loop_task_post(pool->loop, &pool->sweep);
	for (size_t k = 0; k < i->n_listen; k++)
		if (multiaddr_decode(i->listen[k], &s->listen[k]) == 0)
			info->n_listen_addresses = k + 1;
	info->listen_addresses = s->listen;
}

static void tell_identity(const struct peer *p, struct peer_info *info)
{
	const struct identity *i = p->identity;

	if (!i)
		return;
	info->agent = i->agent;
	info->protocol_version = i->protocol_version;
	info->n_protocols = i->n_protocols;
	info->protocols = i->protocols;
	if (i->observed.n > 0 && multiaddr_decode(i->observed, &info->observed_address) < 0)
		info->observed_address.n = 0;
	unfold_listen(p, info);
}

static void tell_links(const struct peer *p, struct peer_info *info)
{
	list_for_each (it, &p->links) {
		const struct link *l = list_entry(it, struct pool_link, of_peer)->link;
		struct link_counts counts = link_counts(l);

		info->bytes_in += counts.bytes_in;
		info->bytes_out += counts.bytes_out;
	}
	info->n_links = peer_n_links(p);
	info->keeper_is_us = p->keeper.is_us;
	if (!p->primary)
		return;
	info->inbound = !link_is_dialer(p->primary);
	info->remote = net_link_remote(p->primary);
	info->rtt_ns = link_rtt_ns(p->primary);
	info->up_at = link_up_at(p->primary);
	if (link_extension(p->primary))
		info->peerline_version = link_extension(p->primary)->version;
}

static void tell_targets(const struct peer *p, struct peer_info *info)
{
	list_for_each (it, &p->targets) {
		const struct target *t = list_entry(it, struct target, of_peer);

		if (t->state == TARGET_LOOKUP || t->state == TARGET_DIALING)
			info->state = PEER_DIALING;
		if (t->state == TARGET_WAITING)
			info->next_dial_at = mono_min(info->next_dial_at, t->at);
		if (t->error)
			info->last_error = t->error;
		info->managed |= t->managed;
		if (info->remote.family == ADDR_NONE)
			info->remote = t->latest;
	}
}

void peer_each_address(const struct peer *p,
		       void (*each)(void *user, const struct multiaddr *address), void *user)
{
	list_for_each_safe (it, &p->targets) {
		const struct target *t = list_entry(it, struct target, of_peer);
		struct multiaddr m;

		if (t->managed && t->state != TARGET_ENDING &&
		    multiaddr_decode(BYTES(t->address, t->n_address), &m) == 0)
			each(user, &m);
	}
}

void peer_each_link(const struct peer *p, void (*each)(void *user, struct link *l), void *user)
{
	list_for_each_safe (it, &p->links)
		each(user, list_entry(it, struct pool_link, of_peer)->link);
}

void peer_get_info(const struct peer *p, struct peer_info *ret)
{
	*ret = (struct peer_info){ .state = PEER_WAITING, .next_dial_at = MONO_NEVER };
	tell_identity(p, ret);
	tell_links(p, ret);
	tell_targets(p, ret);
	if (ret->n_links > 0)
		ret->state = PEER_CONNECTED;
}
