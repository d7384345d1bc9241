/* covers: src/share/numbers.c */
/*
 * What the door remembers across a restart: what is taken for sound is written again byte for byte,
 * and a door can go on with it and be left.
 */

#include <stdlib.h>
#include <string.h>

#include "share/door.h"
#include "share/numbers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_join(void *user, struct bytes topic)
{
	(void)user;
	ASSERT(topic.n >= 1 && topic.n <= LIMIT_GOSSIP_TOPIC_NAME);
	return topic.n % 7 == 0 ? -ENOSPC : 0;
}

static void on_leave(void *user, struct bytes topic)
{
	(void)user;
	(void)topic;
}

static const struct door_ops ops = { .topic_join = on_join, .topic_leave = on_leave };

static void go_on(struct bytes in, int sound)
{
	struct random_seeded seed;
	struct door *d;
	int r;

	random_seeded_init(&seed, 1);
	r = door_new(
		&(struct door_config){
			.server_name = "p",
			.version = "0",
			.host = "h",
			.token = "t",
			.topic_prefix = "",
			.client_name = "p",
			.consumer_bytes = 65536,
			.random = random_seeded_source(&seed),
			.ops = &ops,
		},
		&d);
	ASSERT(r == 0);
	r = door_restore(d, in, (struct wall){ 8 }, (struct mono){ NS_PER_S });
	ASSERT(r == sound);
	door_tick(d, (struct mono){ NS_PER_S * 1000 });
	door_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct numbers *n = malloc(sizeof(*n));
	struct buf out;
	int r;

	ASSERT(n);
	buf_init(&out, NUMBERS_BYTES_MAX);
	r = numbers_decode(BYTES(data, size), n);
	if (r == 0) {
		int written = numbers_encode(n, &out);

		ASSERT(written == 0 && buf_len(&out) == size);
		ASSERT(memcmp(buf_data(&out).p, data, size) == 0);
	}
	go_on(BYTES(data, size), r);
	buf_deinit(&out);
	free(n);
	return 0;
}
