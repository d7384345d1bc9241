/* covers: src/share/away.c src/share/holes.c src/share/marks.c src/share/announce.c */
/*
 * A door with a crowd: the input says, in operations of a few bytes, who comes and goes, says what,
 * reads or does not, what the network brings and how time goes by. Whatever that is:
 *
 * - a healthy speaker's messages reach a healthy listener, each once and in order, at once;
 * - a dozy reader of all topics gets each message of them or is told that it missed it: what it
 *   heard and what it was told of are together what was sent;
 * - who came with a token of its own hears, publishes and asks nothing but what its rights cover,
 *   however they change;
 * - everybody hears nothing but whole lines of a NATS server, and nobody holds more than it may.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/door_priv.h"
#include "share/rights.h"
#include "wire/nats_headers.h"
#include "wire/nats_line.h"
#include "wire/rd.h"

#define CONSUMER_BYTES (160 * KIB)
#define SLOTS 4
#define TOPICS 4
#define TICKETS 8
#define HELLO(more)                                                                                \
	"CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,"   \
	"\"protocol\":1,\"auth_token\":\"t\"" more "}\r\n"
#define ENTRY_TOKEN "sixteen-letters-x"
#define ENTRY_BYTES (64 * KIB)
#define ENTRY_SUBSCRIPTIONS 5
#define HELLO_ENTRY(more)                                                                          \
	"CONNECT {\"verbose\":false,\"headers\":true,\"auth_token\":\"" ENTRY_TOKEN "\"" more      \
	"}\r\n"
#define DIGITS_MAX 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One connection, from the outside. */
struct guest {
	struct consumer *c; /* NULL: not there */
	int n_closes;
	struct nats_parser heard;
	bool http, pinged; /* what it heard */
	bool was_owner;    /* since then it may hear anything */
};

struct topic_record {
	uint64_t n_sent, n_heard, n_told;
	uint64_t n_left, n_untold; /* how often it was left; numbers that nobody spoke of */
	uint64_t epoch, seq;       /* of the latest that the dozy one heard */
};

struct crowd {
	struct door *door;
	struct random_seeded seed;
	struct mono now;
	struct guest speaker, listener, dozy, slots[SLOTS];
	struct guest *says;                    /* NULL: nobody just now */
	bool may_topics, may_local, may_plain; /* the entry: `topic.>`, `l.*`, `>` */
	char subject[32];                      /* between speaker and listener */
	uint64_t n_spoken, n_listened;
	struct topic_record topics[TOPICS];
	uint64_t tickets[TICKETS];
	size_t n_tickets;
};

/* What is said most often, so that the input need not spell it. */
static const char *const lines[] = {
	HELLO(""),
	HELLO(",\"name\":\"a\""),
	HELLO(",\"name\":\"b\""),
	HELLO(",\"echo\":false"),
	"CONNECT {\"auth_token\":\"wrong\"}\r\n",
	"SUB l.* 1\r\n",
	"SUB > q 2\r\n",
	"SUB topic./t0 3\r\nSUB topic./t1 q 4\r\n",
	"SUB topic./t2 5\r\nUNSUB 5 2\r\n",
	"SUB payload./t0 6\r\n",
	"SUB validate./t1 7\r\n",
	"UNSUB 3\r\nUNSUB 4\r\nUNSUB 6\r\nUNSUB 7\r\n",
	"PUB l.x 5\r\nhello\r\n",
	"PUB topic./t0 2\r\nhi\r\n",
	"PUB nobody in.1 0\r\n\r\n",
	"SUB in.* 8\r\n",
	"PUB $PL.API.STATUS in.2 2\r\n{}\r\n",
	"PUB $PL.API.STATUS 0\r\n\r\n",
	"SUB $PL.EVENT.> 9\r\n",
	"PING\r\n",
	"PONG\r\n",
	"SUB spoken.> 10\r\n",
	"SUB topic.%zz 11\r\n",
	"HELLO\r\n",
	HELLO_ENTRY(""),
	HELLO_ENTRY(",\"name\":\"entry#2\""),
	HELLO_ENTRY(",\"name\":\"a\""),
	HELLO(",\"name\":\"entry\""),
};

static const char topic_names[TOPICS][4] = { "/t0", "/t1", "/t2", "/t3" };

/* ---- what somebody hears ---- */

