/* covers: src/share/consumer.c src/share/greeting.c src/share/publish.c src/share/subscription.c */
/*
 * Whatever a consumer sends: how it was split makes no difference to what it hears, a neighbour
 * that does not read holds no more than its maximum, and everything is given back when they leave.
 *
 * The first byte chooses where the consumer comes from, whether it begins with a good CONNECT,
 * whether the neighbour, whose id is "x", lives, whether Teranode's rules hold, and whether that
 * CONNECT shows a token of its own: then nothing is heard, published and asked but what its rights
 * cover.
 */

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/door.h"
#include "share/rights.h"
#include "wire/nats_line.h"

#define CONSUMER_BYTES (32 * KIB)
#define HELLO_WITH(token, name)                                                                    \
	"CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,"   \
	"\"protocol\":1,\"auth_token\":\"" token "\",\"name\":\"" name "\"}\r\n"
#define HELLO_AS(name) HELLO_WITH("t", name)
#define ENTRY_TOKEN "sixteen-letters-x"
#define ENTRY_SUBSCRIPTIONS 6
#define FLAGS_ENTRY (2 | 64)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct node {
	struct door *door;
	struct random_seeded seed;
	uint64_t ticket;
	bool restricted; /* the consumer is the entry */
};

/* Topics "/e0" to "/e5" are refused, each for another reason. */
static int refusal(struct bytes topic)
{
	static const int errors[] = { -ENOSPC, -EMSGSIZE, -EINVAL, -ENOMEM, -EACCES, -EIO };

	if (topic.n != 3 || memcmp(topic.p, "/e", 2) != 0 || topic.p[2] < '0' || topic.p[2] > '5')
		return 0;
	return errors[topic.p[2] - '0'];
}

static int on_join(void *user, struct bytes topic)
{
	(void)user;
	ASSERT(topic.n <= LIMIT_GOSSIP_TOPIC_NAME);
	return topic.n > 100 ? -ENOSPC : refusal(topic);
}

static void on_leave(void *user, struct bytes topic)
{
	(void)user;
	ASSERT(topic.n <= 100);
}

/* Every message is put to who validates before it comes. */
static void ask(struct node *node, const struct gossip_delivery *m)
{
	const struct door_question question = { .ticket = 1, .wait_ms = 1000 };

	(void)!door_validate(node->door, m, &question, (struct mono){ NS_PER_S });
}

static void on_verdict(void *user, uint64_t ticket, enum gossip_verdict verdict)
{
	(void)user;
	ASSERT(ticket == 1);
	ASSERT(verdict == GOSSIP_ACCEPT || verdict == GOSSIP_IGNORE || verdict == GOSSIP_REJECT);
}

static void on_author_skipped(void *user, const struct peer_id *author, struct bytes topic)
{
	(void)user;
	ASSERT(author->n > 0 && topic.n <= 100);
}

static int on_publish(void *user, struct bytes topic, struct bytes data, const char **ret_text)
{
	struct gossip_delivery m = {
		.topic = topic,
		.data = data,
		.id = { .n = 1 },
		.from = { .n = 1 },
	};
	struct node *node = user;

	ASSERT(!node->restricted || bytes_equal(topic, BYTES_LITERAL("/t")));
	if (data.n > 100) {
		*ret_text = "too large for this test";
		return -EMSGSIZE;
	}
	if (refusal(topic) < 0)
		return refusal(topic);
	ask(node, &m);
	door_deliver(node->door, &m, false, (struct wall){ 0 }, (struct mono){ NS_PER_S });
	return 0;
}

/* Every second request is answered at the next one. */
static void on_api(void *user, struct bytes verb, struct bytes body, uint64_t ticket)
{
	struct node *node = user;

	(void)body;
	ASSERT(!node->restricted || bytes_equal(verb, BYTES_LITERAL("STATUS")));
	if (node->ticket == 0) {
		node->ticket = ticket;
		return;
	}
	door_api_reply(node->door, node->ticket, verb);
	door_api_reply(node->door, ticket, verb);
	node->ticket = 0;
}

static void on_gap(void *user, const struct door_gap *gap)
{
	struct node *node = user;
	struct buf json;

	ASSERT(gap->count > 0);
	ASSERT(!gap->has_seq || gap->to - gap->from + 1 >= gap->count);
	buf_init(&json, 8192);
	door_gap_json(gap, (struct wall){ 0 }, &json);
	door_event(node->door, "GAP", buf_data(&json));
	buf_deinit(&json);
}

