/* covers: src/node/peer_rules.c */
/* What is kept of peers: what is read is written the same, whatever stands in the file, and stays
 * within its limits. */

#include <stdlib.h>
#include <string.h>

#include "node/peer_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Adding what is there changes nothing; removing takes one away. */
static void change(struct peer_rules *rules)
{
	struct multiaddr first;
	size_t n = rules->n_added;

	if (n == 0)
		return;
	first = rules->added[0];
	ASSERT(peer_rules_add(rules, &first) == 0 && rules->n_added == n);
	ASSERT(peer_rules_remove(rules, &first) && rules->n_added == n - 1);
	while (peer_rules_remove(rules, &first))
		;
	ASSERT(peer_rules_find_added(rules, &first) == rules->n_added);
	ASSERT(peer_rules_add(rules, &first) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peer_rules rules, again;
	char *text, *same;

	if (peer_rules_decode(BYTES(data, size), &rules) != 0)
		return 0;
	ASSERT(rules.n_added <= LIMIT_MANAGED_PEERS && rules.n_bans <= LIMIT_BANS);
	text = peer_rules_encode(&rules);
	ASSERT(text && peer_rules_decode(bytes_of_text(text), &again) == 0);
	same = peer_rules_encode(&again);
	ASSERT(same && strcmp(text, same) == 0);
	free(text);
	free(same);
	peer_rules_deinit(&again);
	change(&rules);
	peer_rules_deinit(&rules);
	return 0;
}