static uint64_t number_of(struct bytes digits)
{
	uint64_t v = 0;

	ASSERT(digits.n > 0 && digits.n < DIGITS_MAX);
	for (size_t i = 0; i < digits.n; i++) {
		ASSERT(digits.p[i] >= '0' && digits.p[i] <= '9');
		v = v * 10 + (digits.p[i] - '0');
	}
	return v;
}

static struct topic_record *topic_of(struct crowd *w, struct bytes name)
{
	for (size_t i = 0; i < TOPICS; i++)
		if (bytes_equal(name, bytes_of_text(topic_names[i])))
			return &w->topics[i];
	return NULL;
}

/* How many numbers between `after` and `before` it is told of. */
static uint64_t told(struct bytes gap, uint64_t after, uint64_t before)
{
	const uint8_t *dash = gap.n > 0 ? memchr(gap.p, '-', gap.n) : NULL;
	uint64_t from, to;

	if (!dash)
		return 0;
	from = number_of(BYTES(gap.p, (size_t)(dash - gap.p)));
	to = number_of(BYTES(dash + 1, gap.n - (size_t)(dash + 1 - gap.p)));
	ASSERT(after < from && from <= to && to < before);
	return to - from + 1;
}

/* The dozy one: either the next of its topic, or what is between is told. Of itself a number is
 * only left out when the topic was left, because nobody knows what was said meanwhile. */
static void check_topic(struct crowd *w, const struct nats_op *op)
{
	struct topic_record *t = topic_of(w, BYTES(op->subject.p + 6, op->subject.n - 6));
	struct bytes epoch = nats_headers_get(op->header, "Pl-Epoch");
	uint64_t seq = number_of(nats_headers_get(op->header, "Pl-Seq"));
	uint64_t hash = 1;

	ASSERT(t && epoch.n > 0);
	for (size_t i = 0; i < epoch.n; i++)
		hash = hash * 31 + epoch.p[i];
	if (hash != t->epoch)
		t->seq = 0; /* it was there before the epoch began */
	t->epoch = hash;
	ASSERT(seq > t->seq);
	t->n_untold += seq - t->seq - 1 - told(nats_headers_get(op->header, "Pl-Gap"), t->seq, seq);
	ASSERT(t->n_untold <= t->n_left);
	t->seq = seq;
	t->n_heard++;
}

static bool starts(struct bytes b, const char *with)
{
	return b.n >= strlen(with) && memcmp(b.p, with, strlen(with)) == 0;
}

/* What the entry may do now; inboxes are for everybody. */
static bool entry_may_hear(const struct crowd *w, struct bytes subject)
{
	if (starts(subject, "_"))
		return true;
	if (starts(subject, "$") || starts(subject, "serve.") || starts(subject, "validate."))
		return false;
	return w->may_plain || (w->may_topics && starts(subject, "topic.")) ||
	       (w->may_local && starts(subject, "l.") &&
		!memchr(subject.p + 2, '.', subject.n - 2));
}

static void on_heard(struct crowd *w, struct guest *g, const struct nats_op *op)
{
	if ((op->verb == NATS_MSG || op->verb == NATS_HMSG) && !g->was_owner)
		ASSERT(entry_may_hear(w, op->subject));
	if (op->verb == NATS_PING)
		g->pinged = true;
	if (g == &w->listener && op->verb == NATS_MSG) {
		ASSERT(number_of(op->payload) == w->n_listened);
		w->n_listened++;
	}
	if (g == &w->dozy && op->verb == NATS_HMSG)
		check_topic(w, op);
}

static void hear(struct crowd *w, struct guest *g, struct bytes b)
{
	struct nats_op op;
	int r = 0;

	if (g->http)
		return;
	while (r == 0) {
		struct bytes before = b;

		r = nats_parser_next(&g->heard, &b, &op);
		if (r == 0)
			on_heard(w, g, &op);
		else if (r != NATS_E_MORE) {
			ASSERT(before.n >= 5 && memcmp(before.p, "HTTP/", 5) == 0);
			g->http = true;
		}
	}
}

/* Up to `n_pieces` pieces of what waits for it. */
static void read_some(struct crowd *w, struct guest *g, size_t n_pieces)
{
	struct bytes v[4];
	size_t n;

	for (; g->c && n_pieces > 0; n_pieces--) {
		n = consumer_output(g->c, v, 1);
		if (n == 0)
			return;
		hear(w, g, v[0]);
		consumer_sent(g->c, v[0].n);
	}
}

