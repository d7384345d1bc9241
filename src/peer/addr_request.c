#include "peer/addr_request.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/list.h"
#include "wire/address_list.h"

struct addr_requests {
	struct loop *loop;
	struct pool *pool;
	const struct addr_requests_ops *ops;
	void *user;
	struct pool_protocol protocol;
	struct list talks;
	size_t n_answering;
	struct addr_requests_counts counts;
};

/* A conversation, ours or theirs. */
struct talk {
	struct list node;
	struct addr_requests *all;
	struct stream *s;
	bool is_ours;
	struct peer_id id; /* whom we ask for; of theirs: who asks */
	struct peer_id via;
	struct buf in;
	struct timer timer;
};

/* ---- life ---- */

static void on_late(struct timer *t);

static struct talk *talk_new(struct addr_requests *r, bool is_ours, const struct peer_id *via)
{
	struct talk *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->all = r;
	t->is_ours = is_ours;
	t->via = *via;
	t->timer.fire = on_late;
	buf_init(&t->in, is_ours ? LIMIT_ADDR_ANSWER : LIMIT_ADDR_REQUEST);
	list_add_tail(&r->talks, &t->node);
	r->n_answering += !is_ours;
	loop_timer_set(r->loop, &t->timer, mono_add_ms(loop_now(r->loop), LIMIT_ADDR_REQUEST_MS));
	return t;
}

/* Its stream is over, or somebody else's. */
static void talk_free(struct talk *t)
{
	struct addr_requests *r = t->all;

	loop_timer_stop(r->loop, &t->timer);
	r->n_answering -= !t->is_ours;
	list_remove(&t->node);
	buf_deinit(&t->in);
	free(t);
}

static void talk_abort(struct talk *t)
{
	stream_reset(t->s, 0);
	talk_free(t);
}

static void on_late(struct timer *timer)
{
	talk_abort(container_of(timer, struct talk, timer));
}

static void on_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	(void)s;
	(void)end;
	(void)code;
	talk_free(user);
}

/* ---- answering ---- */

/* Private networks are nobody's business but of those who are on one. */
static bool may_be_told(const struct multiaddr *m, bool asker_is_public)
{
	struct multiaddr_target to;

	/* Nor what nobody could dial: circuits, other transports. */
	if (multiaddr_target(m, &to) < 0)
		return false;
	if (to.host != MULTIADDR_IP)
		return true;
	return !addr_is_no_host(&to.addr) && (!asker_is_public || addr_is_public(&to.addr));
}

static size_t choose_addresses(struct talk *t, const struct peer_id *id, struct multiaddr *ret)
{
	const struct link *l = stream_link(t->s);
	struct addr remote = net_link_remote(l);
	struct addr_requests *r = t->all;
	size_t n = r->ops->known(r->user, id, l, ret), n_kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!may_be_told(&ret[i], addr_is_public(&remote)))
			continue;
		multiaddr_without_peer(&ret[i], &ret[n_kept]);
		n_kept++;
	}
	return n_kept;
}

/* Says it and leaves; the conversation is over. */
static void answer(struct talk *t, const struct multiaddr *addresses, size_t n)
{
	_cleanup_(buf_deinit) struct buf out;
	struct bytes v;
	int r;

	buf_init(&out, LIMIT_ADDR_ANSWER);
	r = address_list_encode(addresses, n, &out);
	v = buf_data(&out);
	if (r == 0)
		r = stream_write(t->s, &v, 1);
	if (r < 0) {
		talk_abort(t);
		return;
	}
	t->all->counts.answered++;
	stream_close(t->s);
	stream_forget(t->s);
	talk_free(t);
}

static void answer_about(struct talk *t, const struct peer_id *id)
{
	static const size_t size = ADDR_REQUEST_ADDRESSES_MAX * sizeof(struct multiaddr);
	struct multiaddr *addresses = malloc(size);

	if (addresses)
		answer(t, addresses, choose_addresses(t, id, addresses));
	else
		talk_abort(t);
	free(addresses);
}

static void on_question(void *user, struct stream *s, struct bytes b)
{
	struct talk *t = user;
	struct peer_id id;

	(void)s;
	if (buf_append(&t->in, b.p, b.n) < 0) {
		t->all->counts.refused++;
		talk_abort(t);
	} else if (peer_id_parse(buf_data(&t->in), &id) == 0) {
		/* Half an id is none: its length does not match. */
		answer_about(t, &id);
	}
}

