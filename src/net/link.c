#include "net/link_priv.h"

#include <stdlib.h>

/* What a record needs beyond the data in it: length, tag, headers of a few frames. */
#define RECORD_SLACK ((size_t)128)

static const char *const reason_texts[] = {
	[LINK_CLOSED] = "closed",
	[LINK_SHUTDOWN] = "shutdown",
	[LINK_DUPLICATE] = "duplicate",
	[LINK_DISCONNECTED] = "disconnected",
	[LINK_LIMIT] = "limit",
	[LINK_NETWORK] = "network",
	[LINK_HANDSHAKE_TIMEOUT] = "handshake_timeout",
	[LINK_LIVENESS_TIMEOUT] = "liveness_timeout",
	[LINK_STALLED] = "stalled",
	[LINK_NOT_LIBP2P] = "not_libp2p",
	[LINK_NO_COMMON_PROTOCOL] = "no_common_protocol",
	[LINK_BAD_HANDSHAKE] = "bad_handshake",
	[LINK_BAD_IDENTITY] = "bad_identity",
	[LINK_WRONG_PEER] = "wrong_peer",
	[LINK_SELF] = "self",
	[LINK_WRONG_NETWORK] = "wrong_network",
	[LINK_PROTOCOL_ERROR] = "protocol_error",
	[LINK_OVER_BUDGET] = "over_budget",
	[LINK_BANNED] = "banned",
	[LINK_NO_MEMORY] = "no_memory",
};

const char *link_reason_text(enum link_reason r)
{
	ASSERT((size_t)r < ARRAY_SIZE(reason_texts));
	return reason_texts[r];
}

/* ---- life ---- */

