#ifndef PL_NODE_TOPIC_SETTINGS_H
#define PL_NODE_TOPIC_SETTINGS_H

/*
 * What the configuration says about single topics: the value of TOPIC_PARAMS,
 *
 *     NAME key=value [key=value ...] [, NAME ...]
 *
 * where NAME is a topic, short as for consumers (topic_prefix goes before a name without `/`), or
 * `*` for all of them. What is said of a topic by name wins over what is said of all.
 *
 *     topic_settings_parse(); topic_settings_apply() for each topic that comes into being
 */

#include "base/limits.h"
#include "route/gossip.h"

struct topic_setting {
	size_t name_n;
	char name[LIMIT_GOSSIP_TOPIC_NAME]; /* "*": all */
	bool has_id_kind, has_validate_ms, has_remember_ms;
	enum gossip_id_kind id_kind;
	uint64_t validate_ms, remember_ms;
};

struct topic_settings {
	size_t n;
	struct topic_setting v[LIMIT_TOPIC_SETTINGS];
};

struct topic_settings_error {
	char text[512];
};

/* -EINVAL: `ret_error` has a sentence. */
_nodiscard_ int topic_settings_parse(const char *text, const char *topic_prefix,
				     struct topic_settings *ret,
				     struct topic_settings_error *ret_error);
void topic_settings_apply(const struct topic_settings *s, struct bytes topic,
			  struct gossip_topic_params *io);

#endif
