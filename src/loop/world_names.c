#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "loop/world_state.h"

#define ANSWER_NS (5 * NS_PER_MS)

struct vquery {
	struct list link; /* host.queries */
	struct host *host;
	enum resolve_kind kind;
	char name[WORLD_NAME_MAX];
	struct timer answer;
	resolve_fn done;
	void *user;
};

static bool is_of_kind(const struct addr *a, enum resolve_kind kind)
{
	switch (kind) {
	case RESOLVE_IP4:
		return a->family == ADDR_IP4;
	case RESOLVE_IP6:
		return a->family == ADDR_IP6;
	case RESOLVE_IP_ANY:
		return true;
	case RESOLVE_TXT:
		return false;
	}
	return false;
}

int world_add_name(struct world *w, enum resolve_kind kind, const char *name, const char *text)
{
	struct addr addr = { .family = ADDR_NONE };
	struct world_name *n;

	if (strlen(name) >= sizeof(n->name) || strlen(text) >= sizeof(n->text))
		return -EINVAL;
	if (kind != RESOLVE_TXT && (addr_parse_ip(text, &addr) < 0 || !is_of_kind(&addr, kind)))
		return -EINVAL;
	n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	strcpy(n->name, name);
	strcpy(n->text, text);
	n->addr = addr;
	list_add_tail(&w->names, &n->link);
	return 0;
}

static void query_free(struct vquery *q)
{
	timer_heap_stop(&q->host->world->events, &q->answer);
	list_remove(&q->link);
	q->host->n_queries--;
	free(q);
}

static void add_address(struct resolve_result *ret, enum resolve_kind kind, const struct addr *a)
{
	if (is_of_kind(a, kind) && ret->n < RESOLVE_RESULTS_MAX)
		ret->addrs[ret->n++] = *a;
}

static void look_up(const struct vquery *q, struct resolve_result *ret)
{
	struct addr literal = { .port = 0 };

	if (addr_parse_ip(q->name, &literal) == 0)
		add_address(ret, q->kind, &literal);
	list_for_each (it, &q->host->world->names) {
		const struct world_name *n = list_entry(it, struct world_name, link);

		if (strcmp(n->name, q->name) != 0)
			continue;
		if (n->addr.family != ADDR_NONE)
			add_address(ret, q->kind, &n->addr);
		else if (q->kind == RESOLVE_TXT && ret->n < RESOLVE_RESULTS_MAX)
			strcpy(ret->texts[ret->n++], n->text);
	}
}

static void on_answer(struct timer *t)
{
	struct vquery *q = container_of(t, struct vquery, answer);
	struct resolve_result result = { .n = 0 };
	struct host *h = q->host;
	resolve_fn done = q->done;
	void *user = q->user;
	int error;

	look_up(q, &result);
	error = result.n ? 0 : -ENOENT;
	query_free(q);
	host_enter(h);
	world_log(h->world, h, WORLD_NAME, (uint64_t)-error, result.n);
	done(user, error, &result);
	host_leave(h);
}

int world_resolve(struct loop *l, enum resolve_kind kind, const char *name, resolve_fn done,
		  void *user, struct resolve **ret)
{
	struct host *h = host_of(l);
	struct vquery *q;

	if (h->n_queries >= LIMIT_RESOLVES)
		return -EBUSY;
	if (strlen(name) >= sizeof(q->name))
		return -EINVAL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->host = h;
	q->kind = kind;
	strcpy(q->name, name);
	q->done = done;
	q->user = user;
	q->answer.fire = on_answer;
	list_add_tail(&h->queries, &q->link);
	h->n_queries++;
	timer_heap_set(&h->world->events, &q->answer, mono_add_ns(h->world->now, ANSWER_NS));
	*ret = (struct resolve *)q;
	return 0;
}

void world_resolve_cancel(struct resolve *q)
{
	query_free((struct vquery *)(void *)q);
}

void world_queries_cancel(struct host *h)
{
	list_for_each_safe (it, &h->queries)
		query_free(list_entry(it, struct vquery, link));
}
