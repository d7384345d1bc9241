#ifndef PL_NODE_TOPIC_TROUBLE_H
#define PL_NODE_TOPIC_TROUBLE_H

/* What is wrong with a topic, in a sentence for people: STATUS has it among its problems, and it is
 * logged when it begins. */

#include "route/gossip.h"

#define TOPIC_TROUBLE_MAX 256

/* Nobody is connected: that is no topic's trouble, but all topics'. */
bool topic_is_alone(const struct gossip_topic_info *info);

/*
 * False: nothing is wrong, or nothing is known yet. `n_connected` peers speak gossip. A name too
 * long to be shown is cut.
 */
_nodiscard_ bool topic_trouble(const struct gossip_topic_info *info, size_t n_connected,
			       struct mono now, char ret[TOPIC_TROUBLE_MAX]);

#endif