static void on_mark(void *user, void *connection)
{
	(void)user;
	*(int *)connection += 1;
}

static const struct door_ops ops = {
	.topic_join = on_join,
	.topic_leave = on_leave,
	.topic_publish = on_publish,
	.api = on_api,
	.on_gap = on_gap,
	.verdict = on_verdict,
	.on_author_skipped = on_author_skipped,
	.wants_output = on_mark,
	.wants_close = on_mark,
};

static void node_init(struct node *node, bool teranode_rules)
{
	struct door_config config = {
		.server_name = "fuzz",
		.version = "0",
		.host = "h",
		.token = "t",
		.topic_prefix = "p/",
		.client_name = "fuzz",
		.teranode_rules = teranode_rules,
		.consumer_bytes = CONSUMER_BYTES,
		.ops = &ops,
		.user = node,
	};

	*node = (struct node){ 0 };
	random_seeded_init(&node->seed, 1);
	config.random = random_seeded_source(&node->seed);
	ASSERT(door_new(&config, &node->door) == 0);
}

static void let_in_entry(struct node *node)
{
	static const struct {
		enum rights_kind kind;
		const char *pattern;
	} allowed[] = {
		{ RIGHTS_SUBSCRIBE, "a.*" }, { RIGHTS_SUBSCRIBE, "topic.>" },
		{ RIGHTS_PUBLISH, "a.>" },   { RIGHTS_PUBLISH, "topic./t" },
		{ RIGHTS_SERVE, "method" },  { RIGHTS_API, "STATUS" },
	};
	struct rights_table *t = rights_table_new("p/");
	struct door_rights_change change;
	struct rights *entry;

	ASSERT(t && rights_table_add(t, "entry", ENTRY_TOKEN, &entry) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		ASSERT(rights_allow(t, entry, allowed[i].kind, allowed[i].pattern) == 0);
	entry->messages_rate = 20;
	entry->bytes_rate = 2000;
	entry->subscriptions = ENTRY_SUBSCRIPTIONS;
	door_set_rights(node->door, t, (struct mono){ NS_PER_S }, &change);
	node->restricted = true;
}

static bool starts(struct bytes b, const char *with)
{
	return b.n >= strlen(with) && memcmp(b.p, with, strlen(with)) == 0;
}

static bool entry_may_hear(struct bytes subject)
{
	if (starts(subject, "a."))
		return !memchr(subject.p + 2, '.', subject.n - 2);
	return starts(subject, "topic.") || starts(subject, "_") ||
	       bytes_equal(subject, BYTES_LITERAL("serve.method"));
}

static void check_heard(struct bytes heard)
{
	struct nats_parser parser;
	struct nats_op op;
	int r;

	nats_parser_init(&parser, NATS_VERBS_OF_SERVER, LIMIT_DOOR_CONTROL_LINE,
			 LIMIT_DOOR_PAYLOAD);
	while ((r = nats_parser_next(&parser, &heard, &op)) == 0)
		if (op.verb == NATS_MSG || op.verb == NATS_HMSG)
			ASSERT(entry_may_hear(op.subject));
	ASSERT(r == NATS_E_MORE && heard.n == 0);
	nats_parser_deinit(&parser);
}

static size_t waiting(struct consumer *c)
{
	struct bytes v[4096];
	size_t n = consumer_output(c, v, ARRAY_SIZE(v)), total = 0;

	for (size_t i = 0; i < n; i++)
		total += v[i].n;
	return total;
}

static void take_output(struct consumer *c, struct buf *heard)
{
	struct bytes v[16];
	size_t n;

	while ((n = consumer_output(c, v, ARRAY_SIZE(v))) > 0) {
		for (size_t i = 0; i < n; i++) {
			ASSERT(buf_append(heard, v[i].p, v[i].n) == 0);
			consumer_sent(c, v[i].n);
		}
	}
}

/* As take_output(), of the consumer. */
static void listen_to(const struct node *node, struct consumer *c, struct buf *heard)
{
	size_t before = buf_len(heard);

	take_output(c, heard);
	if (node->restricted)
		check_heard(BYTES(buf_data(heard).p + before, buf_len(heard) - before));
}

static void info_is_sane(void *user, const struct consumer_info *info)
{
	(void)user;
	if (strcmp(info->rights->name, "entry") == 0)
		ASSERT(info->n_subscriptions <= ENTRY_SUBSCRIPTIONS);
	ASSERT(info->n_subscriptions <= LIMIT_DOOR_SUBSCRIPTIONS);
	ASSERT(info->bytes_held <= CONSUMER_BYTES + LIMIT_DOOR_SUBSCRIPTION_BYTES +
					   LIMIT_DOOR_PAYLOAD + LIMIT_DOOR_HELD_INPUT +
					   2 * LIMIT_DOOR_CONTROL_LINE);
}

/* A neighbour that wants almost everything and has almost no room left. */
static struct consumer *attach_stuck(struct door *d, void *mark, struct mono now)
{
	static const uint8_t load[6000];
	struct consumer *c;

	ASSERT(door_attach(d, DOOR_UNIX_OWNER, mark, now, &c) == 0);
	ASSERT(consumer_input(
		       c,
		       BYTES_LITERAL(HELLO_AS(
			       "x") "SUB a.> 1\r\nSUB topic.> 2\r\nSUB $PL.> 3\r\nSUB a.* q 4\r\n"),
		       now) == 0);
	for (size_t i = 0; i < 2; i++)
		door_event(d, "LOAD", BYTES(load, sizeof(load)));
	return c;
}

/* Pieces of `step` bytes in memory of their own. */
static void feed(struct consumer *c, struct consumer *stuck, struct bytes all, size_t step)
{
	for (size_t at = 0; at < all.n; at += step) {
		size_t n = size_min(step, all.n - at);
		uint8_t *piece = malloc(n);

		ASSERT(piece);
		memcpy(piece, all.p + at, n);
		ASSERT(consumer_input(c, BYTES(piece, n), (struct mono){ NS_PER_S }) >= 0);
		free(piece);
		ASSERT(waiting(stuck) <= CONSUMER_BYTES && waiting(c) <= CONSUMER_BYTES);
	}
}

/* Output is taken at the end, so that the split does not decide what fits. */
static void converse(struct bytes all, size_t step, struct buf *heard)
{
	uint8_t flags = all.p[0];
	struct mono now = { NS_PER_S };
	struct consumer *c, *stuck;
	int marks[2] = { 0 };
	struct node node;

	node_init(&node, flags & 8);
	stuck = attach_stuck(node.door, &marks[0], now);
	ASSERT(door_attach(node.door, flags & 1 ? DOOR_UNIX_OWNER : DOOR_TCP, &marks[1], now, &c) ==
	       0);
	if ((flags & FLAGS_ENTRY) == FLAGS_ENTRY) {
		let_in_entry(&node);
		ASSERT(consumer_input(c, BYTES_LITERAL(HELLO_WITH(ENTRY_TOKEN, "")), now) == 0);
	} else if (flags & 2) {
		ASSERT(consumer_input(c, BYTES_LITERAL(HELLO_AS("")), now) == 0);
	}
	feed(c, stuck, BYTES(all.p + 1, all.n - 1), step);
	door_consumers(node.door, info_is_sane, NULL);
	listen_to(&node, c, heard);
	if (flags & 4)
		ASSERT(consumer_input(stuck, BYTES_LITERAL("PONG\r\n"), now) == 0);
	door_tick(node.door, mono_add_ms(now, 3000));
	take_output(stuck, heard);
	door_event(node.door, "END", BYTES_LITERAL("{}"));
	(void)on_publish(&node, BYTES_LITERAL("/t"), BYTES_LITERAL("x"), NULL);
	take_output(stuck, heard);
	listen_to(&node, c, heard);
	door_detach(node.door, stuck);
	door_detach(node.door, c);
	ASSERT(door_n_consumers(node.door) == 0);
	door_free(node.door);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t steps[] = { 1, 13 };
	struct bytes all = BYTES(data, size);
	struct buf whole, split;

	if (size < 1 || size > 8192)
		return 0;
	buf_init(&whole, 1 << 20);
	buf_init(&split, 1 << 20);
	converse(all, size, &whole);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		buf_clear(&split);
		converse(all, steps[i], &split);
		ASSERT(bytes_equal(buf_data(&whole), buf_data(&split)));
	}
	buf_deinit(&whole);
	buf_deinit(&split);
	return 0;
}
