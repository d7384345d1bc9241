#include "node/network_preset.h"

#include <string.h>

#include "base/def.h"
#include "node/nearest.h"

/* Shorter names are near to everything. */
#define MEANT_LENGTH_MIN 5
#define MEANT_EDITS_MAX 2

#define TOPICS(network) "teranode/bitcoin/1.0.0/" network "-"
#define BOOTSTRAP(network) "/dnsaddr/" network ".bootstrap.teranode.bsvb.tech"

static const struct network_preset presets[] = {
	{ "mainnet", BOOTSTRAP("mainnet"), TOPICS("mainnet") },
	{ "testnet", BOOTSTRAP("testnet"), TOPICS("testnet") },
	{ "teratestnet", BOOTSTRAP("teratestnet"), TOPICS("teratestnet") },
	/* Everybody runs their own; nobody is known to all. */
	{ "regtest", "", TOPICS("regtest") },
	{ "stn", "", TOPICS("stn") },
};

const struct network_preset *network_preset_find(const char *network)
{
	for (size_t i = 0; i < ARRAY_SIZE(presets); i++)
		if (strcmp(presets[i].network, network) == 0)
			return &presets[i];
	return NULL;
}

const char *network_preset_meant(const char *network)
{
	if (network_preset_find(network))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(presets); i++)
		if (strlen(presets[i].network) >= MEANT_LENGTH_MIN &&
		    edit_distance(network, presets[i].network) <= MEANT_EDITS_MAX)
			return presets[i].network;
	return NULL;
}