/* ---- who is there ---- */

/* What waited for it is lost with it. */
static void vanish(struct crowd *w, struct guest *g)
{
	if (!g->c)
		return;
	door_detach(w->door, g->c);
	nats_parser_deinit(&g->heard);
	g->c = NULL;
}

static void leave(struct crowd *w, struct guest *g)
{
	read_some(w, g, SIZE_MAX);
	vanish(w, g);
}

static void come(struct crowd *w, struct guest *g, enum door_via via)
{
	if (g->c)
		return;
	*g = (struct guest){ 0 };
	nats_parser_init(&g->heard, NATS_VERBS_OF_SERVER, LIMIT_DOOR_CONTROL_LINE,
			 LIMIT_DOOR_PAYLOAD);
	ASSERT(door_attach(w->door, via, g, w->now, &g->c) == 0);
	g->was_owner = g->c->rights->is_owner;
}

static void say(struct crowd *w, struct guest *g, struct bytes b)
{
	if (!g->c || g->n_closes > 0)
		return;
	w->says = g;
	if (consumer_input(g->c, b, w->now) != 0)
		g->n_closes++;
	w->says = NULL;
	g->was_owner |= g->c->rights->is_owner;
}

static void say_text(struct crowd *w, struct guest *g, const char *text)
{
	say(w, g, bytes_of_text(text));
}

/* ---- the node ---- */

static void on_topic(struct crowd *w, size_t i, struct bytes data, bool ask)
{
	struct gossip_delivery m = {
		.topic = bytes_of_text(topic_names[i]),
		.data = data,
		.id = { .n = 1 },
		.from = { .n = 1 },
	};
	const struct door_question question = { .ticket = 1, .wait_ms = 1000 };

	if (ask)
		(void)!door_validate(w->door, &m, &question, w->now);
	w->topics[i].n_sent += w->dozy.c != NULL;
	door_deliver(w->door, &m, true, (struct wall){ 0 }, w->now);
}

static int on_join(void *user, struct bytes topic)
{
	(void)user;
	return topic.n > 100 ? -ENOSPC : 0;
}

static void on_leave(void *user, struct bytes topic)
{
	struct topic_record *t = topic_of(user, topic);

	ASSERT(topic.n <= 100);
	if (t)
		t->n_left++;
}

static int on_publish(void *user, struct bytes topic, struct bytes data, const char **ret_text)
{
	struct crowd *w = user;

	ASSERT(!w->says || w->says->c->rights->is_owner);
	for (size_t i = 0; i < TOPICS; i++)
		if (bytes_equal(topic, bytes_of_text(topic_names[i])))
			on_topic(w, i, data, true);
	*ret_text = "too large";
	return data.n > 1000 ? -EMSGSIZE : 0;
}

static void on_api(void *user, struct bytes verb, struct bytes body, uint64_t ticket)
{
	struct crowd *w = user;

	(void)verb;
	(void)body;
	ASSERT(!w->says || w->says->c->rights->is_owner);
	if (w->n_tickets < TICKETS)
		w->tickets[w->n_tickets++] = ticket;
}

static void on_verdict(void *user, uint64_t ticket, enum gossip_verdict verdict)
{
	(void)user;
	(void)verdict;
	ASSERT(ticket == 1);
}

static void on_gap(void *user, const struct door_gap *gap)
{
	struct crowd *w = user;

	struct buf json;

	ASSERT(gap->count > 0 && (!gap->has_seq || gap->to - gap->from + 1 >= gap->count));
	buf_init(&json, 8 * KIB);
	door_gap_json(gap, (struct wall){ 0 }, &json);
	door_event(w->door, "GAP", buf_data(&json));
	buf_deinit(&json);
	if (!w->dozy.c || gap->consumer != w->dozy.c->id)
		return;
	topic_of(w, BYTES(gap->subject.p + 6, gap->subject.n - 6))->n_told += gap->count;
}

static void on_output(void *user, void *connection)
{
	(void)user;
	ASSERT(connection);
}

static void on_close(void *user, void *connection)
{
	(void)user;
	((struct guest *)connection)->n_closes++;
}

