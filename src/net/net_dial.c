#include "net/net_priv.h"

int net_dial(struct net *n, const struct addr *to, const struct peer_id *expected, void *dial_user,
	     struct net_dial **ret)
{
	struct carrier *c = carrier_new(n, false, to);
	int r;

	if (!c)
		return -ENOMEM;
	r = carrier_add_link(c, expected);
	if (r < 0) {
		carrier_free(c);
		return r;
	}
	n->counts.dials++;
	c->dial.user = dial_user;
	*ret = &c->dial;
	if (n->is_stopping) {
		carrier_end(c, LINK_SHUTDOWN, 0, true);
		return 0;
	}
	r = loop_connect_tcp(n->loop, to, &carrier_sock_ops, c, &c->sock);
	if (r < 0)
		carrier_end(c, LINK_NETWORK, r, true);
	else
		carrier_arm(c);
	return 0;
}

void net_dial_cancel(struct net_dial *d)
{
	struct carrier *c = container_of(d, struct carrier, dial);

	d->is_cancelled = true;
	carrier_end(c, LINK_DISCONNECTED, 0, true);
}
