/* covers: src/wire/peer_id.c */

/* The input is taken for bytes and for text. An id that is accepted has one text, which means it.
 */

#include <string.h>

#include "wire/peer_id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct peer_id *id)
{
	char text[PEER_ID_TEXT_MAX];
	struct peer_id again;

	ASSERT(peer_id_is_set(id) && id->n <= PEER_ID_MAX);
	ASSERT(peer_id_decode(peer_id_bytes(id), &again) == 0 && peer_id_equal(id, &again));
	peer_id_text(id, text);
	ASSERT(strlen(text) > 0);
	ASSERT(peer_id_parse(bytes_of_text(text), &again) == 0);
	ASSERT(peer_id_compare(id, &again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = BYTES(data, size);
	struct peer_id id;

	if (peer_id_decode(in, &id) == 0) {
		ASSERT(bytes_equal(peer_id_bytes(&id), in));
		check(&id);
	}
	if (peer_id_parse(in, &id) == 0)
		check(&id);
	return 0;
}