int link_new(const struct link_config *config, bool dialer, const struct peer_id *expected,
	     struct mono now, struct link **ret)
{
	struct link *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->config = config;
	l->dialer = dialer;
	l->now = now;
	l->record_since = l->linger_until = l->retry_at = MONO_NEVER;
	charge_init(&l->charge, NULL);
	l->id = random_u64(&config->random);
	buf_init(&l->out, LIMIT_HANDSHAKE_OUT);
	buf_init(&l->in, RECORD_PREFIX + LIMIT_NOISE_MESSAGE);
	buf_init(&l->plain, LIMIT_NOISE_MESSAGE);
	list_init(&l->negotiating);
	list_init(&l->dead);
	r = link_handshake_start(l, expected, now);
	if (r < 0) {
		link_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

static void link_enter(struct link *l)
{
	l->depth++;
}

static void link_leave(struct link *l)
{
	if (--l->depth == 0)
		link_streams_reap(l);
}

void link_down(struct link *l)
{
	if (l->is_down)
		return;
	l->is_down = true;
	l->state = LINK_STATE_OVER;
	link_enter(l);
	if (l->yamux)
		yamux_close(l->yamux);
	link_leave(l);
}

struct link *link_free(struct link *l)
{
	if (!l)
		return NULL;
	link_down(l);
	link_handshake_free(l);
	yamux_free(l->yamux);
	noise_cipher_free(l->send);
	noise_cipher_free(l->receive);
	buf_deinit(&l->out);
	buf_deinit(&l->in);
	buf_deinit(&l->plain);
	charge_deinit(&l->charge);
	free(l->peer_key);
	free(l->extension);
	free(l);
	return NULL;
}

void link_end(struct link *l, enum link_reason reason)
{
	if (link_is_over(l))
		return;
	if (!l->closing)
		l->reason = reason;
	l->closing = true;
	l->state = LINK_STATE_OVER;
}

void link_say_goodbye(struct link *l)
{
	if (l->state == LINK_STATE_UP && l->closing && l->n_pending == 0)
		yamux_go_away(l->yamux, YAMUX_GO_AWAY_NORMAL);
}

static void link_start_closing(struct link *l, enum link_reason reason)
{
	if (l->closing)
		return;
	l->closing = true;
	l->reason = reason;
	/* Foreign software loses what it has not read when the link ends; a peerline says so when
	 * it has read all. */
	yamux_linger(l->yamux, !l->extension && !l->going);
	link_say_goodbye(l);
}

void link_close(struct link *l, enum link_reason reason)
{
	if (l->state == LINK_STATE_UP)
		link_start_closing(l, reason);
	else
		link_end(l, reason);
	link_wants_output(l);
}

/* ---- input ---- */

void link_on_frames(struct link *l, struct bytes b)
{
	int r = b.n > 0 ? yamux_input(l->yamux, b, l->now) : 0;

	if (r != 0)
		link_end(l, r < 0 ? LINK_NO_MEMORY : LINK_PROTOCOL_ERROR);
}

void link_on_muxed(struct link *l, struct bytes rest)
{
	int r = yamux_new(l->dialer, &link_yamux_ops, l, &l->yamux);

	if (r < 0) {
		link_end(l, LINK_NO_MEMORY);
		return;
	}
	yamux_charge_to(l->yamux, &l->charge);
	link_handshake_free(l);
	l->state = LINK_STATE_UP;
	l->up_at = l->now;
	l->config->ops->on_up(l->config->user, l);
	if (!link_is_over(l))
		link_on_frames(l, rest);
}

static void link_on_record(struct link *l, struct bytes record)
{
	struct bytes plain;

	if (l->state == LINK_STATE_NOISE)
		link_on_noise_message(l, record);
	else if (!link_record_open(l, record, &plain))
		return;
	else if (l->state == LINK_STATE_MUXER)
		link_on_muxer_text(l, plain);
	else
		link_on_frames(l, plain);
}

static void link_step(struct link *l, struct bytes *io)
{
	struct bytes record;
	int r;

	if (l->state == LINK_STATE_SECURITY) {
		link_on_security(l, io);
		return;
	}
	r = link_record_take(
		l, io, l->state == LINK_STATE_NOISE ? LIMIT_HANDSHAKE_MESSAGE : LIMIT_NOISE_MESSAGE,
		&record);
	if (r < 0)
		link_end(l, LINK_NO_MEMORY);
	else if (r == RECORD_E_SIZE)
		link_end(l, LINK_BAD_HANDSHAKE);
	else if (r == RECORD_WHOLE)
		link_on_record(l, record);
}

int link_input(struct link *l, struct bytes b, struct mono now)
{
	l->now = now;
	l->counts.bytes_in += b.n;
	link_enter(l);
	while (b.n > 0 && !link_is_over(l))
		link_step(l, &b);
	link_record_release(l);
	charge_adjust(&l->charge, BUDGET_RECEIVE, &l->in_charged, buf_len(&l->in));
	link_leave(l);
	return link_is_over(l);
}

void link_on_going(struct link *l)
{
	if (l->going)
		return;
	l->going = true;
	if (!l->closing)
		l->config->ops->on_going(l->config->user, l);
	/* Whoever writes on it has moved: what is left is said, and that it was all. */
	link_start_closing(l, LINK_CLOSED);
	yamux_linger(l->yamux, false);
}

int link_input_end(struct link *l, struct mono now)
{
	l->now = now;
	if (l->state != LINK_STATE_UP) {
		link_end(l, link_handshake_end_reason(l));
		return 1;
	}
	link_enter(l);
	l->end_of_input = true;
	l->record_since = MONO_NEVER;
	link_on_going(l);
	link_leave(l);
	return link_is_over(l);
}

/* ---- output ---- */

void link_wants_output(struct link *l)
{
	if (l->wants_output)
		l->wants_output(l->driver);
}

static bool link_has_frames(const struct link *l)
{
	return l->yamux && !l->is_mute && !l->is_down && yamux_has_output(l->yamux);
}

bool link_has_output(const struct link *l)
{
	return buf_len(&l->out) > 0 || link_has_frames(l);
}

static void link_on_output_failed(struct link *l)
{
	l->is_mute = true;
	buf_deinit(&l->out);
	link_end(l, LINK_NO_MEMORY);
}

/* Frames into a record that is sealed where it stands. */
static bool link_output_record(struct link *l, struct buf *out)
{
	size_t start = buf_len(out);

	if (link_record_begin(out) < 0)
		return false;
	if (yamux_output(l->yamux, out, LIMIT_NOISE_RECORD))
		return link_record_end(l, out, start) == 0;
	buf_cut(out, start);
	/* Nothing, although there is something: no memory. */
	return !yamux_has_output(l->yamux);
}

/* At once to about the size it will have: growing step by step would copy it again and again. */
static int reserve_output(const struct link *l, struct buf *out, size_t max)
{
	size_t n = l->yamux ? size_min(yamux_queued(l->yamux), max) : 0;
	uint8_t *at;

	n += (n / LIMIT_NOISE_RECORD + 1) * RECORD_SLACK;
	return buf_reserve(out, size_min(n, buf_room(out)), &at);
}

bool link_output(struct link *l, struct buf *out, size_t max)
{
	size_t before = buf_len(out);

	if (buf_len(&l->out) > 0) {
		if (buf_append(out, buf_data(&l->out).p, buf_len(&l->out)) < 0)
			link_on_output_failed(l);
		buf_deinit(&l->out);
	}
	if (link_has_frames(l) && reserve_output(l, out, max) < 0)
		link_on_output_failed(l);
	while (link_has_frames(l) && buf_len(out) - before < max)
		if (!link_output_record(l, out))
			link_on_output_failed(l);
	l->counts.bytes_out += buf_len(out) - before;
	return link_has_output(l);
}

bool link_is_closing(const struct link *l)
{
	return l->closing;
}

bool link_is_drained(const struct link *l)
{
	if (!l->closing || link_has_output(l))
		return false;
	/* What waits for the window of somebody who has gone will wait for ever. */
	if (link_is_over(l) || l->end_of_input)
		return true;
	if (!yamux_has_gone(l->yamux))
		return false;
	/* Another peerline says GoAway when it has said the rest, and may need credit until then.
	 * For others ours was the end. */
	return !l->extension || l->going;
}

/* ---- time ---- */

struct mono link_deadline(const struct link *l)
{
	struct mono at;

	if (link_is_over(l))
		return l->is_down ? MONO_NEVER : (struct mono){ 0 };
	if (l->state != LINK_STATE_UP)
		return l->hs->deadline;
	if (yamux_has_events(l->yamux))
		return (struct mono){ 0 };
	/* Not stamped yet. */
	if (yamux_is_lingering(l->yamux) && mono_is_never(l->linger_until))
		return (struct mono){ 0 };
	/* Not stamped yet. */
	if (yamux_is_starved(l->yamux) && mono_is_never(l->retry_at))
		return (struct mono){ 0 };
	at = mono_min(link_record_deadline(l), link_streams_deadline(l));
	at = mono_min(at, l->retry_at);
	return yamux_is_lingering(l->yamux) ? mono_min(at, l->linger_until) : at;
}

static void link_tick_linger(struct link *l)
{
	if (!yamux_is_lingering(l->yamux))
		return;
	if (mono_is_never(l->linger_until))
		l->linger_until = mono_add_ms(l->now, LIMIT_LINGER_MS);
	else if (mono_reached(l->linger_until, l->now))
		yamux_linger(l->yamux, false);
}

static void link_tick_starved(struct link *l)
{
	if (!mono_is_never(l->retry_at) && mono_reached(l->retry_at, l->now)) {
		l->retry_at = MONO_NEVER;
		yamux_retry(l->yamux);
	}
	if (mono_is_never(l->retry_at) && yamux_is_starved(l->yamux))
		l->retry_at = mono_add_ms(l->now, LIMIT_BUDGET_AGAIN_MS);
}

static void link_tick_up(struct link *l)
{
	link_tick_starved(l);
	if (yamux_has_events(l->yamux))
		yamux_events(l->yamux);
	link_streams_tick(l);
	link_tick_linger(l);
	if (mono_reached(link_record_deadline(l), l->now))
		link_end(l, LINK_STALLED);
}

int link_tick(struct link *l, struct mono now)
{
	l->now = now;
	link_enter(l);
	if (l->state == LINK_STATE_UP)
		link_tick_up(l);
	else if (!link_is_over(l) && mono_reached(l->hs->deadline, now))
		link_end(l, LINK_HANDSHAKE_TIMEOUT);
	link_leave(l);
	return link_is_over(l);
}

/* ---- questions ---- */

void link_set_driver(struct link *l, void *driver, void (*wants_output)(void *driver))
{
	l->driver = driver;
	l->wants_output = wants_output;
}

void *link_driver(const struct link *l)
{
	return l->driver;
}

bool link_is_up(const struct link *l)
{
	return l->state == LINK_STATE_UP;
}

bool link_is_dialer(const struct link *l)
{
	return l->dialer;
}

bool link_is_going(const struct link *l)
{
	return l->going || l->closing;
}

const struct peer_id *link_peer(const struct link *l)
{
	return &l->peer;
}

struct bytes link_peer_key(const struct link *l)
{
	return BYTES(l->peer_key, l->n_peer_key);
}

const struct noise_extension *link_extension(const struct link *l)
{
	return l->extension;
}

uint64_t link_id(const struct link *l)
{
	return l->id;
}

enum link_reason link_reason(const struct link *l)
{
	return l->reason;
}

uint64_t link_rtt_ns(const struct link *l)
{
	return l->yamux ? yamux_rtt_ns(l->yamux) : 0;
}

struct mono link_up_at(const struct link *l)
{
	return l->up_at;
}

struct link_counts link_counts(const struct link *l)
{
	return l->counts;
}

size_t link_queued(const struct link *l)
{
	return buf_len(&l->out) + l->n_pending + (l->yamux ? yamux_queued(l->yamux) : 0);
}

void link_charge_to(struct link *l, struct budget_account *a)
{
	charge_move(&l->charge, a);
}

struct charge *link_charge(struct link *l)
{
	return &l->charge;
}

void *link_user(const struct link *l)
{
	return l->user;
}

void link_set_user(struct link *l, void *user)
{
	l->user = user;
}

void link_ping(struct link *l, struct mono now)
{
	if (l->state != LINK_STATE_UP)
		return;
	yamux_ping(l->yamux, now);
	link_wants_output(l);
}

struct mono link_ping_sent_at(const struct link *l)
{
	return l->yamux ? yamux_ping_sent_at(l->yamux) : MONO_NEVER;
}
