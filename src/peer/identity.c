#include "peer/identity.h"

#include <stdlib.h>
#include <string.h>

#include "wire/multiaddr.h"

/* The first pass finds out how much, the second puts it there: both do exactly the same. */
struct maker {
	struct identity *to; /* NULL: measuring */
	char *text;
	size_t n_text;
};

static char *put(struct maker *m, struct bytes b)
{
	char *at = m->text ? m->text + m->n_text : NULL;

	if (at) {
		if (b.n > 0)
			memcpy(at, b.p, b.n);
		at[b.n] = '\0';
	}
	m->n_text += b.n + 1;
	return at;
}

/* Text of strangers is shown to people: whatever is not plain is not passed on. */
static const char *put_text(struct maker *m, struct bytes b)
{
	char *text = put(m, BYTES(b.p, size_min(b.n, LIMIT_AGENT_TEXT)));

	for (char *c = text; c && *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

static bool is_plain(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] <= ' ' || b.p[i] > '~')
			return false;
	return b.n > 0 && b.n <= LIMIT_PROTOCOL_NAME;
}

static size_t put_protocols(struct maker *m, const struct identify *in)
{
	size_t n = 0;

	for (size_t i = 0; i < in->n_protocols; i++) {
		char *text;

		if (!is_plain(in->protocols[i]))
			continue;
		text = put(m, in->protocols[i]);
		if (m->to)
			m->to->protocols[n] = text;
		n++;
	}
	return n;
}

static bool is_multiaddr(struct bytes b)
{
	struct multiaddr a;

	return multiaddr_decode(b, &a) == 0;
}

static size_t put_listen(struct maker *m, const struct identify *in)
{
	size_t n = 0;

	for (size_t i = 0; i < in->n_listen; i++) {
		char *at;

		if (!is_multiaddr(in->listen[i]))
			continue;
		at = put(m, in->listen[i]);
		if (m->to)
			m->to->listen[n] = BYTES(at, in->listen[i].n);
		n++;
	}
	return n;
}

/* Everything `in` has, with its counts. */
static void make(struct maker *m, const struct identify *in, struct identity *counts)
{
	const char *agent = in->has_agent ? put_text(m, in->agent) : NULL;
	const char *version = in->has_protocol_version ? put_text(m, in->protocol_version) : NULL;
	bool observed = in->has_observed && is_multiaddr(in->observed);
	char *at = observed ? put(m, in->observed) : NULL;

	counts->n_protocols = put_protocols(m, in);
	counts->n_listen = put_listen(m, in);
	counts->agent = agent;
	counts->protocol_version = version;
	counts->observed = at ? BYTES(at, in->observed.n) : BYTES(NULL, 0);
}

static struct bytes text_of(const char *text)
{
	return bytes_of_text(text);
}

/* An older identity as a message, where `io` says nothing. */
static void fill_in(struct identify *io, const struct identity *old)
{
	if (!io->has_agent && old->agent) {
		io->has_agent = true;
		io->agent = text_of(old->agent);
	}
	if (!io->has_protocol_version && old->protocol_version) {
		io->has_protocol_version = true;
		io->protocol_version = text_of(old->protocol_version);
	}
	if (!io->has_observed && old->observed.n > 0) {
		io->has_observed = true;
		io->observed = old->observed;
	}
	if (io->n_protocols == 0)
		for (; io->n_protocols < old->n_protocols; io->n_protocols++)
			io->protocols[io->n_protocols] = text_of(old->protocols[io->n_protocols]);
	if (io->n_listen == 0)
		for (; io->n_listen < old->n_listen; io->n_listen++)
			io->listen[io->n_listen] = old->listen[io->n_listen];
}

struct identity *identity_new(const struct identify *said, const struct identity *old)
{
	struct identify in = *said;
	struct identity counts;
	struct maker m = { 0 };
	size_t lists;
	char *block;

	if (old)
		fill_in(&in, old);
	make(&m, &in, &counts);
	lists = counts.n_protocols * sizeof(char *) + counts.n_listen * sizeof(struct bytes);
	block = malloc(sizeof(struct identity) + lists + m.n_text);
	if (!block)
		return NULL;
	m = (struct maker){ .to = (void *)block, .text = block + sizeof(struct identity) + lists };
	m.to->listen = (void *)(block + sizeof(struct identity));
	m.to->protocols = (void *)(m.to->listen + counts.n_listen);
	make(&m, &in, m.to);
	return m.to;
}

struct identity *identity_free(struct identity *i)
{
	free(i);
	return NULL;
}

bool identity_serves(const struct identity *i, const char *protocol)
{
	for (size_t k = 0; i && k < i->n_protocols; k++)
		if (strcmp(i->protocols[k], protocol) == 0)
			return true;
	return false;
}
