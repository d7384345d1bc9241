#include "share/subjects.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/subject.h"

#define PARENT_BYTES sizeof(struct subjects_node *)
#define HITS_MIN 64

/* A subject in the hash table, or one token's place in the tree. */
struct subjects_node {
	struct map_node in_map;
	struct list entries;
	struct subjects_node *parent;      /* NULL: the root, or in the hash table */
	struct subjects_node *star, *tail; /* the children `*` and `>` */
	size_t n_children;
	bool is_exact;
	size_t n_key;
	uint8_t key[]; /* the subject; or the parent's address and the token */
};

static struct subjects_node *node_new(struct bytes parent, struct bytes token)
{
	size_t n_key = parent.n + token.n;
	struct subjects_node *node = calloc(1, sizeof(*node) + n_key);

	if (!node)
		return NULL;
	list_init(&node->entries);
	node->n_key = n_key;
	if (parent.n > 0)
		memcpy(node->key, parent.p, parent.n);
	if (token.n > 0)
		memcpy(node->key + parent.n, token.p, token.n);
	return node;
}

size_t subjects_cost(struct bytes pattern)
{
	size_t n_nodes = 0;

	if (!subject_has_wildcard(pattern))
		return sizeof(struct subjects_node) + pattern.n;
	for (struct bytes rest = pattern; rest.n > 0; n_nodes++)
		(void)subject_token(&rest);
	return n_nodes * (sizeof(struct subjects_node) + PARENT_BYTES) + pattern.n;
}

int subjects_init(struct subjects *s, uint64_t seed, size_t n_max)
{
	*s = (struct subjects){ 0 };
	map_init(&s->exact, seed, n_max);
	map_init(&s->branches, seed + 1, n_max * LIMIT_SUBJECT_TOKENS);
	s->root = node_new(BYTES(NULL, 0), BYTES(NULL, 0));
	return s->root ? 0 : -ENOMEM;
}

void subjects_deinit(struct subjects *s)
{
	ASSERT(s->n_entries == 0);
	map_deinit(&s->exact);
	map_deinit(&s->branches);
	free(s->root);
	free(s->hits);
	*s = (struct subjects){ 0 };
}

/* ---- nodes ---- */

static struct bytes branch_key(struct subjects_node *const *parent, struct bytes token,
			       uint8_t out[PARENT_BYTES + LIMIT_SUBJECT])
{
	memcpy(out, parent, PARENT_BYTES);
	if (token.n > 0)
		memcpy(out + PARENT_BYTES, token.p, token.n);
	return BYTES(out, PARENT_BYTES + token.n);
}

static struct subjects_node *find_branch(const struct subjects *s, struct subjects_node *parent,
					 struct bytes token)
{
	uint8_t key[PARENT_BYTES + LIMIT_SUBJECT];
	struct map_node *found = map_find(&s->branches, branch_key(&parent, token, key));

	return found ? container_of(found, struct subjects_node, in_map) : NULL;
}

/* Where the parent keeps a child that is a wildcard; NULL for other tokens. */
static struct subjects_node **wildcard_slot(struct subjects_node *parent, struct bytes token)
{
	if (subject_token_is(token, '*'))
		return &parent->star;
	if (subject_token_is(token, '>'))
		return &parent->tail;
	return NULL;
}

static int add_branch(struct subjects *s, struct subjects_node *parent, struct bytes token,
		      struct subjects_node **ret)
{
	struct subjects_node **slot = wildcard_slot(parent, token);
	struct subjects_node *node;
	int r;

	node = slot ? *slot : find_branch(s, parent, token);
	if (node) {
		*ret = node;
		return 0;
	}
	node = node_new(BYTES(&parent, PARENT_BYTES), token);
	if (!node)
		return -ENOMEM;
	r = slot ? 0 : map_put(&s->branches, &node->in_map, BYTES(node->key, node->n_key));
	if (r < 0) {
		free(node);
		return r;
	}
	if (slot)
		*slot = node;
	node->parent = parent;
	parent->n_children++;
	*ret = node;
	return 0;
}

