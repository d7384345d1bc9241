#include "base/limits.h"
#include "share/door_priv.h"
#include "wire/teranode.h"
#include "wire/utf8.h"
#include "wire/wr.h"

/*
 * `payload.<topic>`: what a message's envelope holds, for who does not want to open envelopes. It
 * is opened once, and only while somebody wants it. What is no good is dropped before it gets a
 * number, so that readers see no hole where nothing was for them.
 */

/* By who is here, or by who may come back and is then told by the numbers what it missed. */
static bool is_wanted(struct door *d, const struct view *v)
{
	if (v->n_away > 0)
		return true;
	subjects_match(&d->subjects, v->subject);
	return d->subjects.n_hits > 0;
}

static bool is_ours(const struct door *d, const struct gossip_delivery *m)
{
	return peer_id_equal(&m->from, &d->config.id);
}

static void tell_skipped(struct door *d, const struct gossip_delivery *m)
{
	d->counts.authors_skipped++;
	if (d->author_told_at.ns > 0 &&
	    !mono_reached(mono_add_ms(d->author_told_at, LIMIT_AUTHOR_TOLD_MS), d->now))
		return;
	d->author_told_at = d->now;
	if (d->config.ops->on_author_skipped)
		d->config.ops->on_author_skipped(d->config.user, &m->from, m->topic);
}

/* Our own consumers may publish anything where no rules hold: that must not make us skip
 * ourselves. */
static void on_malformed(struct door *d, struct topic *t, const struct gossip_delivery *m)
{
	d->counts.payload_malformed++;
	t->counts.payload_malformed++;
	if (!is_ours(d, m) && authors_malformed(&d->authors, &m->from, m->seqno, d->now))
		tell_skipped(d, m);
}

static void on_mismatched(struct door *d, struct topic *t, const struct gossip_delivery *m)
{
	d->counts.payload_mismatched++;
	t->counts.payload_mismatched++;
	if (!is_ours(d, m))
		authors_mismatched(&d->authors, &m->from, d->now);
}

/* On Teranode's topics the payload names its author; only the envelope's is signed. */
static bool names_its_author(struct bytes payload, const struct gossip_delivery *m)
{
	enum teranode_kind kind = teranode_kind_of(m->topic);
	struct teranode_payload p;

	if (kind == TERANODE_OTHER)
		return true;
	return teranode_payload_decode(kind, payload, &p) == 0 && teranode_author_is(&p, &m->from);
}

/* Into door.name and door.data. */
static bool open_envelope(struct door *d, struct topic *t, const struct gossip_delivery *m)
{
	int r;

	if (authors_is_skipped(&d->authors, &m->from, d->now)) {
		d->counts.payload_skipped++;
		t->counts.payload_skipped++;
		return false;
	}
	r = teranode_envelope_decode(m->data, &d->name, &d->data);
	if (r == -EBADMSG) {
		on_malformed(d, t, m);
		return false;
	}
	if (r < 0) {
		d->counts.payload_failed++;
		t->counts.payload_failed++;
		return false;
	}
	if (!names_its_author(buf_data(&d->data), m)) {
		on_mismatched(d, t, m);
		return false;
	}
	return true;
}

/* A name for a header: what cannot be shown becomes `?`. */
static struct bytes shown_name(struct bytes name, struct buf *out)
{
	struct wr w = wr_to(out);

	while (name.n > 0 && w.error == 0) {
		struct utf8_char c = utf8_first(name);

		utf8_write(&w, utf8_is_printable(c.point) ? c.point : '?');
		name = BYTES(name.p + c.n, name.n - c.n);
	}
	return buf_data(out);
}

void payload_deliver(struct door *d, struct topic *t, const struct about *about)
{
	struct letter l = { .view = &t->views[TOPIC_PAYLOAD], .from = d->publishing };
	struct about with_name = *about;
	struct bytes name;
	struct buf shown;

	if (!is_wanted(d, l.view) || !open_envelope(d, t, about->message))
		return;
	buf_init(&shown, LIMIT_PAYLOAD_NAME);
	name = shown_name(buf_data(&d->name), &shown);
	with_name.name = &name;
	l.payload = buf_data(&d->data);
	announce(d, &l, &with_name);
	buf_deinit(&shown);
	buf_clear(&d->data);
}
