#include "share/numbers.h"

#include <string.h>

#include "wire/rd.h"
#include "wire/wr.h"

static const char magic[] = "peerline numbers 1\n";

/* ---- writing ---- */

static void write_text(struct wr *w, struct bytes text)
{
	wr_be16(w, (uint16_t)text.n);
	wr_bytes(w, text);
}

static void write_view(struct wr *w, const struct numbers_view *v)
{
	wr_be16(w, v->topic);
	wr_u8(w, v->view);
	wr_u8(w, v->keeps);
	wr_be64(w, v->from);
	wr_be64(w, v->told_from);
	wr_be64(w, v->bytes);
	wr_be64(w, v->pauses);
}

int numbers_encode(const struct numbers *n, struct buf *out)
{
	struct wr w = wr_to(out);
	size_t at = 0;

	wr_text(&w, magic);
	wr_be64(&w, (uint64_t)n->saved_at_ns);
	wr_be16(&w, (uint16_t)n->n_topics);
	for (size_t i = 0; i < n->n_topics; i++) {
		write_text(&w, n->topics[i].name);
		for (size_t k = 0; k < TOPIC_VIEWS; k++) {
			wr_be64(&w, n->topics[i].epoch[k]);
			wr_be64(&w, n->topics[i].seq[k]);
		}
	}
	wr_be16(&w, (uint16_t)n->n_away);
	for (size_t i = 0; i < n->n_away; i++) {
		write_text(&w, n->away[i].who);
		wr_be32(&w, n->away[i].left_ms);
		wr_be16(&w, n->away[i].n_views);
		for (size_t k = 0; k < n->away[i].n_views; k++)
			write_view(&w, &n->views[at++]);
	}
	return wr_finish(&w);
}

/* ---- reading ---- */

static struct bytes read_text(struct rd *r, size_t min, size_t max)
{
	size_t n = rd_be16(r);

	if (n < min || n > max)
		rd_fail(r);
	return rd_bytes(r, n);
}

static size_t read_count(struct rd *r, size_t max)
{
	size_t n = rd_be16(r);

	if (n > max)
		rd_fail(r);
	return rd_is_bad(r) ? 0 : n;
}

static bool is_named(const struct numbers *n, struct bytes name)
{
	for (size_t i = 0; i < n->n_topics; i++)
		if (bytes_equal(n->topics[i].name, name))
			return true;
	return false;
}

static void read_topic(struct rd *r, const struct numbers *n, struct numbers_topic *t)
{
	t->name = read_text(r, 1, LIMIT_GOSSIP_TOPIC_NAME);
	if (is_named(n, t->name))
		rd_fail(r);
	for (size_t k = 0; k < TOPIC_VIEWS; k++) {
		t->epoch[k] = rd_be64(r);
		t->seq[k] = rd_be64(r);
		if (t->seq[k] > NUMBERS_SEQ_MAX)
			rd_fail(r);
	}
}

static bool is_sound(const struct numbers *n, const struct numbers_view *v)
{
	uint64_t end;

	if (v->topic >= n->n_topics || v->view >= TOPIC_VIEWS)
		return false;
	end = n->topics[v->topic].seq[v->view] + 1;
	return v->from >= 1 && v->from <= v->told_from && v->told_from <= end && v->pauses <= end;
}

static void read_view(struct rd *r, struct numbers *n)
{
	struct numbers_view *v = &n->views[n->n_views];
	uint8_t keeps;

	v->topic = rd_be16(r);
	v->view = rd_u8(r);
	keeps = rd_u8(r);
	v->keeps = keeps;
	v->from = rd_be64(r);
	v->told_from = rd_be64(r);
	v->bytes = rd_be64(r);
	v->pauses = rd_be64(r);
	if (keeps > 1 || !is_sound(n, v))
		rd_fail(r);
	n->n_views++;
}

static void read_away(struct rd *r, struct numbers *n, struct numbers_away *a)
{
	a->who = read_text(r, 1, NUMBERS_WHO_MAX);
	a->left_ms = rd_be32(r);
	if (a->left_ms > LIMIT_DOOR_AWAY_MS)
		rd_fail(r);
	a->n_views = (uint16_t)read_count(r, LIMIT_DOOR_AWAY_VIEWS - n->n_views);
	for (size_t k = 0; k < a->n_views && !rd_is_bad(r); k++)
		read_view(r, n);
}

int numbers_decode(struct bytes in, struct numbers *ret)
{
	struct rd r = rd_of(in);
	size_t n;

	ret->n_topics = ret->n_away = ret->n_views = 0;
	if (!bytes_equal(rd_bytes(&r, strlen(magic)), bytes_of_text(magic)))
		return -EBADMSG;
	ret->saved_at_ns = (int64_t)rd_be64(&r);
	n = read_count(&r, LIMIT_DOOR_TOPICS);
	for (; ret->n_topics < n && !rd_is_bad(&r); ret->n_topics++)
		read_topic(&r, ret, &ret->topics[ret->n_topics]);
	n = read_count(&r, LIMIT_DOOR_AWAY);
	for (; ret->n_away < n && !rd_is_bad(&r); ret->n_away++)
		read_away(&r, ret, &ret->away[ret->n_away]);
	return rd_finish(&r) == 0 ? 0 : -EBADMSG;
}
