/* The life of a stream: opened, written to, closed, reset or forgotten, ended. */

#include "net/yamux_priv.h"

#include <stdlib.h>

static struct bytes id_key(const uint32_t *id)
{
	return BYTES(id, sizeof(*id));
}

int yamux_stream_new(struct yamux *y, uint32_t id, struct yamux_stream **ret)
{
	struct yamux_stream *s = malloc(sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	*s = (struct yamux_stream){
		.y = y,
		.id = id,
		.window_since = y->now,
		.send_window = YAMUX_WINDOW_INITIAL,
		.recv_window = YAMUX_WINDOW_INITIAL,
		.recv_max = YAMUX_WINDOW_INITIAL,
	};
	list_init(&s->ready);
	list_init(&s->control);
	list_init(&s->event);
	r = map_put(&y->streams, &s->node, id_key(&s->id));
	if (r < 0) {
		free(s);
		return r;
	}
	list_add_tail(&y->all, &s->all);
	charge_take(y->charge, BUDGET_STREAMS, LIMIT_STREAM_COST);
	*ret = s;
	return 0;
}

static void detach(struct yamux_stream *s)
{
	struct yamux *y = s->y;

	if (y->stream == s)
		y->stream = NULL;
	list_remove(&s->all);
	list_remove(&s->ready);
	list_remove(&s->control);
	list_remove(&s->event);
	map_remove(&y->streams, &s->node);
	yamux_stream_acked(s);
	yamux_window_give_back(s);
	yamux_dequeued(y, s->queue.n);
	charge_give(y->charge, BUDGET_STREAMS, LIMIT_STREAM_COST);
	send_queue_clear(&s->queue);
	yamux_wake_waiting(y);
}

void yamux_stream_free(struct yamux_stream *s)
{
	detach(s);
	free(s);
}

void yamux_stream_end(struct yamux_stream *s, enum yamux_end end, uint32_t code)
{
	struct yamux *y = s->y;

	/* Out of every table first: the callback may do anything, even close the session. */
	detach(s);
	s->dying = true;
	if (!s->forgotten && y->ops->on_end)
		y->ops->on_end(s->user, s, end, code);
	free(s);
}

struct yamux_stream *yamux_stream_find(const struct yamux *y, uint32_t id)
{
	struct map_node *node = map_find(&y->streams, id_key(&id));

	return node ? container_of(node, struct yamux_stream, node) : NULL;
}

void yamux_stream_update(struct yamux_stream *s)
{
	bool ready = s->queue.n > 0 ? s->send_window > 0 : s->closing && !s->fin_sent;

	if (!ready)
		list_remove(&s->ready);
	else if (list_is_empty(&s->ready))
		list_add_tail(s->low ? &s->y->ready_low : &s->y->ready, &s->ready);
}

void yamux_stream_set_low(struct yamux_stream *s, bool low)
{
	s->low = low;
	list_remove(&s->ready);
	yamux_stream_update(s);
}

void yamux_stream_owes(struct yamux_stream *s)
{
	if (list_is_empty(&s->control))
		list_add_tail(&s->y->control, &s->control);
}

void yamux_stream_acked(struct yamux_stream *s)
{
	if (!s->unacked)
		return;
	s->unacked = false;
	s->y->n_unacked--;
}

static void become_due(struct yamux_stream *s)
{
	list_remove(&s->event);
	list_add_tail(&s->y->due, &s->event);
}

void yamux_stream_finish(struct yamux_stream *s)
{
	if (s->forgotten) {
		yamux_stream_free(s);
		return;
	}
	s->ended = true;
	become_due(s);
}

static size_t room_in_queue(const struct yamux_stream *s)
{
	return size_min(LIMIT_STREAM_SEND - s->queue.n, LIMIT_LINK_SEND - s->y->queued);
}

/* However little there is for its peer: what waits for nothing else may wait for the socket. */
static size_t room_in_memory(const struct yamux_stream *s)
{
	const struct yamux *y = s->y;

	if (y->queued == 0)
		return size_max(charge_room(y->charge), charge_room_alone(y->charge));
	return s->low && charge_is_short(y->charge) ? 0 : charge_room(y->charge);
}

void yamux_wake_waiting(struct yamux *y)
{
	y->starved = false;
	list_for_each_safe (it, &y->waiting) {
		struct yamux_stream *s = list_entry(it, struct yamux_stream, event);

		if (room_in_queue(s) < size_max(s->want, LIMIT_STREAM_SEND / 2))
			continue;
		if (room_in_memory(s) >= s->want)
			become_due(s);
		else
			y->starved = true;
	}
}

bool yamux_is_starved(const struct yamux *y)
{
	return y->starved && y->queued == 0;
}

void yamux_retry(struct yamux *y)
{
	yamux_wake_waiting(y);
}

void yamux_dequeued(struct yamux *y, size_t n)
{
	y->queued -= n;
	charge_give(y->charge, BUDGET_SEND, n);
}

bool yamux_has_events(const struct yamux *y)
{
	return !list_is_empty(&y->due);
}

void yamux_events(struct yamux *y)
{
	while (!list_is_empty(&y->due)) {
		struct yamux_stream *s =
			list_entry(list_first(&y->due), struct yamux_stream, event);

		list_remove(&s->event);
		if (s->ended)
			yamux_stream_end(s, YAMUX_END_DONE, 0);
		else if (y->ops->on_writable)
			y->ops->on_writable(s->user, s);
	}
}

bool yamux_make_place(struct yamux *y)
{
	if (y->streams.n < LIMIT_YAMUX_STREAMS)
		return true;
	list_for_each (it, &y->all) {
		struct yamux_stream *s = list_entry(it, struct yamux_stream, all);

		if (s->forgotten && s->fin_sent) {
			yamux_stream_reset(s, 0);
			return true;
		}
	}
	return false;
}

int yamux_open(struct yamux *y, void *stream_user, struct yamux_stream **ret)
{
	struct yamux_stream *s;
	int r;

	if (y->closed || y->failed || y->going || y->peer_going || y->next_id > UINT32_MAX - 2)
		return -ESHUTDOWN;
	if (y->n_unacked >= LIMIT_YAMUX_BACKLOG || !yamux_make_place(y))
		return -EAGAIN;
	r = yamux_stream_new(y, y->next_id, &s);
	if (r < 0)
		return r;

	y->next_id += 2;
	y->n_unacked++;
	s->user = stream_user;
	s->unacked = s->syn_due = true;
	yamux_stream_owes(s);
	*ret = s;
	return 0;
}

void yamux_stream_set_user(struct yamux_stream *s, void *user)
{
	s->user = user;
}

void *yamux_stream_user(const struct yamux_stream *s)
{
	return s->user;
}

uint32_t yamux_stream_id(const struct yamux_stream *s)
{
	return s->id;
}

size_t yamux_stream_queued(const struct yamux_stream *s)
{
	return s->queue.n;
}

int yamux_stream_write(struct yamux_stream *s, const struct bytes *v, size_t n_v)
{
	struct yamux *y = s->y;
	size_t n = 0;
	int r;

	if (s->closing || s->dying || y->closed || y->failed)
		return -EPIPE;
	for (size_t i = 0; i < n_v; i++) {
		if (v[i].n > LIMIT_STREAM_SEND - n)
			return -EMSGSIZE;
		n += v[i].n;
	}
	if (n > size_min(room_in_queue(s), room_in_memory(s))) {
		s->want = (uint32_t)n;
		y->starved |= n <= room_in_queue(s);
		list_remove(&s->event);
		list_add_tail(&y->waiting, &s->event);
		return -EAGAIN;
	}
	r = send_queue_push(&s->queue, v, n_v);
	if (r < 0)
		return r;
	y->queued += n;
	charge_take(y->charge, BUDGET_SEND, n);
	yamux_stream_update(s);
	return 0;
}

void yamux_stream_close(struct yamux_stream *s)
{
	if (s->closing || s->dying)
		return;
	s->closing = true;
	/* Who has closed waits for no room. */
	list_remove(&s->event);
	yamux_stream_update(s);
}

void yamux_queue_reset(struct yamux *y, uint32_t id, uint32_t code)
{
	struct yamux_header h = {
		.type = YAMUX_WINDOW_UPDATE, .flags = YAMUX_RST, .stream_id = id, .length = code
	};
	struct wr w = wr_to(&y->resets);
	int r;

	if (y->closed || y->failed)
		return;
	/* The maximum is a multiple of the frame, so a frame never ends up in it by halves but for
	 * want of memory, and then nothing of it is sent any more. */
	yamux_header_encode(&h, &w);
	r = wr_finish(&w);
	if (r < 0)
		yamux_fail(y, r == -ENOBUFS ? YAMUX_E_FLOOD : r);
}

void yamux_stream_reset(struct yamux_stream *s, uint32_t code)
{
	if (s->dying)
		return;
	/* The peer need not hear of a stream it never heard of, nor of one that both have closed.
	 */
	if (!s->syn_due && !s->ended)
		yamux_queue_reset(s->y, s->id, code);
	yamux_stream_free(s);
}

void yamux_stream_forget(struct yamux_stream *s)
{
	if (s->dying)
		return;
	s->user = NULL;
	s->forgotten = true;
	if (s->ended) {
		yamux_stream_free(s);
		return;
	}
	list_remove(&s->event);
	yamux_stream_close(s);
	yamux_stream_hold(s, false);
}

void yamux_stream_hold(struct yamux_stream *s, bool hold)
{
	if (s->dying)
		return;
	s->hold = hold;
	if (!hold) {
		yamux_window_update(s);
		return;
	}
	s->credit_due = false;
	if (!s->syn_due && !s->ack_due)
		list_remove(&s->control);
}
