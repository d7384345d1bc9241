#include "base/limits.h"
#include "share/door_priv.h"

#define PORTION_MIN 512 /* where many are busy; who does less is not */

/*
 * What a consumer says, in portions. Nobody may keep the loop to itself, and who has a quota is not
 * read beyond it: what has come already waits here, and reading from its socket pauses. So nothing
 * of it is lost, and its own program notices as it would notice a slow network.
 *
 * One portion a turn of the loop, for which the clock stands still. Those who are busy share what
 * one of them may have alone, so that many publishers make a turn hardly longer than one.
 */

/* By how many were busy in the last turn, or are in this one. */
static size_t portion(struct door *d)
{
	size_t n;

	if (d->turn_at.ns != d->now.ns) {
		d->turn_at = d->now;
		d->n_busy_before = d->n_busy;
		d->n_busy = 0;
	}
	n = size_max(d->n_busy_before, d->n_busy + 1);
	return size_max(LIMIT_DOOR_TURN / n, PORTION_MIN);
}

static bool has_quota(const struct consumer *c)
{
	return rate_has_room(&c->messages, c->door->now) && rate_has_room(&c->bytes, c->door->now);
}

static bool may_go_on(const struct consumer *c)
{
	return (c->state == CONSUMER_NEW || c->state == CONSUMER_READY) && has_quota(c) &&
	       c->door->work < c->door->work_max;
}

static void count(struct consumer *c, const struct nats_op *op)
{
	c->door->work++;
	if (op->verb != NATS_PUB && op->verb != NATS_HPUB)
		return;
	rate_take(&c->messages, 1, c->door->now);
	rate_take(&c->bytes, op->header.n + op->payload.n, c->door->now);
}

/* Reads until the input is used up, an end, or a wait. */
static void feed(struct consumer *c, struct bytes *io, size_t work_max)
{
	struct door *d = c->door;
	struct nats_op op;
	int r = 0;

	d->work = 0;
	d->work_max = work_max;
	while (r == 0 && may_go_on(c)) {
		r = nats_parser_next(&c->in, io, &op);
		if (r == NATS_E_MORE)
			break;
		/* What an operation put off is done before the next, and never under its feet. */
		d->n_handling++;
		if (r == 0) {
			count(c, &op);
			consumer_handle(c, &op);
		} else {
			consumer_mistook(c, r);
		}
		d->n_handling--;
		door_settle(d);
	}
	d->n_busy += d->work >= PORTION_MIN;
}

static void pause(struct consumer *c, bool paused)
{
	const struct door_ops *ops = c->door->config.ops;

	if (c->is_paused == paused)
		return;
	c->is_paused = paused;
	if (ops->wants_input && c->attached)
		ops->wants_input(c->door->config.user, c->connection, !paused);
}

/* Something is held: when it is its turn, unless its id must be settled first. */
static void schedule(struct consumer *c)
{
	struct door *d = c->door;

	c->go_on_at = mono_add_ns(d->now, 1); /* in the next turn */
	if (!has_quota(c)) {
		c->go_on_at.ns =
			c->messages.due.ns > c->bytes.due.ns ? c->messages.due.ns : c->bytes.due.ns;
		c->throttled_at = mono_is_never(c->throttled_at) ? d->now : c->throttled_at;
	}
	door_deadline_at(d, c->go_on_at);
}

void intake_set_rates(struct consumer *c, uint64_t messages, uint64_t bytes)
{
	if (c->messages.per_second == messages && c->bytes.per_second == bytes)
		return;
	c->messages = (struct rate){ .per_second = messages };
	c->bytes = (struct rate){ .per_second = bytes };
	if (!mono_is_never(intake_deadline(c)))
		schedule(c);
}

static void hold(struct consumer *c, struct bytes rest)
{
	if (rest.n == 0 || c->state == CONSUMER_CLOSING)
		return;
	if (buf_append(&c->held, rest.p, rest.n) < 0) {
		consumer_close(c, NULL);
		return;
	}
	pause(c, true);
	if (c->state != CONSUMER_WAITING)
		schedule(c);
}

void intake_add(struct consumer *c, struct bytes b)
{
	if (buf_len(&c->held) == 0)
		feed(c, &b, portion(c->door));
	hold(c, b);
}

static void go_on(struct consumer *c, size_t work_max)
{
	struct bytes b = buf_data(&c->held);
	size_t n = b.n;

	if (!mono_is_never(c->throttled_at))
		c->throttled_ns += mono_since_ns(c->throttled_at, c->door->now);
	c->throttled_at = MONO_NEVER;
	feed(c, &b, work_max);
	buf_consume(&c->held, n - b.n);
	if (c->state == CONSUMER_CLOSING || c->state == CONSUMER_WAITING)
		return;
	if (b.n > 0) {
		schedule(c);
		return;
	}
	buf_deinit(&c->held);
	buf_init(&c->held, LIMIT_DOOR_HELD_INPUT);
	pause(c, false);
}

void intake_go_on(struct consumer *c)
{
	go_on(c, portion(c->door));
}

struct mono intake_deadline(const struct consumer *c)
{
	bool waits = c->state == CONSUMER_NEW || c->state == CONSUMER_READY;

	return waits && buf_len(&c->held) > 0 ? c->go_on_at : MONO_NEVER;
}

void consumer_hang_up(struct consumer *c, struct mono now)
{
	c->door->now = now;
	for (size_t i = 0; i < LIMIT_DOOR_LAST_TURNS; i++)
		if (!mono_is_never(intake_deadline(c)) && has_quota(c))
			go_on(c, LIMIT_DOOR_TURN);
}
