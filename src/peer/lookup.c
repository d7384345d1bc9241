#include "peer/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* A name still to be asked for. */
struct question {
	unsigned depth;
	struct multiaddr address;
};

struct lookup {
	struct loop *loop;
	struct resolve *resolve;
	struct multiaddr_target asked; /* what `resolve` is about */
	unsigned depth;                /* of it */
	bool has_peer;
	struct peer_id peer;
	lookup_fn done;
	void *user;
	int error;
	size_t n_lookups;
	size_t n, n_questions;
	struct candidate candidates[LIMIT_DNSADDR_RESULTS];
	struct question questions[LIMIT_DNSADDR_RESULTS];
};

static void on_resolved(void *user, int error, const struct resolve_result *result);

static void add_candidate(struct lookup *q, const struct addr *a, const struct multiaddr_target *t)
{
	struct candidate c = { .addr = *a, .has_peer = t->has_peer, .peer = t->peer };

	c.addr.port = t->addr.port;
	if (q->has_peer) {
		c.has_peer = true;
		c.peer = q->peer;
	}
	for (size_t i = 0; i < q->n; i++)
		if (addr_equal(&q->candidates[i].addr, &c.addr) &&
		    (!c.has_peer || peer_id_equal(&q->candidates[i].peer, &c.peer)))
			return;
	if (q->n < ARRAY_SIZE(q->candidates))
		q->candidates[q->n++] = c;
}

/* An address found in a record, or the one that was given. Addresses we cannot dial are passed
 * over, and so are those of other peers than the one wanted. */
static void add_address(struct lookup *q, const struct multiaddr *m, unsigned depth)
{
	struct multiaddr_target t;

	if (multiaddr_target(m, &t) < 0)
		return;
	if (q->has_peer && depth > 0 && (!t.has_peer || !peer_id_equal(&t.peer, &q->peer)))
		return;
	if (t.host == MULTIADDR_IP)
		add_candidate(q, &t.addr, &t);
	else if (depth < LIMIT_DNSADDR_DEPTH && q->n_questions < ARRAY_SIZE(q->questions))
		q->questions[q->n_questions++] = (struct question){ depth, *m };
}

static enum resolve_kind kind_of(enum multiaddr_host host)
{
	switch (host) {
	case MULTIADDR_DNS4:
		return RESOLVE_IP4;
	case MULTIADDR_DNS6:
		return RESOLVE_IP6;
	case MULTIADDR_DNSADDR:
		return RESOLVE_TXT;
	case MULTIADDR_IP:
	case MULTIADDR_DNS:
		break;
	}
	return RESOLVE_IP_ANY;
}

static int ask(struct lookup *q, const struct question *question)
{
	char name[sizeof("_dnsaddr.") + sizeof(q->asked.name)];
	bool is_dnsaddr;
	int r = multiaddr_target(&question->address, &q->asked);

	if (r < 0)
		return r;
	is_dnsaddr = q->asked.host == MULTIADDR_DNSADDR;
	q->depth = question->depth;
	q->n_lookups++;
	name[0] = '\0';
	if (is_dnsaddr)
		strcpy(name, "_dnsaddr.");
	strcat(name, q->asked.name);
	return loop_resolve(q->loop, kind_of(q->asked.host), name, on_resolved, q, &q->resolve);
}

/* The next question, or the end. */
static void next(struct lookup *q)
{
	while (q->n_questions > 0 && q->n_lookups < LIMIT_DNSADDR_LOOKUPS) {
		struct question question = q->questions[0];
		int r;

		q->n_questions--;
		memmove(&q->questions[0], &q->questions[1],
			q->n_questions * sizeof(q->questions[0]));
		r = ask(q, &question);
		if (r == 0)
			return;
		q->error = r;
	}
	q->done(q->user, q->n > 0 ? 0 : q->error ? q->error : -ENOENT, q->candidates, q->n);
	free(q);
}

static void on_text(struct lookup *q, const char *text)
{
	static const char prefix[] = "dnsaddr=";
	struct multiaddr m;

	if (strncmp(text, prefix, sizeof(prefix) - 1) == 0 &&
	    multiaddr_parse(bytes_of_text(text + sizeof(prefix) - 1), &m) == 0)
		add_address(q, &m, q->depth + 1);
}

static void on_resolved(void *user, int error, const struct resolve_result *result)
{
	struct lookup *q = user;

	q->resolve = NULL;
	if (error < 0)
		q->error = error;
	for (size_t i = 0; i < result->n; i++) {
		if (q->asked.host == MULTIADDR_DNSADDR)
			on_text(q, result->texts[i]);
		else
			add_candidate(q, &result->addrs[i], &q->asked);
	}
	next(q);
}

int lookup_start(struct loop *loop, const struct multiaddr *address, lookup_fn done, void *user,
		 struct lookup **ret)
{
	struct question question = { .address = *address };
	struct multiaddr_target t;
	struct lookup *q;
	int r = multiaddr_target(address, &t);

	if (r < 0)
		return r;
	if (t.host == MULTIADDR_IP)
		return -EINVAL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->loop = loop;
	q->done = done;
	q->user = user;
	q->has_peer = t.has_peer;
	q->peer = t.peer;
	r = ask(q, &question);
	if (r < 0) {
		free(q);
		return r;
	}
	*ret = q;
	return 0;
}

void lookup_cancel(struct lookup *q)
{
	if (q->resolve)
		loop_resolve_cancel(q->loop, q->resolve);
	free(q);
}