static const struct door_ops ops = {
	.topic_join = on_join,
	.topic_leave = on_leave,
	.topic_publish = on_publish,
	.api = on_api,
	.on_gap = on_gap,
	.verdict = on_verdict,
	.wants_output = on_output,
	.wants_close = on_close,
};

static void allow(struct rights_table *t, struct rights *entry, bool yes, enum rights_kind kind,
		  const char *pattern)
{
	ASSERT(!yes || rights_allow(t, entry, kind, pattern) == 0);
}

/* Whoever came with a token of its own may do a little, which `arg` says, or is not known any more.
 * What waits for it was allowed when it came: that is heard before. */
static void change_rights(struct crowd *w, uint8_t arg)
{
	struct rights_table *t = arg % 4 == 0 ? NULL : rights_table_new("");
	struct door_rights_change change;
	struct rights *entry;

	for (size_t i = 0; i < SLOTS; i++)
		if (!w->slots[i].was_owner)
			read_some(w, &w->slots[i], SIZE_MAX);
	w->may_topics = t && !(arg & 4);
	w->may_local = t && !(arg & 8);
	w->may_plain = t && arg & 16;
	if (t) {
		ASSERT(rights_table_add(t, "entry", ENTRY_TOKEN, &entry) == 0);
		allow(t, entry, w->may_topics, RIGHTS_SUBSCRIBE, "topic.>");
		allow(t, entry, w->may_local, RIGHTS_SUBSCRIBE, "l.*");
		allow(t, entry, w->may_plain, RIGHTS_SUBSCRIBE, ">");
		allow(t, entry, arg % 4 != 1, RIGHTS_PUBLISH, "l.*");
		entry->messages_rate = arg % 4 == 2 ? 5 : 0;
		entry->bytes_rate = arg & 32 ? 1000 : 0;
		entry->consumer_bytes = ENTRY_BYTES;
		entry->subscriptions = ENTRY_SUBSCRIPTIONS;
	}
	door_set_rights(w->door, t, w->now, &change);
}

/* A subject that no input can name, because it is made of all of it. */
static void choose_subject(struct crowd *w, struct bytes input)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < input.n; i++)
		hash = (hash ^ input.p[i]) * UINT64_C(1099511628211);
	snprintf(w->subject, sizeof(w->subject), "spoken.%016llx", (unsigned long long)hash);
}

static void crowd_init(struct crowd *w, struct bytes input)
{
	char line[64];

	struct door_config config = {
		.server_name = "fuzz",
		.version = "0",
		.host = "h",
		.token = "t",
		.topic_prefix = "",
		.client_name = "fuzz",
		.consumer_bytes = CONSUMER_BYTES,
		.ops = &ops,
		.user = w,
	};

	*w = (struct crowd){ .now = { NS_PER_S } };
	choose_subject(w, input);
	random_seeded_init(&w->seed, 1);
	config.random = random_seeded_source(&w->seed);
	ASSERT(door_new(&config, &w->door) == 0);
	change_rights(w, 3);
	come(w, &w->listener, DOOR_UNIX_OWNER);
	say_text(w, &w->listener, HELLO(""));
	snprintf(line, sizeof(line), "SUB %s 1\r\n", w->subject);
	say_text(w, &w->listener, line);
	come(w, &w->speaker, DOOR_TCP);
	say_text(w, &w->speaker, HELLO(""));
	come(w, &w->dozy, DOOR_UNIX_OWNER);
	say_text(w, &w->dozy, HELLO("") "SUB topic.> 1\r\n");
}

/* ---- operations ---- */

static void answer_one(struct crowd *w)
{
	if (w->n_tickets > 0)
		door_api_reply(w->door, w->tickets[--w->n_tickets], BYTES_LITERAL("{\"a\":1}"));
}

static void bring(struct crowd *w, uint8_t arg)
{
	static const uint8_t data[16384];

	struct bytes b = BYTES(data, (size_t)(arg >> 4) * 1000);

	/* Sixteen sizes, some that are copied and some that are kept once for all; one is an
	 * envelope. */
	if (arg >> 4 == 2)
		b = BYTES_LITERAL("{\"name\":\"n\",\"data\":\"aGVsbG8=\"}");
	on_topic(w, arg % TOPICS, b, arg & 4);
}

static void pass_time(struct crowd *w, uint8_t arg)
{
	w->now = mono_add_ms(w->now, (uint64_t)arg * 20);
	door_tick(w->door, w->now);
}

