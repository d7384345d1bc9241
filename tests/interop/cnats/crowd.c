/* Many consumers of one topic, by cnats, that come back by themselves: what crowd.mjs does, in the same lines.
 *
 *     crowd HOST:PORT TOKEN SUBJECT COUNT
 */
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 100
#define MOST 256

static void need_(natsStatus s, const char *call, int line)
{
	if (s == NATS_OK)
		return;
	fprintf(stderr, "crowd.c:%d: %s: %s\n", line, call, natsStatus_GetText(s));
	exit(1);
}
#define need(call) need_((call), #call, __LINE__)

static int numbers[MOST];

static void away(natsConnection *nc, void *closure)
{
	(void)nc;
	printf("away %d\n", *(int *)closure);
}

static void back(natsConnection *nc, void *closure)
{
	(void)nc;
	printf("back %d\n", *(int *)closure);
}

static void mute(natsConnection *nc, natsSubscription *sub, natsStatus s, void *closure)
{
	(void)nc, (void)sub, (void)s, (void)closure;
}

static const char *header(natsMsg *m, const char *name)
{
	const char *value;

	return natsMsgHeader_Get(m, name, &value) == NATS_OK ? value : "-";
}

static void got(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *closure)
{
	(void)nc, (void)sub;
	printf("got %d %s %s %s %.*s\n", *(int *)closure, header(m, "Pl-Epoch"), header(m, "Pl-Seq"), header(m, "Pl-Gap"),
	       natsMsg_GetDataLength(m), natsMsg_GetData(m));
	natsMsg_Destroy(m);
}

static void join(int number, const char *address, const char *token, const char *subject)
{
	natsSubscription *sub;
	natsConnection *nc;
	natsOptions *o;
	char text[256];

	numbers[number] = number;
	need(natsOptions_Create(&o));
	snprintf(text, sizeof text, "nats://%s", address);
	need(natsOptions_SetURL(o, text));
	snprintf(text, sizeof text, "c-crowd-%d", number);
	need(natsOptions_SetName(o, text));
	need(natsOptions_SetToken(o, token));
	need(natsOptions_SetMaxReconnect(o, -1));
	need(natsOptions_SetReconnectWait(o, RETRY_MS));
	need(natsOptions_SetReconnectJitter(o, RETRY_MS, RETRY_MS));
	need(natsOptions_SetDisconnectedCB(o, away, &numbers[number]));
	need(natsOptions_SetReconnectedCB(o, back, &numbers[number]));
	need(natsOptions_SetErrorHandler(o, mute, NULL));
	need(natsConnection_Connect(&nc, o));
	natsOptions_Destroy(o);
	need(natsConnection_Subscribe(&sub, nc, subject, got, &numbers[number]));
	need(natsConnection_Flush(nc));
}

int main(int argc, char **argv)
{
	int count = argc == 5 ? atoi(argv[4]) : 0;

	if (count < 1 || count > MOST) {
		fprintf(stderr, "usage: crowd HOST:PORT TOKEN SUBJECT COUNT (at most %d)\n", MOST);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < count; i++)
		join(i, argv[1], argv[2], argv[3]);
	printf("ready %d\n", count);
	while (getchar() != EOF)
		;
	return 0; /* the connections end with the process */
}
