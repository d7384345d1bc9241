#ifndef PL_TESTS_UNIT_SHARE_DOOR_FIXTURE_H
#define PL_TESTS_UNIT_SHARE_DOOR_FIXTURE_H

/*
 * A door with a node that only takes notes: consumers are attached, fed text, and what they would
 * be sent is read as text.
 *
 *     struct fixture f; fixture_init(&f); struct client *a = client_new(&f, DOOR_TCP, "name");
 *     say(a, "SUB x 1\r\n"); assert_heard(a, "..."); fixture_deinit(&f);
 */

#include <stdio.h>

#include "test.h"

#include "base/limits.h"
#include "share/door.h"

#define TOKEN "s3cret"
#define CLIENTS_MAX 16
#define HELLO_AS(name)                                                                             \
	"CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,"   \
	"\"protocol\":1,\"auth_token\":\"" TOKEN "\",\"name\":\"" name "\"}\r\n"
#define HELLO HELLO_AS("")

struct fixture;

struct client {
	struct fixture *f;
	struct consumer *c;
	int ended; /* what the last consumer_input() said */
	bool wants_close;
	bool is_paused;
	size_t n_wakes;
	struct buf heard;
};

struct fixture {
	struct door *door;
	struct random_seeded seed;
	struct mono now;
	struct client clients[CLIENTS_MAX];
	size_t n_clients;
	struct buf notes;   /* one line per callback */
	int join_answer;    /* of topic_join */
	int publish_answer; /* of topic_publish */
	bool loops_back;    /* what is published to a topic comes back at once, as from gossip */
	bool answers_api;   /* at once, with the verb */
	uint64_t ticket;    /* the last one */
	uint64_t seqno;     /* of the next message that gossip brings */
};

/* "<word> <a> <b>", without what is empty. */
static void note(struct fixture *f, const char *word, struct bytes a, struct bytes b)
{
	assert_int_equal(buf_append(&f->notes, word, strlen(word)), 0);
	if (a.n > 0)
		assert_int_equal(buf_append(&f->notes, " ", 1), 0);
	assert_int_equal(buf_append(&f->notes, a.p, a.n), 0);
	if (b.n > 0)
		assert_int_equal(buf_append(&f->notes, " ", 1), 0);
	assert_int_equal(buf_append(&f->notes, b.p, b.n), 0);
	assert_int_equal(buf_append(&f->notes, "\n", 1), 0);
}

static int fixture_join(void *user, struct bytes topic)
{
	struct fixture *f = user;

	note(f, "join", topic, BYTES(NULL, 0));
	return f->join_answer;
}

static void fixture_leave(void *user, struct bytes topic)
{
	note(user, "leave", topic, BYTES(NULL, 0));
}

/* The peer id that ends with this byte; 0 is the one whose messages come, 255 the node's own. */
static inline struct peer_id peer_id_of(uint8_t last)
{
	struct peer_id id = { .n = 38, .b = "\x00\x24\x08\x01\x12\x20" };

	id.b[37] = last;
	return id;
}

static inline struct gossip_delivery message_of(uint8_t from, struct bytes topic, struct bytes data)
{
	return (struct gossip_delivery){
		.topic = topic,
		.data = data,
		.id = { 2, { 0xab, 0xcd } },
		.from = peer_id_of(from),
		.via = peer_id_of(1),
	};
}

/* A message of `topic` as gossip delivers it. */
static inline void gossip_brings_from(struct fixture *f, uint8_t from, struct bytes topic,
				      struct bytes data)
{
	struct gossip_delivery m = message_of(from, topic, data);

	m.seqno = f->seqno++;
	door_deliver(f->door, &m, true, (struct wall){ 1700000000123 * (int64_t)NS_PER_MS },
		     f->now);
}

static inline void gossip_brings(struct fixture *f, struct bytes topic, struct bytes data)
{
	gossip_brings_from(f, 0, topic, data);
}

/* The same before it is accepted; `ticket` is gossip's. */
static inline bool gossip_asks(struct fixture *f, struct bytes topic, struct bytes data,
			       uint64_t ticket)
{
	const struct gossip_delivery m = message_of(0, topic, data);

	return door_validate(f->door, &m,
			     &(struct door_question){ .ticket = ticket, .wait_ms = 1000 }, f->now);
}

