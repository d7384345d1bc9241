/* A stock cnats client (Debian: libnats-dev) that goes through everything a consumer does and writes down what it saw,
 * one line per observation. The same run against a NATS server must give the same lines, so no line names a server, a
 * port or a time. "restart me" asks whoever runs it to restart the server.
 *
 *     judge HOST:PORT TOKEN
 */
#include <inttypes.h>
#include <nats/nats.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 10000
#define MOST_URL 512

static const char *address, *token;

/* Says which call went wrong, and ends: the transcript is then too short, which the driver notices. */
static void need_(natsStatus s, const char *call, int line)
{
	if (s == NATS_OK)
		return;
	fprintf(stderr, "judge.c:%d: %s: %s\n", line, call, natsStatus_GetText(s));
	exit(1);
}
#define need(call) need_((call), #call, __LINE__)

static void mute(natsConnection *nc, natsSubscription *sub, natsStatus s, void *closure)
{
	(void)nc, (void)sub, (void)closure;
	fprintf(stderr, "judge: asynchronous: %s\n", natsStatus_GetText(s));
}

static natsOptions *options(const char *name, const char *with)
{
	natsOptions *o;
	char url[MOST_URL];

	snprintf(url, sizeof url, "nats://%s", address);
	need(natsOptions_Create(&o));
	need(natsOptions_SetURL(o, url));
	need(natsOptions_SetName(o, name));
	need(natsOptions_SetTimeout(o, PATIENCE_MS));
	need(natsOptions_SetAllowReconnect(o, false));
	need(natsOptions_SetErrorHandler(o, mute, NULL));
	if (with)
		need(natsOptions_SetToken(o, with));
	return o;
}

static natsConnection *attach(const char *name)
{
	natsOptions *o = options(name, token);
	natsConnection *nc;

	need(natsConnection_Connect(&nc, o));
	natsOptions_Destroy(o);
	return nc;
}

static void say_bytes(const char *data, int size)
{
	uint32_t hash = 2166136261u; /* FNV-1a: enough to tell two transcripts apart */

	for (int i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)data[i]) * 16777619u;
	printf("%d:%08" PRIx32, size, hash);
}

/* Writes subject and data of all that has come, which a flush before has made complete. */
static void say_received(natsSubscription *sub)
{
	natsMsg *m;

	while (natsSubscription_NextMsg(&m, sub, 1) == NATS_OK) {
		printf(" %s=", natsMsg_GetSubject(m));
		say_bytes(natsMsg_GetData(m), natsMsg_GetDataLength(m));
		natsMsg_Destroy(m);
	}
	putchar('\n');
}

static void token_in_url(void)
{
	char url[MOST_URL];
	natsConnection *nc;

	snprintf(url, sizeof url, "nats://%s@%s", token, address);
	need(natsConnection_ConnectTo(&nc, url));
	need(natsConnection_FlushTimeout(nc, PATIENCE_MS));
	puts("connected");
	natsConnection_Destroy(nc);
}

static void wrong_token(void)
{
	const char *tokens[] = { "wrong", NULL };

	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
		natsOptions *o = options("c-wrong", tokens[i]);
		natsConnection *nc = NULL;

		printf("refused: %s\n", natsStatus_GetText(natsConnection_Connect(&nc, o)));
		natsConnection_Destroy(nc);
		natsOptions_Destroy(o);
	}
}

static void about(void)
{
	natsConnection *nc = attach("c-about");
	int64_t rtt = 0;

	need(natsConnection_GetRTT(nc, &rtt));
	printf("headers %s, a megabyte fits %d, rtt %d\n",
	       natsConnection_HasHeaderSupport(nc) == NATS_OK ? "yes" : "no",
	       natsConnection_GetMaxPayload(nc) >= 1 << 20, rtt > 0);
	natsConnection_Destroy(nc);
}