static void dozy_reads(struct crowd *w, uint8_t arg)
{
	read_some(w, &w->dozy, arg);
	if (w->dozy.pinged)
		say_text(w, &w->dozy, "PONG\r\n");
	w->dozy.pinged = false;
}

/* One operation: what, and who in the low bits; an argument; for SAY, as many bytes. */
static void operate(struct crowd *w, struct rd *r)
{
	uint8_t what = rd_u8(r), arg = rd_u8(r);
	struct guest *g = &w->slots[what % SLOTS];

	switch (what / SLOTS % 11) {
	case 0:
		come(w, g, (enum door_via)(arg % 3));
		break;
	case 1:
		if (arg % 2 == 0)
			leave(w, g);
		else
			vanish(w, g);
		break;
	case 2:
		say(w, g, rd_bytes(r, size_min(arg, r->left)));
		break;
	case 3:
		say_text(w, g, lines[arg % ARRAY_SIZE(lines)]);
		break;
	case 4:
		read_some(w, g, arg);
		break;
	case 5:
		pass_time(w, arg);
		break;
	case 6:
		bring(w, arg);
		break;
	case 7:
		dozy_reads(w, arg);
		break;
	case 8:
		answer_one(w);
		break;
	case 9:
		change_rights(w, arg);
		break;
	case 10:
		door_event(w->door, "KIND", BYTES_LITERAL("{}"));
		break;
	}
}

/* The speaker's next message is heard at once, whatever the others did. */
static void speak(struct crowd *w)
{
	char line[96], digits[DIGITS_MAX];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)w->n_spoken++);

	snprintf(line, sizeof(line), "PONG\r\nPUB %s %d\r\n%s\r\n", w->subject, n, digits);
	say_text(w, &w->speaker, line);
	read_some(w, &w->speaker, SIZE_MAX);
	read_some(w, &w->listener, SIZE_MAX);
	say_text(w, &w->listener, "PONG\r\n");
	ASSERT(w->n_listened == w->n_spoken);
	ASSERT(w->speaker.n_closes == 0 && w->listener.n_closes == 0);
}

static void info_is_sane(void *user, const struct consumer_info *info)
{
	(void)user;
	if (strcmp(info->rights->name, "entry") == 0)
		ASSERT(info->n_subscriptions <= ENTRY_SUBSCRIPTIONS &&
		       info->bytes_max <= ENTRY_BYTES);
	ASSERT(info->bytes_held <= CONSUMER_BYTES + LIMIT_DOOR_SUBSCRIPTION_BYTES +
					   LIMIT_DOOR_PAYLOAD + LIMIT_DOOR_HELD_INPUT +
					   2 * LIMIT_DOOR_CONTROL_LINE);
}

/* Heard and told of are together what was sent. Only whom the door closes is told of what waited,
 * and may hear it all the same, while it is flushed. */
static void dozy_leaves(struct crowd *w)
{
	bool was_closed = w->dozy.n_closes > 0;

	if (!w->dozy.c)
		return;
	read_some(w, &w->dozy, SIZE_MAX);
	door_detach(w->door, w->dozy.c);
	nats_parser_deinit(&w->dozy.heard);
	w->dozy.c = NULL;
	for (size_t i = 0; i < TOPICS; i++)
		ASSERT(w->topics[i].n_heard + w->topics[i].n_told == w->topics[i].n_sent ||
		       (was_closed &&
			w->topics[i].n_heard + w->topics[i].n_told > w->topics[i].n_sent));
}

static void who_is_done_leaves(struct crowd *w)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (w->slots[i].n_closes > 0)
			leave(w, &w->slots[i]);
	if (w->dozy.n_closes > 0)
		dozy_leaves(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(BYTES(data, size));
	struct crowd w;

	if (size > 4096)
		return 0;
	crowd_init(&w, BYTES(data, size));
	while (r.left >= 2) {
		operate(&w, &r);
		who_is_done_leaves(&w);
		speak(&w);
		who_is_done_leaves(&w);
	}
	door_consumers(w.door, info_is_sane, NULL);
	dozy_leaves(&w);
	for (size_t i = 0; i < SLOTS; i++)
		leave(&w, &w.slots[i]);
	leave(&w, &w.speaker);
	leave(&w, &w.listener);
	ASSERT(door_n_consumers(w.door) == 0);
	door_free(w.door);
	return 0;
}
