#include "net/link_priv.h"

#include <stdlib.h>
#include <string.h>

#include "net/link_identity.h"
#include "wire/wr.h"

static const char *const security_proposals[] = { "/noise", NULL };
static const char *const muxer_proposals[] = { LINK_MUXER, NULL };

/* Whatever else is proposed for security, `/tls/1.0.0` first of all, is answered `na`. */
static bool serves_security(void *user __attribute__((unused)), struct bytes protocol)
{
	return bytes_equal(protocol, BYTES_LITERAL("/noise"));
}

static bool serves_muxer(void *user __attribute__((unused)), struct bytes protocol)
{
	return bytes_equal(protocol, BYTES_LITERAL(LINK_MUXER));
}

/* The next handshake message, with its length, into the clear output. */
static int send_noise(struct link *l, struct bytes payload)
{
	_cleanup_(buf_deinit) struct buf message = { 0 };
	struct wr w = wr_to(&l->out);
	int r;

	buf_init(&message, LIMIT_HANDSHAKE_MESSAGE);
	r = noise_write(&l->hs->noise, payload, &message);
	if (r < 0)
		return r;
	wr_be16(&w, (uint16_t)buf_len(&message));
	wr_bytes(&w, buf_data(&message));
	return wr_finish(&w);
}

static int send_identity(struct link *l)
{
	_cleanup_(buf_deinit) struct buf payload = { 0 };
	int r;

	buf_init(&payload, LIMIT_NOISE_PAYLOAD);
	r = link_identity_write(l->config, l->id, noise_static_key(&l->hs->noise), &payload);
	return r < 0 ? r : send_noise(l, buf_data(&payload));
}

int link_handshake_start(struct link *l, const struct peer_id *expected, struct mono now)
{
	struct handshake *hs = calloc(1, sizeof(*hs));
	int r;

	if (!hs)
		return -ENOMEM;
	l->hs = hs;
	hs->deadline = mono_add_ms(now, LIMIT_HANDSHAKE_MS);
	if (expected) {
		hs->has_expected = true;
		hs->expected = *expected;
	}
	noise_init(&hs->noise, l->dialer, &l->config->random);
	if (!l->dialer) {
		mss_init_listener(&hs->mss, serves_security, NULL);
		return 0;
	}
	/* There is one thing to propose, so its first message need not wait for the answer. */
	mss_init_dialer(&hs->mss, security_proposals);
	r = mss_start(&hs->mss, &l->out);
	return r < 0 ? r : send_noise(l, BYTES(NULL, 0));
}

void link_handshake_free(struct link *l)
{
	struct handshake *hs = TAKE_PTR(l->hs);

	if (!hs)
		return;
	mss_deinit(&hs->mss);
	noise_deinit(&hs->noise);
	free(hs);
}

enum link_reason link_handshake_end_reason(const struct link *l)
{
	/* Who goes after our `na` has nothing else to propose. */
	return l->hs && l->hs->mss.has_refused ? LINK_NO_COMMON_PROTOCOL : LINK_CLOSED;
}

/* False, and the link is over, when our own side failed. */
static bool succeeded(struct link *l, int r)
{
	if (r < 0)
		link_end(l, LINK_NO_MEMORY);
	return r >= 0;
}

/* ---- security ---- */

static enum link_reason reason_of(int r)
{
	if (r == MSS_REFUSED || r == MSS_UNSERVED)
		return LINK_NO_COMMON_PROTOCOL;
	return r < 0 ? LINK_NO_MEMORY : LINK_BAD_HANDSHAKE;
}

void link_on_security(struct link *l, struct bytes *io)
{
	struct mss *m = &l->hs->mss;
	int r = mss_input(m, io, &l->out);

	if (r == MSS_AGREED)
		l->state = LINK_STATE_NOISE;
	else if (r == MSS_BAD && !m->has_header)
		link_end(l, LINK_NOT_LIBP2P);
	else if (r != 0)
		link_end(l, reason_of(r));
}

/* ---- who is there ---- */

static int keep_identity(struct link *l, const struct link_identity *who)
{
	uint8_t *key = malloc(who->key.n);
	struct noise_extension *extension = NULL;

	if (who->has_extension)
		extension = malloc(sizeof(*extension));
	if (!key || (who->has_extension && !extension)) {
		free(key);
		free(extension);
		return -ENOMEM;
	}
	memcpy(key, who->key.p, who->key.n);
	if (extension)
		*extension = who->extension;
	l->peer = who->id;
	l->peer_key = key;
	l->n_peer_key = who->key.n;
	l->extension = extension;
	return 0;
}

