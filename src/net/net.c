#include <stdlib.h>

#include "base/random.h"
#include "net/net_priv.h"

/* One piece of output and what producing it may add. */
#define OUT_MAX ((size_t)512 * KIB)

static bool serves(void *user, struct bytes protocol)
{
	struct net *n = user;

	return n->serves(n->user, protocol);
}

int net_new(const struct net_config *config, struct net **ret)
{
	struct net *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->loop = config->loop;
	n->link = config->link;
	n->serves = config->link.serves;
	n->link.serves = serves;
	n->link.ops = &carrier_link_ops;
	n->link.user = n;
	n->half_open_max = config->half_open_max;
	n->ops = config->ops;
	n->user = config->user;
	list_init(&n->carriers);
	ip_table_init(&n->inbound, random_u64(&config->link.random), config->per_ip_max);
	buf_init(&n->out, OUT_MAX);
	*ret = n;
	return 0;
}

static void close_listeners(struct net *n)
{
	while (n->n_listeners > 0)
		listener_close(n->listeners[--n->n_listeners].listener);
}

struct net *net_free(struct net *n)
{
	if (!n)
		return NULL;
	close_listeners(n);
	list_for_each_safe (it, &n->carriers)
		carrier_free(list_entry(it, struct carrier, node));
	ip_table_deinit(&n->inbound);
	buf_deinit(&n->out);
	free(n);
	return NULL;
}

int net_listen(struct net *n, struct addr *at)
{
	struct net_listener *ls = &n->listeners[n->n_listeners];
	int r;

	if (n->n_listeners >= LIMIT_LISTENERS)
		return -ENOSPC;
	ls->net = n;
	r = loop_listen_tcp(n->loop, at, &inbound_listener_ops, ls, &ls->listener);
	if (r < 0)
		return r;
	n->n_listeners++;
	*at = listener_addr(ls->listener);
	return 0;
}

void net_close_all(struct net *n, enum link_reason reason)
{
	n->is_stopping = true;
	close_listeners(n);
	list_for_each_safe (it, &n->carriers) {
		struct carrier *c = list_entry(it, struct carrier, node);

		if (c->was_up && c->state != CARRIER_OVER)
			link_close(c->link, reason);
		else
			carrier_end(c, reason, 0, true);
	}
}

struct net_counts net_counts(const struct net *n)
{
	return n->counts;
}

struct addr net_link_remote(const struct link *l)
{
	return carrier_of_link(l)->remote;
}

struct addr net_link_local(const struct link *l)
{
	return carrier_of_link(l)->local;
}

void net_link_flush(struct link *l)
{
	carrier_flush(carrier_of_link(l));
}

void net_link_abort(struct link *l, enum link_reason reason)
{
	carrier_end(carrier_of_link(l), reason, 0, true);
}
