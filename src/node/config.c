#include "node/config.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "node/nearest.h"
#include "node/network_preset.h"
#include "wire/utf8.h"

_printf_(2, 3) static int config_refuse(struct config_error *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	return -EINVAL;
}

static void free_text(char **text)
{
	free(*text);
}

struct config *config_new(void)
{
	return calloc(1, sizeof(struct config));
}

struct config *config_free(struct config *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < SETTINGS; i++)
		free(c->values[i]);
	free(c->bootstrap);
	free(c->direct);
	free(c->direct_ids);
	free(c);
	return NULL;
}

const char *config_origin_text(enum config_origin origin)
{
	switch (origin) {
	case CONFIG_DEFAULT:
		return "default";
	case CONFIG_PRESET:
		return "network preset";
	case CONFIG_FILE:
		return "file";
	case CONFIG_ENV:
		return "environment";
	case CONFIG_FLAG:
		return "flag";
	}
	return "?";
}

const char *config_value(const struct config *c, enum setting_id id)
{
	return c->values[id] ? c->values[id] : settings[id].value;
}

/* ---- checks, one per kind ---- */

static int parse_bool(const char *text, bool *ret)
{
	static const char *const yes[] = { "true", "yes", "on", "1" };
	static const char *const no[] = { "false", "no", "off", "0" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*ret = strcasecmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_number(const char *text, uint64_t *ret)
{
	char *end;

	if (!isdigit((unsigned char)text[0]) || strlen(text) > 19)
		return -EINVAL;
	*ret = strtoull(text, &end, 10);
	return *end ? -EINVAL : 0;
}

/* "auto" becomes 0: the kernel chooses. */
static int parse_port(const char *text, uint16_t *ret)
{
	uint64_t n;

	if (strcasecmp(text, "auto") == 0) {
		*ret = 0;
		return 0;
	}
	if (parse_number(text, &n) < 0 || n < 1 || n > 65535)
		return -EINVAL;
	*ret = (uint16_t)n;
	return 0;
}

static int parse_level(const char *text, enum log_level *ret)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(text, names[i]) == 0) {
			*ret = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_slow(const char *text, enum door_slow *ret)
{
	for (int i = DOOR_SLOW_GAP; i <= DOOR_SLOW_DISCONNECT; i++) {
		if (strcasecmp(text, door_slow_text((enum door_slow)i)) == 0) {
			*ret = (enum door_slow)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* Takes the next entry of a comma-separated list off `*rest`, without blanks around it; NULL at the
 * end. */
static char *next_entry(char **rest)
{
	char *entry, *end;

	if (!*rest)
		return NULL;
	entry = strsep(rest, ",");
	while (isspace((unsigned char)*entry))
		entry++;
	end = entry + strlen(entry);
	while (end > entry && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return entry;
}

static int parse_hosts(const char *text, struct addr *ret, size_t max, size_t *ret_n)
{
	char copy[512];
	char *rest = copy, *entry;
	size_t n = 0;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	while ((entry = next_entry(&rest))) {
		if (n == max || addr_parse_ip(entry, &ret[n]) < 0)
			return -EINVAL;
		n++;
	}
	*ret_n = n;
	return n > 0 ? 0 : -EINVAL;
}

static int check_number(const struct setting *s, const char *value, const char *from,
			struct config_error *e)
{
	uint64_t n;

	if (value[0] == '-')
		return config_refuse(e, "%s: %s is negative; give a number from %llu to %llu (%s)",
				     s->env, value, (unsigned long long)s->min,
				     (unsigned long long)s->max, from);
	if (parse_number(value, &n) < 0 || n < s->min || n > s->max)
		return config_refuse(
			e, "%s: \"%s\" does not do; give a number from %llu to %llu (%s)", s->env,
			value, (unsigned long long)s->min, (unsigned long long)s->max, from);
	return 0;
}

static int check_port(const struct setting *s, const char *value, const char *from,
		      struct config_error *e)
{
	uint16_t port;

	if (strcmp(value, "0") == 0)
		return config_refuse(e,
				     "%s: 0 is not a port; give 1 to 65535, or auto to let the "
				     "kernel choose one (%s)",
				     s->env, from);
	if (parse_port(value, &port) < 0)
		return config_refuse(e, "%s: %s is not a port; give 1 to 65535, or auto (%s)",
				     s->env, value, from);
	return 0;
}

/* Why an entry cannot be told to others; NULL: it can. */
static const char *fault_of_address(const char *entry, struct multiaddr *ret)
{
	struct multiaddr_target target;
	struct multiaddr m, bare;

	if (multiaddr_parse(bytes_of_text(entry), &m) < 0)
		return "is not a multiaddr such as /ip4/203.0.113.7/tcp/3000";
	multiaddr_without_peer(&m, &bare);
	if (bare.n == 0 || bare.n < m.n)
		return "names a peer id; leave out /p2p/..., peers know who we are";
	if (multiaddr_target(&m, &target) == 0 && target.host == MULTIADDR_IP &&
	    addr_is_unspecified(&target.addr))
		return "is every address of this host: nobody can dial it";
	*ret = m;
	return NULL;
}

static int parse_addresses(const struct setting *s, const char *value, const char *from,
			   struct config *c, struct config_error *e)
{
	_cleanup_(free_text) char *copy = strdup(value);
	char *rest = copy, *entry;
	size_t n_bytes = 0;

	if (!copy)
		return -ENOMEM;
	c->n_announce = 0;
	while ((entry = next_entry(&rest))) {
		const char *fault;

		if (!entry[0])
			continue;
		if (c->n_announce == ARRAY_SIZE(c->announce))
			return config_refuse(e, "%s: more than %zu addresses (%s)", s->env,
					     ARRAY_SIZE(c->announce), from);
		fault = fault_of_address(entry, &c->announce[c->n_announce]);
		if (fault)
			return config_refuse(e, "%s: \"%.200s\" %s (%s)", s->env, entry, fault,
					     from);
		n_bytes += c->announce[c->n_announce++].n;
	}
	if (n_bytes > LIMIT_ANNOUNCE_BYTES)
		return config_refuse(e, "%s: the addresses together are longer than %d bytes (%s)",
				     s->env, LIMIT_ANNOUNCE_BYTES, from);
	return 0;
}

static int finish_announce(struct config *c, struct config_error *e)
{
	const size_t id = SETTING_ANNOUNCE_ADDRESSES;

	return parse_addresses(&settings[id], config_value(c, id),
			       config_origin_text(c->origins[id]), c, e);
}

static int check_addresses(const struct setting *s, const char *value, const char *from,
			   struct config_error *e)
{
	struct config *scratch = config_new();
	int r = scratch ? parse_addresses(s, value, from, scratch, e) : -ENOMEM;

	config_free(scratch);
	return r;
}

static int check_value(const struct setting *s, const char *value, enum config_origin origin,
		       struct config_error *e)
{
	const char *from = config_origin_text(origin);
	struct addr hosts[CONFIG_HOSTS_MAX];
	enum log_level level;
	enum door_slow slow;
	bool flag;
	size_t n;

	switch (s->kind) {
	case SETTING_BOOL:
		return parse_bool(value, &flag) == 0
			       ? 0
			       : config_refuse(e, "%s: \"%s\" is neither true nor false (%s)",
					       s->env, value, from);
	case SETTING_PORT:
		return check_port(s, value, from, e);
	case SETTING_NUMBER:
		return check_number(s, value, from, e);
	case SETTING_HOSTS:
		return parse_hosts(value, hosts, ARRAY_SIZE(hosts), &n) == 0
			       ? 0
			       : config_refuse(
					 e,
					 "%s: \"%s\" is not a list of at most %d IP addresses (%s)",
					 s->env, value, CONFIG_HOSTS_MAX, from);
	case SETTING_LEVEL:
		return parse_level(value, &level) == 0
			       ? 0
			       : config_refuse(
					 e, "%s: \"%s\" is none of error, warn, info, debug (%s)",
					 s->env, value, from);
	case SETTING_SLOW:
		return parse_slow(value, &slow) == 0
			       ? 0
			       : config_refuse(e, "%s: \"%s\" is neither gap nor disconnect (%s)",
					       s->env, value, from);
	case SETTING_ADDRESSES:
		return check_addresses(s, value, from, e);
	case SETTING_TEXT:
	case SETTING_PEERS:
		return 0;
	}
	return 0;
}

/* ---- setting ---- */

static int setting_find(const char *key)
{
	for (int i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].key, key) == 0)
			return i;
	return -ENOENT;
}

static const char *nearest_key(const char *key)
{
	const char *known[SETTINGS];

	for (size_t i = 0; i < SETTINGS; i++)
		known[i] = settings[i].key;
	return nearest_word(key, known, SETTINGS);
}

/* `shown` is the name as it was given. */
static int refuse_unknown(const char *key, const char *shown, enum config_origin origin,
			  struct config_error *e)
{
	const char *near = nearest_key(key), *from = config_origin_text(origin);

	if (!near)
		(void)config_refuse(e, "%s is not a setting (%s); see docs/configuration.md", shown,
				    from);
	else
		(void)config_refuse(e, "%s is not a setting (%s); did you mean %s?", shown, from,
				    origin == CONFIG_ENV ? settings[setting_find(near)].env : near);
	return -ENOENT;
}

/* In place. */
static void replace_each(char *text, char from, char to)
{
	for (; *text; text++)
		*text = *text == from ? to : *text;
}

static int refuse_flag(const char *key, const char *flag, struct config_error *e)
{
	const char *near = nearest_key(key);
	char meant[64];

	if (!near) {
		(void)config_refuse(e, "--%s is not a setting (flag); see docs/configuration.md",
				    flag);
		return -ENOENT;
	}
	snprintf(meant, sizeof(meant), "%s", near);
	replace_each(meant, '_', '-');
	(void)config_refuse(e, "--%s is not a flag of peerline run; did you mean --%s?", flag,
			    meant);
	return -ENOENT;
}

static int set_checked(struct config *c, size_t id, const char *value, enum config_origin origin,
		       struct config_error *e)
{
	char *copy;
	int r;

	r = check_value(&settings[id], value, origin, e);
	if (r < 0)
		return r;
	if (c->values[id] && c->origins[id] > origin)
		return 0;
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(c->values[id]);
	c->values[id] = copy;
	c->origins[id] = origin;
	return 0;
}

int config_set(struct config *c, const char *key, const char *value, enum config_origin origin,
	       struct config_error *ret_error)
{
	int id = setting_find(key);

	if (id < 0)
		return refuse_unknown(key, key, origin, ret_error);
	return set_checked(c, (size_t)id, value, origin, ret_error);
}

int config_set_flag(struct config *c, const char *flag, const char *value,
		    struct config_error *ret_error)
{
	char key[64];
	int id;

	snprintf(key, sizeof(key), "%s", flag);
	replace_each(key, '-', '_');
	id = setting_find(key);
	if (id < 0)
		return refuse_flag(key, flag, ret_error);
	return set_checked(c, (size_t)id, value, CONFIG_FLAG, ret_error);
}

/* A mistyped name must not pass silently; what is not like any of ours belongs to somebody else. */
static int check_names(struct config *c, char *const *names, struct config_error *e)
{
	for (; names && *names; names++) {
		char name[CONFIG_NAME_MAX], key[CONFIG_NAME_MAX];
		size_t n = strcspn(*names, "=");

		if (strncmp(*names, "PEERLINE_", 9) != 0 || n >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)n, *names);
		for (size_t i = 9; i <= n; i++)
			key[i - 9] = (char)tolower((unsigned char)name[i]);
		if (setting_find(key) >= 0)
			continue;
		if (nearest_key(key))
			return refuse_unknown(key, name, CONFIG_ENV, e);
		if (c->n_unknown < CONFIG_UNKNOWN_MAX)
			strcpy(c->unknown[c->n_unknown++], name);
	}
	return 0;
}

int config_read_env(struct config *c, char *(*get)(const char *name), char *const *environ_names,
		    struct config_error *ret_error)
{
	int r;

	for (size_t i = 0; i < SETTINGS; i++) {
		const char *value = get(settings[i].env);

		if (!value)
			continue;
		r = set_checked(c, i, value, CONFIG_ENV, ret_error);
		if (r < 0)
			return r;
	}
	return check_names(c, environ_names, ret_error);
}

/* ---- computing the fields ---- */

int config_data_dir(const struct config *c, char ret[CONFIG_PATH_MAX])
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (c->values[SETTING_DATA] && c->values[SETTING_DATA][0])
		n = snprintf(ret, CONFIG_PATH_MAX, "%s", c->values[SETTING_DATA]);
	else if (geteuid() == 0 || (!state && !home))
		n = snprintf(ret, CONFIG_PATH_MAX, "/var/lib/peerline");
	else if (state && state[0])
		n = snprintf(ret, CONFIG_PATH_MAX, "%s/peerline", state);
	else
		n = snprintf(ret, CONFIG_PATH_MAX, "%s/.local/state/peerline", home);
	return n >= CONFIG_PATH_MAX ? -ENAMETOOLONG : 0;
}

static int finish_paths(struct config *c, struct config_error *e)
{
	const char *socket = c->values[SETTING_DOOR_SOCKET];
	int n;

	if (config_data_dir(c, c->data) < 0)
		return config_refuse(e, "PEERLINE_DATA: the path is longer than %d bytes",
				     CONFIG_PATH_MAX);
	if (socket && socket[0])
		n = snprintf(c->door_socket, sizeof(c->door_socket), "%s", socket);
	else
		n = snprintf(c->door_socket, sizeof(c->door_socket), "%s/peerline.sock", c->data);
	if (n >= (int)sizeof(c->door_socket))
		return config_refuse(e,
				     "PEERLINE_DOOR_SOCKET: a Unix socket's path has at most %zu "
				     "bytes; set a shorter one than %s",
				     sizeof(c->door_socket) - 1,
				     socket && socket[0] ? socket : "<data>/peerline.sock");
	return 0;
}

static int finish_consumers(struct config *c, struct config_error *e)
{
	const char *path = c->values[SETTING_CONSUMERS];
	int n;

	c->consumers_is_default = !path;
	if (path)
		n = snprintf(c->consumers, sizeof(c->consumers), "%s", path);
	else
		n = snprintf(c->consumers, sizeof(c->consumers), "%s/consumers.json", c->data);
	if (n >= (int)sizeof(c->consumers))
		return config_refuse(e, "PEERLINE_CONSUMERS: at most %zu characters",
				     sizeof(c->consumers) - 1);
	return 0;
}

static int finish_import(struct config *c, struct config_error *e)
{
	const char *path = config_value(c, SETTING_IMPORT_PEER_CACHE);

	if (strlen(path) >= sizeof(c->import_peer_cache))
		return config_refuse(e, "PEERLINE_IMPORT_PEER_CACHE: at most %zu characters",
				     sizeof(c->import_peer_cache) - 1);
	strcpy(c->import_peer_cache, path);
	return 0;
}

static int finish_texts(struct config *c, struct config_error *e)
{
	const char *network = config_value(c, SETTING_NETWORK);
	const char *prefix = config_value(c, SETTING_TOPIC_PREFIX);
	const char *client_name = config_value(c, SETTING_CLIENT_NAME);

	if (strlen(network) >= sizeof(c->network))
		return config_refuse(e, "PEERLINE_NETWORK: at most %zu characters",
				     sizeof(c->network) - 1);
	if (strlen(prefix) >= sizeof(c->topic_prefix))
		return config_refuse(e, "PEERLINE_TOPIC_PREFIX: at most %zu characters",
				     sizeof(c->topic_prefix) - 1);
	if (strlen(client_name) > LIMIT_CLIENT_NAME || !client_name[0] ||
	    !utf8_text_is_printable(bytes_of_text(client_name)))
		return config_refuse(e, "PEERLINE_CLIENT_NAME: 1 to %d bytes of printable text",
				     LIMIT_CLIENT_NAME);
	strcpy(c->network, network);
	strcpy(c->topic_prefix, prefix);
	strcpy(c->client_name, client_name);
	return 0;
}

static int finish_topics(struct config *c, struct config_error *e)
{
	struct topic_settings_error error;
	int r = topic_settings_parse(config_value(c, SETTING_TOPIC_PARAMS), c->topic_prefix,
				     &c->topics, &error);

	return r < 0 ? config_refuse(e, "PEERLINE_TOPIC_PARAMS: %s", error.text) : 0;
}

static int finish_bootstrap(struct config *c, config_warn_fn warn, void *user,
			    struct config_error *e)
{
	const char *text = config_value(c, SETTING_BOOTSTRAP_PEERS);
	_cleanup_(free_text) char *copy = NULL;
	char *rest, *entry;
	char warning[512];

	if (strlen(text) > LIMIT_BOOTSTRAP_TEXT)
		return config_refuse(e, "BOOTSTRAP_PEERS: longer than %d bytes",
				     LIMIT_BOOTSTRAP_TEXT);
	copy = strdup(text);
	c->bootstrap = calloc(LIMIT_MANAGED_PEERS, sizeof(*c->bootstrap));
	if (!copy || !c->bootstrap)
		return -ENOMEM;
	rest = copy;
	while ((entry = next_entry(&rest))) {
		if (!entry[0])
			continue;
		if (c->n_bootstrap == LIMIT_MANAGED_PEERS)
			return config_refuse(e, "BOOTSTRAP_PEERS: more than %d entries",
					     LIMIT_MANAGED_PEERS);
		if (multiaddr_parse_loose(bytes_of_text(entry), &c->bootstrap[c->n_bootstrap]) ==
		    0) {
			c->n_bootstrap++;
			continue;
		}
		snprintf(warning, sizeof(warning),
			 "BOOTSTRAP_PEERS: \"%.200s\" is neither a multiaddr nor host:port; the "
			 "other entries are used",
			 entry);
		if (warn)
			warn(user, warning);
	}
	return 0;
}

static int add_direct(struct config *c, const char *entry, struct config_error *e)
{
	struct multiaddr *m = &c->direct[c->n_direct];
	struct multiaddr_target target;

	if (multiaddr_parse(bytes_of_text(entry), m) < 0 || multiaddr_target(m, &target) < 0 ||
	    !target.has_peer)
		return config_refuse(
			e,
			"PEERLINE_DIRECT_PEERS: \"%.200s\" is not a multiaddr with the "
			"peer's id, such as /ip4/203.0.113.7/tcp/3000/p2p/12D3KooW...",
			entry);
	c->direct_ids[c->n_direct++] = target.peer;
	return 0;
}

static int finish_direct(struct config *c, struct config_error *e)
{
	_cleanup_(free_text) char *copy = strdup(config_value(c, SETTING_DIRECT_PEERS));
	char *rest = copy, *entry;
	int r = 0;

	c->direct = calloc(LIMIT_GOSSIP_DIRECT, sizeof(*c->direct));
	c->direct_ids = calloc(LIMIT_GOSSIP_DIRECT, sizeof(*c->direct_ids));
	if (!copy || !c->direct || !c->direct_ids)
		return -ENOMEM;
	while (r == 0 && (entry = next_entry(&rest))) {
		if (!entry[0])
			continue;
		if (c->n_direct == LIMIT_GOSSIP_DIRECT)
			return config_refuse(e, "PEERLINE_DIRECT_PEERS: more than %d entries",
					     LIMIT_GOSSIP_DIRECT);
		r = add_direct(c, entry, e);
	}
	return r;
}

/* In place of a default only. */
static int set_preset(struct config *c, enum setting_id id, const char *value)
{
	if (c->values[id])
		return 0;
	c->values[id] = strdup(value);
	c->origins[id] = CONFIG_PRESET;
	return c->values[id] ? 0 : -ENOMEM;
}

static int apply_preset(struct config *c)
{
	const struct network_preset *p = network_preset_find(config_value(c, SETTING_NETWORK));
	int r;

	if (!p)
		return 0;
	r = set_preset(c, SETTING_BOOTSTRAP_PEERS, p->bootstrap);
	return r == 0 ? set_preset(c, SETTING_TOPIC_PREFIX, p->topic_prefix) : r;
}

static void finish_values(struct config *c)
{
	uint16_t port = 0;
	size_t n;

	/* Everything here passed check_value() or is a default, so that nothing can fail. */
	(void)parse_bool(config_value(c, SETTING_P2P_ENABLED), &c->p2p_enabled);
	(void)parse_bool(config_value(c, SETTING_DISCOVER_PEERS), &c->discover_peers);
	(void)parse_bool(config_value(c, SETTING_FLOOD_PUBLISH), &c->flood_publish);
	(void)parse_hosts(config_value(c, SETTING_P2P_HOST), c->hosts, CONFIG_HOSTS_MAX,
			  &c->n_hosts);
	(void)parse_port(config_value(c, SETTING_P2P_PORT), &port);
	for (size_t i = 0; i < c->n_hosts; i++)
		c->hosts[i].port = port;
	(void)parse_hosts(config_value(c, SETTING_DOOR_HOST), &c->door, 1, &n);
	(void)parse_port(config_value(c, SETTING_DOOR_PORT), &c->door.port);
	c->door_port_is_default = !c->values[SETTING_DOOR_PORT];
	(void)parse_number(config_value(c, SETTING_MAX_PEERS), &c->max_peers);
	(void)parse_number(config_value(c, SETTING_PEER_RECONNECT_INTERVAL), &c->reconnect_ms);
	(void)parse_number(config_value(c, SETTING_PEERS_PER_IP), &c->peers_per_ip);
	(void)parse_number(config_value(c, SETTING_HALF_OPEN), &c->half_open);
	(void)parse_number(config_value(c, SETTING_CONSUMER_BYTES), &c->consumer_bytes);
	(void)parse_slow(config_value(c, SETTING_SLOW_CONSUMER), &c->slow_consumer);
	(void)parse_number(config_value(c, SETTING_CONSUMERS_MEMORY), &c->consumers_memory);
	(void)parse_number(config_value(c, SETTING_MEMORY_BUDGET), &c->memory_budget);
	(void)parse_bool(config_value(c, SETTING_TERANODE_RULES), &c->teranode_rules);
	(void)parse_level(config_value(c, SETTING_LOG), &c->log);
}

/* Any name may be a private network's; one that is almost Teranode's is rather a slip, after which
 * nobody would be dialled and nothing would say so. */
static void warn_of_network(const struct config *c, config_warn_fn warn, void *user)
{
	const char *meant = network_preset_meant(c->network);
	char warning[512];

	if (!meant || !warn)
		return;
	snprintf(warning, sizeof(warning),
		 "PEERLINE_NETWORK: \"%.200s\" is taken for the name of a private network; did you "
		 "mean %s?",
		 c->network, meant);
	warn(user, warning);
}

int config_finish(struct config *c, config_warn_fn warn, void *user, struct config_error *ret_error)
{
	struct addr door[CONFIG_HOSTS_MAX];
	size_t n = 0;
	int r;

	if (parse_hosts(config_value(c, SETTING_DOOR_HOST), door, ARRAY_SIZE(door), &n) < 0 ||
	    n != 1)
		return config_refuse(ret_error, "PEERLINE_DOOR_HOST: give one IP address");
	finish_values(c);
	r = apply_preset(c);
	if (r == 0)
		r = finish_announce(c, ret_error);
	if (r == 0)
		r = finish_direct(c, ret_error);
	if (r == 0)
		r = finish_paths(c, ret_error);
	if (r == 0)
		r = finish_import(c, ret_error);
	if (r == 0)
		r = finish_consumers(c, ret_error);
	if (r == 0)
		r = finish_texts(c, ret_error);
	if (r == 0)
		r = finish_topics(c, ret_error);
	if (r == 0)
		warn_of_network(c, warn, user);
	if (r == 0)
		r = finish_bootstrap(c, warn, user, ret_error);
	return r;
}