static int fixture_publish(void *user, struct bytes topic, struct bytes data, const char **ret_text)
{
	struct fixture *f = user;

	note(f, "publish", topic, data);
	if (f->publish_answer == -EPERM)
		*ret_text = "this topic is not yours";
	if (f->publish_answer == 0 && f->loops_back)
		gossip_brings(f, topic, data);
	return f->publish_answer;
}

static void fixture_api(void *user, struct bytes verb, struct bytes body, uint64_t ticket)
{
	struct fixture *f = user;

	note(f, "api", verb, body);
	f->ticket = ticket;
	if (f->answers_api)
		door_api_reply(f->door, ticket, verb);
}

static void fixture_gap(void *user, const struct door_gap *gap)
{
	static const char *const why[] = {
		[DOOR_GAP_SLOW] = "",
		[DOOR_GAP_AWAY] = "away",
		[DOOR_GAP_RESTART] = "restart",
	};
	struct fixture *f = user;
	char line[256];
	struct buf json;

	snprintf(line, sizeof(line), "gap %s %d missed %d-%d", gap->consumer, (int)gap->count,
		 (int)gap->from, (int)gap->to);
	note(f, line, gap->subject, bytes_of_text(why[gap->why]));
	buf_init(&json, 4096);
	door_gap_json(gap, (struct wall){ 7 * (int64_t)NS_PER_MS }, &json);
	door_event(f->door, "GAP", buf_data(&json));
	buf_deinit(&json);
}

static void fixture_verdict(void *user, uint64_t ticket, enum gossip_verdict verdict)
{
	static const char *const words[] = {
		[GOSSIP_ACCEPT] = "accept",
		[GOSSIP_IGNORE] = "ignore",
		[GOSSIP_REJECT] = "reject",
	};
	char line[64];

	snprintf(line, sizeof(line), "verdict %d", (int)ticket);
	note(user, line, bytes_of_text(words[verdict]), BYTES(NULL, 0));
}

static void fixture_author_skipped(void *user, const struct peer_id *author, struct bytes topic)
{
	char line[64];

	snprintf(line, sizeof(line), "skips %d", author->b[37]);
	note(user, line, topic, BYTES(NULL, 0));
}

static void fixture_validator_slow(void *user, const char *consumer, struct bytes topic, uint64_t n)
{
	char line[64];

	snprintf(line, sizeof(line), "slow %d", (int)n);
	note(user, line, bytes_of_text(consumer), topic);
}

static void fixture_lag(void *user, const char *consumer, bool lags, const struct door_lag *lag)
{
	char line[96] = "";

	if (lags)
		snprintf(line, sizeof(line), "%d %d", (int)lag->messages, (int)lag->bytes);
	note(user, lags ? "lags" : "reads", bytes_of_text(consumer), bytes_of_text(line));
}

static void fixture_refused(void *user, const struct door_refusal *r)
{
	char line[256];

	snprintf(line, sizeof(line), "refused %s %s of %s, %d left out:", door_refused_text(r->why),
		 r->consumer, r->credentials ? r->credentials : "nobody", (int)r->left_out);
	note(user, line, bytes_of_text(r->text), BYTES(NULL, 0));
}

static void fixture_wants_output(void *user, void *connection)
{
	(void)user;
	((struct client *)connection)->n_wakes++;
}

static void fixture_wants_input(void *user, void *connection, bool wanted)
{
	(void)user;
	((struct client *)connection)->is_paused = !wanted;
}

static void fixture_wants_close(void *user, void *connection)
{
	(void)user;
	((struct client *)connection)->wants_close = true;
}

static const struct door_ops fixture_ops = {
	.topic_join = fixture_join,
	.topic_leave = fixture_leave,
	.topic_publish = fixture_publish,
	.api = fixture_api,
	.on_gap = fixture_gap,
	.on_lag = fixture_lag,
	.on_refused = fixture_refused,
	.verdict = fixture_verdict,
	.on_author_skipped = fixture_author_skipped,
	.on_validator_slow = fixture_validator_slow,
	.wants_output = fixture_wants_output,
	.wants_input = fixture_wants_input,
	.wants_close = fixture_wants_close,
};

struct fixture_rules {
	bool teranode;
	enum door_slow slow;
};

