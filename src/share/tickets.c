#include <stdlib.h>
#include <string.h>

#include "share/door_priv.h"

static void ticket_free(struct door *d, struct ticket *t)
{
	map_remove(&d->tickets, &t->by_number);
	if (t->consumer)
		t->consumer->n_tickets--;
	free(t);
}

static void answer(struct door *d, struct bytes reply, struct bytes json)
{
	struct letter l = { .subject = reply, .payload = json };

	if (reply.n > 0)
		deliver(d, &l);
}

static struct ticket *ticket_new(struct consumer *c, struct bytes reply)
{
	struct door *d = c->door;
	struct ticket *t;

	if (c->n_tickets >= LIMIT_DOOR_TICKETS_PER_CONSUMER)
		return NULL;
	t = calloc(1, sizeof(*t) + reply.n);
	if (!t)
		return NULL;
	t->number = ++d->last_number;
	t->n_reply = reply.n;
	if (reply.n > 0)
		memcpy(t->reply, reply.p, reply.n);
	if (map_put(&d->tickets, &t->by_number, BYTES(&t->number, sizeof(t->number))) < 0) {
		free(t);
		return NULL;
	}
	t->consumer = c;
	c->n_tickets++;
	return t;
}

void ticket_open(struct consumer *c, struct bytes verb, const struct nats_op *op)
{
	struct door *d = c->door;
	struct ticket *t;

	if (op->payload.n > LIMIT_API_REQUEST) {
		answer(d, op->reply,
		       BYTES_LITERAL("{\"error\":{\"code\":\"E_TOO_LARGE\",\"text\":\"a control "
				     "request is at most 65536 bytes\"}}"));
		return;
	}
	t = ticket_new(c, op->reply);
	if (!t) {
		answer(d, op->reply,
		       BYTES_LITERAL("{\"error\":{\"code\":\"E_BUSY\",\"text\":\"too many control "
				     "requests wait for their answers; ask again later\"}}"));
		return;
	}
	d->config.ops->api(d->config.user, verb, op->payload, t->number);
}

void door_api_reply(struct door *d, uint64_t number, struct bytes json)
{
	struct map_node *found = map_find(&d->tickets, BYTES(&number, sizeof(number)));
	struct ticket *t;

	if (!found)
		return;
	t = container_of(found, struct ticket, by_number);
	if (json.n > LIMIT_DOOR_PAYLOAD)
		json = BYTES_LITERAL(
			"{\"error\":{\"code\":\"E_TOO_LARGE\",\"text\":\"the answer is "
			"larger than one message may be\"}}");
	answer(d, BYTES(t->reply, t->n_reply), json);
	ticket_free(d, t);
	door_settle(d);
}

/* The answers still come, and find nobody. */
void tickets_forget(struct consumer *c)
{
	struct door *d = c->door;

	if (c->n_tickets == 0)
		return;
	for (struct map_node *it = map_first(&d->tickets); it; it = map_next(&d->tickets, it)) {
		struct ticket *t = container_of(it, struct ticket, by_number);

		if (t->consumer == c)
			t->consumer = NULL;
	}
	c->n_tickets = 0;
}

void tickets_free(struct door *d)
{
	struct map_node *it;

	while ((it = map_first(&d->tickets)))
		ticket_free(d, container_of(it, struct ticket, by_number));
	map_deinit(&d->tickets);
}
