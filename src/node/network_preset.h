#ifndef PL_NODE_NETWORK_PRESET_H
#define PL_NODE_NETWORK_PRESET_H

/*
 * What the names of Teranode's networks stand for. A preset is what the user would have typed: it
 * takes the place of defaults and of nothing else. Any other name is the name of a private network
 * and stands for nothing.
 */

struct network_preset {
	const char *network;
	const char *bootstrap;    /* as in BOOTSTRAP_PEERS; empty: nobody is known there */
	const char *topic_prefix; /* `block` is short for <prefix>block */
};

/* NULL: not one of them. */
const struct network_preset *network_preset_find(const char *network);
/* The name that was probably meant, where `network` is none of them and one or two letters away
 * from one; else NULL. */
const char *network_preset_meant(const char *network);

#endif
