/* What every consumer does, by the stock cnats client (Debian: libnats-dev): the scenario that scenario.go, scenario.py and
 * scenario.mjs run too. They write the same lines. "restart me" asks whoever runs it to restart the server.
 *
 *     scenario HOST:PORT TOKEN
 *     scenario refusals HOST:PORT TOKEN      what our door refuses, which must not end the connection
 */
#include <inttypes.h>
#include <nats/nats.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 30000
#define MIB (1 << 20)
#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static const char *address, *token;

/* Says which call went wrong, and ends: the lines are then too few, which the driver notices. */
static void need_(natsStatus s, const char *call, int line)
{
	if (s == NATS_OK)
		return;
	fprintf(stderr, "scenario.c:%d: %s: %s\n", line, call, natsStatus_GetText(s));
	exit(1);
}
#define need(call) need_((call), #call, __LINE__)

static void mute(natsConnection *nc, natsSubscription *sub, natsStatus s, void *closure)
{
	(void)nc, (void)sub, (void)s, (void)closure;
}

static natsOptions *options(const char *name)
{
	natsOptions *o;
	char text[256];

	need(natsOptions_Create(&o));
	snprintf(text, sizeof text, "nats://%s", address);
	need(natsOptions_SetURL(o, text));
	snprintf(text, sizeof text, "c-%s", name);
	need(natsOptions_SetName(o, text));
	need(natsOptions_SetToken(o, token));
	need(natsOptions_SetTimeout(o, PATIENCE_MS));
	need(natsOptions_SetAllowReconnect(o, false));
	need(natsOptions_SetErrorHandler(o, mute, NULL));
	return o;
}

static natsConnection *connect_with(natsOptions *o)
{
	natsConnection *nc;

	need(natsConnection_Connect(&nc, o));
	natsOptions_Destroy(o);
	return nc;
}

static natsConnection *attach(const char *name)
{
	return connect_with(options(name));
}

static natsSubscription *listen_to(natsConnection *nc, const char *subject, const char *queue)
{
	natsSubscription *sub;

	if (queue)
		need(natsConnection_QueueSubscribeSync(&sub, nc, subject, queue));
	else
		need(natsConnection_SubscribeSync(&sub, nc, subject));
	need(natsSubscription_SetPendingLimits(sub, -1, -1));
	return sub;
}

static void flush(natsConnection *nc)
{
	need(natsConnection_FlushTimeout(nc, PATIENCE_MS));
}