static void core(void)
{
	natsConnection *nc = attach("c-core");
	natsSubscription *sub;

	need(natsConnection_SubscribeSync(&sub, nc, "cjudge.core"));
	need(natsConnection_PublishString(nc, "cjudge.core", "hi"));
	need(natsConnection_PublishString(nc, "cjudge.core", ""));
	need(natsConnection_Publish(nc, "cjudge.core", "a\r\nb\0c", 6));
	need(natsConnection_PublishString(nc, "cjudge.other", "no"));
	need(natsConnection_FlushTimeout(nc, PATIENCE_MS));
	say_received(sub);
	need(natsSubscription_Unsubscribe(sub));
	need(natsConnection_PublishString(nc, "cjudge.core", "late"));
	need(natsConnection_FlushTimeout(nc, PATIENCE_MS));
	printf("valid after unsubscribe: %d\n", natsSubscription_IsValid(sub));
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(nc);
}

static void wildcards(void)
{
	static const char *const patterns[] = {
		"cjudge.a.b", "cjudge.*.b", "cjudge.>", "cjudge.a.*", "cjudge.a*", "cjudge",
		"teranode/bitcoin/1.0.0/mainnet-block", "teranode/bitcoin/1.*.*",
	};
	static const char *const subjects[] = {
		"cjudge", "cjudge.a", "cjudge.a.b", "cjudge.x.b", "cjudge.a.b.c", "cjudge.a*", "Cjudge.a.b",
		"teranode/bitcoin/1.0.0/mainnet-block", "teranode/bitcoin/1.0.0/mainnet-subtree",
	};
	enum { PATTERNS = sizeof patterns / sizeof *patterns };
	natsSubscription *subs[PATTERNS];
	natsConnection *nc = attach("c-wild");

	for (int i = 0; i < PATTERNS; i++)
		need(natsConnection_SubscribeSync(&subs[i], nc, patterns[i]));
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
		need(natsConnection_PublishString(nc, subjects[i], "x"));
	need(natsConnection_FlushTimeout(nc, PATIENCE_MS));
	for (int i = 0; i < PATTERNS; i++) {
		printf("%s:", patterns[i]);
		say_received(subs[i]);
		natsSubscription_Destroy(subs[i]);
	}
	natsConnection_Destroy(nc);
}

static void headers(void)
{
	natsConnection *nc = attach("c-headers");
	natsSubscription *sub;
	natsMsg *m;
	const char **values = NULL, *one = NULL;
	int count = 0;

	need(natsConnection_SubscribeSync(&sub, nc, "cjudge.headers"));
	need(natsMsg_Create(&m, "cjudge.headers", NULL, "hi", 2));
	need(natsMsgHeader_Set(m, "X", "y"));
	need(natsMsgHeader_Set(m, "lower-Case", "one"));
	need(natsMsgHeader_Add(m, "lower-Case", "two"));
	need(natsConnection_PublishMsg(nc, m));
	natsMsg_Destroy(m);
	need(natsMsg_Create(&m, "cjudge.headers", NULL, NULL, 0));
	need(natsMsgHeader_Set(m, "Alone", "without a body"));
	need(natsConnection_PublishMsg(nc, m));
	natsMsg_Destroy(m);

	need(natsSubscription_NextMsg(&m, sub, PATIENCE_MS));
	need(natsMsgHeader_Get(m, "X", &one));
	need(natsMsgHeader_Values(m, "lower-Case", &values, &count));
	printf("%s X=%s lower-Case=%d:%s,%s\n", natsMsg_GetData(m), one, count, values[0], values[count - 1]);
	free((void *)values);
	natsMsg_Destroy(m);
	need(natsSubscription_NextMsg(&m, sub, PATIENCE_MS));
	need(natsMsgHeader_Get(m, "Alone", &one));
	printf("%d bytes, Alone=%s\n", natsMsg_GetDataLength(m), one);
	natsMsg_Destroy(m);
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(nc);
}

static void payloads(void)
{
	static const int sizes[] = { 0, 1, 511, 512, 4095, 65535, 65536, 1000000, 1 << 20 };
	natsConnection *nc = attach("c-sizes");
	natsSubscription *sub;
	char *data = malloc(1 << 20);

	if (!data)
		exit(1);
	for (int i = 0; i < 1 << 20; i++)
		data[i] = (char)(i * 31 + i / 251);
	need(natsConnection_SubscribeSync(&sub, nc, "cjudge.sizes"));
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		natsMsg *m;

		need(natsConnection_Publish(nc, "cjudge.sizes", data, sizes[i]));
		need(natsConnection_FlushTimeout(nc, PATIENCE_MS));
		need(natsSubscription_NextMsg(&m, sub, PATIENCE_MS));
		say_bytes(natsMsg_GetData(m), natsMsg_GetDataLength(m));
		puts(natsMsg_GetDataLength(m) == sizes[i] && !memcmp(natsMsg_GetData(m), data, (size_t)sizes[i]) ?
		     " same" : " CHANGED");
		natsMsg_Destroy(m);
	}
	free(data);
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(nc);
}

