#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/door_priv.h"
#include "share/json_text.h"
#include "wire/multibase.h"
#include "wire/nats_headers.h"
#include "wire/wr.h"

#define EVENT_PREFIX "$PL.EVENT."

static void write_headers(struct wr *w, const struct view *v, const struct about *about)
{
	const struct gossip_delivery *m = about->message;
	char from[PEER_ID_TEXT_MAX], via[PEER_ID_TEXT_MAX], id[2 * GOSSIP_ID_MAX + 1];
	char epoch[17], seq[24], ms[24];
	int n_seq = snprintf(seq, sizeof(seq), "%llu", (unsigned long long)v->seq);
	int n_ms = snprintf(ms, sizeof(ms), "%lld",
			    (long long)(about->received.ns / (int64_t)NS_PER_MS));

	snprintf(epoch, sizeof(epoch), "%016llx", (unsigned long long)v->epoch);
	hex_encode(BYTES(m->id.b, m->id.n), id);
	nats_headers_begin(w);
	nats_headers_add(w, "Pl-From", bytes_of_text(peer_id_text(&m->from, from)));
	nats_headers_add(w, "Pl-Verified", bytes_of_text(about->verified ? "yes" : "no"));
	nats_headers_add(w, "Pl-Via", bytes_of_text(peer_id_text(&m->via, via)));
	nats_headers_add(w, "Pl-Msg-Id", bytes_of_text(id));
	nats_headers_add(w, "Pl-Epoch", BYTES(epoch, 16));
	nats_headers_add(w, "Pl-Seq", BYTES(seq, (size_t)n_seq));
	nats_headers_add(w, "Pl-Received", BYTES(ms, (size_t)n_ms));
	if (about->name)
		nats_headers_add(w, "Pl-Name", *about->name);
	nats_headers_end(w);
}

size_t announce(struct door *d, struct letter *l, const struct about *about)
{
	struct wr w = wr_to(&d->scratch);

	l->seq = ++l->view->seq;
	l->view->n_bytes += l->payload.n;
	l->subject = l->view->subject;
	l->via = &about->message->via;
	buf_clear(&d->scratch);
	write_headers(&w, l->view, about);
	if (wr_finish(&w) == 0)
		l->header = buf_data(&d->scratch);
	return deliver(d, l);
}

void door_deliver(struct door *d, const struct gossip_delivery *m, bool verified,
		  struct wall received, struct mono now)
{
	const struct about about = { .message = m, .verified = verified, .received = received };
	struct letter l = { .payload = m->data, .from = d->publishing };
	struct topic *t;

	d->now = now;
	memory_count(d);
	if (topic_get(d, m->topic, &t) < 0)
		return; /* nobody named it, and there is no room to count it for wildcards */
	l.view = &t->views[TOPIC_RAW];
	announce(d, &l, &about);
	payload_deliver(d, t, &about);
	door_settle(d);
}

void door_event(struct door *d, const char *kind, struct bytes json)
{
	char subject[64];
	int n = snprintf(subject, sizeof(subject), EVENT_PREFIX "%s", kind);
	struct letter l = { .payload = json };

	l.subject = BYTES(subject, size_min((size_t)n, sizeof(subject) - 1));
	deliver(d, &l);
	door_settle_later(d);
}

void door_gap_json(const struct door_gap *gap, struct wall at, struct buf *out)
{
	static const char *const why[] = {
		[DOOR_GAP_SLOW] = "slow",
		[DOOR_GAP_AWAY] = "away",
		[DOOR_GAP_RESTART] = "restart",
	};
	json_t *o = json_pack("{s:I, s:s, s:s, s:o, s:I, s:I}", "at_ms",
			      (json_int_t)(at.ns / (int64_t)NS_PER_MS), "why", why[gap->why],
			      "consumer", gap->consumer, "subject", json_text(gap->subject),
			      "count", (json_int_t)gap->count, "bytes", (json_int_t)gap->bytes);
	char *text;

	buf_clear(out);
	if (o && gap->has_seq) {
		(void)json_object_set_new(o, "from", json_integer((json_int_t)gap->from));
		(void)json_object_set_new(o, "to", json_integer((json_int_t)gap->to));
	}
	text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	if (text && buf_append(out, text, strlen(text)) < 0)
		buf_clear(out);
	free(text);
	json_decref(o);
}