static uint32_t crc32(const char *data, int size, uint32_t before)
{
	uint32_t sum = ~before;

	for (int i = 0; i < size; i++) {
		sum ^= (unsigned char)data[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (0xedb88320u & -(sum & 1));
	}
	return ~sum;
}

static void say_digest(natsMsg *m)
{
	printf("%d:%08" PRIx32, natsMsg_GetDataLength(m), crc32(natsMsg_GetData(m), natsMsg_GetDataLength(m), 0));
}

static const char *truth(bool is)
{
	return is ? "true" : "false";
}

/* The next of what has come, which a flush before has made complete. */
static natsMsg *next(natsSubscription *sub)
{
	natsMsg *m = NULL;

	return natsSubscription_NextMsg(&m, sub, 1) == NATS_OK ? m : NULL;
}

static int count_all(natsSubscription *sub)
{
	int n = 0;

	for (natsMsg *m; (m = next(sub)); n++)
		natsMsg_Destroy(m);
	return n;
}

static void subscribe(void)
{
	static const char *const texts[] = { "one", "", "gr\xc3\xbc\xc3\x9f" };
	natsConnection *nc = attach("subscribe");
	natsSubscription *sub = listen_to(nc, "sc.core", NULL);
	int n = 0;

	for (int i = 0; i < COUNT(texts); i++)
		need(natsConnection_PublishString(nc, "sc.core", texts[i]));
	need(natsConnection_Publish(nc, "sc.core", "a\r\nb\0c", 6));
	need(natsConnection_PublishString(nc, "sc.other", "not for us"));
	flush(nc);
	for (natsMsg *m; (m = next(sub)); n++) {
		printf("%s%s=", n > 0 ? " " : "", natsMsg_GetSubject(m));
		say_digest(m);
		natsMsg_Destroy(m);
	}
	need(natsSubscription_Unsubscribe(sub));
	need(natsConnection_PublishString(nc, "sc.core", "late"));
	flush(nc);
	printf("\nafter unsubscribe %d\n", n + count_all(sub));
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(nc);
}

static void wildcards(void)
{
	static const char *const patterns[] = { "sc.w.*.c", "sc.w.>", "sc.w.1.*", "sc.w", "sc.*.1.c", "sc.w.x*", "sc.w.*",
						"teranode/bitcoin/1.*.*" };
	static const char *const subjects[] = { "sc.w", "sc.w.1", "sc.w.1.c", "sc.w.1.2.c", "sc.w.xy", "sc.w.x*", "sc.v.1.c",
						"sc.W.1.c", "teranode/bitcoin/1.0.0/mainnet-block" };
	natsConnection *nc = attach("wildcards");
	natsSubscription *subs[COUNT(patterns)];

	for (int i = 0; i < COUNT(patterns); i++)
		subs[i] = listen_to(nc, patterns[i], NULL);
	for (int i = 0; i < COUNT(subjects); i++)
		need(natsConnection_PublishString(nc, subjects[i], "-"));
	flush(nc);
	for (int i = 0; i < COUNT(patterns); i++) {
		printf("%s:", patterns[i]);
		for (natsMsg *m; (m = next(subs[i]));) {
			printf(" %s", natsMsg_GetSubject(m));
			natsMsg_Destroy(m);
		}
		puts("");
		natsSubscription_Destroy(subs[i]);
	}
	natsConnection_Destroy(nc);
}

static void queue_group(void)
{
	natsConnection *members[] = { attach("member-1"), attach("member-2") }, *sender = attach("sender");
	natsSubscription *subs[] = { listen_to(members[0], "sc.queue", "workers"), listen_to(members[1], "sc.queue", "workers") };
	natsSubscription *plain = listen_to(members[0], "sc.queue", NULL);
	bool seen[300] = { false };
	int each[2] = { 0 }, different = 0;

	flush(members[0]);
	flush(members[1]);
	for (int i = 0; i < COUNT(seen); i++) {
		char text[16];

		snprintf(text, sizeof text, "%d", i);
		need(natsConnection_PublishString(sender, "sc.queue", text));
	}
	flush(sender);
	flush(members[0]);
	flush(members[1]);
	for (int i = 0; i < 2; i++)
		for (natsMsg *m; (m = next(subs[i])); each[i]++) {
			int number = atoi(natsMsg_GetData(m));

			different += !seen[number];
			seen[number] = true;
			natsMsg_Destroy(m);
		}
	printf("group %d different %d both %s plain %d\n", each[0] + each[1], different,
	       truth(each[0] > 50 && each[1] > 50), count_all(plain));
	for (int i = 0; i < 2; i++)
		natsSubscription_Destroy(subs[i]);
	natsSubscription_Destroy(plain);
	natsConnection_Destroy(sender);
	for (int i = 0; i < 2; i++)
		natsConnection_Destroy(members[i]);
}

static void headers(void)
{
	natsConnection *nc = attach("headers");
	natsSubscription *sub = listen_to(nc, "sc.headers", NULL);
	const char **values = NULL, *value = NULL;
	int n = 0;
	natsMsg *m;

	need(natsMsg_Create(&m, "sc.headers", NULL, "with", 4));
	need(natsMsgHeader_Add(m, "X", "first"));
	need(natsMsgHeader_Add(m, "X", "second"));
	need(natsMsgHeader_Set(m, "lower-case", "kept"));
	need(natsConnection_PublishMsg(nc, m));
	natsMsg_Destroy(m);
	need(natsConnection_PublishString(nc, "sc.headers", "without"));
	need(natsSubscription_NextMsg(&m, sub, PATIENCE_MS));
	need(natsMsgHeader_Values(m, "X", &values, &n));
	need(natsMsgHeader_Get(m, "lower-case", &value));
	printf("X=%s,%s lower-case=%s ", values[0], values[n - 1], value);
	free((void *)values);
	say_digest(m);
	natsMsg_Destroy(m);
	need(natsSubscription_NextMsg(&m, sub, PATIENCE_MS));
	printf("\nnone %s ", truth(natsMsgHeader_Get(m, "X", &value) == NATS_NOT_FOUND));
	say_digest(m);
	puts("");
	natsMsg_Destroy(m);
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(nc);
}

static void answer(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *closure)
{
	const char *ask = "";
	natsMsg *reply;

	(void)sub, (void)closure;
	need(natsMsg_Create(&reply, natsMsg_GetReply(m), NULL, natsMsg_GetData(m), natsMsg_GetDataLength(m)));
	if (natsMsgHeader_Get(m, "Ask", &ask) == NATS_OK)
		need(natsMsgHeader_Set(reply, "Was", ask));
	need(natsConnection_PublishMsg(nc, reply));
	natsMsg_Destroy(reply);
	natsMsg_Destroy(m);
}

static bool ask_once(natsConnection *nc, int number)
{
	natsMsg *m, *reply;
	const char *was = "";
	char text[16];
	bool good;

	snprintf(text, sizeof text, "q%d", number);
	need(natsMsg_Create(&m, "sc.service", NULL, text, (int)strlen(text)));
	need(natsMsgHeader_Set(m, "Ask", text + 1));
	need(natsConnection_RequestMsg(&reply, nc, m, PATIENCE_MS));
	need(natsMsgHeader_Get(reply, "Was", &was));
	good = strcmp(was, text + 1) == 0 && natsMsg_GetDataLength(reply) == (int)strlen(text) &&
	       memcmp(natsMsg_GetData(reply), text, strlen(text)) == 0;
	natsMsg_Destroy(reply);
	natsMsg_Destroy(m);
	return good;
}

static void request(void)
{
	natsConnection *server = attach("server"), *asker = attach("asker");
	natsSubscription *sub;
	int good = 0;

	need(natsConnection_QueueSubscribe(&sub, server, "sc.service", "workers", answer, NULL));
	flush(server);
	for (int i = 0; i < 100; i++)
		good += ask_once(asker, i);
	printf("answered %d\n", good);
	for (int i = 0; i < 2; i++) {
		natsMsg *m = NULL;
		natsStatus s = natsConnection_RequestString(&m, asker, "sc.nobody", "?", PATIENCE_MS);

		puts(s == NATS_NO_RESPONDERS ? "no responders" : natsStatus_GetText(s));
		natsMsg_Destroy(m);
	}
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(asker);
	natsConnection_Destroy(server);
}

static void megabyte(void)
{
	static const int sizes[] = { 0, 1, 65536, MIB };
	natsConnection *server = attach("server"), *asker = attach("asker");
	char *data = malloc(MIB + 1);
	natsSubscription *sub;

	if (!data)
		exit(1);
	for (int i = 0; i <= MIB; i++)
		data[i] = (char)(i * 31 + i / 251);
	need(natsConnection_Subscribe(&sub, server, "sc.big", answer, NULL));
	flush(server);
	for (int i = 0; i < COUNT(sizes); i++) {
		natsMsg *m;

		need(natsConnection_Request(&m, asker, "sc.big", data, sizes[i], PATIENCE_MS));
		say_digest(m);
		printf(" same %s\n", truth(natsMsg_GetDataLength(m) == sizes[i] &&
					   memcmp(natsMsg_GetData(m), data, (size_t)sizes[i]) == 0));
		natsMsg_Destroy(m);
	}
	puts(natsConnection_Publish(asker, "sc.big", data, (int)natsConnection_GetMaxPayload(asker) + 1) == NATS_MAX_PAYLOAD
		     ? "one byte more: refused"
		     : "one byte more: sent");
	free(data);
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(asker);
	natsConnection_Destroy(server);
}

static void many(void)
{
	enum { MANY = 100000 };
	natsConnection *reader = attach("reader"), *writer = attach("writer");
	natsSubscription *sub = listen_to(reader, "sc.many", NULL);
	bool in_order = true;
	uint32_t sum = 0;
	int seen = 0;

	flush(reader);
	for (int i = 0; i < MANY; i++) {
		char text[32];

		snprintf(text, sizeof text, "%016d", i);
		need(natsConnection_PublishString(writer, "sc.many", text));
		if (i % 1000 == 999)
			flush(writer);
	}
	flush(writer);
	for (natsMsg *m; seen < MANY && natsSubscription_NextMsg(&m, sub, PATIENCE_MS) == NATS_OK; seen++) {
		in_order = in_order && atoi(natsMsg_GetData(m)) == seen;
		sum = crc32(natsMsg_GetData(m), natsMsg_GetDataLength(m), sum);
		natsMsg_Destroy(m);
	}
	printf("received %d in order %s checksum %08" PRIx32 "\n", seen, truth(in_order), sum);
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(writer);
	natsConnection_Destroy(reader);
}

static void raise_flag(natsConnection *nc, void *closure)
{
	(void)nc;
	atomic_store((atomic_bool *)closure, true);
}

/* Publishes a number each millisecond that it waits, from another connection. */
struct load {
	natsConnection *nc;
	int n;
};

static void await(struct load *load, bool (*met)(void *user), void *user, const char *what)
{
	int64_t end = nats_Now() + PATIENCE_MS;

	while (!met(user)) {
		char text[16];

		if (nats_Now() > end) {
			fprintf(stderr, "scenario: waited in vain for %s\n", what);
			exit(1);
		}
		if (load) {
			snprintf(text, sizeof text, "%d", load->n++);
			(void)natsConnection_PublishString(load->nc, "sc.load", text);
		}
		nats_Sleep(1);
	}
}

static bool is_raised(void *user)
{
	return atomic_load((atomic_bool *)user);
}

struct listener {
	atomic_int last;
	atomic_bool increasing;
	int awaited;
};

static void hear(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *closure)
{
	struct listener *l = closure;
	int number = atoi(natsMsg_GetData(m));

	(void)nc, (void)sub;
	if (number <= atomic_load(&l->last))
		atomic_store(&l->increasing, false);
	atomic_store(&l->last, number);
	natsMsg_Destroy(m);
}

static bool has_heard(void *user)
{
	struct listener *l = user;

	return atomic_load(&l->last) >= l->awaited;
}

static natsOptions *patient(const char *name)
{
	natsOptions *o = options(name);

	need(natsOptions_SetAllowReconnect(o, true));
	need(natsOptions_SetMaxReconnect(o, -1));
	need(natsOptions_SetReconnectWait(o, 50));
	need(natsOptions_SetReconnectJitter(o, 0, 0));
	return o;
}

static void publish(natsConnection *nc, const char *word, int n)
{
	for (int i = 0; i < n; i++)
		need(natsConnection_PublishString(nc, "sc.restart", word));
}

static void restart(void)
{
	static const char *const words[] = { "before", "meanwhile", "after" };
	static atomic_bool gone, back;
	static struct listener listener = { .last = -1, .increasing = true };
	natsOptions *o = patient("restart");
	struct load load = { .n = 0 };
	natsSubscription *sub, *heard;
	int counts[COUNT(words)] = { 0 };
	natsConnection *nc;

	need(natsOptions_SetDisconnectedCB(o, raise_flag, &gone));
	need(natsOptions_SetReconnectedCB(o, raise_flag, &back));
	nc = connect_with(o);
	load.nc = connect_with(patient("load"));
	sub = listen_to(nc, "sc.restart", NULL);
	need(natsConnection_Subscribe(&heard, nc, "sc.load", hear, &listener));
	flush(nc);
	publish(nc, "before", 1000);
	flush(nc);
	puts("restart me");
	await(&load, is_raised, &gone, "the connection to end");
	publish(nc, "meanwhile", 100);
	await(&load, is_raised, &back, "the connection to come back");
	publish(nc, "after", 1000);
	flush(nc);
	listener.awaited = load.n;
	await(&load, has_heard, &listener, "the load to go on");
	for (natsMsg *m; (m = next(sub));) {
		for (int i = 0; i < COUNT(words); i++)
			counts[i] += strlen(words[i]) == (size_t)natsMsg_GetDataLength(m) &&
				     memcmp(natsMsg_GetData(m), words[i], strlen(words[i])) == 0;
		natsMsg_Destroy(m);
	}
	for (int i = 0; i < COUNT(words); i++)
		printf("%s %d\n", words[i], counts[i]);
	printf("load increasing %s goes on true\n", truth(atomic_load(&listener.increasing)));
	natsSubscription_Destroy(heard);
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(load.nc);
	natsConnection_Destroy(nc);
}

static atomic_int drained;

static void count_drained(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *closure)
{
	(void)nc, (void)sub, (void)closure;
	atomic_fetch_add(&drained, 1);
	natsMsg_Destroy(m);
}

static void drain(void)
{
	static atomic_bool closed;
	natsOptions *o = options("drain");
	natsSubscription *sub;
	natsConnection *nc;

	need(natsOptions_SetClosedCB(o, raise_flag, &closed));
	nc = connect_with(o);
	need(natsConnection_Subscribe(&sub, nc, "sc.drain", count_drained, NULL));
	for (int i = 0; i < 1000; i++)
		need(natsConnection_PublishString(nc, "sc.drain", "x"));
	need(natsConnection_Drain(nc));
	await(NULL, is_raised, &closed, "drain to end");
	printf("drained %d closed %s\n", atomic_load(&drained), truth(natsConnection_IsClosed(nc)));
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(nc);
}

static void note_error(natsConnection *nc, natsSubscription *sub, natsStatus s, void *closure)
{
	(void)nc, (void)sub, (void)s;
	atomic_store((atomic_bool *)closure, true);
}

static void refusals(void)
{
	static atomic_bool told, back;
	static char longest[1101];
	const char *const subjects[] = { "topic.%zz", longest, "$PL.EVENT.MINE" };
	natsOptions *o = options("refusals");
	natsSubscription *subs[4];
	natsConnection *nc;
	int n;

	memset(longest, 'a', sizeof longest - 1);
	need(natsOptions_SetAllowReconnect(o, true));
	need(natsOptions_SetErrorHandler(o, note_error, &told));
	need(natsOptions_SetReconnectedCB(o, raise_flag, &back));
	nc = connect_with(o);
	subs[0] = listen_to(nc, subjects[0], NULL);
	subs[1] = listen_to(nc, subjects[1], NULL);
	subs[2] = listen_to(nc, "topic.%zz.q", "group");
	for (int i = 0; i < COUNT(subjects); i++)
		need(natsConnection_PublishString(nc, subjects[i], "x"));
	need(natsConnection_PublishRequestString(nc, "sc.reply", "_R_.x", "x"));
	subs[3] = listen_to(nc, "sc.goes.on", NULL);
	need(natsConnection_PublishString(nc, "sc.goes.on", "x"));
	flush(nc);
	await(NULL, is_raised, &told, "an error to be told");
	n = count_all(subs[3]);
	printf("told %s reconnected %s closed %s goes on %s\n", truth(told), truth(back), truth(natsConnection_IsClosed(nc)),
	       truth(n == 1));
	for (int i = 0; i < COUNT(subs); i++)
		natsSubscription_Destroy(subs[i]);
	natsConnection_Destroy(nc);
}

struct step {
	const char *name;
	void (*run)(void);
};

static const struct step steps[] = {
	{ "subscribe", subscribe },
	{ "wildcards", wildcards },
	{ "queue group", queue_group },
	{ "headers", headers },
	{ "request", request },
	{ "a megabyte each way", megabyte },
	{ "a hundred thousand in order", many },
	{ "restart under load", restart },
	{ "drain", drain },
};

static void take(const struct step *step)
{
	printf("# %s\n", step->name);
	step->run();
}

int main(int argc, char **argv)
{
	static const struct step refused = { "refusals", refusals };
	bool only = argc == 4 && strcmp(argv[1], refused.name) == 0;

	if (argc != 3 && !only) {
		fputs("usage: scenario [refusals] HOST:PORT TOKEN\n", stderr);
		return 2;
	}
	address = argv[argc - 2];
	token = argv[argc - 1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (only)
		take(&refused);
	for (int i = 0; !only && i < COUNT(steps); i++)
		take(&steps[i]);
	puts("# end");
	nats_Close();
	return 0;
}