static void answer(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *closure)
{
	(void)sub, (void)closure;
	natsConnection_Publish(nc, natsMsg_GetReply(m), natsMsg_GetData(m), natsMsg_GetDataLength(m));
	natsMsg_Destroy(m);
}

static void request_reply(void)
{
	natsConnection *server = attach("c-server"), *client = attach("c-client");
	natsSubscription *sub;
	natsMsg *m;
	int good = 0;

	need(natsConnection_QueueSubscribe(&sub, server, "cjudge.svc", "workers", answer, NULL));
	need(natsConnection_FlushTimeout(server, PATIENCE_MS));
	for (int i = 0; i < 100; i++) {
		char text[32];

		snprintf(text, sizeof text, "q%d", i);
		need(natsConnection_RequestString(&m, client, "cjudge.svc", text, PATIENCE_MS));
		good += natsMsg_GetDataLength(m) == (int)strlen(text) && !memcmp(natsMsg_GetData(m), text, strlen(text));
		natsMsg_Destroy(m);
	}
	printf("answered %d\n", good);
	for (int i = 0; i < 2; i++) {
		natsStatus s = natsConnection_RequestString(&m, client, "cjudge.nobody", "?", PATIENCE_MS);

		printf("none: %s\n", natsStatus_GetText(s));
		if (s == NATS_OK)
			natsMsg_Destroy(m);
	}
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(client);
	natsConnection_Destroy(server);
}

static void auto_unsubscribe(void)
{
	natsConnection *nc = attach("c-auto");
	natsSubscription *sub;

	need(natsConnection_SubscribeSync(&sub, nc, "cjudge.auto"));
	need(natsSubscription_AutoUnsubscribe(sub, 3));
	for (int i = 0; i < 5; i++)
		need(natsConnection_PublishString(nc, "cjudge.auto", "x"));
	need(natsConnection_FlushTimeout(nc, PATIENCE_MS));
	fputs("three at most:", stdout);
	say_received(sub);
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(nc);
}

static void no_echo(void)
{
	natsOptions *o = options("c-mute", token);
	natsConnection *nc, *other = attach("c-loud");
	natsSubscription *sub;

	need(natsOptions_SetNoEcho(o, true));
	need(natsConnection_Connect(&nc, o));
	natsOptions_Destroy(o);
	need(natsConnection_SubscribeSync(&sub, nc, "cjudge.echo"));
	need(natsConnection_PublishString(nc, "cjudge.echo", "mine"));
	need(natsConnection_FlushTimeout(nc, PATIENCE_MS));
	need(natsConnection_PublishString(other, "cjudge.echo", "yours"));
	need(natsConnection_FlushTimeout(other, PATIENCE_MS));
	need(natsConnection_FlushTimeout(nc, PATIENCE_MS));
	fputs("heard:", stdout);
	say_received(sub);
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(nc);
	natsConnection_Destroy(other);
}

static void ordered(void)
{
	enum { COUNT = 10000 };
	natsConnection *reader = attach("c-reader"), *writer = attach("c-writer");
	natsSubscription *sub;
	bool in_order = true;
	int seen = 0;

	need(natsConnection_SubscribeSync(&sub, reader, "cjudge.order"));
	need(natsSubscription_SetPendingLimits(sub, -1, -1));
	need(natsConnection_FlushTimeout(reader, PATIENCE_MS));
	for (int i = 0; i < COUNT; i++) {
		char text[128];

		snprintf(text, sizeof text, "%-100d", i);
		need(natsConnection_PublishString(writer, "cjudge.order", text));
	}
	need(natsConnection_FlushTimeout(writer, PATIENCE_MS));
	for (natsMsg *m; seen < COUNT && natsSubscription_NextMsg(&m, sub, PATIENCE_MS) == NATS_OK; seen++) {
		in_order = in_order && atoi(natsMsg_GetData(m)) == seen;
		natsMsg_Destroy(m);
	}
	printf("received %d, in order %d\n", seen, in_order);
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(writer);
	natsConnection_Destroy(reader);
}