static void drop_branch(struct subjects *s, struct subjects_node *node)
{
	struct subjects_node *parent = node->parent;

	if (parent->star == node)
		parent->star = NULL;
	else if (parent->tail == node)
		parent->tail = NULL;
	else
		map_remove(&s->branches, &node->in_map);
	parent->n_children--;
	free(node);
}

/* Frees the node and its parents as far as nobody needs them. */
static void drop_unused(struct subjects *s, struct subjects_node *node)
{
	if (node->is_exact) {
		if (!list_is_empty(&node->entries))
			return;
		map_remove(&s->exact, &node->in_map);
		free(node);
		return;
	}
	while (node->parent && node->n_children == 0 && list_is_empty(&node->entries)) {
		struct subjects_node *parent = node->parent;

		drop_branch(s, node);
		node = parent;
	}
}

static int add_exact(struct subjects *s, struct bytes subject, struct subjects_node **ret)
{
	struct map_node *found = map_find(&s->exact, subject);
	struct subjects_node *node;
	int r;

	if (found) {
		*ret = container_of(found, struct subjects_node, in_map);
		return 0;
	}
	node = node_new(BYTES(NULL, 0), subject);
	if (!node)
		return -ENOMEM;
	node->is_exact = true;
	r = map_put(&s->exact, &node->in_map, BYTES(node->key, node->n_key));
	if (r < 0) {
		free(node);
		return r;
	}
	*ret = node;
	return 0;
}

static int add_path(struct subjects *s, struct bytes pattern, struct subjects_node **ret)
{
	struct subjects_node *node = s->root;
	int r;

	while (pattern.n > 0) {
		struct bytes token = subject_token(&pattern);

		r = add_branch(s, node, token, &node);
		if (r < 0) {
			drop_unused(s, node);
			return r;
		}
	}
	*ret = node;
	return 0;
}

/* ---- entries ---- */

static int reserve_hits(struct subjects *s)
{
	size_t max = s->hits_max ? s->hits_max * 2 : HITS_MIN;
	struct subjects_entry **hits;

	if (s->n_entries < s->hits_max)
		return 0;
	hits = realloc(s->hits, max * sizeof(struct subjects_entry *));
	if (!hits)
		return -ENOMEM;
	s->hits = hits;
	s->hits_max = max;
	return 0;
}

int subjects_add(struct subjects *s, struct subjects_entry *e, struct bytes pattern)
{
	bool wild = subject_has_wildcard(pattern);
	struct subjects_node *node;
	int r;

	r = reserve_hits(s);
	if (r < 0)
		return r;
	r = wild ? add_path(s, pattern, &node) : add_exact(s, pattern, &node);
	if (r < 0)
		return r;
	list_add_tail(&node->entries, &e->link);
	e->node = node;
	s->n_entries++;
	s->n_wild += wild;
	return 0;
}

void subjects_remove(struct subjects *s, struct subjects_entry *e)
{
	struct subjects_node *node = e->node;

	if (!node)
		return;
	list_remove(&e->link);
	e->node = NULL;
	s->n_entries--;
	s->n_wild -= !node->is_exact;
	drop_unused(s, node);
}

/* ---- matching ---- */

static void take_hits(struct subjects *s, struct subjects_node *node)
{
	if (!node)
		return;
	list_for_each (it, &node->entries)
		s->hits[s->n_hits++] = list_entry(it, struct subjects_entry, link);
}

static void walk(struct subjects *s, struct subjects_node *at, struct bytes rest)
{
	struct bytes token = subject_token(&rest);
	struct subjects_node *branches[] = { at->star, find_branch(s, at, token) };

	s->n_steps++;
	take_hits(s, at->tail);
	for (size_t i = 0; i < ARRAY_SIZE(branches); i++) {
		if (!branches[i])
			continue;
		if (rest.n == 0)
			take_hits(s, branches[i]);
		else
			walk(s, branches[i], rest);
	}
}

void subjects_match(struct subjects *s, struct bytes subject)
{
	struct map_node *found;

	s->n_hits = s->n_steps = 0;
	if (!subject_is_valid(subject, false))
		return;
	found = map_find(&s->exact, subject);
	if (found)
		take_hits(s, container_of(found, struct subjects_node, in_map));
	if (s->n_wild > 0)
		walk(s, s->root, subject);
}