/* What has not become an id by now is none. */
static void on_question_eof(void *user, struct stream *s)
{
	struct talk *t = user;

	(void)s;
	t->all->counts.refused++;
	answer(t, NULL, 0);
}

static const struct stream_ops answering_ops = {
	.on_data = on_question,
	.on_eof = on_question_eof,
	.on_closed = on_closed,
};

static size_t n_answering_for(const struct addr_requests *r, const struct peer_id *id)
{
	size_t n = 0;

	list_for_each (it, &r->talks) {
		const struct talk *t = list_entry(it, struct talk, node);

		n += !t->is_ours && peer_id_equal(&t->via, id);
	}
	return n;
}

static void on_stream(void *user, struct peer *p, struct link *l, struct stream *s)
{
	struct addr_requests *r = user;
	struct talk *t = NULL;

	(void)l;
	if (r->n_answering < LIMIT_ADDR_REQUESTS &&
	    n_answering_for(r, peer_id_of(p)) < LIMIT_ADDR_REQUESTS_PER_PEER)
		t = talk_new(r, false, peer_id_of(p));
	if (!t) {
		r->counts.refused++;
		stream_reset(s, 0);
		return;
	}
	t->s = s;
	stream_accept(s, &answering_ops, t);
}

/* ---- asking ---- */

static void on_answer_data(void *user, struct stream *s, struct bytes b)
{
	struct talk *t = user;

	(void)s;
	if (buf_append(&t->in, b.p, b.n) < 0)
		talk_abort(t);
}

static void on_answer_eof(void *user, struct stream *s)
{
	struct talk *t = user;
	struct addr_requests *r = t->all;
	struct peer *via = pool_find(r->pool, &t->via);
	struct multiaddr addresses[LIMIT_HINT_ADDRESSES];
	size_t n = 0;

	stream_forget(s);
	if (via &&
	    address_list_decode(buf_data(&t->in), addresses, ARRAY_SIZE(addresses), &n) == 0 &&
	    n > 0)
		r->ops->on_answer(r->user, via, &t->id, addresses, n);
	talk_free(t);
}

static const struct stream_ops asking_ops = {
	.on_data = on_answer_data,
	.on_eof = on_answer_eof,
	.on_closed = on_closed,
};

int addr_requests_ask(struct addr_requests *r, struct peer *p, const struct peer_id *id)
{
	static const char *const protocols[] = { ADDR_REQUEST_PROTOCOL, NULL };
	struct link *l = peer_primary(p);
	char text[PEER_ID_TEXT_MAX];
	struct bytes question = bytes_of_text(peer_id_text(id, text));
	struct talk *t;

	if (!l)
		return -ENOTCONN;
	if (!peer_serves(p, ADDR_REQUEST_PROTOCOL))
		return -EPROTONOSUPPORT;
	t = talk_new(r, true, peer_id_of(p));
	if (!t)
		return -ENOMEM;
	t->id = *id;
	if (link_open_stream(l, protocols, &asking_ops, t, &t->s) < 0) {
		talk_free(t);
		return -ENOTCONN;
	}
	if (stream_write(t->s, &question, 1) < 0) {
		talk_abort(t);
		return -ENOTCONN;
	}
	/* Nothing more is asked; so the end of the question is seen, however it is cut. */
	stream_close(t->s);
	r->counts.asked++;
	return 0;
}

/* ---- the whole ---- */

int addr_requests_new(struct loop *loop, struct pool *pool, const struct addr_requests_ops *ops,
		      void *user, struct addr_requests **ret)
{
	struct addr_requests *r = calloc(1, sizeof(*r));
	int error;

	if (!r)
		return -ENOMEM;
	r->loop = loop;
	r->pool = pool;
	r->ops = ops;
	r->user = user;
	r->protocol = (struct pool_protocol){ ADDR_REQUEST_PROTOCOL, on_stream, r };
	list_init(&r->talks);
	error = pool_serve(pool, &r->protocol);
	if (error < 0) {
		free(r);
		return error;
	}
	*ret = r;
	return 0;
}

struct addr_requests *addr_requests_free(struct addr_requests *r)
{
	if (!r)
		return NULL;
	while (!list_is_empty(&r->talks))
		talk_abort(list_entry(list_first(&r->talks), struct talk, node));
	free(r);
	return NULL;
}

struct addr_requests_counts addr_requests_counts(const struct addr_requests *r)
{
	return r->counts;
}