static inline void fixture_init_under(struct fixture *f, size_t consumer_bytes,
				      struct fixture_rules rules)
{
	*f = (struct fixture){ .now = { NS_PER_S } };
	random_seeded_init(&f->seed, 7);
	buf_init(&f->notes, 1 << 20);
	assert_int_equal(door_new(
				 &(struct door_config){
					 .server_name = "peerline",
					 .version = "0.1.0",
					 .host = "127.0.0.1",
					 .port = 4222,
					 .token = TOKEN,
					 .client_name = "peerline",
					 .id = peer_id_of(255),
					 .teranode_rules = rules.teranode,
					 .slow = rules.slow,
					 .topic_prefix = "teranode/bitcoin/1.0.0/",
					 .consumer_bytes = consumer_bytes,
					 .random = random_seeded_source(&f->seed),
					 .ops = &fixture_ops,
					 .user = f,
				 },
				 &f->door),
			 0);
}

static inline void fixture_init_with(struct fixture *f, size_t consumer_bytes, bool teranode_rules)
{
	fixture_init_under(f, consumer_bytes, (struct fixture_rules){ .teranode = teranode_rules });
}

static inline void fixture_init_slow(struct fixture *f, size_t consumer_bytes, enum door_slow slow)
{
	fixture_init_under(f, consumer_bytes, (struct fixture_rules){ .slow = slow });
}

static inline void fixture_init_bytes(struct fixture *f, size_t consumer_bytes)
{
	fixture_init_with(f, consumer_bytes, false);
}

static inline void fixture_init(struct fixture *f)
{
	fixture_init_bytes(f, LIMIT_DOOR_CONSUMER_BYTES);
}

static inline void fixture_deinit(struct fixture *f)
{
	door_free(f->door);
	for (size_t i = 0; i < f->n_clients; i++)
		buf_deinit(&f->clients[i].heard);
	buf_deinit(&f->notes);
}

/* Takes everything that waits, three pieces and eleven bytes at most at a time. */
static inline void hear(struct client *cl)
{
	struct bytes v[3];
	size_t n;

	while (cl->c && (n = consumer_output(cl->c, v, ARRAY_SIZE(v))) > 0) {
		size_t n_taken = 0;

		for (size_t i = 0; i < n; i++) {
			assert_true(v[i].n > 0);
			assert_int_equal(buf_append(&cl->heard, v[i].p, v[i].n), 0);
			n_taken += v[i].n;
		}
		consumer_sent(cl->c, n_taken / 2);
		consumer_sent(cl->c, n_taken - n_taken / 2);
	}
}

static inline void forget(struct client *cl)
{
	hear(cl);
	buf_clear(&cl->heard);
}

static inline void say_bytes(struct client *cl, struct bytes b)
{
	cl->ended = consumer_input(cl->c, b, cl->f->now);
}

static inline void say(struct client *cl, const char *text)
{
	say_bytes(cl, bytes_of_text(text));
}

/* Attached, INFO taken away. */
static inline struct client *client_attach(struct fixture *f, enum door_via via)
{
	struct client *cl = &f->clients[f->n_clients++];

	assert_true(f->n_clients <= CLIENTS_MAX);
	*cl = (struct client){ .f = f };
	buf_init(&cl->heard, 64 << 20);
	assert_int_equal(door_attach(f->door, via, cl, f->now, &cl->c), 0);
	forget(cl);
	return cl;
}

static inline struct client *client_new(struct fixture *f)
{
	struct client *cl = client_attach(f, DOOR_TCP);

	say(cl, HELLO);
	assert_int_equal(cl->ended, 0);
	return cl;
}

static inline void client_gone(struct client *cl)
{
	door_detach(cl->f->door, cl->c);
	cl->c = NULL;
}

static inline void pass_ms(struct fixture *f, uint64_t ms)
{
	f->now = mono_add_ms(f->now, ms);
	door_tick(f->door, f->now);
}

#define assert_heard(who, text)                                                                    \
	do {                                                                                       \
		struct client *_c = (who);                                                         \
		hear(_c);                                                                          \
		assert_int_equal(buf_append(&_c->heard, "", 1), 0);                                \
		assert_string_equal((const char *)buf_data(&_c->heard).p, text);                   \
		buf_clear(&_c->heard);                                                             \
	} while (0)

#define assert_noted(at, text)                                                                     \
	do {                                                                                       \
		struct fixture *_f = (at);                                                         \
		assert_int_equal(buf_append(&_f->notes, "", 1), 0);                                \
		assert_string_equal((const char *)buf_data(&_f->notes).p, text);                   \
		buf_clear(&_f->notes);                                                             \
	} while (0)

#endif
