#ifndef PL_NODE_CONFIG_H
#define PL_NODE_CONFIG_H

/*
 * Settings: one table (settings.c), four places. A flag wins over the environment, the environment
 * over the file, the file over what the network's name stands for, that over the default.
 *
 *     config_new(); config_set() from the weakest place to the strongest (config_read_file(),
 *     config_read_env(), flags); config_finish(); then the fields are valid; config_free()
 *
 * Every mistake is a sentence in `struct config_error`: what is wrong, where it came from, what
 * would be right.
 */

#include "base/addr.h"
#include "base/def.h"
#include "base/limits.h"
#include "node/topic_settings.h"
#include "share/door.h"
#include "wire/multiaddr.h"

enum config_origin {
	CONFIG_DEFAULT,
	CONFIG_PRESET, /* what the network's name stands for */
	CONFIG_FILE,
	CONFIG_ENV,
	CONFIG_FLAG,
};

enum setting_id {
	SETTING_P2P_ENABLED,
	SETTING_P2P_PORT,
	SETTING_P2P_HOST,
	SETTING_BOOTSTRAP_PEERS,
	SETTING_MAX_PEERS,
	SETTING_PEER_RECONNECT_INTERVAL,
	SETTING_PEER_STORAGE_PATH,
	SETTING_DISCOVERY_MDNS,
	SETTING_DISCOVERY_GRENACHE,
	SETTING_GRAPE_URL,
	SETTING_DATA,
	SETTING_CONFIG,
	SETTING_NETWORK,
	SETTING_TOPIC_PREFIX,
	SETTING_TOPIC_PARAMS,
	SETTING_CLIENT_NAME,
	SETTING_TERANODE_RULES,
	SETTING_DOOR_HOST,
	SETTING_DOOR_PORT,
	SETTING_DOOR_SOCKET,
	SETTING_PEERS_PER_IP,
	SETTING_HALF_OPEN,
	SETTING_CONSUMER_BYTES,
	SETTING_SLOW_CONSUMER,
	SETTING_CONSUMERS,
	SETTING_CONSUMERS_MEMORY,
	SETTING_MEMORY_BUDGET,
	SETTING_LOG,
	SETTING_ANNOUNCE_ADDRESSES,
	SETTING_DISCOVER_PEERS,
	SETTING_IMPORT_PEER_CACHE,
	SETTING_DIRECT_PEERS,
	SETTING_FLOOD_PUBLISH,
	SETTINGS,
};

enum setting_kind {
	SETTING_BOOL,
	SETTING_PORT,
	SETTING_NUMBER,
	SETTING_TEXT,
	SETTING_HOSTS,
	SETTING_PEERS,
	SETTING_ADDRESSES,
	SETTING_LEVEL,
	SETTING_SLOW,
};

struct setting {
	const char *env; /* "P2P_PORT", "PEERLINE_DATA" */
	const char *key; /* "p2p_port", "data": the file's name, and with dashes the flag's */
	enum setting_kind kind;
	const char *value; /* default; NULL: computed */
	uint64_t min, max; /* SETTING_NUMBER */
	const char *help;
};

extern const struct setting settings[SETTINGS];

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG,
};

#define CONFIG_HOSTS_MAX 8
#define CONFIG_PATH_MAX 1024
#define CONFIG_SOCKET_MAX 104
#define CONFIG_UNKNOWN_MAX 16
#define CONFIG_NAME_MAX 64

struct config_error {
	char text[1024];
};

/* Notes a mistake that does not stop the node: a malformed bootstrap entry among good ones. */
typedef void (*config_warn_fn)(void *user, const char *text);

struct config {
	char *values[SETTINGS]; /* as given; NULL: the default */
	enum config_origin origins[SETTINGS];
	unsigned int lines[SETTINGS]; /* of those that came from the file: where in it */
	char file[CONFIG_PATH_MAX];   /* that was read; empty: none */
	/* Names in the environment that begin as ours do and are no setting: the first ones. */
	size_t n_unknown;
	char unknown[CONFIG_UNKNOWN_MAX][CONFIG_NAME_MAX];

	/* Valid after config_finish(). */
	bool p2p_enabled, discover_peers;
	size_t n_hosts;
	struct addr hosts[CONFIG_HOSTS_MAX]; /* port set; 0: the kernel chooses */
	size_t n_bootstrap;
	struct multiaddr *bootstrap;
	size_t n_direct;
	struct multiaddr *direct;   /* each names its peer ... */
	struct peer_id *direct_ids; /* ... which is this one */
	bool flood_publish;
	size_t n_announce;
	struct multiaddr announce[LIMIT_LISTENERS];
	uint64_t max_peers, reconnect_ms, peers_per_ip, half_open, consumer_bytes, memory_budget;
	uint64_t consumers_memory;
	struct addr door; /* port 0: the kernel chooses */
	bool door_port_is_default;
	char data[CONFIG_PATH_MAX];
	char door_socket[CONFIG_SOCKET_MAX];
	char import_peer_cache[CONFIG_PATH_MAX]; /* empty: none */
	char consumers[CONFIG_PATH_MAX];
	bool consumers_is_default; /* then it need not exist */
	bool consumers_is_used;    /* there is such a file; said by whoever looked */
	char network[64];
	char topic_prefix[LIMIT_GOSSIP_TOPIC_NAME];
	struct topic_settings topics;
	char client_name[LIMIT_CLIENT_NAME + 1];
	bool teranode_rules;
	enum door_slow slow_consumer;
	enum log_level log;
};

struct config *config_new(void);
struct config *config_free(struct config *c);

/* `key` is a file key; -ENOENT names the nearest known one. -EINVAL. A setting of higher origin
 * stays. */
_nodiscard_ int config_set(struct config *c, const char *key, const char *value,
			   enum config_origin origin, struct config_error *ret_error);
/* Flag name without "--": dashes for underscores. */
_nodiscard_ int config_set_flag(struct config *c, const char *flag, const char *value,
				struct config_error *ret_error);
/* `key = value` a line (config_file.c). -ENOENT when the file does not exist, -EINVAL, -ENOMEM. */
_nodiscard_ int config_read_file(struct config *c, const char *path,
				 struct config_error *ret_error);
/* The file that PEERLINE_CONFIG names, else `<data>/peerline.conf` where there is one. */
_nodiscard_ int config_read_own_file(struct config *c, struct config_error *ret_error);
/*
 * `get` answers like getenv(). Names in `environ_names` (NULL-terminated, may be NULL) that begin
 * with PEERLINE_ and are nearly one of ours are refused.
 */
_nodiscard_ int config_read_env(struct config *c, char *(*get)(const char *name),
				char *const *environ_names, struct config_error *ret_error);
/* Computes the fields. `warn` may be NULL. */
_nodiscard_ int config_finish(struct config *c, config_warn_fn warn, void *user,
			      struct config_error *ret_error);

/* The value in force as text; NULL while a computed default is not known. */
const char *config_value(const struct config *c, enum setting_id id);
const char *config_origin_text(enum config_origin origin);
/* The data directory before config_finish(): what flag or environment say, else the default. */
_nodiscard_ int config_data_dir(const struct config *c, char ret[CONFIG_PATH_MAX]);

#endif
