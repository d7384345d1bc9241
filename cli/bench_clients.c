#include "cli/bench_clients.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/attach.h"

/* So much is sent before the door is asked whether it has heard it: a publisher that never waits
 * would measure nothing but its own buffer. */
#define FLUSH_BYTES ((size_t)256 * 1024)
#define FLUSH_MS 5000
#define REQUEST_MS 5000
#define LOOK_MS 100 /* how often who hears nothing looks whether all is over */
/* Less is not slept: a few messages leave together then. */
#define PACE_NS (200 * NS_PER_US)
/* What is on its way when the senders have ended gets so long. */
#define LINGER_MS 2000

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

/* ---- life ---- */

int bench_open(struct bench *b, enum bench_role role, size_t number, struct bench_client *ret)
{
	bool listens = role == BENCH_SUBSCRIBER || role == BENCH_RESPONDER;
	char name[64];
	uint64_t sid;
	int r;

	*ret = (struct bench_client){ .bench = b, .role = role };
	snprintf(name, sizeof(name), "peerline-bench-%ld%03zu", (long)getpid(), number);
	r = attach_open_as(b->data, name, &ret->client);
	if (r != 0 || !listens)
		return r;
	r = client_subscribe(ret->client, b->subject, &sid);
	if (r == 0)
		r = client_flush(ret->client, FLUSH_MS);
	return r == 0 ? 0 : attach_failed(ret->client, r);
}

void bench_close(struct bench_client *c)
{
	c->client = client_close(c->client);
}

/* ---- who listens ---- */

static bool is_over(const struct bench_client *c)
{
	return atomic_load(&c->bench->n_senders) == 0;
}

static void heed(struct bench_client *c, const struct client_message *m)
{
	uint64_t sent_at, now = now_ns();

	c->n++;
	if (m->payload.n < BENCH_SIZE_MIN)
		return;
	/* Our own bytes, which came back. */
	memcpy(&sent_at, m->payload.p, sizeof(sent_at));
	latencies_add(&c->took, now > sent_at ? now - sent_at : 0);
}

static int answer(struct bench_client *c, const struct client_message *m)
{
	char reply[256];

	c->n++;
	snprintf(reply, sizeof(reply), "%.*s", (int)m->reply.n, (const char *)m->reply.p);
	return client_publish(c->client, reply, m->payload);
}

static bool has_all(const struct bench_client *c)
{
	return c->role == BENCH_RESPONDER || c->n >= atomic_load(&c->bench->n_published);
}

static void listen_until_over(struct bench_client *c)
{
	uint64_t first = 0, last = 0, give_up = 0;
	struct client_message m;

	while (c->error == 0) {
		int r = client_next(c->client, LOOK_MS, &m);
		uint64_t now = now_ns();

		if (r == 0) {
			first = first ? first : now;
			last = now;
			if (c->role == BENCH_RESPONDER)
				c->error = answer(c, &m);
			else
				heed(c, &m);
		} else if (r != CLIENT_E_TIMEOUT) {
			c->error = r;
		}
		if (!is_over(c))
			continue;
		give_up = give_up ? give_up : now + LINGER_MS * NS_PER_MS;
		if (has_all(c) || now > give_up)
			break;
	}
	c->active_ns = last - first;
}

/* ---- who sends ---- */

static bool is_done(const struct bench_client *c, uint64_t end)
{
	return (c->bench->count > 0 && c->n >= c->bench->count) || now_ns() >= end;
}

static int publish(struct bench_client *c, uint8_t *payload, size_t *io_unflushed)
{
	const struct bench *b = c->bench;
	uint64_t now = now_ns();
	int r;

	memcpy(payload, &now, sizeof(now));
	r = client_publish(c->client, b->subject, BYTES(payload, b->size));
	if (r == 0)
		*io_unflushed += b->size;
	if (r == -ENOBUFS || *io_unflushed >= FLUSH_BYTES) {
		int flushed = client_flush(c->client, FLUSH_MS);

		*io_unflushed = 0;
		return flushed != 0 ? flushed : r == 0 ? 0 : -EAGAIN;
	}
	return r;
}

/* Waits for the next message's turn, with nothing left unsaid. */
static int pace(struct bench_client *c, uint64_t due)
{
	struct client_message m;
	int r;

	if (due < now_ns() + PACE_NS)
		return 0;
	r = client_next(c->client, 0, &m);
	if (r != CLIENT_E_TIMEOUT && r != 0)
		return r;
	sleep_until(due);
	return 0;
}

static void publish_until_over(struct bench_client *c, uint8_t *payload)
{
	struct bench *b = c->bench;
	uint64_t begin = now_ns(), end = begin + b->seconds * NS_PER_S;
	size_t unflushed = 0;

	while (c->error == 0 && !is_done(c, end)) {
		int r = publish(c, payload, &unflushed);

		if (r == 0) {
			c->n++;
			atomic_fetch_add(&b->n_published, 1);
		} else if (r != -EAGAIN) {
			c->error = r;
		}
		if (c->error == 0 && b->rate > 0)
			c->error = pace(c, begin + c->n * NS_PER_S / b->rate);
	}
	if (c->error == 0)
		c->error = client_flush(c->client, FLUSH_MS);
	c->active_ns = now_ns() - begin;
}

static void request_until_over(struct bench_client *c, uint8_t *payload)
{
	const struct bench *b = c->bench;
	uint64_t begin = now_ns(), end = begin + b->seconds * NS_PER_S;
	struct client_message m;

	while (c->error == 0 && !is_done(c, end)) {
		uint64_t asked_at = now_ns();

		c->error = client_request(c->client, b->subject, BYTES(payload, b->size),
					  REQUEST_MS, &m);
		if (c->error != 0)
			break;
		c->n++;
		latencies_add(&c->took, now_ns() - asked_at);
	}
	c->active_ns = now_ns() - begin;
}

static void send_until_over(struct bench_client *c)
{
	uint8_t *payload = calloc(1, c->bench->size);

	if (!payload)
		c->error = -ENOMEM;
	else if (c->role == BENCH_PUBLISHER)
		publish_until_over(c, payload);
	else
		request_until_over(c, payload);
	free(payload);
	atomic_fetch_sub(&c->bench->n_senders, 1);
}

/* ---- all together ---- */

static void *run(void *user)
{
	struct bench_client *c = user;

	if (c->role == BENCH_SUBSCRIBER || c->role == BENCH_RESPONDER)
		listen_until_over(c);
	else
		send_until_over(c);
	return NULL;
}

int bench_run(struct bench *b, struct bench_client *clients, size_t n)
{
	pthread_t threads[BENCH_CLIENTS_MAX];
	size_t n_running = 0;
	int r = 0;

	ASSERT(n <= BENCH_CLIENTS_MAX);
	for (size_t i = 0; i < n; i++)
		if (clients[i].role == BENCH_PUBLISHER || clients[i].role == BENCH_REQUESTER)
			atomic_fetch_add(&b->n_senders, 1);
	for (; r == 0 && n_running < n; n_running += r == 0)
		r = pthread_create(&threads[n_running], NULL, run, &clients[n_running]);
	/* Who waits for senders that will never run must not wait. */
	if (r != 0)
		atomic_store(&b->n_senders, 0);
	while (n_running > 0)
		pthread_join(threads[--n_running], NULL);
	return -r;
}