/* Everything is checked before anything of the peer is believed. False: the link has failed. */
static bool meet(struct link *l, struct bytes payload, struct link_identity *ret)
{
	struct handshake *hs = l->hs;
	int r = link_identity_read(payload, noise_remote_static_key(&hs->noise), ret);

	if (r != 0) {
		link_end(l,
			 r == LINK_IDENTITY_E_MALFORMED ? LINK_BAD_HANDSHAKE : LINK_BAD_IDENTITY);
		return false;
	}
	if (peer_id_equal(&ret->id, &l->config->id)) {
		link_end(l, LINK_SELF);
		return false;
	}
	if (hs->has_expected && !peer_id_equal(&ret->id, &hs->expected)) {
		link_end(l, LINK_WRONG_PEER);
		return false;
	}
	return succeeded(l, keep_identity(l, ret));
}

/* ---- the muxer ---- */

static int send_muxer_text(struct link *l, struct buf *text)
{
	return buf_len(text) == 0 ? 0 : link_record_seal(l, buf_data(text), &l->out);
}

static int muxer_start(struct link *l)
{
	struct mss *m = &l->hs->mss;
	_cleanup_(buf_deinit) struct buf text = { 0 };
	int r;

	mss_deinit(m);
	if (!l->dialer) {
		mss_init_listener(m, serves_muxer, NULL);
		return 0;
	}
	mss_init_dialer(m, muxer_proposals);
	buf_init(&text, LIMIT_MSS_ANSWERS);
	r = mss_start(m, &text);
	return r < 0 ? r : send_muxer_text(l, &text);
}

/*
 * Both have told which muxers they speak, or the peer does not know of that: "the first of the
 * initiator's list that both support" can only be the one we have.
 */
static void choose_muxer(struct link *l, bool peer_has_muxer)
{
	int r = noise_split(&l->hs->noise, &l->send, &l->receive);

	if (r == 0 && peer_has_muxer) {
		link_on_muxed(l, BYTES(NULL, 0));
		return;
	}
	l->state = LINK_STATE_MUXER;
	if (succeeded(l, r))
		(void)succeeded(l, muxer_start(l));
}

void link_on_muxer_text(struct link *l, struct bytes text)
{
	_cleanup_(buf_deinit) struct buf answer = { 0 };
	int r;

	buf_init(&answer, LIMIT_MSS_ANSWERS);
	r = mss_input(&l->hs->mss, &text, &answer);
	if (!succeeded(l, send_muxer_text(l, &answer)))
		return;
	if (r == MSS_AGREED)
		link_on_muxed(l, text);
	else if (r != 0)
		link_end(l, reason_of(r));
}

/* ---- the three messages ---- */

static void on_message_1(struct link *l, struct bytes payload)
{
	/* It is in the clear and signed by nobody: the specification wants it empty. */
	if (payload.n > 0)
		link_end(l, LINK_BAD_HANDSHAKE);
	else
		(void)succeeded(l, send_identity(l));
}

static void on_message_2(struct link *l, struct bytes payload)
{
	struct link_identity who;

	if (meet(l, payload, &who) && succeeded(l, send_identity(l)))
		choose_muxer(l, who.has_muxer);
}

static void on_message_3(struct link *l, struct bytes payload)
{
	struct link_identity who;

	if (meet(l, payload, &who))
		choose_muxer(l, who.has_muxer);
}

void link_on_noise_message(struct link *l, struct bytes message)
{
	_cleanup_(buf_deinit) struct buf payload = { 0 };
	int r;

	buf_init(&payload, LIMIT_NOISE_PAYLOAD);
	r = noise_read(&l->hs->noise, message, &payload);
	if (r != 0) {
		link_end(l, r < 0 ? LINK_NO_MEMORY : LINK_BAD_HANDSHAKE);
		return;
	}
	if (l->dialer)
		on_message_2(l, buf_data(&payload));
	else if (l->hs->noise.step == 1)
		on_message_1(l, buf_data(&payload));
	else
		on_message_3(l, buf_data(&payload));
}