static atomic_int counted;

static void count(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *closure)
{
	(void)nc, (void)sub, (void)closure;
	atomic_fetch_add(&counted, 1);
	natsMsg_Destroy(m);
}

static void raise_flag(natsConnection *nc, void *closure)
{
	(void)nc;
	atomic_store((atomic_bool *)closure, true);
}

static void await(atomic_bool *flag, const char *what)
{
	int64_t end = nats_Now() + 3 * PATIENCE_MS;

	while (!atomic_load(flag)) {
		if (nats_Now() > end) {
			fprintf(stderr, "judge: waited in vain for %s\n", what);
			exit(1);
		}
		nats_Sleep(1);
	}
}

static void drain(void)
{
	static atomic_bool closed;
	natsOptions *o = options("c-drain", token);
	natsConnection *nc;
	natsSubscription *sub;

	need(natsOptions_SetClosedCB(o, raise_flag, &closed));
	need(natsConnection_Connect(&nc, o));
	natsOptions_Destroy(o);
	need(natsConnection_Subscribe(&sub, nc, "cjudge.drain", count, NULL));
	for (int i = 0; i < 1000; i++)
		need(natsConnection_PublishString(nc, "cjudge.drain", "x"));
	need(natsConnection_Drain(nc));
	await(&closed, "drain to end");
	printf("drained %d\n", atomic_load(&counted));
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(nc);
}

/* A client that comes back by itself, with its subscription and with what it published in between. */
static void restart(void)
{
	static atomic_bool gone, back;
	natsOptions *o = options("c-restart", token);
	natsConnection *nc;
	natsSubscription *sub;

	need(natsOptions_SetAllowReconnect(o, true));
	need(natsOptions_SetMaxReconnect(o, -1));
	need(natsOptions_SetReconnectWait(o, 50));
	need(natsOptions_SetDisconnectedCB(o, raise_flag, &gone));
	need(natsOptions_SetReconnectedCB(o, raise_flag, &back));
	need(natsConnection_Connect(&nc, o));
	natsOptions_Destroy(o);
	need(natsConnection_SubscribeSync(&sub, nc, "cjudge.restart"));
	need(natsConnection_PublishString(nc, "cjudge.restart", "before"));
	need(natsConnection_FlushTimeout(nc, PATIENCE_MS));
	puts("restart me");
	await(&gone, "the connection to end");
	need(natsConnection_PublishString(nc, "cjudge.restart", "meanwhile"));
	await(&back, "the connection to come back");
	need(natsConnection_PublishString(nc, "cjudge.restart", "after"));
	need(natsConnection_FlushTimeout(nc, PATIENCE_MS));
	for (int i = 0; i < 3; i++) {
		natsMsg *m;

		need(natsSubscription_NextMsg(&m, sub, PATIENCE_MS));
		printf("got %.*s\n", natsMsg_GetDataLength(m), natsMsg_GetData(m));
		natsMsg_Destroy(m);
	}
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(nc);
}

static const struct {
	const char *name;
	void (*run)(void);
} steps[] = {
	{ "token in the URL", token_in_url },
	{ "wrong token", wrong_token },
	{ "what the server says of itself", about },
	{ "publish and subscribe", core },
	{ "wildcards", wildcards },
	{ "headers", headers },
	{ "payload sizes", payloads },
	{ "request, reply and no responders", request_reply },
	{ "automatic unsubscribe", auto_unsubscribe },
	{ "no echo", no_echo },
	{ "ten thousand in order", ordered },
	{ "drain", drain },
	{ "restart", restart },
};

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: judge HOST:PORT TOKEN\n", stderr);
		return 2;
	}
	address = argv[1];
	token = argv[2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		printf("# %s\n", steps[i].name);
		steps[i].run();
	}
	puts("# end");
	nats_Close();
	return 0;
}
