/* covers: src/wire/peer_cache.c */

/* Whatever stands in the file, the report adds up, and every entry that is handed out can be
 * shown. */

#include <string.h>

#include "wire/peer_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void each(void *user, const struct peer_cache_entry *e)
{
	size_t *n = user;
	char text[LIMIT_MULTIADDR_TEXT];

	++*n;
	ASSERT(peer_id_is_set(&e->id));
	ASSERT(e->n_addresses > 0 && e->n_addresses <= LIMIT_HINT_ADDRESSES);
	for (size_t i = 0; i < e->n_addresses; i++)
		ASSERT(multiaddr_text(&e->addresses[i], text)[0] == '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct wall now = { INT64_C(1763645400) * (int64_t)NS_PER_S };
	struct peer_cache_report report;
	size_t n = 0;

	if (peer_cache_decode(BYTES(data, size), now, each, &n, &report) < 0) {
		ASSERT(n == 0);
		return 0;
	}
	ASSERT(report.n_used == n && n <= LIMIT_HINTS_IMPORTED);
	ASSERT(report.n_beyond == 0 || n == LIMIT_HINTS_IMPORTED);
	ASSERT(strlen(report.faults) < sizeof(report.faults));
	ASSERT((report.n_malformed > 0) == (report.faults[0] != '\0'));
	return 0;
}
