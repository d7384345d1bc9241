/* cnats with a token that may subscribe to topic.> and jobs.*, and publish to results.>: what is refused is reported, and the
 * connection goes on. Arguments: URL, token. */

#include <nats/nats.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static atomic_int n_errors, n_closed;

static void on_error(natsConnection *nc, natsSubscription *sub, natsStatus error, void *closure)
{
	const char *text = NULL;

	(void)sub;
	(void)closure;
	natsConnection_GetLastError(nc, &text);
	if (error == NATS_NOT_PERMITTED && text && strstr(text, "Permissions Violation"))
		n_errors++;
}

static void on_closed(natsConnection *nc, void *closure)
{
	(void)nc;
	(void)closure;
	n_closed++;
}

/* Twice: replies are behind what was refused. */
static void settle(natsConnection *nc)
{
	natsConnection_FlushTimeout(nc, 5000);
	natsConnection_FlushTimeout(nc, 5000);
}

int main(int argc, char **argv)
{
	natsOptions *options = NULL;
	natsConnection *nc = NULL;
	natsSubscription *refused = NULL, *allowed = NULL;
	natsMsg *message = NULL;

	if (argc < 3)
		return 2;
	natsOptions_Create(&options);
	natsOptions_SetURL(options, argv[1]);
	natsOptions_SetToken(options, argv[2]);
	natsOptions_SetName(options, "arcade");
	natsOptions_SetErrorHandler(options, on_error, NULL);
	natsOptions_SetClosedCB(options, on_closed, NULL);
	if (natsConnection_Connect(&nc, options) != NATS_OK)
		return 1;
	puts("connected");
	natsConnection_SubscribeSync(&refused, nc, "secret.x");
	natsConnection_PublishString(nc, "forbidden", "no");
	settle(nc);
	for (int i = 0; i < 500 && n_errors < 2; i++)
		nats_Sleep(10);
	printf("error %s\n", n_errors >= 1 ? "true" : "false");
	printf("published %s\n", natsConnection_PublishString(nc, "results.1", "yes") == NATS_OK ? "ok" : "not");
	natsConnection_SubscribeSync(&allowed, nc, "topic.tx");
	settle(nc);
	natsConnection_PublishString(nc, "topic.tx", "allowed");
	settle(nc);
	if (natsSubscription_NextMsg(&message, allowed, 5000) == NATS_OK)
		printf("got %.*s\n", natsMsg_GetDataLength(message), natsMsg_GetData(message));
	printf("closed %d\n", n_closed);
	natsMsg_Destroy(message);
	natsSubscription_Destroy(refused);
	natsSubscription_Destroy(allowed);
	natsConnection_Destroy(nc);
	natsOptions_Destroy(options);
	nats_Close();
	return 0;
}
