#include "loop/timer_heap.h"

static bool is_before(const struct timer *a, const struct timer *b)
{
	return a->at.ns != b->at.ns ? a->at.ns < b->at.ns : a->order < b->order;
}

/* Makes one tree of two; either may be NULL. Both are roots: no siblings. */
static struct timer *meld(struct timer *a, struct timer *b)
{
	if (!a || !b)
		return a ? a : b;
	if (is_before(b, a)) {
		struct timer *t = a;

		a = b;
		b = t;
	}
	b->prev = a; /* of a first child, prev is the parent */
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* Takes the first of a list of siblings off it. */
static struct timer *pop_sibling(struct timer **list)
{
	struct timer *t = *list;

	if (t) {
		*list = t->next;
		t->next = t->prev = NULL;
	}
	return t;
}

/* The two passes of a pairing heap: meld neighbours from left to right, then all from the right. */
static struct timer *meld_siblings(struct timer *list)
{
	struct timer *pairs = NULL, *root = NULL, *t;

	while (list) {
		struct timer *a = pop_sibling(&list);

		t = meld(a, pop_sibling(&list));
		t->next = pairs;
		pairs = t;
	}
	while ((t = pop_sibling(&pairs)))
		root = meld(root, t);
	return root;
}

void timer_heap_stop(struct timer_heap *h, struct timer *t)
{
	struct timer *rest;

	if (!t->is_set)
		return;
	rest = meld_siblings(t->child);
	if (t == h->root) {
		h->root = rest;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next)
			t->next->prev = t->prev;
		h->root = meld(h->root, rest);
	}
	t->child = t->next = t->prev = NULL;
	t->is_set = false;
}

void timer_heap_set(struct timer_heap *h, struct timer *t, struct mono at)
{
	timer_heap_stop(h, t);
	t->at = at;
	if (mono_is_never(at))
		return;
	t->order = h->next_order++;
	t->is_set = true;
	h->root = meld(h->root, t);
}

struct mono timer_heap_next(const struct timer_heap *h)
{
	return h->root ? h->root->at : MONO_NEVER;
}

size_t timer_heap_run(struct timer_heap *h, struct mono now)
{
	uint64_t order_end = h->next_order;
	size_t n = 0;

	while (h->root && mono_reached(h->root->at, now) && h->root->order < order_end) {
		struct timer *t = h->root;

		timer_heap_stop(h, t);
		t->fire(t);
		n++;
	}
	return n;
}
